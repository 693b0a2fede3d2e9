"""Which lines are chosen, where documents tell of times before their own."""

from dataclasses import replace

import numpy as np

from rag_lifelong.config import RetrievalConfig
from rag_lifelong.retrieval.claims import Claim
from rag_lifelong.retrieval.finder import Found
from rag_lifelong.retrieval.lines import OF_ANOTHER_TIME, Line, choose_lines
from rag_lifelong.retrieval.plan import Moment, plan_time
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.retrieval.timeline import Resolved
from rag_lifelong.temporal import MAX_TIME, parse_when
from rag_lifelong.types import Chunk
from tests.rag_lifelong.builders import chunk

NO_CLAIMS = Resolved((), {})
ASKED = "Who led Orn Mills from 1996 to 2000?"


def chosen(
    chunks: list[Chunk], relevance: list[float], question: str = ASKED, claims: Resolved = NO_CLAIMS
) -> list[Line]:
    now = parse_when("2022")[0].start
    plan = plan_time(parse_time_intent(question, asked_at=now), Moment(asked_at=now))
    found = Found(
        numbers=list(range(len(chunks))),
        chunks=chunks,
        vectors=np.ones((len(chunks), 2), np.float32) / np.float32(np.sqrt(2)),
        cosines=np.array(relevance, np.float32),
        relevance=np.array(relevance, np.float32),
    )
    return choose_lines(found, claims, plan, RetrievalConfig())


def page(*texts: str) -> list[Chunk]:
    return [chunk(text, "2021", doc_id="page") for text in texts]


def claimed(position: int, since: str, through: str) -> Resolved:
    start, last = parse_when(since)[0].start, parse_when(through)[0].start
    claim = Claim(
        position=position,
        sentence="Ada led it.",
        relation=1.0,
        told=parse_when("2021")[0].start,
        since=start,
        through=last,
        until=MAX_TIME,
        latest=last,
        value=frozenset({"ada"}),
    )
    return Resolved((claim,), {}, is_ordered=True)


def test_of_one_page_the_passage_that_names_the_time_comes_first():
    texts = page("Cal led it from 2001 to 2010.", "The mill is old.", "Ada led it ( 1996–2000 ).")
    lines = chosen(texts, [0.7, 0.6, 0.5])
    assert lines[0].position == 2
    assert lines[0].evidence.why == "of the time asked about"


def test_what_names_no_time_fills_the_lines_that_are_left():
    texts = page("Ada led it ( 1996–2000 ).", *(f"Of mill {i}." for i in range(5)))
    lines = chosen(texts, [0.7, 0.3, 0.3, 0.3, 0.3, 0.3])
    assert len(lines) == RetrievalConfig().evidence
    assert {line.evidence.why for line in lines[1:]} == {OF_ANOTHER_TIME}


def test_what_was_told_in_the_time_is_not_outdone_by_what_names_it_later():
    told = [chunk("Ada leads it.", "1998"), *page("Ada led it ( 1996–2000 ).", "The mill is old.")]
    lines = chosen(told, [0.7, 0.6, 0.2])
    assert [line.position for line in lines] == [0, 1]


def test_a_question_that_names_no_time_goes_by_relevance():
    texts = page("Ada led it ( 1996–2000 ).", "Cal leads it.")
    lines = chosen(texts, [0.5, 0.7], "Who led Orn Mills?")
    assert [line.position for line in lines] == [1, 0]


def test_a_claim_that_began_at_another_time_gives_way_to_what_names_the_time():
    texts = page("In May 1990 Cal came to lead it.", "Ada led it ( 1996–2000 ).")
    lines = chosen(texts, [0.7, 0.6], claims=claimed(0, "1990-05", "1990-05"))
    assert [line.position for line in lines] == [1, 0]


def test_a_claim_that_says_it_held_then_stays_first():
    texts = page("Since 1990 Cal has led it.", "Ada won a prize in 1998.")
    lines = chosen(texts, [0.6, 0.7], claims=claimed(0, "1990", "2021"))
    assert lines[0].position == 0


def test_where_texts_name_the_time_no_claim_is_replaced_left_out_or_the_newest():
    texts = page("In May 1990 Cal came to lead it.", "Ada led it ( 1996–2000 ).")
    resolved = claimed(0, "1990-05", "1990-05")
    since = resolved.claims[0].since
    settled = replace(resolved, replaced={0: since}, left_out=(1,))
    lines = chosen(texts, [0.7, 0.6], claims=settled)
    assert [line.position for line in lines] == [1, 0]
    assert lines[1].evidence.until is None
    assert lines[1].evidence.why == OF_ANOTHER_TIME
