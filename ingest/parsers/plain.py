"""Plain text."""

from collections.abc import Iterator
from pathlib import Path, PurePath

from ingest.text import read_text
from rag_lifelong.ports import Parsed


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the text as it is; it tells no title and no date.

    Raises:
        ParseError: If the file is empty or is no text.
    """
    yield Parsed(text=read_text(path).strip())
