"""Questions of facts whose values over time are known."""

from __future__ import annotations

from datetime import UTC, datetime

from evals.streams.asking import ask_as_of
from evals.types import Cohort, Example, Fact
from rag_lifelong.temporal import year_interval


def value(name: str, first: int, last: int | None, *aliases: str) -> Fact:
    return Fact(
        subject="Elm",
        relation="mayor",
        value=name,
        aliases=aliases,
        valid_from=datetime(first, 1, 1, tzinfo=UTC),
        valid_to=None if last is None else datetime(last, 1, 1, tzinfo=UTC),
        doc_ids=(f"{name} {first}",),
    )


HISTORY = (
    value("Anna", 2010, 2014, "A. Berg"),
    value("Ivo", 2014, 2016),
    value("Anna", 2016, None, "A. Berg"),
    value("Mira", 2016, 2018),
)


def ask(year: int, since: int | None = None) -> Example:
    window = year_interval(year)
    return ask_as_of(
        HISTORY,
        window,
        since=year_interval(since or year).start,
        example_id=str(year),
        wordings=("Who?",),
    )


def test_all_values_that_hold_are_right_in_every_spelling() -> None:
    assert ask(2012).answers == ("Anna", "A. Berg")
    assert ask(2017).answers == ("Anna", "A. Berg", "Mira")


def test_what_is_right_is_neither_superseded_nor_later() -> None:
    asked = ask(2012)
    assert (asked.superseded, asked.later) == ((), ("Ivo", "Mira"))
    assert ask(2017).superseded == ("Ivo",)
    assert ask(2019).superseded == ("Ivo", "Mira")


def test_documents_go_with_the_values_they_state() -> None:
    asked = ask(2014)
    assert (asked.gold_docs, asked.stale_docs) == (("Ivo 2014",), ("Anna 2010",))


def test_documents_of_an_earlier_time_that_state_the_right_value_are_not_stale() -> None:
    assert ask(2017).stale_docs == ("Ivo 2014",)


def test_the_cohort_is_judged_from_the_start_of_the_period() -> None:
    cohorts = [ask(2010).cohort, ask(2012).cohort, ask(2014).cohort, ask(2016).cohort]
    assert cohorts == [Cohort.NEW, Cohort.UNCHANGED, Cohort.UPDATED, Cohort.REVERTED]
    assert ask(2015, since=2013).cohort is Cohort.UPDATED
