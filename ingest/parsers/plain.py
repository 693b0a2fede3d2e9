"""Plain text."""

from collections.abc import Iterator
from pathlib import Path, PurePath

from ingest.text import read_text
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Locator


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the text as it is, with its lines; it tells no title and no date.

    Raises:
        ParseError: If the file is empty or is no text.
    """
    text = read_text(path)
    stripped = text.lstrip()
    first_line = text.count("\n", 0, len(text) - len(stripped))
    stripped = stripped.rstrip()
    yield Parsed(text=stripped, locators=line_locators(stripped, first_line))


def line_locators(text: str, first_line: int = 0) -> tuple[Locator, ...]:
    """Return where the lines of a text are that are not blank; its first is `first_line`.

    RFC 5147 counts the ends of lines before a place, so a file begins at `line=0`.
    """
    locators = []
    start = 0
    for number, line in enumerate(text.split("\n"), start=first_line):
        if line and not line.isspace():
            locators.append(Locator(start, f"line={number}"))
        start += len(line) + 1
    return tuple(locators)
