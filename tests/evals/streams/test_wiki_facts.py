"""What the top of a page states, and how it is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.streams.wiki_facts import stated
from evals.streams.wiki_questions import relation_of, when_of
from rag_lifelong.temporal import Interval, Precision, parse_when

BOX = """{{Short description|Town}}
{{Infobox settlement
| name           = Elm
| image_skyline  = Elm.jpg
| leader_title   = Mayor
| leader_name    = [[Anna Berg|Berg]]<ref>{{cite web|title=Vote}}</ref>
| leader_title1  =
| leader_name1   = Jon Vale
| population_total = {{formatnum:12,345}} <!-- census -->
| motto          =
| twin_towns     = {{plainlist|
* [[Oak]]
* [[Ash]]
}}
}}
"""


def test_parameters_are_words_without_markup_references_and_pictures() -> None:
    said = stated(BOX)
    assert said["population total"] == "12,345"
    assert said["twin towns"] == "Oak, Ash"
    assert "image skyline" not in said
    assert "motto" not in said


def test_a_parameter_whose_title_is_another_is_named_by_it() -> None:
    said = stated(BOX)
    assert said["mayor"] == "Berg"
    assert said["leader name1"] == "Jon Vale"


def test_what_a_value_adds_in_brackets_makes_no_other_value() -> None:
    said = [
        stated(f"{{{{Infobox town|mayor = {text}}}}}")["mayor"] for text in ("B. (R)", "B.", "(R)")
    ]
    assert said == ["B.", "B.", "(R)"]


def test_only_the_box_above_the_first_heading_counts() -> None:
    assert stated("Text.\n== Rule ==\n{{Infobox town|mayor = Berg}}") == {}


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        (
            "'''Elm''' ({{lang-no|Olm}}) is a [[town]] in the hills. It is old.",
            "a town in the hills",
        ),
        ("'''Elm''' was an island, now drowned.", "an island"),
        ("'''Anna Berg''' (born 1960) is the mayor of Elm who won twice.", "the mayor of Elm"),
        ("'''Elm''' is one of the towns known for beer.", "one of the towns"),
        ("'''J. Vale''' is a U.S. senator.", ""),
        ("Elm lies in the hills.", ""),
        ("There it is. Elm is a town.", ""),
    ],
)
def test_a_first_sentence_says_what_a_subject_is(sentence: str, what: str) -> None:
    assert stated(sentence).get("description", "") == what


def test_a_page_that_states_nothing_states_nothing() -> None:
    assert stated("") == {}
    assert stated("{{Infobox town|mayor = }} {{unclosed") == {}


MARKUP = ["{{", "}}", "|", "=", "[[", "]]", "{{Infobox x", "<ref>", "</ref>", "''", "\n", "==", "a"]


@given(st.lists(st.sampled_from(MARKUP), max_size=40).map("".join))
def test_no_markup_breaks_the_reading_of_a_page(wikitext: str) -> None:
    said = stated(wikitext)
    assert all(said.values())
    assert not any("{{" in value for value in said.values())


@pytest.mark.parametrize(
    ("parameter", "question"),
    [
        ("mayor", "Who is the mayor of Elm?"),
        ("key people", "Who are the key people of Elm?"),
        ("headquarters", "Where is the headquarters of Elm?"),
        ("description", "What is Elm?"),
        ("patron saint", "What is the patron saint of Elm?"),
        ("twin towns", "What are the twin towns of Elm?"),
        ("status", "What is the status of Elm?"),
    ],
)
def test_a_relation_is_asked_in_plain_english(parameter: str, question: str) -> None:
    relation = relation_of(parameter)
    assert relation is not None
    assert relation.now("Elm")[0] == question
    for wordings in (relation.now("Elm"), relation.then("Elm", "May 2021", Precision.MONTH)):
        assert len(set(wordings)) == 3
        assert all(text[0].isupper() and text.endswith("?") for text in wordings)


@pytest.mark.parametrize(
    "parameter",
    ["name", "leader name1", "native name", "leader title", "area code", "party color", "a/b"],
)
def test_what_names_or_lays_out_a_page_is_not_asked(parameter: str) -> None:
    assert relation_of(parameter) is None


@pytest.mark.parametrize(
    ("window", "words"), [("2021-05", "May 2021"), ("2021-05-04", "4 May 2021")]
)
def test_a_window_is_named_as_exactly_as_it_is_long(window: str, words: str) -> None:
    interval, precision = parse_when(window)
    assert when_of(Interval(interval.start, interval.end)) == (words, precision)
