"""Copies are embedded once, and no difference is lost."""

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from ingest.chunking import split
from ingest.copies import CopyFinder, sketch, take_over
from rag_lifelong.ports import ChunkedDocument
from rag_lifelong.temporal import parse_when
from rag_lifelong.types import ChunkText, Dated, DateSource, Document, Locator, RevisionOrder

_WORDS = [f"word{n}" for n in range(400)]


def _text(seed: int, sentences: int = 60) -> str:
    random = Random(seed)
    made = (" ".join(random.choices(_WORDS, k=random.randint(6, 14))) for _ in range(sentences))
    return " ".join(f"{sentence.capitalize()}." for sentence in made)


def _document(text: str, doc_id: str = "a", title: str = "A") -> Document:
    return Document(
        doc_id=doc_id, revision_id="1", origin=doc_id, uri=doc_id, title=title, text=text,
        date=Dated(*parse_when("2020"), DateSource.MTIME), order=RevisionOrder.ARRIVAL,
    )  # fmt: skip


def _chunks(document: Document) -> tuple[ChunkText, ...]:
    return tuple(split(document))


class FakeWriter:
    def __init__(self) -> None:
        self.stored: dict[str, ChunkedDocument] = {}

    def has_document(self, doc_id: str) -> bool:
        return doc_id in self.stored

    def copies(
        self, wanted: bytes, *, until: datetime, least: float, limit: int
    ) -> list[tuple[ChunkText, ...]]:
        held = [one for one in self.stored.values() if one.document.date.interval.start <= until]
        return [one.chunks for one in held if one.sketch == wanted][:limit]


def _indexed(chunks: tuple[ChunkText, ...]) -> set[str]:
    return {chunk.indexed_text for chunk in chunks}


def test_a_copy_of_another_name_has_the_same_chunks() -> None:
    finder = CopyFinder(FakeWriter())  # type: ignore[arg-type]
    text = _text(1)
    first = finder.chunked(_document(text), _chunks(_document(text)))
    copy = _document(text, "b", "Copy of A")
    second = finder.chunked(copy, _chunks(copy))
    assert _indexed(second.chunks) == _indexed(first.chunks)
    assert all(text[c.start : c.end] == c.text for c in second.chunks)


def test_an_older_document_takes_nothing_over_from_a_newer_one() -> None:
    finder = CopyFinder(FakeWriter())  # type: ignore[arg-type]
    newer, older = _document(_text(1)), _document(_text(1), "b", "Older")
    older = replace(older, date=Dated(*parse_when("2019"), DateSource.MTIME))
    finder.chunked(newer, _chunks(newer))
    assert finder.chunked(older, _chunks(older)).chunks == _chunks(older)


def test_layout_case_and_punctuation_make_no_difference() -> None:
    text = _text(2)
    first = _chunks(_document(text))
    other = _document(text.replace(" ", "\n").replace(".", " .").upper(), "b", "B")
    taken = take_over(other, _chunks(other), [first])
    assert _indexed(taken) == _indexed(first)
    assert all(other.text[c.start : c.end].strip() for c in taken)


def test_a_number_that_differs_is_kept_and_costs_its_chunk() -> None:
    text = _text(3, sentences=200)
    first = _chunks(_document(text))
    changed = text[:3000] + " The price was 41 crowns. " + text[3000:]
    other = _document(changed, "b", "B")
    taken = take_over(other, _chunks(other), [first])
    new = _indexed(taken) - _indexed(first)
    assert any("41 crowns" in chunk for chunk in new)
    assert len(new) <= 4
    said = " ".join(chunk.text for chunk in taken)
    assert all(word in said for word in changed.split())


@pytest.mark.parametrize(("one", "other"), [("1.5", "15"), ("-5", "5"), ("5%", "5"), ("5", "6")])
def test_another_number_is_another_text(one: str, other: str) -> None:
    text = _text(7)
    first = _document(f"{text} It cost {one} crowns.")
    second = _document(f"{text} It cost {other} crowns.", "b")
    taken = take_over(second, _chunks(second), [_chunks(first)])
    assert any(f"cost {other} crowns" in chunk.text for chunk in taken)
    assert not any(f"cost {one} crowns" in chunk.text for chunk in taken)


def test_unlike_documents_keep_their_own_chunks() -> None:
    finder = CopyFinder(FakeWriter())  # type: ignore[arg-type]
    finder.chunked(_document(_text(4)), _chunks(_document(_text(4))))
    other = _document(_text(5), "b")
    assert finder.chunked(other, _chunks(other)).chunks == _chunks(other)


def test_an_edit_is_seen_were_it_a_comma() -> None:
    writer = FakeWriter()
    finder = CopyFinder(writer)  # type: ignore[arg-type]
    text = _text(6)
    first = finder.chunked(_document(text), _chunks(_document(text)))
    writer.stored["a"] = first
    edited = _document(text.replace(". ", ", ", 1))
    assert finder.chunked(edited, _chunks(edited)).chunks == _chunks(edited)


def test_a_copy_cites_its_own_pages() -> None:
    text = _text(7)
    first = tuple(replace(chunk, locator="page=9") for chunk in _chunks(_document(text)))
    other = replace(_document(text, "b"), locators=(Locator(0, "page=1"), Locator(1500, "page=2")))
    taken = take_over(other, (), [first])
    assert {chunk.locator for chunk in taken} == {"page=1", "page=2"}


def test_a_signature_depends_on_the_words_alone() -> None:
    text = _text(8)
    assert sketch(text) == sketch(text.upper().replace(" ", "  "))
    assert len(sketch(text)) == 512
    assert sketch("too short to tell") == b""


@pytest.mark.parametrize("odd", ["\ud800 " * 60, "ß" * 60 + " " + "İ " * 60, "日本語 " * 60])
def test_odd_letters_do_no_harm(odd: str) -> None:
    first = _chunks(_document(odd))
    other = _document(odd, "b", "B")
    taken = take_over(other, _chunks(other), [first])
    assert {c.text for c in taken} == {c.text for c in first}
