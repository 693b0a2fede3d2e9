"""PowerPoint presentations: slide by slide, a slide's title as its heading."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

import pptx
from pptx.exc import PythonPptxError
from pptx.presentation import Presentation
from pptx.shapes.autoshape import Shape
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.slide import Slide

from ingest.outline import Outline
from ingest.parsers.office import DAMAGE, core_properties, opened
from ingest.parsers.tables import row_line
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the presentation: titles as sections, then texts, tables and the speaker's notes.

    Raises:
        ParseError: If the file is no presentation, is damaged, or has no text.
    """
    what = "PowerPoint presentation"
    with opened(path, what=what, parts=["ppt/presentation.xml"]) as archive:
        title, dates = core_properties(archive)
    try:
        with path.open("rb") as file:
            outline = _read(pptx.Presentation(file))
        text, sections = outline.finish()
    except (PythonPptxError, *DAMAGE) as e:
        raise ParseError(f"damaged {what}") from e
    if not text:
        raise ParseError("no text in the PowerPoint presentation")
    yield Parsed(text=text, title=title, sections=sections, locators=outline.locators, dates=dates)


def _read(presentation: Presentation) -> Outline:
    outline = Outline()
    for number, slide in enumerate(presentation.slides, start=1):
        outline.add_place(f"slide={number}")
        # A slide without a title does not belong to the one before it.
        outline.leave(1)
        if slide.shapes.title is not None:
            outline.add_heading(1, slide.shapes.title.text_frame.text)
        for block in _blocks(slide):
            outline.add_text(block)
    return outline


def _blocks(slide: Slide) -> Iterator[str]:
    title = slide.shapes.title
    title_id = None if title is None else title.shape_id
    for shape in _flat(slide.shapes):
        if shape.shape_id == title_id:
            continue
        if isinstance(shape, Shape) and shape.has_text_frame:
            yield shape.text_frame.text.replace("\v", "\n")
        elif isinstance(shape, GraphicFrame) and shape.has_table:
            rows = ([cell.text for cell in row.cells] for row in shape.table.rows)
            yield "\n".join(line for line in map(row_line, rows) if line)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield slide.notes_slide.notes_text_frame.text


def _flat(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _flat(shape.shapes)
        else:
            yield shape
