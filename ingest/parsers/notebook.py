"""Jupyter notebooks: the cells in order, of their outputs the text."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

from ingest.dates import from_value
from ingest.outline import Outline
from ingest.parsers.json_ import load_json
from ingest.parsers.markdown import add_markdown
from ingest.text import read_text
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource

_MAX_OUTPUT_CHARS = 2_000
_DATE_KEYS = ("date", "created", "modified")


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the notebook: headings of its Markdown as sections, each cell's number as its place.

    Raises:
        ParseError: If the file is no notebook, or has no text.
    """
    notebook = load_json(read_text(path))
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(notebook, dict) or not isinstance(cells, list):
        raise ParseError("not a Jupyter notebook")
    outline = Outline()
    title = ""
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict):
            outline.add_place(f"cell={number}")
            first = _add_cell(outline, cell)
            title = title or first
    text, sections = outline.finish()
    if not text:
        raise ParseError("no text in the notebook")
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    own_title = metadata.get("title")
    yield Parsed(
        text=text,
        title=own_title if isinstance(own_title, str) else title,
        sections=sections,
        locators=outline.locators,
        dates=_dates(metadata),
    )


def _add_cell(outline: Outline, cell: Mapping[str, object]) -> str:
    """Add a cell; return the first heading of level 1 in it."""
    source = _joined(cell.get("source"))
    if cell.get("cell_type") != "markdown":
        outline.add_text(source)
        outline.add_text("\n".join(_outputs(cell.get("outputs")))[:_MAX_OUTPUT_CHARS])
        return ""
    return add_markdown(outline, source)


def _outputs(outputs: object) -> Iterator[str]:
    for output in outputs if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        shown = data.get("text/plain") if isinstance(data, dict) else None
        for text in (output.get("text"), shown):
            if joined := _joined(text).strip():
                yield joined


def _joined(text: object) -> str:
    """A text of a notebook: a string, or a list of its lines."""
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    return text.replace("\x00", "") if isinstance(text, str) else ""


def _dates(metadata: Mapping[str, object]) -> tuple[Dated, ...]:
    read = (from_value(metadata.get(key), DateSource.FRONT_MATTER) for key in _DATE_KEYS)
    return tuple(dated for dated in read if dated is not None)
