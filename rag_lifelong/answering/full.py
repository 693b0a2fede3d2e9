"""Full answers: sentences that the evidence bears out, each with the numbers of what does.

The reader writes; which line bears a sentence out is found in code, since small models cite badly.
"""

import calendar
import re
from collections.abc import Iterable, Sequence
from functools import cache

import Stemmer

from rag_lifelong.answering.grounds import YES_NO, shown, words
from rag_lifelong.retrieval.focus import sentences
from rag_lifelong.types import Evidence

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\s*\[[\d\s,]+\]")
"""A citation the reader made up: lines have no numbers when it reads them."""
_END = re.compile(r"[.!?。！？]+[\"'”’)]*$")
_FREE = frozenset(
    """
    a about according also an and are as at be been being but by did do does for from had has have
    he her his in into is it its of on or she so that the their them there these they this those to
    was were which who whom whose will with
    """.split()  # noqa: SIM905  (a list of words reads best as words)
)
"""English words that state nothing: a sentence may have them without its evidence."""


def borne_out(text: str, answer: str, question: str, evidence: Sequence[Evidence]) -> str:
    """The sentences of a full answer that evidence bears out, with its numbers; empty if none.

    A sentence is borne out by a line that holds each of its words: names and numbers as they are,
    others by their stem, which the question may have instead. One that was cut off is left out.

    Args:
        text: What the reader wrote.
        answer: The short answer, which the sentences left must hold.
        question: The question.
        evidence: The lines, numbered from 1.
    """
    lines = [_Line(one) for one in evidence]
    asked = _stems(words(question))
    told = []
    for sentence in sentences(_NUMBER.sub("", text)):
        numbers = [number for number, line in enumerate(lines, 1) if line.holds(sentence, asked)]
        if numbers and (end := _END.search(sentence)):
            cited = "".join(f"[{number}]" for number in numbers)
            told.append(f"{sentence[: end.start()]} {cited}{end.group()}")
    given = " ".join(told)
    return given if set(words(answer)) - YES_NO <= set(words(given)) else ""


class _Line:
    """The words of a piece of evidence."""

    def __init__(self, evidence: Evidence) -> None:
        date = str(evidence.chunk.date)
        has_month = len(date) > len("2019")
        month = calendar.month_name[evidence.chunk.date.interval.start.month] if has_month else ""
        self._words = frozenset(words(f"{month} {shown(evidence)}"))
        self._stems = _stems(self._words)

    def holds(self, sentence: str, asked: frozenset[str]) -> bool:
        """Whether each word of a sentence is in it, or is no name and has a stem of the question's.

        Args:
            sentence: The sentence.
            asked: Stems of the question's words.
        """
        found = [(written, words(written)) for written in _WORD.findall(sentence)]
        return all(
            self._words.issuperset(word) or (_is_plain(written, i) and self._has(word, asked))
            for i, (written, word) in enumerate(found)
        )

    def _has(self, word: list[str], asked: frozenset[str]) -> bool:
        return _FREE.issuperset(word) or _stems(word) <= self._stems | asked


def _is_plain(written: str, place: int) -> bool:
    """Whether a word is neither a name nor a number; a sentence's first is capital anyhow."""
    rest = written[1:] if place == 0 else written
    return not any(char.isupper() or char.isdigit() for char in rest)


def _stems(found: Iterable[str]) -> frozenset[str]:
    return frozenset(_stemmer().stemWords(list(found)))


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")
