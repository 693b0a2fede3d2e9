"""What is asked for is checked before anything is made."""

from __future__ import annotations

import pytest

from evals.running.spec import LearnerSpec, RunSpec
from rag_lifelong.errors import EvalError


@pytest.mark.parametrize(
    "text", ["hybrid@", "hybrid@k", "hybrid@k=", "hybrid/../x", "../x", "hybrid@k=a/b", "", "a b"]
)  # fmt: skip
def test_what_cannot_name_a_folder_is_no_learner(text: str):
    with pytest.raises(EvalError, match="no learner can be called"):
        LearnerSpec.parse(text)


def test_options_of_the_name_and_beside_it_are_one():
    learner = LearnerSpec.parse("hybrid@k=3", {"candidates": "20"})
    assert (learner.text, learner.name) == ("hybrid@k=3", "hybrid")
    assert learner.options == {"k": "3", "candidates": "20"}


def test_an_unknown_learner_is_refused_with_those_there_are():
    with pytest.raises(EvalError, match="no learner 'hybird'") as error:
        LearnerSpec.parse("hybird@k=3")
    assert "hybrid" in (error.value.hint or "")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seeds": 0}, "0 seeds"),
        ({"wordings": 4}, "4 wordings: there are 1 to 3"),
        ({"wordings": 0}, "0 wordings"),
        ({"limit": 0}, "a limit of 0"),
        ({"reading": "aloud"}, "no way of reading 'aloud'"),
        ({"beside": {"nobody": {"k": "1"}}}, "no learner 'nobody'"),
        ({"learners": (LearnerSpec.parse("ours"),) * 2}, "named twice: ours"),
        ({"options": {"seed": "3"}}, "'seed' is no option of a benchmark"),
        (
            {"learners": (LearnerSpec.parse("ours@k=3"),), "beside": {"ours": {"k": "1"}}},
            "an option is given for ours, which takes no part",
        ),
    ],
)
def test_numbers_and_names_out_of_range_are_refused(values, message):
    with pytest.raises(EvalError, match=message):
        RunSpec(stream="towns", **values)
