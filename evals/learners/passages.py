"""The passage of a document that bears on a question most, for bounds that know the answer."""

import re
from collections.abc import Iterator, Sequence

from evals.types import SourceDocument
from rag_lifelong.temporal import Precision, instant_interval
from rag_lifelong.types import Chunk, Dated, DateSource, Evidence

SIZE = 600
"""Most characters of a passage: as many as the product's chunks have."""

_WORD = re.compile(r"\w+")


def best_passage(text: str, *, answers: Sequence[str], question: str, size: int = SIZE) -> str:
    """The `size` characters around an answer that share most words with the question.

    Where no answer is written, those of the whole text that do.

    >>> text = "Ann won. " * 9 + "In May Bob became mayor of Ulm."
    >>> best_passage(text, answers=["Bob"], question="Who is mayor of Ulm?", size=40)
    'Ann won. In May Bob became mayor of'
    """
    if len(text) <= size:
        return text
    wanted = set(_WORD.findall(question.lower()))
    starts = list(_starts_around(text, answers, size)) or range(0, len(text), size // 2)
    passages = [_whole_words(text, start, start + size) for start in starts]
    return max(passages, key=lambda passage: len(wanted & set(_WORD.findall(passage.lower()))))


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers is written in a text, in any case, as whole words.

    >>> holds_answer("Bobby won", ["Bob"]), holds_answer("BOB won", ["Bob"])
    (False, True)
    """
    return any(_written(answer).search(text) for answer in answers if answer)


def as_evidence(document: SourceDocument, text: str) -> Evidence:
    """A passage of a document as a line of evidence."""
    published = document.published_at
    chunk = Chunk(
        chunk_id=document.doc_id,
        doc_id=document.doc_id,
        revision_id=document.doc_id,
        uri=document.url,
        title=document.title,
        context=document.title,
        text=text,
        span=(0, len(text)),
        date=Dated(instant_interval(published), Precision.SECOND, DateSource.RECORD_FIELD),
        valid_from=published,
        valid_to=None,
        recorded_at=published,
    )
    return Evidence(chunk, 1.0)


def _starts_around(text: str, answers: Sequence[str], size: int) -> Iterator[int]:
    """Where passages begin that have an answer in their middle."""
    for answer in filter(None, answers):
        for found in _written(answer).finditer(text):
            middle = (found.start() + found.end()) // 2
            yield max(0, min(middle - size // 2, len(text) - size))


def _written(answer: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)", re.IGNORECASE)


def _whole_words(text: str, start: int, end: int) -> str:
    """The text from start to end without the words that are cut by them."""
    passage = text[start:end]
    if start > 0:
        passage = re.sub(r"^\w*\W+" if text[start - 1].isalnum() else r"^\W+", "", passage)
    if end < len(text) and text[end].isalnum():
        passage = re.sub(r"\w+$", "", passage)
    return passage.strip()
