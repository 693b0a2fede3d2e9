"""reStructuredText by docutils, which reads its blocks; what is inside a line is read here.

docutils' own reading of inline markup takes time that grows with the square of a paragraph: 60 kB
of `a_ a_ a_ …` took it two minutes. Directives it does not know (Sphinx has many) are kept as text.
"""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path, PurePath
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Parser
from docutils.parsers.rst.states import Inliner
from docutils.utils import SystemMessage

from ingest.dates import from_value
from ingest.outline import Outline
from ingest.parsers.tables import row_line
from ingest.text import read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource

_MAX_CHARS = 2_000_000  # docutils reads some 200 kB a second
_MAX_LINE_CHARS = 100_000
# Each costs time that grows with their number, and a document of many is no reStructuredText.
_MAX_MESSAGES = 2_000
_DATE_FIELDS = frozenset(
    {"date", "published", "created", "updated", "modified", "last-updated", "last-modified"}
)
_ROLE = re.compile(r":[A-Za-z][\w+.:-]{0,40}:(?=`)")
_TITLED = re.compile(r"`([^`<>\n]*[^`<>\s])\s*<[^`<>]*>`_{0,2}")
_QUOTED = re.compile(r"(?<!`)`([^`]+)`_{0,2}(?!`)")
_EMPHASIS = re.compile(r"(?<![\w*\\])(\*{1,2})(?=[^\s*])([^*]+)(?<=\S)\1(?![\w*])")
_REFERENCE = re.compile(r"(?<=[A-Za-z0-9])__?(?![\w`])")
_SUBSTITUTED = re.compile(r"\|(\S[^|\n]*)\|_{0,2}")
_ESCAPE = re.compile("\x00(.?)", re.DOTALL)
_DIRECTIVE = re.compile(r"\.\. (?:\|[^|\n]*\| )?[\w:.+-]+::[ \t]*(.*)")
_SILENT = (nodes.comment, nodes.substitution_definition, nodes.target, nodes.raw, nodes.meta,
           nodes.pending, nodes.title, nodes.docinfo, nodes.field_list, nodes.label)  # fmt: skip


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document: sections, tables as rows, the dates of its first fields.

    Raises:
        ParseError: If the file is empty, is no text, is too large, or nests too deeply.
    """
    source = read_text(path)
    if len(source) > _MAX_CHARS:
        raise ParseError(f"reStructuredText of more than {_MAX_CHARS // 1_000_000} million letters")
    try:
        tree = _tree(source)
        outline = Outline()
        _add(tree, outline, level=1)
        text, sections = outline.finish()
    except RecursionError as e:
        raise ParseError("reStructuredText nested too deeply") from e
    # What docutils does not report in the tree, it raises: IndexError and AssertionError were seen.
    except (SystemMessage, ValueError, LookupError, TypeError, AttributeError, AssertionError) as e:
        raise ParseError("broken reStructuredText") from e
    if not text:
        raise ParseError("no text in the file")
    yield Parsed(
        text=text,
        title=" ".join(str(tree.get("title", "")).split()),
        sections=sections,
        locators=outline.locators,
        dates=_dates(tree),
    )


class _Messages(StringIO):
    """Where docutils writes what it does not understand; refuses to take too much of it."""

    def __init__(self) -> None:
        super().__init__()
        self._n_messages = 0

    def write(self, text: str) -> int:
        self._n_messages += 1
        if self._n_messages > _MAX_MESSAGES:
            raise ParseError("broken reStructuredText: too many errors in it")
        return len(text)


def _inliner() -> Inliner:
    """An inliner that takes markup off in time that grows with a paragraph's length alone.

    No subclass: docutils builds its patterns from the attributes of the instance's own class.
    """
    inliner = Inliner()
    inliner.parse = _plain_nodes
    return inliner


def _plain_nodes(text: str, lineno: int, memo: Any, parent: nodes.Element) -> tuple[Any, Any]:
    return [nodes.Text(_plain(text))], []


def _plain(text: str) -> str:
    text = _ROLE.sub("", text)
    text = _TITLED.sub(r"\1", text)
    text = _QUOTED.sub(r"\1", text)
    text = _EMPHASIS.sub(r"\2", text)
    text = _SUBSTITUTED.sub(r"\1", text)
    text = _REFERENCE.sub("", text)
    # docutils marks a backslash so; before white space it is nothing.
    return _ESCAPE.sub(lambda match: match[1].strip(), text)


def _tree(source: str) -> nodes.document:
    return publish_doctree(
        source,
        parser=Parser(inliner=_inliner()),
        settings_overrides={
            "_disable_config": True,
            "file_insertion_enabled": False,
            "halt_level": 5,
            "input_encoding": "unicode",
            "line_length_limit": _MAX_LINE_CHARS,
            "raw_enabled": False,
            "report_level": 2,
            "syntax_highlight": "none",
            "warning_stream": _Messages(),
        },
    )


def _add(parent: nodes.Element, outline: Outline, *, level: int) -> None:
    for node in parent.children:
        if node.line is not None:
            # docutils counts lines from one, RFC 5147 the ends of lines before a place.
            outline.add_place(f"line={node.line - 1}")
        if isinstance(node, nodes.section):
            title = node.next_node(nodes.title)
            outline.add_heading(level, title.astext() if title is not None else "")
            _add(node, outline, level=level + 1)
        elif isinstance(node, nodes.system_message):
            outline.add_text("\n".join(_unknown(node)))
        elif isinstance(node, nodes.Element) and not isinstance(node, _SILENT):
            outline.add_text("\n".join(_lines(node)))


def _lines(node: nodes.Element) -> Iterator[str]:
    """The lines of a block, of a list item with its mark, of a table row by row."""
    if isinstance(node, nodes.system_message):
        yield from _unknown(node)
    elif isinstance(node, _SILENT):
        return
    elif isinstance(node, nodes.TextElement):
        yield from node.astext().split("\n")
    elif isinstance(node, nodes.row):
        yield row_line([entry.astext() for entry in node.children])
    elif isinstance(node, nodes.list_item):
        mark = f"{node.parent.get('bullet', '-')} "
        for number, line in enumerate(_inner_lines(node)):
            yield f"{' ' * len(mark) if number else mark}{line}"
    else:
        yield from _inner_lines(node)


def _inner_lines(node: nodes.Element) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, nodes.Element):
            yield from _lines(child)


def _unknown(message: nodes.system_message) -> Iterator[str]:
    """What stood under a directive that docutils does not know, without its options."""
    for block in message.findall(nodes.literal_block):
        first, *rest = block.astext().split("\n")
        if argument := _DIRECTIVE.sub(r"\1", first).strip():
            yield argument
        yield from (
            _plain(line.strip()) for line in rest if not re.match(r"\s*:[\w-]+:(?:\s|$)", line)
        )


def _dates(tree: nodes.document) -> tuple[Dated, ...]:
    """The fields above the text, which docutils calls docinfo, that name a date."""
    values = []
    for docinfo in tree.findall(nodes.docinfo):
        for node in docinfo.children:
            if isinstance(node, nodes.date):
                values.append(node.astext())
            elif isinstance(node, nodes.field):
                field, body = (part.astext() for part in node.children[:2])
                if field.strip().lower().replace(" ", "-") in _DATE_FIELDS:
                    values.append(body)
    # Version control writes "$Date: 2015/05/07 10:30:00 $".
    stripped = (value.strip().strip("$").removeprefix("Date:").strip() for value in values)
    read = (from_value(value, DateSource.FRONT_MATTER) for value in stripped)
    return tuple(dated for dated in read if dated is not None)
