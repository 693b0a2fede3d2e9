"""Sets of pages, and the names of dumps."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dumps.pages import PageSet, read_name


@given(st.sets(st.integers(0, 1 << 22)), st.sets(st.integers(0, 1 << 22)))
def test_a_page_set_is_a_set(numbers: set[int], others: set[int]) -> None:
    pages = PageSet()
    for number in numbers:
        pages.add(str(number))
    assert all(str(number) in pages for number in numbers)
    assert all(str(number) not in pages for number in others - numbers)
    assert pages.n_strange == 0


@pytest.mark.parametrize("page_id", ["", "-1", "Rome", "٣", "1e3", str(1 << 31), "9" * 5000])
def test_what_is_no_page_number_is_counted_and_not_held(page_id: str) -> None:
    pages = PageSet()
    pages.add(page_id)
    assert page_id not in pages
    assert pages.n_strange == 1


@pytest.mark.parametrize(
    ("name", "wiki", "made_at", "is_part"),
    [
        ("enwiki-20260101-pages-articles-multistream.xml.bz2", "enwiki", 2026, False),
        ("enwiki-20260101-pages-articles-multistream1.xml-p1p41242.bz2", "enwiki", 2026, True),
        ("enwiki-latest-pages-articles1.xml-p10p30302.bz2", "enwiki", None, True),
        ("enwiki-20260101-pages-meta-history27.xml-p1p2.7z", "enwiki", 2026, True),
        ("aawiki-20260101-pages-meta-current.xml.bz2", "aawiki", 2026, False),
        ("zh_min_nanwiki-20260101-pages-articles.xml.zst", "zh_min_nanwiki", 2026, False),
        ("enwiki-20269999-pages-articles.xml", "enwiki", None, False),
        ("my-wiki.xml.bz2", "my-wiki", None, False),
    ],
)
def test_the_name_of_a_dump_tells_its_wiki_its_date_and_whether_it_is_a_part(
    name: str, wiki: str, made_at: int | None, is_part: bool
) -> None:
    read = read_name(name)
    assert read.wiki == wiki
    assert read.made_at == (datetime(made_at, 1, 1, tzinfo=UTC) if made_at else None)
    assert read.is_part is is_part
