"""Markdown, with or without front matter (YAML, TOML between `+++`, or JSON)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

import frontmatter

from ingest.dates import from_value
from ingest.outline import Outline
from ingest.text import read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource, Section

_DATE_KEYS = (
    "date", "published", "published_at", "publish_date", "pubdate", "publication_date",
    "created", "created_at", "updated", "updated_at", "lastmod", "modified", "last_modified",
)  # fmt: skip
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
_LINK = re.compile(r"\[([^\]\n]+)\]\((?:<[^>\n]*>|[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)")
_EMPHASIS = re.compile(r"(?<![\w*\\])(\*{1,3})(?=\S)([^*\n]+?)(?<=\S)\1(?![\w*])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_TABLE_RULE = re.compile(
    r"^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$\n?", re.MULTILINE
)


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document: front matter as title and dates, headings as sections.

    Raises:
        ParseError: If the file is empty or is no text, or its front matter is broken.
    """
    metadata, body = _front_matter(read_text(path))
    text, sections, first_title = read_markdown(body)
    if not text:
        raise ParseError("empty file")
    title = metadata.get("title")
    yield Parsed(
        text=text,
        title=title.strip() if isinstance(title, str) else first_title,
        sections=sections,
        dates=_dates(metadata),
    )


def read_markdown(body: str) -> tuple[str, tuple[Section, ...], str]:
    """Return text without markup, its sections, and the first heading of level 1 (or nothing)."""
    outline = Outline()
    title = ""
    block: list[str] = []

    def flush() -> None:
        outline.add_text(_readable("\n".join(block)))
        block.clear()

    fence = ""
    for line in _COMMENT.sub("", body).split("\n"):
        if fence:
            if line.strip().startswith(fence):
                fence = ""
            else:
                block.append(line)
            continue
        if match := _FENCE.match(line):
            fence = match[1]
            continue
        heading = _HEADING.fullmatch(line)
        if heading:
            level, text = len(heading[1]), _readable(heading[2] or "")
        elif block and block[-1].strip() and _is_underlined(block, line):
            level, text = 1 if "=" in line else 2, _readable(block.pop())
        else:
            block.append(line)
            continue
        flush()
        outline.add_heading(level, text)
        title = title or (text if level == 1 else "")
    flush()
    return *outline.finish(), title


def _is_underlined(block: list[str], line: str) -> bool:
    """Whether this line makes the one before it a heading (a list or table row it does not)."""
    if not _UNDERLINE.fullmatch(line) or block[-1].lstrip().startswith(("-", "*", "|", ">")):
        return False
    is_alone = len(block) == 1 or not block[-2].strip()
    return is_alone and len(line.strip()) > 1


def _readable(text: str) -> str:
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _EMPHASIS.sub(r"\2", text)
    text = _TABLE_RULE.sub("", text)
    return _ESCAPE.sub(r"\1", text).strip()


def _front_matter(text: str) -> tuple[Mapping[str, object], str]:
    try:
        post = frontmatter.loads(text)
    # YAML, TOML and JSON each have their own errors and the library passes them through,
    # ValueError and TypeError among them.
    except Exception as e:
        first_line = (str(e).strip() or type(e).__name__).splitlines()[0]
        raise ParseError(f"broken front matter: {first_line}") from e
    return post.metadata, post.content


def _dates(metadata: Mapping[str, object]) -> tuple[Dated, ...]:
    by_key = {str(key).lower().replace("-", "_"): value for key, value in metadata.items()}
    read = (from_value(by_key.get(key), DateSource.FRONT_MATTER) for key in _DATE_KEYS)
    return tuple(dated for dated in read if dated is not None)
