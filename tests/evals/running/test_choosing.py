"""Learners that do not apply are left out by name, unless they were named."""

from __future__ import annotations

import pytest

from evals.running.choosing import choose_learners
from evals.running.spec import LearnerSpec, RunSpec
from evals.running.worlds import load_worlds
from rag_lifelong.errors import EvalError
from tests.evals.running.fakes import load, without_facts


def names(spec: RunSpec, stream) -> tuple[list[str], dict[str, str]]:
    choice = choose_learners(spec, stream)
    return [learner.text for learner in choice.learners], choice.left_out


def test_bounds_are_left_out_where_nothing_tells_the_facts():
    chosen, left_out = names(RunSpec(stream="bare"), without_facts())
    assert {"latest-value", "oracle-passage", "oracle-fact"} <= left_out.keys()
    assert "towns does not tell" in left_out["latest-value"]
    assert {"ours", "hybrid", "closed-book"} <= set(chosen)


def test_bounds_take_part_where_facts_are_told():
    chosen, _ = names(RunSpec(stream="towns"), load())
    assert {"latest-value", "oracle-passage", "oracle-fact"} <= set(chosen)


def test_an_endpoint_needs_an_address():
    _, left_out = names(RunSpec(stream="towns"), load())
    assert "no address" in left_out["endpoint"]
    beside = {"endpoint": {"base_url": "http://127.0.0.1:9/v1", "model": "m"}}
    chosen, _ = names(RunSpec(stream="towns", beside=beside), load())
    assert "endpoint" in chosen


def test_what_shows_no_evidence_is_left_out_of_perfect_reading():
    _, left_out = names(RunSpec(stream="towns", reading="perfect"), load())
    assert {"closed-book", "tool", "endpoint"} <= left_out.keys()


def test_perfect_reading_needs_documents_that_state_facts():
    with pytest.raises(EvalError, match="towns does not tell which documents state what"):
        choose_learners(RunSpec(stream="bare", reading="perfect"), without_facts())


def test_one_that_was_named_is_not_left_out_silently():
    spec = RunSpec(stream="bare", learners=(LearnerSpec.parse("latest-value"),))
    with pytest.raises(EvalError, match="latest-value does not apply: towns does not tell"):
        choose_learners(spec, without_facts())


@pytest.mark.parametrize("rows", [(4,), (-1, 0)])
def test_a_row_that_is_not_there_is_refused(rows):
    with pytest.raises(EvalError, match=r"there is no row"):
        load_worlds(RunSpec(stream="towns", rows=rows))


def test_each_seed_has_its_world():
    first, second = load_worlds(RunSpec(stream="towns", seeds=2))
    assert first.fingerprint != second.fingerprint
    assert first.told[0] == second.told[0]
    assert first.told[1] != second.told[1]
