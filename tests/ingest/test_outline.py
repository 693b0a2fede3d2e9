"""Outlines: text and sections from headings and paragraphs."""

from ingest.outline import Outline
from rag_lifelong.types import Section


def test_headings_become_the_path_of_what_is_under_them() -> None:
    outline = Outline()
    outline.add_text("Lead.")
    outline.add_heading(1, "History")
    outline.add_heading(2, "Opening")
    outline.add_text("It opened.")
    outline.add_heading(1, "Today")
    outline.add_text("It stands.")
    text, sections = outline.finish()
    assert text == "Lead.\n\nIt opened.\n\nIt stands."
    assert sections == (
        Section(0, ()),
        Section(7, ("History", "Opening")),
        Section(19, ("Today",)),
    )


def test_a_heading_with_nothing_under_it_is_kept_as_text() -> None:
    outline = Outline()
    outline.add_heading(1, "Diary")
    outline.add_heading(2, "Moved to Berlin")
    outline.add_heading(2, "Moved to Rome")
    text, sections = outline.finish()
    assert text == "Moved to Berlin\n\nMoved to Rome"
    assert sections == (Section(0, ("Diary",)),)


def test_a_text_without_headings_has_no_sections() -> None:
    outline = Outline()
    outline.add_text("one")
    outline.add_text("  ")
    outline.add_text("two")
    assert outline.finish() == ("one\n\ntwo", ())
