"""A history dump as a benchmark: exact validity, what was undone, and pages that end or move."""

from __future__ import annotations

import bz2
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from evals.streams import load_stream
from evals.types import Cohort, Example, Form, StandingQuestion, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import parse_when
from tests.ingest.data import data_folder


def town(mayor: str, people: str, what: str = "a town in the hills") -> str:
    box = f"{{{{Infobox town\n| mayor = {mayor}\n| population_total = {people}\n}}}}"
    return f"{box}\n'''Elm''' is {what}.\n\n== Past ==\nElm is old."


PAGES: dict[str, list[tuple[str, str]]] = {
    "Elm": [
        ("2018-03-05T10:00:00Z", town("[[Anna Berg]]", "1,200")),
        ("2018-09-01T08:00:00Z", town("[[Anna Berg]]", "1,300")),
        ("2019-02-10T12:00:00Z", town("Mickey Mouse", "1,300")),
        ("2019-02-10T12:05:00Z", town("Donald Duck", "1,300")),
        ("2019-02-10T13:00:00Z", town("[[Anna Berg]]", "1,300")),
        ("2019-06-15T09:30:00Z", town("[[Ivo Lund]]", "1,300")),
        ("2020-05-01T00:00:00Z", town("[[Anna Berg]]", "")),
    ],
    "Elm Rovers F.C.": [
        ("2018-04-01T00:00:00Z", "{{Infobox club|coach = Mira Holt}} '''Elm Town''' is a club."),
        ("2019-08-01T00:00:00Z", "{{Infobox club|coach = Jon Vale}} '''Elm Rovers''' is a club."),
    ],
    "Elm Town": [("2019-08-01T00:01:00Z", "#REDIRECT [[Elm Rovers F.C.]]")],
    "Old Mill": [
        ("2018-05-05T00:00:00Z", "{{Infobox building|owner = Mill Trust}} It grinds."),
        ("2019-11-11T00:00:00Z", "#REDIRECT [[Elm]]"),
    ],
}


def dump(path: Path, pages: dict[str, list[tuple[str, str]]] = PAGES) -> Path:
    revision = 0
    parts = ["<mediawiki><siteinfo><dbname>elmwiki</dbname></siteinfo>"]
    for number, (title, revisions) in enumerate(pages.items(), start=1):
        parts.append(f"<page><title>{title}</title><ns>0</ns><id>{number}</id>")
        for timestamp, text in revisions:
            revision += 1
            parts.append(
                f"<revision><id>{revision}</id><timestamp>{timestamp}</timestamp>"
                f"<model>wikitext</model><text>{escape(text)}</text></revision>"
            )
        parts.append("</page>")
    xml = "".join([*parts, "</mediawiki>"]).encode()
    path.write_bytes(bz2.compress(xml) if path.suffix == ".bz2" else xml)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return dump(tmp_path / "elmwiki-20210101-pages-meta-history.xml.bz2")


@pytest.fixture
def stream(path: Path) -> Stream:
    return load_stream("history", path)


def standing(stream: Stream, name: str) -> StandingQuestion:
    [found] = [q for period in stream.periods for q in period.standing if q.question_id == name]
    return found


def examples(stream: Stream, name: str) -> list[Example]:
    every = [e for period in stream.periods for e in period.examples]
    return [example for example in every if example.example_id.startswith(f"{name}@")]


def test_a_value_holds_from_the_revision_that_brings_it_to_the_one_that_changes_it(
    stream: Stream,
) -> None:
    mayor = standing(stream, "1/mayor")
    assert [(f.value, f.valid_from, f.valid_to) for f in mayor.history] == [
        (
            "Anna Berg",
            datetime(2018, 3, 5, 10, tzinfo=UTC),
            datetime(2019, 6, 15, 9, 30, tzinfo=UTC),
        ),
        ("Ivo Lund", datetime(2019, 6, 15, 9, 30, tzinfo=UTC), datetime(2020, 5, 1, tzinfo=UTC)),
        ("Anna Berg", datetime(2020, 5, 1, tzinfo=UTC), None),
    ]


def test_what_was_undone_within_a_day_never_held(stream: Stream) -> None:
    anna = standing(stream, "1/mayor").history[0]
    assert anna.doc_ids == ("1:1", "1:2", "1:5")
    assert "2 statements undone" in stream.notes


def test_how_long_a_value_must_stand_can_be_set(path: Path) -> None:
    strict = load_stream("history", path, settle="PT0S")
    values = [fact.value for fact in standing(strict, "1/mayor").history]
    assert values[:4] == ["Anna Berg", "Mickey Mouse", "Donald Duck", "Anna Berg"]
    lax = load_stream("history", path, settle="400 days")
    assert [fact.value for fact in standing(lax, "1/mayor").history] == ["Anna Berg"]


def test_a_value_that_was_taken_out_has_ended(stream: Stream) -> None:
    people = standing(stream, "1/population total")
    assert [fact.value for fact in people.history] == ["1,200", "1,300"]
    assert people.history[-1].valid_to == datetime(2020, 5, 1, tzinfo=UTC)
    put = people.at(stream.periods[-1].end, since=stream.periods[-2].end)
    assert put is not None
    assert (put.answers, put.cohort) == ((), Cohort.UNANSWERABLE)


def test_a_page_that_became_a_redirect_ended_and_tells_so(stream: Stream) -> None:
    owner = standing(stream, "4/owner")
    assert owner.history[0].valid_to == datetime(2019, 11, 11, tzinfo=UTC)
    told = [d for period in stream.periods for d in period.documents if d.revises == "4"]
    assert [bool(document.text) for document in told] == [True, False]


def test_a_renamed_page_goes_on_under_its_last_name(stream: Stream) -> None:
    coach = standing(stream, "2/coach")
    assert coach.wordings[0] == "Who is the coach of Elm Rovers F.C.?"
    assert [fact.value for fact in coach.history] == ["Mira Holt", "Jon Vale"]
    documents = [d for period in stream.periods for d in period.documents]
    assert not any(document.title == "Elm Town" for document in documents)


def test_a_dated_question_asks_for_a_whole_month_in_which_the_value_held(stream: Stream) -> None:
    first, second, third = examples(stream, "1/mayor")
    assert first.question == "Who was the mayor of Elm in August 2018?"
    assert first.window == parse_when("2018-08")[0]
    assert (first.answers, first.later) == (("Anna Berg",), ("Ivo Lund",))
    assert (second.answers, second.superseded) == (("Ivo Lund",), ("Anna Berg",))
    assert [e.cohort for e in (first, second, third)] == [
        Cohort.NEW,
        Cohort.UPDATED,
        Cohort.REVERTED,
    ]
    assert first.form is Form.AS_OF


def test_a_value_that_held_for_days_is_asked_about_by_the_day(tmp_path: Path) -> None:
    pages = {
        "Elm": [
            ("2020-03-02T10:00:00Z", town("Anna Berg", "1")),
            ("2020-03-06T10:00:00Z", town("Ivo Lund", "1")),
            ("2020-03-07T09:00:00Z", town("Mira Holt", "1")),
        ]
    }
    stream = load_stream("history", dump(tmp_path / "elm.xml", pages))
    anna, mira = examples(stream, "1/mayor")
    assert anna.question == "Who was the mayor of Elm on 4 March 2020?"
    assert mira.answers == ("Mira Holt",)  # Ivo Lund did not hold for a whole day


def test_every_revision_is_a_document_that_revises_its_page(stream: Stream) -> None:
    told = {period.name: [d.doc_id for d in period.documents] for period in stream.periods}
    assert told == {
        "2018": ["1:1", "2:8", "4:11", "1:2"],
        "2019": ["1:3", "1:4", "1:5", "1:6", "2:9", "4:12"],
        "2020": ["1:7"],
    }
    first = stream.periods[0].documents[0]
    assert first.revises == "1"
    assert first.text.startswith("mayor: Anna Berg\npopulation total: 1,200")


def test_the_documents_of_a_value_state_it(stream: Stream) -> None:
    texts = {d.doc_id: d.text for period in stream.periods for d in period.documents}
    for period in stream.periods:
        for question in period.standing:
            for fact in question.history:
                assert all(fact.value in texts[doc_id] for doc_id in fact.doc_ids)


def test_relations_can_be_chosen(path: Path) -> None:
    stream = load_stream("history", path, relations="coach, description")
    asked = [question.question_id for period in stream.periods for question in period.standing]
    assert asked == ["1/description", "2/coach", "2/description"]
    with pytest.raises(EvalError, match="nothing to ask about"):
        load_stream("history", path, relations="height")


def test_the_most_asked_about_are_those_that_change(path: Path) -> None:
    stream = load_stream("history", path, max_questions="3")
    asked = {question.question_id for period in stream.periods for question in period.standing}
    assert asked == {"1/mayor", "1/population total", "2/coach"}
    assert "3 relations not asked about" in stream.notes


def test_the_pages_kept_are_those_that_change_and_then_by_seed(path: Path) -> None:
    for seed in range(4):
        stream = load_stream("history", path, seed=seed, max_pages="2")
        kept = {d.revises for period in stream.periods for d in period.documents}
        assert kept == {"1", "2"}
        assert "1 pages not told" in stream.notes
    alone = {
        load_stream("history", path, seed=seed, max_pages="1").periods[0].documents[0].revises
        for seed in range(8)
    }
    assert alone == {"1", "2"}


def test_periods_and_revisions_can_be_thinned(path: Path) -> None:
    stream = load_stream("history", path, every="month", revisions="daily")
    names = [period.name for period in stream.periods]
    assert names[0] == "2018-03"
    feb = next(period for period in stream.periods if period.name == "2019-02")
    assert [document.doc_id for document in feb.documents] == ["1:5"]


def test_the_same_dump_gives_the_same_stream(path: Path) -> None:
    assert load_stream("history", path, seed=3) == load_stream("history", path, seed=3)


def test_a_folder_of_parts_is_one_wiki(tmp_path: Path) -> None:
    dump(tmp_path / "a.xml", {"Elm": PAGES["Elm"]})
    dump(tmp_path / "b.xml.bz2", {"Oak": PAGES["Old Mill"]})
    (tmp_path / "notes.txt").write_text("no dump")
    stream = load_stream("history", tmp_path)
    assert "2 pages" in stream.notes


def test_a_dump_that_breaks_off_is_read_to_there(tmp_path: Path) -> None:
    whole = dump(tmp_path / "whole.xml").read_bytes()
    broken = tmp_path / "broken.xml"
    broken.write_bytes(whole[: whole.index(b"<title>Elm Town")])
    stream = load_stream("history", broken)
    assert "2 pages" in stream.notes
    assert "1 file read in part (broken.xml" in stream.notes


def test_what_is_no_dump_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no dump")
    with pytest.raises(EvalError, match="no MediaWiki dump"):
        load_stream("history", tmp_path)
    with pytest.raises(EvalError, match="option 'every' of history"):
        load_stream("history", tmp_path, every="day")
    with pytest.raises(EvalError, match="option 'namespaces"):
        load_stream("history", tmp_path, namespaces="main")


@pytest.mark.slow
def test_a_real_wiki_with_its_history_becomes_questions_its_documents_answer() -> None:
    path = data_folder("wikidumps") / "dkpro_aawiki-20260101-pages-meta-history.xml.7z"
    stream = load_stream("history", path, namespaces="2")
    texts = {d.doc_id: d.text for period in stream.periods for d in period.documents}
    asked = [question for period in stream.periods for question in period.standing]
    assert len(texts) > 300
    assert len(asked) > 10
    for question in asked:
        for fact in question.history:
            assert fact.doc_ids
            assert all(fact.value in texts[doc_id] for doc_id in fact.doc_ids)
    for period in stream.periods:
        assert all(period.start <= d.published_at < period.end for d in period.documents)
        assert all(example.answers and example.window for example in period.examples)
