"""Chunks: exact spans, content-defined boundaries, rows kept whole."""

import random
import statistics
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunking import split
from rag_lifelong.temporal import Precision, instant_interval
from rag_lifelong.types import Dated, DateSource, Document, RevisionOrder, Section

_DATE = Dated(
    instant_interval(datetime(2020, 1, 1, tzinfo=UTC)), Precision.SECOND, DateSource.MTIME
)


def _document(text: str, sections: tuple[Section, ...] = (), title: str = "Towers") -> Document:
    return Document(
        doc_id="d",
        revision_id="1",
        origin="file:///d",
        uri="file:///d",
        title=title,
        text=text,
        date=_DATE,
        order=RevisionOrder.ARRIVAL,
        sections=sections,
    )


def _prose(n_sentences: int, seed: int, *, sentences_per_paragraph: int = 5) -> list[str]:
    rng = random.Random(seed)
    words = [
        "stone",
        "river",
        "tower",
        "market",
        "harbour",
        "council",
        "winter",
        "bridge",
        "engine",
        "letter",
        "garden",
    ]
    sentences = []
    for number in range(n_sentences):
        body = " ".join(rng.choices(words, k=rng.randint(6, 22)))
        stop = ".\n\n" if number % sentences_per_paragraph == sentences_per_paragraph - 1 else ". "
        sentences.append(f"{body.capitalize()} {number}{stop}")
    return sentences


@pytest.mark.parametrize("per_paragraph", [1, 5, 10_000])
def test_an_early_insertion_changes_about_two_of_a_hundred_chunks(per_paragraph: int) -> None:
    changed = []
    for seed in range(12):
        sentences = _prose(500, seed, sentences_per_paragraph=per_paragraph)
        before = {chunk.text for chunk in split(_document("".join(sentences)))}
        sentences.insert(12, "Nobody had expected this new sentence at all. ")
        after = {chunk.text for chunk in split(_document("".join(sentences)))}
        assert len(before) > 100
        changed.append(len(after - before))
    assert statistics.mean(changed) <= 2.5
    assert max(changed) <= 6


_TEXT = st.text(
    alphabet=st.sampled_from("abC .!?\n\t|:;,-é。\u00a0\u2028中x1"), min_size=0, max_size=400
)


@settings(max_examples=200, deadline=None)
@given(text=_TEXT, size=st.integers(1, 90), cuts=st.lists(st.integers(0, 400), max_size=4))
def test_chunks_are_exact_spans_that_cover_all_but_white_space(
    text: str, size: int, cuts: list[int]
) -> None:
    starts = sorted({min(cut, len(text)) for cut in cuts})
    sections = tuple(Section(start, (f"h{start}",)) for start in starts)
    chunks = list(split(_document(text, sections), size=size))
    position = 0
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip() == chunk.text != ""
        assert len(chunk.text) <= size
        assert not text[position : chunk.start].strip()
        assert not any(chunk.start < start < chunk.end for start in starts)
        position = chunk.end
    assert not text[position:].strip()


def test_context_is_the_title_and_the_headings_once_each() -> None:
    text = "Lead.\n\nBody."
    sections = (Section(0, ("Towers",)), Section(7, ("Towers", "History", "Opening")))
    lead, body = split(_document(text, sections))
    assert (lead.context, lead.text) == ("Towers", "Lead.")
    assert (body.context, body.text) == ("Towers › History › Opening", "Body.")


def test_text_before_the_first_section_is_kept() -> None:
    chunks = list(split(_document("Lead.\n\nBody.", (Section(7, ("History",)),))))
    assert [chunk.text for chunk in chunks] == ["Lead.", "Body."]


@pytest.mark.parametrize("row", ["| {0} | city number {0} | {0}000 |", "city {0}: {0}000; a. B"])
def test_rows_are_never_cut_inside_a_line(row: str) -> None:
    lines = [row.format(number) for number in range(100)]
    for chunk in split(_document("\n".join(lines)), size=150):
        assert set(chunk.text.split("\n")) <= set(lines)


def test_a_row_longer_than_a_chunk_is_cut_at_words() -> None:
    row = "| " + "word " * 100 + "|"
    chunks = list(split(_document(row), size=80))
    assert all(len(chunk.text) <= 80 for chunk in chunks)
    assert set(" ".join(chunk.text for chunk in chunks).split()) == {"|", "word"}


def test_sentences_are_not_cut_when_they_fit() -> None:
    sentences = _prose(60, 1)
    for chunk in split(_document("".join(sentences)), size=300):
        assert chunk.text.endswith(".")


def test_an_initial_or_a_small_letter_after_a_stop_ends_no_sentence() -> None:
    text = "The bridge by J. Smith, e.g. the old one, is long. " * 2
    assert [chunk.text for chunk in split(_document(text), size=60)] == [
        "The bridge by J. Smith, e.g. the old one, is long."
    ] * 2


def test_an_empty_document_has_no_chunks() -> None:
    assert list(split(_document(""))) == []
    assert list(split(_document(" \n\n "))) == []


def test_a_size_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        list(split(_document("a"), size=0))
