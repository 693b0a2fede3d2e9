"""Org documents: headlines as sections, keywords as title and date.

Read here and not by orgparse, which parses every date and link it sees: 60 kB of half-open links
took it more than two minutes, and one impossible date costs it the whole file.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from ingest.dates import from_value
from ingest.outline import Outline
from ingest.parsers.tables import row_line
from ingest.text import read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource

_HEADLINE = re.compile(r"(\*+) +(.*)")
_TASK = re.compile(r"(?:TODO|DONE|NEXT|WAITING|CANCELLED|CANCELED)\b *(?:\[#[A-Z0-9]\] *)?")
_TAGS = re.compile(r"(?<=\s):[\w@#%:]+:$")
_KEYWORD = re.compile(r"#\+([A-Za-z_]+):[ \t]*(.*)")
_BLOCK = re.compile(r"#\+(begin|end)_\w+\b.*", re.IGNORECASE)
_COMMENT = re.compile(r"#(?: |$)")
_DRAWER = re.compile(r":[A-Za-z_-]+:")
_RULE = re.compile(r"\|[-+|]+")
_LINK = re.compile(r"\[\[([^\[\]]*)\](?:\[([^\[\]]*)\])?\]")
_EMPHASIS = re.compile(r"(?<![\w*/_+])([*/_+])(?=\S)([^*/_+\n]+)(?<=\S)\1(?![\w*/_+])")
_TIMESTAMP = re.compile(r"[<\[](\d{4}-\d{2}-\d{2})[^<>\[\]]{0,60}[>\]]")
_DATE_KEYS = ("DATE", "CREATED", "LAST_MODIFIED", "MODIFIED")


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document.

    Raises:
        ParseError: If the file is empty or is no text.
    """
    outline = Outline()
    keywords: dict[str, str] = {}
    block: list[str] = []

    def flush() -> None:
        outline.add_text("\n".join(block))
        block.clear()

    for number, line in enumerate(_shown_lines(read_text(path), keywords)):
        headline = _HEADLINE.fullmatch(line)
        if headline is None:
            if not any(block):
                outline.add_place(f"line={number}")
            block.append(line)
            # A long run of text is cited at each of its paragraphs.
            if not line:
                flush()
            continue
        flush()
        title = _TAGS.sub("", _TASK.sub("", headline[2], count=1).rstrip())
        outline.add_place(f"line={number}")
        outline.add_heading(len(headline[1]), title)
    flush()
    text, sections = outline.finish()
    if not text:
        raise ParseError("no text in the file")
    yield Parsed(
        text=text,
        title=" ".join(keywords.get("TITLE", "").split()),
        sections=sections,
        locators=outline.locators,
        dates=_dates(keywords),
    )


def _shown_lines(source: str, keywords: dict[str, str]) -> Iterator[str]:
    """Each line as it is shown, one that is not shown as an empty one; keywords are collected."""
    is_in_block = is_in_drawer = False
    for line in source.split("\n"):
        stripped = line.strip()
        if block := _BLOCK.fullmatch(stripped):
            is_in_block = block[1].lower() == "begin"
            yield ""
        elif is_in_block:
            # A headline has no space before it; this keeps code from being one.
            yield f" {line}" if line.startswith("*") else line
        elif is_in_drawer or _DRAWER.fullmatch(stripped):
            is_in_drawer = stripped.upper() != ":END:"
            yield ""
        elif keyword := _KEYWORD.fullmatch(stripped):
            keywords.setdefault(keyword[1].upper(), keyword[2])
            yield ""
        elif _COMMENT.match(stripped) or _RULE.fullmatch(stripped):
            yield ""
        else:
            yield _plain(line)


def _plain(line: str) -> str:
    if line.lstrip().startswith("|"):
        return row_line(_plain_text(line).strip().strip("|").split("|"))
    return _plain_text(line).rstrip()


def _plain_text(text: str) -> str:
    text = _LINK.sub(lambda match: match[2] or match[1], text)
    return _TIMESTAMP.sub(r"\1", _EMPHASIS.sub(r"\2", text))


def _dates(keywords: dict[str, str]) -> tuple[Dated, ...]:
    values = (_TIMESTAMP.sub(r"\1", keywords.get(key, "")).strip() for key in _DATE_KEYS)
    read = (from_value(value, DateSource.FRONT_MATTER) for value in values if value)
    return tuple(dated for dated in read if dated is not None)
