"""Whether evidence carries an answer: before it is read, and after."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from rag_lifelong.prompting import as_data
from rag_lifelong.retrieval.plan import Moment, describe
from rag_lifelong.retrieval.time_languages import languages
from rag_lifelong.retrieval.time_words import compile_text
from rag_lifelong.types import Evidence, Retrieved

_WORD = re.compile(r"[\u3400-\u9fff]|(?:(?![\u3400-\u9fff])\w)+")
"""A word; where words are not separated, a character."""
YES_NO = frozenset({"yes", "no"})
"""Answers that need not stand in the evidence."""
_DIGITS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: str(number) for number, word in enumerate(_DIGITS.split())}


def why_not_read(found: Retrieved, moment: Moment, min_support: float) -> str:
    """Why the evidence cannot carry an answer; empty if it may."""
    if not found.evidence:
        period = moment.as_of or moment.between
        return f"nothing in the store {'for ' + describe(period) if period else 'yet'}"
    if found.support < min_support:
        return (
            f"nothing in the sources is about this (best cosine {found.support:.2f}, "
            f"{min_support:.2f} needed)"
        )
    return ""


def why_not_in_evidence(said: str, question: str, evidence: Sequence[Evidence]) -> str:
    """Why what the reader wrote is not an answer from the evidence; empty if it is."""
    if is_no_answer(said):
        return "the sources found do not tell"
    told = words(said)
    if set(told) <= YES_NO:
        return ""
    held = set(words(question)).union(*(words(shown(one)) for one in evidence))
    missing = [word for word in told if word not in held]
    if missing:
        return f"the reader's answer {said!r} is not in the evidence ({missing[0]!r})"
    return ""


def is_no_answer(text: str) -> bool:
    """Whether what a reader wrote says nothing, or that it does not know.

    >>> is_no_answer("Unknown."), is_no_answer("Ann Lee")
    (True, False)
    """
    return not words(text) or _no_answer().fullmatch(text.strip(" .。")) is not None


@cache
def _no_answer() -> re.Pattern[str]:
    """In any language: a reader may write in that of the question or of the evidence."""
    texts = (one.claims.no_answer for one in languages().values())
    return compile_text("|".join(f"(?:{text})" for text in texts))


def shown(evidence: Evidence) -> str:
    """All that a reader may be shown of a piece of evidence: date, title, headings, text."""
    return f"{evidence.chunk.date} {as_data(f'{evidence.chunk.context} {evidence.chunk.text}')}"


def words(text: str) -> list[str]:
    """Lower-case words without accents, small numbers in digits, so that variants agree."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    found = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
    return [_NUMBERS.get(word, word) for word in found]
