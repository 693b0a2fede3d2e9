"""Tests of retrieval that is read by a taught model."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from evals.baselines.combined.retrieval_over_taught import (
    RetrievalOverTaught,
    TaughtReading,
    retrieval_over_frozen,
)
from evals.learners.ours import Ours
from evals.learners.reading import as_retrieved
from evals.registry import LEARNERS
from evals.types import Asked, Prediction
from rag_lifelong.errors import EvalError
from rag_lifelong.retrieval.plan import Moment
from tests.evals.baselines.conftest import small_student
from tests.evals.learners.benches import FIRST, NOW, SECOND, asked, bench, day

BRIEF = {"epochs": "1", "data": "raw", "model": "small model of this test"}


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    student = small_student()
    loaded = SimpleNamespace(model=student.model, tokenizer=student.tokenizer)
    monkeypatch.setattr("evals.training.learner.load_model", lambda *_, **__: loaded)


class Written:
    """What a taught model is asked; it answers with a number."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def read(self, asked: Asked, prompt: str) -> Prediction:
        self.prompts.append(prompt)
        return Prediction(said=str(len(self.prompts)), confidence=0.7)


def test_finds_what_ours_finds(tmp_path: Path) -> None:
    made = retrieval_over_frozen(bench(tmp_path, **BRIEF))
    ours = Ours(bench(tmp_path, reading="perfect"))
    for learner in (made, ours):
        learner.observe(FIRST)
        learner.observe(SECOND)
    question = asked(NOW, "2022-01-01")
    assert made.answer(question).evidence == ours.answer(question).evidence


def test_the_model_reads_what_was_found_in_the_form_it_was_taught_to_read(tmp_path: Path) -> None:
    made, taught = retrieval_over_frozen(bench(tmp_path, **BRIEF)), Written()
    made._reading = TaughtReading(taught)
    made.observe(FIRST)
    prediction = made.answer(asked(NOW, "2021-01-01"))
    (prompt,) = taught.prompts
    assert prompt.startswith("Answer from the passages.\nPassages:\n[20")
    assert "Nimvale votes: Ann Orrin became mayor of Nimvale." in prompt
    assert prompt.endswith("\n\nQuestion: Who is the mayor of Nimvale?\nAnswer:")
    assert (prediction.said, prediction.confidence) == ("1", 0.7)
    assert prediction.evidence[0].doc_id == "ann"


def test_without_evidence_the_model_is_not_asked() -> None:
    taught = Written()
    moment = Moment(asked_at=day("2021-01-01"), known_at=day("2021-01-01"))
    nothing = as_retrieved([], asked=NOW.question, support=0.0)
    said = TaughtReading(taught).read(asked(NOW, "2021-01-01"), nothing, moment)
    assert (said.abstained, said.confidence, taught.prompts) == (True, 0.0, [])


def test_the_named_strategy_teaches_the_reader_and_the_store_is_filled(tmp_path: Path) -> None:
    frozen = retrieval_over_frozen(bench(tmp_path / "frozen", **BRIEF)).observe(FIRST)
    taught = RetrievalOverTaught(
        bench(tmp_path / "taught", strategy="kd-buffer", buffer="1", **BRIEF)
    ).observe(FIRST)
    assert frozen.flops == 0
    assert taught.flops > 0
    assert taught.tokens > frozen.tokens > 0
    n_weights = sum(p.numel() for p in small_student().model.parameters())
    assert taught.state_bytes - frozen.state_bytes > 4 * n_weights


def test_an_unknown_strategy_or_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no strategy 'magic'"):
        RetrievalOverTaught(bench(tmp_path, strategy="magic"))
    with pytest.raises(EvalError, match="sequential has no option 'size'"):
        RetrievalOverTaught(bench(tmp_path, size="1"))
    with pytest.raises(EvalError, match="frozen has no option 'strategy'"):
        retrieval_over_frozen(bench(tmp_path, strategy="sequential"))


def test_what_is_taught_takes_part_only_where_it_is_named() -> None:
    assert LEARNERS["retrieval-over-taught"].only_named
    assert LEARNERS["retrieval-over-frozen"].only_named
    assert LEARNERS["sequential"].only_named
    assert not LEARNERS["ours"].only_named
