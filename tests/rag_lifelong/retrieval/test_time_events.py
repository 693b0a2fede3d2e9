"""Events, positions in a sequence and what is asked for, at noon of Thursday 6 May 2021."""

from datetime import UTC, datetime

import pytest

from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import MIN_TIME, Interval
from rag_lifelong.types import Anchor, AskedFor, CountedFrom, Ordinal, TimeIntent, TimeRelation

ASKED = datetime(2021, 5, 6, 12, tzinfo=UTC)
DURING, BEFORE = TimeRelation.DURING, TimeRelation.BEFORE
AFTER, SINCE = TimeRelation.AFTER, TimeRelation.SINCE
START, END, TIME = CountedFrom.START, CountedFrom.END, CountedFrom.TIME


def parse(question: str) -> TimeIntent:
    return parse_time_intent(question, asked_at=ASKED)


ANCHORS = [
    ("Who led the union after the strike?", AFTER, "the strike"),
    ("Who led the union in the wake of the strike?", AFTER, "the strike"),
    ("Who led the union before the strike?", BEFORE, "the strike"),
    ("Who led the union until the strike?", BEFORE, "the strike"),
    ("Who led the union ahead of the strike?", BEFORE, "the strike"),
    ("Who has led the union since the strike?", SINCE, "the strike"),
    ("Who led the union during the strike?", DURING, "the strike"),
    ("Who led the union as of the strike?", DURING, "the strike"),
    ("Who led the union when the mine closed?", DURING, "the mine closed"),
    ("When the mine closed, who led the union?", DURING, "the mine closed"),
    ("Who led the union while Berg was minister?", DURING, "Berg was minister"),
    ("Who led it before and after the war?", AFTER, "the war"),
    ("What did she do after St. Olav's closed?", AFTER, "St. Olav's closed"),
    ("Who was born before May became prime minister?", BEFORE, "May became prime minister"),
    ("Who led it until the next election?", BEFORE, "the next election"),
]

NO_ANCHORS = [
    "Who led the union after 2010?",
    "Who led the union during the 1990s?",
    "Who led the union before last year?",
    "Who led the union in the past?",
    "Who was named after the river?",
    "Who looked after the children?",
    "Who appeared before the court?",
    "When did the mine close?",
    "Do you know when the mine closed?",
    "Is it still open?",
    "Who acted in The Day After Tomorrow?",
    "Who left after he accused which minister?",
    "Who won up to $300?",
    "How many came after that?",
]

ORDINALS = [
    ("Who was the first mayor?", START, 1),
    ("Who was the 16th President of the United States?", START, 16),
    ("What was her second film?", START, 2),
    ("Which team won the first World Cup?", START, 1),
    ("Who first crossed the strait?", START, 1),
    ("Who was the last tsar?", END, 1),
    ("Who was the second-to-last tsar?", END, 2),
    ("Who was the penultimate tsar?", END, 2),
    ("What is the latest model?", END, 1),
    ("Who is the current mayor?", TIME, 0),
    ("Who was the previous mayor?", TIME, -1),
    ("Who is the former mayor?", TIME, -1),
    ("Who will be the next mayor?", TIME, 1),
]

NO_ORDINALS = [
    "What was the second largest lake?",
    "Who was the First Lady?",
    "Which unit was the 416th Test Squadron?",
    "Who fought in the Second World War?",
    "Who fought in the first world war?",
    "What was his first name?",
    "Who won the second half of the match?",
    "Who won in the third quarter of 2019?",
    "Who led it last year?",
    "Which former minister spoke?",
    "How did he celebrate the 50th anniversary?",
    "Who left before the next election?",
]

SUCCESSIONS = [
    ("Who succeeded Berg as mayor?", AFTER, "Berg", 1),
    ("Who will succeed Berg?", AFTER, "Berg", 1),
    ("Who replaced Berg in 2009?", AFTER, "Berg", 1),
    ("Who was Berg succeeded by?", AFTER, "Berg", 1),
    ("Who was the successor of Berg?", AFTER, "Berg", 1),
    ("Which mayor was preceded by Berg?", AFTER, "Berg", 1),
    ("Who preceded Berg?", BEFORE, "Berg", -1),
    ("Which mayor was succeeded by Berg?", BEFORE, "Berg", -1),
    ("Who was the predecessor of Berg?", BEFORE, "Berg", -1),
    ("Whom did Berg succeed as mayor?", BEFORE, "Berg", -1),
]

TIMES = ["When did it close?", "In which year did it close?", "How long was she mayor?"]
TIMELINES = [
    "How did the price change?",
    "How has the town grown?",
    "What is the history of the mill?",
    "List all mayors of Turku.",
    "Name every owner.",
    "Who were the owners over the years?",
]
FACTS = [
    "Who wrote A Brief History of Time?",
    "Name the mayor of Turku.",
    "How did the mayor die?",
    "Who is the mayor?",
]


@pytest.mark.parametrize(("question", "relation", "event"), ANCHORS)
def test_an_event_is_an_anchor_and_no_window(
    question: str, relation: TimeRelation, event: str
) -> None:
    intent = parse(question)
    assert intent.anchor == Anchor(relation, event)
    assert intent.window is None
    assert intent.relation is TimeRelation.NONE
    assert intent.topic == question


@pytest.mark.parametrize("lead", ["before it", "just before it", "until it"])
def test_what_a_thing_did_is_an_event(lead: str) -> None:
    anchor = parse(f"Where was the head office {lead} came to Turku?").anchor
    assert anchor is not None
    assert (anchor.event, anchor.phrase) == ("came to Turku", f"{lead} came to Turku")


@pytest.mark.parametrize("question", NO_ANCHORS)
def test_no_event_is_read_where_none_tells_the_time(question: str) -> None:
    assert parse(question).anchor is None


@pytest.mark.parametrize(
    ("question", "relation", "start", "end"),
    [
        ("Who led it after the 2019 election?", AFTER, datetime(2020, 1, 1, tzinfo=UTC), ASKED),
        ("Who led it before the fire in 2012?", BEFORE, MIN_TIME, datetime(2012, 1, 1, tzinfo=UTC)),
        ("Who has led it since the fire of 2012?", SINCE, datetime(2012, 1, 1, tzinfo=UTC), ASKED),
        (
            "Who led it when the wall fell in 1989?",
            DURING,
            datetime(1989, 1, 1, tzinfo=UTC),
            datetime(1990, 1, 1, tzinfo=UTC),
        ),
    ],
)
def test_a_year_of_the_event_gives_a_window(
    question: str, relation: TimeRelation, start: datetime, end: datetime
) -> None:
    intent = parse(question)
    assert (intent.relation, intent.window) == (relation, Interval(start, end))
    assert intent.anchor is not None
    assert intent.anchor.relation is relation
    assert intent.topic == question


@pytest.mark.parametrize(("question", "counted_from", "place"), ORDINALS)
def test_a_position_is_read(question: str, counted_from: CountedFrom, place: int) -> None:
    assert parse(question).ordinal == Ordinal(place, counted_from)


@pytest.mark.parametrize("question", NO_ORDINALS)
def test_no_position_is_read_where_nothing_is_counted_in_time(question: str) -> None:
    assert parse(question).ordinal is None


def test_a_position_counts_in_its_window() -> None:
    intent = parse("Who was the next mayor after 2015?")
    assert intent.ordinal == Ordinal(1, TIME)
    assert intent.relation is AFTER
    assert parse("Who was the last mayor before 2010?").ordinal == Ordinal(1, END)


@pytest.mark.parametrize(("question", "relation", "event", "place"), SUCCESSIONS)
def test_who_follows_or_was_before_somebody_is_counted_from_them(
    question: str, relation: TimeRelation, event: str, place: int
) -> None:
    intent = parse(question)
    assert intent.anchor == Anchor(relation, event)
    assert intent.ordinal == Ordinal(place, TIME)


def test_the_time_beside_a_succession_is_its_own() -> None:
    intent = parse("Who replaced Berg in 2009?")
    assert intent.relation is DURING
    assert intent.topic == "Who replaced Berg?"


@pytest.mark.parametrize(
    ("questions", "asks"),
    [(TIMES, AskedFor.TIME), (TIMELINES, AskedFor.TIMELINE), (FACTS, AskedFor.FACT)],
)
def test_what_is_asked_for_is_told(questions: list[str], asks: AskedFor) -> None:
    assert {question: parse(question).asks for question in questions} == dict.fromkeys(
        questions, asks
    )


@pytest.mark.parametrize(
    "question",
    [
        "Who is the first woman in space?",
        "Who is the former owner?",
        "What is the rule after the reform?",
        "List all mayors who are women.",
        "Which plays did she write?",
    ],
)
def test_the_present_tense_is_not_now_where_something_else_tells_the_time(question: str) -> None:
    assert parse(question).relation is TimeRelation.NONE
