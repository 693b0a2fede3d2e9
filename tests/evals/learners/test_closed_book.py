"""The language model alone."""

from __future__ import annotations

import math

import pytest

from evals.learners.closed_book import CHECK, ClosedBook
from evals.learners.wordings import CLOSED_BOOK
from evals.types import Taught
from rag_lifelong.config import load_config
from rag_lifelong.errors import EvalError
from rag_lifelong.ports import Prompt, Token
from rag_lifelong.testing import ScriptedReader
from tests.evals.learners.benches import FIRST, NOW, SECOND, asked, bench, says


class Unsure:
    """Answers with given probabilities."""

    name = "unsure"

    def __init__(self, answer: float, check: float) -> None:
        self.probabilities = [answer, check]

    def read(self, prompt: Prompt, *, max_tokens: int):
        text = "Yes" if prompt.user.endswith(CHECK) else "Ann"
        yield Token(text, math.log(self.probabilities.pop(0)))


def test_the_model_is_told_the_day_and_the_question_alone(tmp_path):
    reader = says("Ann Orrin", "Yes")
    ClosedBook(bench(tmp_path, reader)).answer(asked(NOW, "2021-06-02"))
    assert reader.prompts[0] == Prompt(
        CLOSED_BOOK[0], "Today is 2021-06-02.\n\nQuestion: Who is the mayor of Nimvale?"
    )


def test_a_sure_answer_is_given_though_nothing_supports_it(tmp_path):
    prediction = ClosedBook(bench(tmp_path, says(" Zed\nOlo", "Yes"))).answer(
        asked(NOW, "2021-06-02")
    )
    assert (prediction.said, prediction.abstained, prediction.confidence) == ("Zed Olo", False, 1.0)
    assert prediction.evidence == ()
    assert (prediction.usage.calls, prediction.usage.tokens_out) == (2, 3)


def test_confidence_is_the_mean_of_the_answers_and_the_checks(tmp_path):
    prediction = ClosedBook(bench(tmp_path, Unsure(0.9, 0.4))).answer(asked(NOW, "2021-06-02"))
    assert prediction.confidence == pytest.approx(0.6)
    assert (prediction.said, prediction.abstained) == ("Ann", True)


def test_the_threshold_is_the_settings_own(tmp_path):
    config = load_config(flags={"reader": {"min_confidence": 0.5}})
    learner = ClosedBook(bench(tmp_path, Unsure(0.9, 0.4), config=config))
    assert not learner.answer(asked(NOW, "2021-06-02")).abstained


@pytest.mark.parametrize("nothing", ["unknown", "", "Not known."])
def test_saying_nothing_is_an_abstention_and_is_not_checked(tmp_path, nothing):
    prediction = ClosedBook(bench(tmp_path, says(nothing))).answer(asked(NOW, "2021-06-02"))
    assert (prediction.abstained, prediction.confidence, prediction.said) == (True, 0.0, nothing)


def test_documents_teach_it_nothing(tmp_path):
    reader = ScriptedReader(lambda prompt: "Yes")
    learner = ClosedBook(bench(tmp_path, reader))
    before = learner.answer(asked(NOW, "2021-06-02"))
    assert [learner.observe(period) for period in (FIRST, SECOND)] == [Taught(), Taught()]
    assert learner.answer(asked(NOW, "2021-06-02")) == before


def test_the_key_changes_nothing(tmp_path):
    learner = ClosedBook(bench(tmp_path, ScriptedReader(lambda prompt: "Yes")))
    with_key, without = (learner.answer(asked(NOW, "2021-06-02", key=k)) for k in (True, False))
    assert with_key == without


def test_each_wording_is_another_instruction(tmp_path):
    reader = ScriptedReader(lambda prompt: "Yes")
    learner = ClosedBook(bench(tmp_path, reader))
    for wording in range(3):
        learner.answer(asked(NOW, "2021-06-02", wording=wording))
    assert [prompt.system for prompt in reader.prompts[::2]] == list(CLOSED_BOOK)


def test_it_has_no_options(tmp_path):
    with pytest.raises(EvalError, match="closed-book has no option 'k'") as caught:
        ClosedBook(bench(tmp_path, k="3"))
    assert caught.value.hint == "it has no options"
