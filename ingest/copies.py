"""Copies of documents: found by MinHash, and cut at the same places, so they are embedded once.

Two documents that share nearly all their words are compared chunk by chunk: where the new one says
what a chunk of the other says, letter for letter but for case, punctuation and layout, it takes
over that chunk; what it says otherwise is cut and embedded on its own. So a copy costs nothing, a
near copy costs what differs, and no difference is lost, were it only a number.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

from ingest.locators import fragment_at
from rag_lifelong.ports import ChunkedDocument, Writer
from rag_lifelong.types import ChunkText, Document

LEAST_SIMILARITY = 0.8
"""Estimated Jaccard similarity of the sets of shingles from which documents are compared."""
_CANDIDATES = 3
_RECENT = 2_000
_VALUES = 128
_SHINGLE = 5
_MIN_WORDS = 40
"""Shorter documents have too few shingles to tell by; equal chunks are shared all the same."""
_MAX_WORDS = 200_000
_WORD = re.compile(r"\w+")
# Punctuation counts where it makes another number: 1.5 and 15, -5 and 5, 5% and 5.
_LETTERS = re.compile(r"[^\W_]+|[^\w\s](?=\d)|(?<=\d)%")


class _Recent(NamedTuple):
    """A document chunked a while ago: its signature, [128], and from when it holds."""

    values: NDArray[np.uint32]
    date: datetime
    chunks: tuple[ChunkText, ...]


class CopyFinder:
    """Chunks documents, sharing chunks with stored ones and with those chunked a while ago."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        # What is not committed yet is not in the store.
        self._recent: deque[_Recent] = deque(maxlen=_RECENT)

    def chunked(self, document: Document, own: Sequence[ChunkText]) -> ChunkedDocument:
        """Return a document with its chunks, `own` ones or another document's that are alike.

        A document that is stored already keeps to its own: an edit is to be seen, were it a comma.
        So does one that is older than the other: a chunk brings its title along, and what is asked
        of a time must not be shown the titles of a later one.
        """
        signature = sketch(document.text)
        chunks = tuple(own)
        date = document.date.interval.start
        if signature and not self._writer.has_document(document.doc_id):
            chunks = take_over(document, own, self._candidates(signature, date))
        if signature:
            self._recent.append(_Recent(np.frombuffer(signature, np.uint32), date, chunks))
        return ChunkedDocument(document, chunks, signature)

    def _candidates(self, signature: bytes, until: datetime) -> Iterator[tuple[ChunkText, ...]]:
        yield from self._writer.copies(
            signature, until=until, least=LEAST_SIMILARITY, limit=_CANDIDATES
        )
        values = np.frombuffer(signature, np.uint32)
        recent = [one for one in self._recent if one.date <= until]
        if recent:
            shares = (np.array([one.values for one in recent]) == values).mean(axis=1)
            best = np.argsort(-shares, kind="stable")[:_CANDIDATES]
            yield from (recent[i].chunks for i in best if shares[i] >= LEAST_SIMILARITY)


def sketch(text: str) -> bytes:
    """Return the MinHash signature of a text's five-word shingles: 128 uint32 values as bytes.

    Empty for a text too short to be known by it (Broder, "On the resemblance and containment of
    documents", 1997).
    """
    words = _WORD.findall(text.casefold())[:_MAX_WORDS]
    if len(words) < _MIN_WORDS:
        return b""
    shingles = {" ".join(words[i : i + _SHINGLE]) for i in range(len(words) - _SHINGLE + 1)}
    # Scheme and seed are part of what is stored: signatures of different ones do not compare.
    made = MinHash(_VALUES, seed=1, scheme="affine32")
    made.update_batch([shingle.encode(errors="surrogatepass") for shingle in sorted(shingles)])
    return np.asarray(made.hashvalues, np.uint32).tobytes()


def take_over(
    document: Document, own: Sequence[ChunkText], candidates: Iterable[Sequence[ChunkText]]
) -> tuple[ChunkText, ...]:
    """Return the document's chunks, those that another document has too as that one has them.

    Args:
        document: The new document.
        own: Its chunks, cut by themselves.
        candidates: Chunks of documents like it, most similar first.
    """
    spelled, places = _letters(document.text)
    taken: dict[int, ChunkText] = {}
    is_covered = np.zeros(len(document.text), np.bool_)
    for chunks in candidates:
        for chunk, first, last in _found(spelled, places, chunks):
            start, end = _span(document.text, chunk, first, last)
            if not is_covered[start:end].any():
                is_covered[start:end] = True
                taken[start] = replace(chunk, start=start, end=end)
    if not taken:
        return tuple(own)
    kept = [chunk for chunk in own if not _is_said(document.text, chunk, is_covered)]
    placed = [*taken.values(), *kept]
    return tuple(
        # The copy may have other pages.
        replace(chunk, locator=fragment_at(document.locators, chunk.start))
        for chunk in sorted(placed, key=lambda chunk: chunk.start)
    )


def _found(
    spelled: str, places: Sequence[int], chunks: Sequence[ChunkText]
) -> Iterator[tuple[ChunkText, int, int]]:
    """Chunks whose letters stand in the text, in order, with the span they have there."""
    at = 0
    for chunk in chunks:
        wanted, _ = _letters(chunk.text)
        found = spelled.find(wanted, at) if wanted else -1
        if found >= 0:
            at = found + len(wanted)
            yield chunk, places[found], places[at - 1] + 1


def _span(text: str, chunk: ChunkText, first: int, last: int) -> tuple[int, int]:
    """The span of a chunk whose letters stand at `first:last`: with its punctuation, if it is so.

    What is spelled otherwise here, in capitals or on other lines, keeps the span of its letters.
    """
    letter = _LETTERS.search(chunk.text)
    start = first - (letter.start() if letter else 0)
    end = start + len(chunk.text)
    return (start, end) if start >= 0 and text[start:end] == chunk.text else (first, last)


def _letters(text: str) -> tuple[str, list[int]]:
    """The letters and digits of a text in lower case, and where each stands in it."""
    found: list[str] = []
    places: list[int] = []
    for match in _LETTERS.finditer(text):
        for place, letter in enumerate(match[0], start=match.start()):
            lowered = letter.casefold()
            found.append(lowered)
            places.extend([place] * len(lowered))
    return "".join(found), places


def _is_said(text: str, chunk: ChunkText, is_covered: NDArray[np.bool_]) -> bool:
    """Whether chunks taken over hold every letter of this one."""
    return all(
        is_covered[chunk.start + match.start() : chunk.start + match.end()].all()
        for match in _LETTERS.finditer(text[chunk.start : chunk.end])
    )
