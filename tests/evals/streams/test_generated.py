"""The generated stream keeps its promises, whatever the seed and the sizes."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import combinations, pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.streams import load_stream
from evals.streams.generated import load
from evals.streams.generating.calendar import draw_window, spans_from
from evals.streams.generating.names import Kind, Names
from evals.streams.generating.relations import RELATIONS, Style
from evals.streams.generating.told_words import in_words
from evals.types import Cohort, Example, Fact, Form, SourceDocument, StandingQuestion, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import Interval

DAY = timedelta(days=1)
FUNCTIONAL = {relation.noun for relation in RELATIONS if relation.is_functional}
HELD_BY_PEOPLE = {relation.noun for relation in RELATIONS if relation.style is Style.OFFICE}
REPRINTED = re.compile("From our archive|Reprinted")
NO_MORE = re.compile(r"until then|before|had been|had cost|ceased|lost|any more", re.IGNORECASE)

loaded = cache(load)
WORLDS = [
    pytest.param({}, id="as it comes"),
    pytest.param({"seed": 1, "facts": 60, "periods": 3, "documents_per_period": 10}, id="short"),
    pytest.param(
        {"seed": 2, "facts": 50, "periods": 9, "months": 1, "documents_per_period": 0}, id="months"
    ),
    pytest.param(
        {"seed": 3, "facts": 40, "periods": 4, "months": 12, "start": date(2004, 7, 1)}, id="years"
    ),
]


@pytest.fixture(params=WORLDS)
def stream(request: pytest.FixtureRequest) -> Stream:
    return loaded(**request.param)


def documents(stream: Stream) -> dict[str, SourceDocument]:
    return {document.doc_id: document for p in stream.periods for document in p.documents}


def arrivals(stream: Stream) -> dict[str, datetime]:
    return {document.doc_id: p.end for p in stream.periods for document in p.documents}


def examples(stream: Stream) -> list[Example]:
    return [example for period in stream.periods for example in period.examples]


def standing(stream: Stream) -> list[StandingQuestion]:
    return [question for period in stream.periods for question in period.standing]


def histories(stream: Stream) -> dict[str, tuple[Fact, ...]]:
    """The values over time of all that is asked about."""
    found = [q for q in standing(stream) if q.question_id.endswith("-now")]
    return {question.cluster: question.history for question in found}


def facts(stream: Stream) -> Iterator[Fact]:
    return (fact for history in histories(stream).values() for fact in history)


def has(text: str, words: str) -> bool:
    return words in text and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


# What is promised of every stream.


def check_gold_documents_state_the_answer(stream: Stream) -> None:
    texts = documents(stream)
    for example in [*examples(stream), *put(stream)]:
        assert bool(example.gold_docs) == bool(example.answers), example
        for doc_id in example.gold_docs:
            assert any(has(texts[doc_id].text, answer) for answer in example.answers), example


def check_every_spelling_of_a_value_is_in_the_documents_that_state_it(stream: Stream) -> None:
    texts = documents(stream)
    for fact in facts(stream):
        assert fact.doc_ids
        for doc_id in fact.doc_ids:
            assert has(texts[doc_id].text, fact.subject)
            for answer in fact.answers:
                assert has(texts[doc_id].text, answer), (fact, texts[doc_id])


def check_stale_documents_state_a_superseded_value_and_not_the_answer(stream: Stream) -> None:
    texts = documents(stream)
    for example in [*examples(stream), *put(stream)]:
        assert not set(example.stale_docs) & set(example.gold_docs)
        for doc_id in example.stale_docs:
            assert any(has(texts[doc_id].text, old) for old in example.superseded), example


def check_documents_are_published_before_they_are_told(stream: Stream) -> None:
    for period in stream.periods:
        assert all(stream.periods[0].start < d.published_at < period.end for d in period.documents)


def check_values_of_one_at_a_time_follow_each_other_without_gap(stream: Stream) -> None:
    for history in histories(stream).values():
        if history[0].relation in FUNCTIONAL:
            assert all(old.valid_to == new.valid_from for old, new in pairwise(history))
            assert all(old.value != new.value for old, new in pairwise(history))
            assert history[-1].valid_to is None


def check_answers_hold_throughout_the_time_asked_about(stream: Stream) -> None:
    """The answer, once more, day by day and from nothing but the facts."""
    truth = histories(stream)
    for example in examples(stream):
        if example.window is None or example.form is Form.ORDINAL:
            continue
        is_reversed = example.facts[0].subject not in example.cluster
        history = example.facts if is_reversed else truth[example.cluster]
        assert is_reversed or example.facts == history
        last = min(example.window.end, stream.periods[-1].end)
        day = example.window.start
        while day < last:
            right = {answer for fact in history if fact.holds_at(day) for answer in fact.answers}
            assert right == set(example.answers), (day, example)
            day += DAY


def check_old_and_later_values_are_told_apart(stream: Stream) -> None:
    for example in examples(stream):
        assert not set(example.answers) & {*example.superseded, *example.later}
        for fact in example.facts:
            assert example.window is not None
            if fact.valid_to and fact.valid_to <= example.window.start:
                assert fact.value in {*example.superseded, *example.answers}
            if fact.valid_from >= example.window.end:
                assert fact.value in {*example.later, *example.answers}


def check_an_answer_never_changes_once_it_is_asked_for(stream: Stream) -> None:
    """By the end of its period everything that bears on it is told, and its time is over."""
    came = arrivals(stream)
    for period in stream.periods:
        for example in period.examples:
            assert example.window is None or example.window.start < period.end
            if example.form is Form.AS_OF:
                assert example.window is not None
                assert example.window.end <= period.end
            for fact in example.facts:
                if example.window and fact.holds_at(example.window.start):
                    assert fact.is_told_by(period.end)
            if example.answers:
                assert min(came[doc_id] for doc_id in example.gold_docs) <= period.end


def check_what_is_asked_as_of_a_moment_is_not_changed_by_what_comes_later(stream: Stream) -> None:
    published = documents(stream)
    for period in stream.periods:
        for example in (e for e in period.examples if e.asked_at):
            assert example.asked_at == period.end
            for fact in example.facts:
                for doc_id in fact.doc_ids[:1]:
                    was_published = published[doc_id].published_at <= period.end
                    assert was_published == fact.is_told_by(period.end)
            as_told = [f for f in example.facts if f.has_begun_as_told_by(period.end)]
            assert example.answers == as_told[-2].answers


def check_what_is_right_now_was_told_by_a_document_that_has_arrived(stream: Stream) -> None:
    came = arrivals(stream)
    for moment in stream.row_times:
        for question in standing(stream):
            example = question.at(moment)
            if example and example.answers:
                assert min(came[doc_id] for doc_id in example.gold_docs) <= moment


def check_nothing_names_a_value_before_it_is_told(stream: Stream) -> None:
    told: dict[str, dict[str, datetime]] = defaultdict(dict)
    for fact in facts(stream):
        first = fact.told_at or fact.valid_from
        told[fact.subject][fact.value] = min(first, told[fact.subject].get(fact.value, first))
    for period in stream.periods:
        for document in period.documents:
            for subject in (subject for subject in told if subject in document.text):
                for value, first in told[subject].items():
                    # What arrives late is told when its period ends.
                    is_told = first <= document.published_at or first == period.end
                    assert is_told or not has(document.text, value), document


def check_a_fact_is_told_when_the_first_document_that_states_it_comes(stream: Stream) -> None:
    came = {}
    for period in stream.periods:
        for document in period.documents:
            is_late = document.published_at < period.start
            came[document.doc_id] = period.end if is_late else document.published_at
    for fact in facts(stream):
        assert fact.told_at == min(came[doc_id] for doc_id in fact.doc_ids)
        assert fact.told_at == came[fact.doc_ids[0]]


def check_the_first_document_tells_the_day_a_fact_began(stream: Stream) -> None:
    texts = documents(stream)
    for fact in facts(stream):
        first = texts[fact.doc_ids[0]]
        assert "today" in first.text or has(first.text, in_words(fact.valid_from)), (fact, first)


def check_today_is_the_day_a_document_is_published(stream: Stream) -> None:
    texts = documents(stream)
    for fact in facts(stream):
        for document in (texts[doc_id] for doc_id in fact.doc_ids):
            if "today" in document.text:
                assert fact.valid_from < document.published_at < fact.valid_from + DAY


def check_what_does_not_hold_is_stated_with_its_day(stream: Stream) -> None:
    texts = documents(stream)
    for fact in facts(stream):
        for document in (texts[doc_id] for doc_id in fact.doc_ids):
            if not fact.holds_as_told_by(document.published_at):
                assert has(document.text, in_words(fact.valid_from)), (fact, document)
            if fact.end_told_at and max(fact.end_told_at, fact.valid_to or fact.end_told_at) <= (
                document.published_at
            ):
                assert REPRINTED.match(document.text), (fact, document)


def check_a_value_that_a_question_names_was_there_once(stream: Stream) -> None:
    truth = histories(stream)
    for example in examples(stream):
        values = [fact.value for fact in truth.get(example.cluster, ())]
        assert all(
            values.count(value) == 1
            for value in values
            if value[0].isalpha() and value in example.question
        )


def check_an_end_is_told_by_a_document_or_by_the_next_value(stream: Stream) -> None:
    published = defaultdict(list)
    for document in documents(stream).values():
        published[document.published_at].append(document)
    for history in histories(stream).values():
        for fact in (fact for fact in history if fact.valid_to):
            next_told = {f.told_at for f in history if f.valid_from == fact.valid_to}
            said = [
                document
                for document in published[fact.end_told_at or fact.valid_from]
                if has(document.text, fact.subject)
                and has(document.text, fact.value)
                and has(document.text, in_words(fact.valid_to or fact.valid_from))
            ]
            assert fact.end_told_at in next_told or said


def check_a_document_that_names_a_value_states_it_or_says_it_is_over(stream: Stream) -> None:
    stating: dict[tuple[str, str], set[str]] = defaultdict(set)
    for fact in facts(stream):
        stating[fact.subject, fact.value].update(fact.doc_ids)
    for document in documents(stream).values():
        for (subject, value), doc_ids in stating.items():
            if subject in document.text and has(document.text, value):
                assert document.doc_id in doc_ids or NO_MORE.search(document.text), document


def check_a_person_holds_one_office(stream: Stream) -> None:
    held = defaultdict(set)
    for fact in facts(stream):
        if fact.relation in HELD_BY_PEOPLE:
            held[fact.value].add(fact.key)
    assert all(len(keys) == 1 for keys in held.values())


def check_what_nobody_tells_is_nowhere(stream: Stream) -> None:
    texts = documents(stream)
    for example in (e for e in examples(stream) if e.form is Form.NOW):
        assert example.answers == ()
        assert example.cluster not in histories(stream)
        subject, noun = example.cluster.split(" / ")
        assert not any(
            has(document.text, subject) and has(document.text, noun)
            for document in texts.values()
            if not document.revises and not document.title.startswith("In brief")
        )


def check_ids_are_given_once(stream: Stream) -> None:
    assert len(documents(stream)) == sum(len(period.documents) for period in stream.periods)
    ids = [e.example_id for e in examples(stream)] + [q.question_id for q in standing(stream)]
    assert [one for one, times in Counter(ids).items() if times > 1] == []


def check_a_standing_question_belongs_to_the_period_that_first_tells(stream: Stream) -> None:
    for period in stream.periods:
        for question in period.standing:
            assert question.at(period.start) is None
            assert question.at(period.end) is not None


def check_cohorts_agree_with_what_was_told(stream: Stream) -> None:
    for period in stream.periods:
        for example in period.examples:
            told = [fact.told_at for fact in example.facts if fact.told_at]
            is_new = bool(told) and period.start < min(told) <= period.end
            assert (example.cohort is Cohort.UNANSWERABLE) == (not example.answers)
            if example.cohort is Cohort.NEW:
                assert is_new
            if example.form is Form.AS_OF and example.answers and example.window:
                fresh = [
                    f
                    for f in example.facts
                    if (moment := settled(f, example.window.start)) and moment > period.start
                ]
                assert (example.cohort is Cohort.UNCHANGED) == (not fresh), example
            if example.cohort is Cohort.RETROACTIVE and example.form is not Form.BEFORE:
                assert any(
                    f.valid_from < period.start < (f.told_at or f.valid_from) <= period.end
                    for f in example.facts
                )


def settled(fact: Fact, moment: datetime) -> datetime | None:
    """When what a fact means for a moment had begun or ended, and was told."""
    if fact.holds_at(moment):
        return max(fact.valid_from, fact.told_at or fact.valid_from)
    if fact.valid_to and fact.valid_to <= moment:
        return max(fact.valid_to, fact.end_told_at or fact.valid_to)
    return None


def put(stream: Stream) -> Iterator[Example]:
    """The standing questions as they are put in every row."""
    for moment in stream.row_times:
        for question in standing(stream):
            example = question.at(moment)
            if example is not None:
                yield example


CHECKS = [value for name, value in sorted(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_it_keeps_its_promise(check: Callable[[Stream], None], stream: Stream) -> None:
    check(stream)


@settings(
    max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(
    seed=st.integers(0, 2**32),
    facts_told=st.integers(1, 24),
    periods=st.integers(3, 8),
    months=st.integers(1, 7),
    start=st.dates(date(1950, 1, 1), date(2300, 1, 1)).map(lambda day: day.replace(day=1)),
)
def test_it_keeps_all_promises_in_any_small_world(
    seed: int, facts_told: int, periods: int, months: int, start: date
) -> None:
    made = load(
        seed=seed,
        facts=facts_told,
        periods=periods,
        months=months,
        start=start,
        documents_per_period=8,
    )
    for check in CHECKS:
        check(made)


class TestWhatIsInIt:
    def test_every_form_is_asked_and_from_the_fourth_period_on_every_cohort(self) -> None:
        cohorts = {c for c in Cohort if c is not Cohort.ANY}
        for period in loaded().periods[3:]:
            assert {example.cohort for example in period.examples} == cohorts
        asked_forms = {example.form for example in examples(loaded())}
        assert asked_forms == {Form.NOW, Form.AS_OF, Form.BEFORE, Form.AFTER, Form.ORDINAL}

    def test_questions_in_the_present_tense_see_every_cohort(self) -> None:
        stream, seen = loaded(), Counter[Cohort]()
        for since, moment in pairwise(stream.row_times):
            for question in standing(stream):
                example = question.at(moment, since=since)
                seen.update([example.cohort] if example else [])
        assert set(seen) == {c for c in Cohort if c is not Cohort.ANY}
        assert min(seen.values()) >= 10

    def test_every_relation_is_told(self) -> None:
        assert {fact.relation for fact in facts(loaded())} == {r.noun for r in RELATIONS}

    def test_days_months_and_years_are_asked_about(self) -> None:
        lengths = {
            (example.window.end - example.window.start).days
            for example in examples(loaded())
            if example.form is Form.AS_OF and example.window
        }
        assert {1, 30, 31, 365} <= lengths

    def test_some_documents_arrive_late_but_few(self) -> None:
        late = [d for p in loaded().periods for d in p.documents if d.published_at < p.start]
        assert 5 <= len(late) <= len(documents(loaded())) / 10

    def test_some_documents_state_two_facts_and_some_pages_are_revised(self) -> None:
        states = Counter(doc_id for fact in facts(loaded()) for doc_id in fact.doc_ids)
        texts = documents(loaded())
        assert any(n == 2 and not texts[doc_id].revises for doc_id, n in states.items())
        pages = Counter(d.revises for d in texts.values() if d.revises)
        assert max(pages.values()) >= 3

    def test_some_old_articles_are_reprinted_after_what_they_state_has_ended(self) -> None:
        texts = documents(loaded())
        assert any(
            fact.end_told_at and texts[doc_id].published_at > fact.end_told_at
            for fact in facts(loaded())
            for doc_id in fact.doc_ids
            if REPRINTED.match(texts[doc_id].text)
        )

    def test_news_of_a_change_may_answer_what_was_before_it(self) -> None:
        texts = documents(loaded())
        before = [e for e in examples(loaded()) if e.form is Form.BEFORE]
        recalling = [e for e in before if NO_MORE.search(texts[e.gold_docs[-1]].text)]
        assert 10 < len(recalling) < len(before)

    def test_some_changes_are_announced_in_an_earlier_period(self) -> None:
        ahead = [f for f in facts(loaded()) if f.told_at and f.told_at + DAY < f.valid_from]
        assert len(ahead) >= 5

    def test_some_documents_are_about_things_with_similar_names(self) -> None:
        stream = loaded()
        subjects = {fact.subject for fact in facts(stream)}
        words = {subject.split()[0] for subject in subjects}
        others = [
            d
            for d in documents(stream).values()
            if not any(subject in d.text for subject in subjects)
        ]
        alike = [d for d in others if any(f"{word} " in d.text for word in words)]
        assert len(alike) > 50

    def test_every_wording_names_exactly_the_time_it_asks_about(self) -> None:
        stream = loaded(facts=40, documents_per_period=0)
        for example in (e for e in examples(stream) if e.form is Form.AS_OF):
            for wording in example.wordings:
                read = parse_time_intent(wording, asked_at=stream.periods[-1].end)
                assert read.window == example.window, wording

    def test_most_documents_are_short(self) -> None:
        news = [d.text for d in documents(loaded()).values() if not d.revises]
        assert max(len(re.findall(r"\.(?= |$)", text)) for text in news) <= 4


class TestSizes:
    @pytest.mark.parametrize("facts_told", [1, 2, 37, 200])
    def test_so_many_facts_are_told(self, facts_told: int) -> None:
        assert len(histories(loaded(facts=facts_told, documents_per_period=0))) == facts_told

    def test_periods_are_whole_months_one_after_another(self) -> None:
        stream = loaded(facts=5, periods=4, months=2, start=date(2019, 11, 1))
        months = [(moment.year, moment.month) for moment in stream.row_times]
        assert months == [(2019, 11), (2020, 1), (2020, 3), (2020, 5), (2020, 7)]
        assert all(one.end == other.start for one, other in pairwise(stream.periods))

    def test_every_period_has_as_many_documents_as_asked_for(self) -> None:
        stream = loaded(facts=5, documents_per_period=30)
        assert [len(period.documents) for period in stream.periods] == [30] * 6

    def test_questions_have_as_many_wordings_as_asked_for_all_different(self) -> None:
        for paraphrases in (1, 3):
            stream = loaded(facts=30, paraphrases=paraphrases, documents_per_period=0)
            asked = [example.wordings for example in examples(stream)]
            for wordings in [*asked, *(question.wordings for question in standing(stream))]:
                assert len(set(wordings)) == paraphrases
                assert not any("{" in wording for wording in wordings)

    def test_models_cannot_know_it(self) -> None:
        assert loaded().contamination == ""


class TestTheSeed:
    def test_the_same_seed_makes_the_same_bytes_in_every_process(self) -> None:
        code = (
            "from hashlib import sha256; from evals.streams.generated import load;"
            "made = load(seed=5, facts=30, documents_per_period=0);"
            "print(sha256(repr(made).encode()).hexdigest())"
        )
        here = hashlib.sha256(repr(load(seed=5, facts=30, documents_per_period=0)).encode())
        there = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == here.hexdigest()

    def test_another_seed_makes_another_world(self) -> None:
        one, other = (
            load(seed=5, facts=30, documents_per_period=0),
            load(seed=6, facts=30, documents_per_period=0),
        )
        names = [{fact.subject for fact in facts(stream)} for stream in (one, other)]
        assert not names[0] & names[1]

    def test_more_paraphrases_change_neither_facts_nor_documents(self) -> None:
        one, other = (load(facts=30, periods=3, paraphrases=n) for n in (1, 3))
        assert documents(one) == documents(other)
        assert histories(one) == histories(other)


class TestOptions:
    def test_they_come_as_words_from_the_command_line(self) -> None:
        stream = load_stream("generated", facts="7", periods="3", start="2021-04-01")
        assert len(histories(stream)) == 7
        assert stream.periods[0].start == datetime(2021, 4, 1, tzinfo=UTC)

    def test_a_start_within_a_month_is_refused(self) -> None:
        with pytest.raises(EvalError, match="cannot start on 2021-04-02"):
            load(start=date(2021, 4, 2))

    @pytest.mark.parametrize(
        "options",
        [
            {"periods": "2"},
            {"facts": "0"},
            {"months": "0"},
            {"paraphrases": "9"},
            {"start": "soon"},
            {"colour": "red"},
        ],
    )
    def test_a_wrong_option_is_named(self, options: dict[str, Any]) -> None:
        with pytest.raises(EvalError, match=f"option '{next(iter(options))}'"):
            load_stream("generated", **options)


class TestNames:
    def test_no_name_is_given_twice_nor_is_part_of_another(self) -> None:
        names = Names(Random(0))
        given = [names.new(kind) for _ in range(60) for kind in Kind]
        given += [names.like(name, kind) for name, kind in zip(given, list(Kind) * 60, strict=True)]
        assert not any(one in other or other in one for one, other in combinations(given, 2))

    def test_no_word_comes_up_again_however_many_are_made(self) -> None:
        names = Names(Random(0))
        words = [word for _ in range(4000) for word in names.new(Kind.PERSON).split()]
        assert len(set(words)) == len(words)

    def test_a_namesake_shares_one_word(self) -> None:
        names = Names(Random(0))
        for kind in Kind:
            name = names.new(kind)
            shared = set(name.split()) & set(names.like(name, kind).split())
            assert len(shared) >= 1

    def test_when_no_namesake_is_left_it_is_a_new_name(self) -> None:
        names = Names(Random(0))
        name = names.new(Kind.TOWN)
        alike = [names.like(name, Kind.TOWN) for _ in range(20)]
        assert len({name, *alike}) == 21


class TestTheCalendar:
    def test_a_window_lies_wholly_inside(self) -> None:
        draw = Random(0)
        inside = Interval(datetime(2018, 12, 15, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
        windows = [draw_window(draw, inside) for _ in range(200)]
        assert all(w and inside.start <= w.interval.start <= w.interval.end for w in windows)
        assert all(w and w.interval.end <= inside.end for w in windows)
        assert {w.words for w in windows if w} >= {"in 2019", "in January 2019"}

    def test_no_window_lies_inside_less_than_a_day(self) -> None:
        moment = datetime(2019, 1, 1, tzinfo=UTC)
        assert draw_window(Random(0), Interval(moment, moment)) is None

    def test_periods_go_on_into_the_next_year(self) -> None:
        spans = spans_from(datetime(2019, 9, 1, tzinfo=UTC), periods=2, months=3)
        assert [span.end.date() for span in spans] == [date(2019, 12, 1), date(2020, 3, 1)]
