"""The date a text gives for itself, and the many dates in texts that are not it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import from_text
from rag_lifelong.types import DateSource


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Published 3 June 2022", "2022-06-03"),
        ("Published on Friday 3 June 2022 at 10:30", "2022-06-03"),
        ("Published 10:30 AM EDT, Fri June 3, 2022", "2022-06-03"),
        ("Posted at 3:15 p.m. ET on June 3, 2022", "2022-06-03"),
        ("Date: 2022-06-03", "2022-06-03"),
        ("**Date:** June 3, 2022", "2022-06-03"),
        ("Date: Fri, 03 Jun 2022 10:30:00 GMT", "2022-06-03"),
        ("Date: 31/12/2015", "2015-12-31"),
        ("Last modified: 2022-06-03T10:30:00Z", "2022-06-03"),
        ("Updated on June 3, 2022", "2022-06-03"),
        ("Last updated: June 2022", "2022-06"),
        ("3 June 2022", "2022-06-03"),
        ("Friday, June 3, 2022, 10:30 AM ET", "2022-06-03"),
        ("2022-06-03 10:30", "2022-06-03"),
        ("London, 3 June 2022", "2022-06-03"),
        ("The Town Crier | June 3, 2022", "2022-06-03"),
        ("Vol 7 | 3 June 2022 | page 3", "2022-06-03"),
        ("Posted by jdoe on March 3, 2019", "2019-03-03"),
        ("By Jane Doe and John Roe, June 3, 2022", "2022-06-03"),
        ("BRUSSELS, 3 March 2019 — The council met.", "2019-03-03"),
        ("London, June 3, 2022 (Reuters) - The council met.", "2022-06-03"),
        ("June 3, 2022 /PRNewswire/ -- A company made a thing.", "2022-06-03"),
        ("Minutes of the meeting of 12 May 2021", "2021-05-12"),
        ("Council minutes: 12 May 2021, Room 4", "2021-05-12"),
        ("Newsletter May 2021", "2021-05"),
        ("Press release, 12 May 2021", "2021-05-12"),
        ("Good morning, and today is Friday, June 3rd, 2022. This is the news.", "2022-06-03"),
        ("Stand: 3. Juni 2022", "2022-06-03"),
        ("Publié le 3 juin 2022", "2022-06-03"),
        ("Publicado el 3 de junio de 2022", "2022-06-03"),
        ("Pubblicato il 3 giugno 2022", "2022-06-03"),
        ("Publicado em 3 de junho de 2022", "2022-06-03"),
        ("Bijgewerkt op 3 juni 2022", "2022-06-03"),
        ("3 czerwca 2022 r.", "2022-06-03"),
        ("Опубликовано 3 июня 2022 г.", "2022-06-03"),
        ("发布时间：2022年6月3日", "2022-06-03"),
        ("更新日：2022年6月3日", "2022-06-03"),
    ],
)
def test_a_text_that_dates_itself_is_dated(text: str, expected: str) -> None:
    for before in ("", "A heading\n\n"):
        dated = from_text(f"{before}{text}\n\nThe council met and spoke of 1 May 1999.\n")
        assert dated is not None
        assert (str(dated), dated.source) == (expected, DateSource.DATELINE)


@pytest.mark.parametrize(
    "text",
    [
        "On 3 June 1940 the army reached the coast.",
        "It has been so since 3 June 2022",
        "3 June 1940: the army reaches the coast",
        "3 June 1940 – The army reaches the coast",
        "PEARL HARBOR. December 7, 1941 was a Sunday",
        "Battle of Verdun, 21 February 1916 – the guns opened",
        "Published in May 1925, the novel sold slowly",
        "Published 3 June 1940, the book went unread",
        "This story was originally published on May 5, 2013.",
        "Born 3 June 1940",
        "Born | 3 June 1940",
        "Date of birth: 3 June 1940",
        "Best used by: March 25, 2026",
        "Expected trial date: Jan. 15, 2024",
        "Minutes after the blast of 3 June 2020, sirens were heard",
        "By noon, June 3, 2022",
        "By 3 June 2022",
        "LONDON, June 3 (Reuters) - The council met.",
        "Published June 3",
        "05/07/2015",
        "Date: 05/07/2015",
        "Thursday, 3 June 2022",
        "30 February 2022",
        "Published 2022",
        "2022",
        "2011-12",
        "As of 6 August 2019",
        "Version 2022.06.03.1 of the tool",
        "UPDATE 5/20/2020 : News will no longer be added",
        "> Published 3 June 2022",
        "a | b | 3 June 2022 | 4 June 2022 | 5 June 2022",
    ],
)
def test_what_a_text_talks_about_is_not_its_date(text: str) -> None:
    assert from_text(text) is None
    assert from_text(f"A heading\n\n{text}\n\nMore of it.") is None


def test_a_date_further_down_is_not_the_texts() -> None:
    assert from_text("line\n" * 20 + "Published 3 June 2022\n" + "line\n" * 20) is None
    assert from_text("line\n" * 8 + "3 June 2022\n" + "line\n" * 20) is None


def test_a_signature_dates_a_long_text() -> None:
    body = "The council met.\n" * 300
    assert str(from_text(body + "Last updated: 3 June 2022\n")) == "2022-06-03"
    assert str(from_text(body + "Done at Brussels, 3 March 2019.\n")) == "2019-03-03"
    assert from_text(body + "3 June 2022\n") is None


def test_publication_comes_before_update() -> None:
    text = "Published: 12:34 EDT, 3 June 2022 | Updated: 01:00 EDT, 5 June 2022\n"
    assert str(from_text(text)) == "2022-06-03"
    assert str(from_text("Updated 5 June 2022\nPublished 3 June 2022\n")) == "2022-06-03"


def test_dates_that_disagree_are_none() -> None:
    assert from_text("Date: 27 October 2015\n\nDate: 24 November 2015\n") is None
    assert str(from_text("Date: June 2022\n\nPublished 3 June 2022\n")) == "2022-06-03"


def test_a_diary_or_timeline_is_not_dated_by_its_first_entry() -> None:
    assert from_text("A diary\n\n3 June 2022\nRain.\n\n2 June 2022\nSun.\n") is None
    filler = "The council met.\n" * 100
    assert from_text(f"May 2021\n{filler}Fall 2021\n{filler}February 9, 2022\n{filler}") is None
    assert from_text("Rain.", headings=["3 June 2022", "2 June 2022"]) is None


def test_the_newest_entry_dates_a_changelog() -> None:
    log = "# Changes\n\n## [1.2.0] - 2021-03-04\n\n* new\n\n## 1.1.0 (2020-01-01)\n\n* old\n"
    assert str(from_text(log)) == "2021-03-04"
    entries = ["v1.1, 1 January 2020", *(f"1.0.{n}" for n in range(20)), "v1.2, 4 March 2021"]
    assert str(from_text("New.", title="Changes", headings=entries)) == "2021-03-04"


def test_titles_and_first_headings_are_read_as_lines() -> None:
    title = "Minutes of the meeting of 12 May 2021"
    assert str(from_text("Present: all.", title=title)) == "2021-05-12"
    assert str(from_text("Present: all.", headings=["Minutes", "12 May 2021"])) == "2021-05-12"


def test_text_cut_off_after_a_date_reads_on() -> None:
    start = "x" * 1_978 + "\n"
    assert from_text(f"{start}Published 3 June 2022 it sold slowly") is None


_WORDS = [
    "Published",
    "3 June",
    " 2022",
    "2022-06-03",
    "|",
    "\n",
    " ",
    "by",
    "(",
    "May",
    "1.2",
    ":",
]


@given(st.text(max_size=300) | st.lists(st.sampled_from(_WORDS)).map("".join))
def test_any_text_has_a_date_or_none(text: str) -> None:
    dated = from_text(text, title=text, headings=text.split("\n"))
    assert dated is None or dated.source is DateSource.DATELINE
