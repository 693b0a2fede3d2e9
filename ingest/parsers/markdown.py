"""Markdown, with or without front matter (YAML, TOML between `+++`, or JSON)."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePath
from typing import NamedTuple

import frontmatter
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from ingest.dates import from_value
from ingest.outline import Outline
from ingest.parsers.page import blocks_of, tree_of
from ingest.parsers.tables import row_line
from ingest.text import read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource, Locator, Section

_MAX_CHARS = 20_000_000
_MAX_INLINE_CHARS = 10_000
_DATE_KEYS = (
    "date", "published", "published_at", "publish_date", "pubdate", "publication_date",
    "created", "created_at", "updated", "updated_at", "lastmod", "modified", "last_modified",
)  # fmt: skip


class Read(NamedTuple):
    """Text without markup, where it lies, and the first heading of level 1 (or nothing)."""

    text: str
    sections: tuple[Section, ...]
    locators: tuple[Locator, ...]
    title: str


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document: front matter as title and dates, headings as sections.

    Raises:
        ParseError: If the file is empty or is no text, or its front matter is broken.
    """
    source = read_text(path)
    metadata, body = _front_matter(source)
    n_lines_before = source.count("\n", 0, max(0, source.rfind(body)))
    read = read_markdown(body, n_lines_before=n_lines_before)
    if not read.text:
        raise ParseError("empty file")
    title = metadata.get("title")
    yield Parsed(
        text=read.text,
        title=title.strip() if isinstance(title, str) else read.title,
        sections=read.sections,
        locators=read.locators,
        dates=_dates(metadata),
    )


def read_markdown(source: str, *, has_html: bool = True, n_lines_before: int | None = None) -> Read:
    """Return what Markdown says.

    Args:
        source: The text without front matter.
        has_html: Whether `<b>` is markup, or text as it is.
        n_lines_before: Lines of the file before the source; None if they are of no file.

    Raises:
        ParseError: If it is too large.
    """
    outline = Outline()
    title = add_markdown(outline, source, has_html=has_html, n_lines_before=n_lines_before)
    text, sections = outline.finish()
    return Read(text, sections, outline.locators, title)


def add_markdown(
    outline: Outline, source: str, *, has_html: bool = True, n_lines_before: int | None = None
) -> str:
    """Add what Markdown says to an outline; return its first heading of level 1 (or nothing).

    Raises:
        ParseError: If it is too large.
    """
    if len(source) > _MAX_CHARS:
        raise ParseError(f"Markdown of more than {_MAX_CHARS // 1_000_000} million characters")
    title = ""
    for block in _blocks(_tree(source, has_html=has_html)):
        if n_lines_before is not None and block.line is not None:
            # RFC 5147 counts the ends of lines before a place: the first line is line=0.
            outline.add_place(f"line={n_lines_before + block.line}")
        if block.level:
            outline.add_heading(block.level, block.text)
            title = title or (block.text if block.level == 1 else "")
        else:
            outline.add_text(block.text)
    return title


class _Block(NamedTuple):
    level: int
    text: str
    line: int | None


def _tree(source: str, *, has_html: bool) -> SyntaxTreeNode:
    try:
        return SyntaxTreeNode(_markdown(has_html=has_html).parse(source))
    except RecursionError as e:
        raise ParseError("Markdown nested too deeply") from e


@cache
def _markdown(*, has_html: bool) -> MarkdownIt:
    markdown = (
        MarkdownIt("commonmark", {"html": has_html})
        .enable(["table", "strikethrough"])
        .use(footnote_plugin, inline=False)
        .use(dollarmath_plugin, allow_digits=False)
    )
    markdown.core.ruler.at("inline", _read_inline)
    return markdown


def _read_inline(state: StateCore) -> None:
    """Read what is inside each block; of a very long one the text as it is.

    Unclosed brackets take time that grows with the square of their number.
    """
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = []
        if len(token.content) <= _MAX_INLINE_CHARS:
            state.md.inline.parse(token.content, state.md, state.env, token.children)
        else:
            token.children.append(Token("text", "", 0, content=token.content))


def _blocks(node: SyntaxTreeNode) -> Iterator[_Block]:
    """The headings, paragraphs, lists, tables and pieces of code, each with its line."""
    line = None if node.is_root or node.map is None else node.map[0]
    match node.type:
        case "heading":
            yield _Block(int(node.tag[1:]), _shown(node), line)
        case "root" | "blockquote" | "footnote_block":
            for child in node.children:
                yield from _blocks(child)
        case "table":
            rows = (row for part in node.children for row in part.children)
            lines = (row_line([_shown(cell) for cell in row.children]) for row in rows)
            yield _Block(0, "\n".join(text for text in lines if text), line)
        case _:
            yield _Block(0, "\n".join(_lines(node)), line)


def _lines(node: SyntaxTreeNode) -> Iterator[str]:
    """The lines of a block; inside a list also those of the blocks in its items."""
    match node.type:
        case "list_item":
            mark = f"{node.info}{node.markup} "
            lines = _lines_inside(node)
            yield mark + next(lines, "")
            yield from (" " * len(mark) + line for line in lines)
        case "footnote":
            yield f"{_footnote_mark(node)} {' '.join(_lines_inside(node))}"
        case "fence" | "code_block" | "math_block":
            yield from node.content.strip("\n").split("\n")
        case "html_block":
            yield from _text_of_html(node.content)
        case "hr":
            return
        case "heading" | "paragraph" | "tr":
            yield from _shown(node).split("\n")
        case _:
            yield from _lines_inside(node)


def _lines_inside(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.children:
        yield from _lines(child)


def _footnote_mark(node: SyntaxTreeNode) -> str:
    return f"[{node.meta.get('label') or node.meta['id'] + 1}]"


def _shown(node: SyntaxTreeNode) -> str:
    """The text of a block's inline content, without markup."""
    return "".join(_pieces(node)).strip()


def _pieces(node: SyntaxTreeNode) -> Iterator[str]:
    match node.type:
        case "text" | "text_special":
            yield node.content
        case "softbreak" | "hardbreak":
            yield "\n"
        case "code_inline" | "math_inline":
            # The marks tell that this is no prose.
            yield f"{node.markup}{node.content}{node.markup}"
        case "html_inline":
            yield "\n" if node.content.lower().startswith("<br") else ""
        case "footnote_ref":
            yield _footnote_mark(node)
        case _:
            for child in node.children:
                yield from _pieces(child)


def _text_of_html(source: str) -> list[str]:
    try:
        return [block.text for block in blocks_of(tree_of(source))]
    except ParseError:
        return []


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
