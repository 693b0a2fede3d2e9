"""What is right at a moment, as far as the documents published by then tell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from evals.types import Cohort, Example, Fact, Period, StandingQuestion, Stream


def day(month: int, number: int = 1) -> datetime:
    return datetime(2020, month, number, tzinfo=UTC)


def fact(value: str, start: int, end: int | None = None, **more: object) -> Fact:
    return Fact(
        subject="the mill",
        relation="owner",
        value=value,
        valid_from=day(start),
        valid_to=day(end) if end else None,
        doc_ids=(f"doc-{value}-{start}",),
        **more,  # type: ignore[arg-type]
    )


def asking(*history: Fact) -> StandingQuestion:
    return StandingQuestion(question_id="q", wordings=("Who owns the mill?",), history=history)


def asked(question: StandingQuestion, month: int, since: int | None = None) -> Example:
    example = question.at(day(month), since=day(since) if since else None)
    assert example is not None
    return example


class TestWhenAFactHolds:
    def test_it_holds_from_its_start_until_just_before_its_end(self) -> None:
        owner = fact("Ann", 2, 5)
        assert [owner.holds_at(day(m)) for m in (1, 2, 4, 5)] == [False, True, True, False]

    def test_before_it_is_told_nobody_can_know_it(self) -> None:
        owner = fact("Ann", 2, told_at=day(4))
        assert [owner.holds_as_told_by(day(m)) for m in (2, 3, 4)] == [False, False, True]

    def test_while_its_end_is_untold_it_is_believed_to_hold(self) -> None:
        owner = fact("Ann", 2, 5, end_told_at=day(7))
        assert [owner.holds_as_told_by(day(m)) for m in (4, 6, 7)] == [True, True, False]

    def test_an_end_told_in_advance_ends_it_no_sooner(self) -> None:
        owner = fact("Ann", 2, 5, end_told_at=day(3))
        assert [owner.holds_as_told_by(day(m)) for m in (4, 5)] == [True, False]

    def test_an_announced_fact_does_not_hold_yet(self) -> None:
        owner = fact("Ann", 6, told_at=day(3))
        assert [owner.holds_as_told_by(day(m)) for m in (3, 5, 6)] == [False, False, True]

    def test_a_fact_that_was_over_when_first_told_never_holds_as_told(self) -> None:
        owner = fact("Ann", 2, 4, told_at=day(6))
        assert not any(owner.holds_as_told_by(day(m)) for m in range(1, 12))
        assert owner.has_begun_as_told_by(day(6))

    def test_its_answers_are_its_value_and_its_other_spellings(self) -> None:
        assert fact("Ann", 1, aliases=("A. Ives",)).answers == ("Ann", "A. Ives")
        assert fact("Ann", 1).key == ("the mill", "owner")


class TestWhatIsRightWhenAsked:
    def test_nothing_is_asked_of_what_nobody_has_told(self) -> None:
        assert asking(fact("Ann", 2, told_at=day(4))).at(day(3)) is None

    def test_the_value_that_holds_is_right_and_the_one_before_superseded(self) -> None:
        example = asked(asking(fact("Ann", 1, 4), fact("Bo", 4)), 5)
        assert example.answers == ("Bo",)
        assert example.superseded == ("Ann",)
        assert (example.gold_docs, example.stale_docs) == (("doc-Bo-4",), ("doc-Ann-1",))

    def test_a_change_told_late_is_not_expected_early(self) -> None:
        question = asking(fact("Ann", 1, 4, end_told_at=day(6)), fact("Bo", 4, told_at=day(6)))
        assert asked(question, 5).answers == ("Ann",)
        assert asked(question, 6).answers == ("Bo",)

    def test_an_announced_value_is_later_until_its_day(self) -> None:
        question = asking(fact("Ann", 1, 6, end_told_at=day(3)), fact("Bo", 6, told_at=day(3)))
        before, after = asked(question, 4), asked(question, 6)
        assert (before.answers, before.later, before.superseded) == (("Ann",), ("Bo",), ())
        assert (after.answers, after.later, after.superseded) == (("Bo",), (), ("Ann",))

    def test_a_value_that_returned_is_not_superseded_and_its_old_documents_not_stale(self) -> None:
        example = asked(asking(fact("Ann", 1, 3), fact("Bo", 3, 5), fact("Ann", 5)), 6)
        assert (example.answers, example.superseded) == (("Ann",), ("Bo",))
        assert example.stale_docs == ("doc-Bo-3",)

    def test_several_values_may_hold_at_once(self) -> None:
        example = asked(asking(fact("Ann", 1), fact("Bo", 2), fact("Cy", 1, 3)), 4)
        assert example.answers == ("Ann", "Bo")
        assert example.superseded == ("Cy",)

    def test_a_document_that_states_two_values_is_named_once(self) -> None:
        both = {"doc_ids": ("d",)}
        example = asked(asking(replace(fact("A", 1), **both), replace(fact("B", 1), **both)), 2)
        assert example.gold_docs == ("d",)

    def test_a_document_that_states_the_answer_too_is_not_stale(self) -> None:
        left, stayed = fact("Ann", 1, 3), fact("Bo", 1)
        both = replace(stayed, doc_ids=(*left.doc_ids, *stayed.doc_ids))
        example = asked(asking(left, both), 4)
        assert (example.gold_docs, example.stale_docs) == (both.doc_ids, ())

    def test_when_nothing_holds_any_more_abstaining_is_right(self) -> None:
        example = asked(asking(fact("Ann", 1, 4)), 5, since=3)
        assert (example.answers, example.superseded) == ((), ("Ann",))
        assert example.cohort is Cohort.UNANSWERABLE
        assert not example.is_answerable

    def test_it_asks_about_the_moment_it_is_put(self) -> None:
        example = asked(asking(fact("Ann", 1)), 2)
        assert example.asked_at == day(2)
        assert example.window is not None
        assert day(2) in example.window
        assert example.question == "Who owns the mill?"
        assert example.cluster == "q"


HIRED = fact("Ann", 1, 4)


@pytest.mark.parametrize(
    ("history", "moment", "since", "cohort"),
    [
        pytest.param([fact("Ann", 2)], 3, 1, Cohort.NEW, id="first told since"),
        pytest.param([fact("Ann", 2)], 3, None, Cohort.NEW, id="there is no period before"),
        pytest.param([fact("Ann", 1)], 5, 3, Cohort.UNCHANGED, id="nothing told since"),
        pytest.param([HIRED, fact("Bo", 4)], 5, 3, Cohort.UPDATED, id="another value since"),
        pytest.param(
            [fact("Ann", 1, 2), fact("Bo", 2, 4), fact("Ann", 4)],
            5,
            3,
            Cohort.REVERTED,
            id="a value it had before",
        ),
        pytest.param(
            [fact("Ann", 1, 2, end_told_at=day(4)), fact("Bo", 2, told_at=day(4))],
            5,
            3,
            Cohort.RETROACTIVE,
            id="told since, held before",
        ),
        pytest.param(
            [fact("Ann", 1, 6, end_told_at=day(4)), fact("Bo", 6, told_at=day(4))],
            5,
            3,
            Cohort.UNCHANGED,
            id="only announced since",
        ),
        pytest.param(
            [fact("Ann", 1, 6, end_told_at=day(4)), fact("Bo", 6, told_at=day(4))],
            7,
            5,
            Cohort.UPDATED,
            id="announced before, begun since",
        ),
        pytest.param(
            [fact("Ann", 6, told_at=day(2))], 7, 5, Cohort.NEW, id="first value, announced before"
        ),
        pytest.param(
            [fact("Ann", 2), fact("Old", 1, 2, told_at=day(4))],
            5,
            3,
            Cohort.UNCHANGED,
            id="only its past told since",
        ),
        pytest.param([fact("Ann", 1), fact("Bo", 4)], 5, 3, Cohort.UPDATED, id="one more value"),
        pytest.param(
            [fact("Ann", 1), fact("Bo", 1, 4)], 5, 3, Cohort.UPDATED, id="one value fewer"
        ),
    ],
)
def test_the_cohort_is_what_became_of_the_answer(
    history: list[Fact], moment: int, since: int | None, cohort: Cohort
) -> None:
    assert asked(asking(*history), moment, since).cohort is cohort


def test_rows_are_asked_before_anything_and_after_each_period() -> None:
    periods = tuple(
        Period(name=f"{m}", start=day(m), end=day(m + 1), documents=()) for m in (1, 2, 3)
    )
    assert Stream(name="s", periods=periods).row_times == (day(1), day(2), day(3), day(4))
