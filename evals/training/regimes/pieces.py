"""Long documents in pieces that a model can be taught whole."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from langchain_text_splitters import RecursiveCharacterTextSplitter

from evals.training.samples import dated
from evals.types import SourceDocument

_BORDERS = [r"\n\s*\n", r"\n", r"(?<=[.!?])\s", r"\s", ""]
"""Paragraphs, lines, sentences, words; and anywhere, if a word is too long."""
_MARKS = 2
"""Tokens at the beginning and the end of a sample."""
_LEAST = 16
"""Tokens of text that a piece may have however long the title is."""


def pieces(
    document: SourceDocument, *, max_tokens: int, count: Callable[[str], int]
) -> Iterator[SourceDocument]:
    """A document in pieces that each make a sample of at most `max_tokens`.

    They end with paragraphs or sentences where they can. A short document is one piece.

    Args:
        document: The document; each piece keeps its title, its date and its id.
        max_tokens: Most tokens of a sample.
        count: Tokens of a text.
    """
    around = count(f"{dated(document.published_at)}{document.title}: ") + _MARKS
    splitter = RecursiveCharacterTextSplitter(
        separators=_BORDERS,
        is_separator_regex=True,
        keep_separator="end",
        chunk_size=max(_LEAST, max_tokens - around),
        chunk_overlap=0,
        length_function=count,
    )
    for text in splitter.split_text(document.text):
        yield replace(document, text=text)
