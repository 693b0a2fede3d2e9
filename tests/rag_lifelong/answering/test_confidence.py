"""How sure a reader is, and how sure it must be."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from rag_lifelong.answering import confidence
from rag_lifelong.answering.confidence import (
    confidence_by,
    confidence_in,
    least_confidence,
    signals_of,
)
from rag_lifelong.config import ReaderConfig
from rag_lifelong.ports import Token
from rag_lifelong.reading.calibration import Calibration, Signals
from rag_lifelong.types import Retrieved, TimeReport
from tests.rag_lifelong.builders import evidence

ANN = [Token("Ann", math.log(0.8)), Token(" Lee", math.log(0.5))]
YES = [Token("Yes", math.log(0.9))]
SURE = Calibration(
    reader="known",
    fitted_on="",
    min_confidence=0.3,
    intercept=0,
    weights=Signals(least=0, yes=1, margin=0, echoed=0),
)


def found(*lines: tuple[str, float]) -> Retrieved:
    return Retrieved(
        evidence=tuple(replace(evidence(text, "2020"), score=score) for text, score in lines),
        time=TimeReport(parsed=None, applied="", relaxed=None),
        asked="Who?",
        support=0.7,
    )


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        confidence, "calibration_of", lambda name: SURE if name == "known" else None
    )


def test_signals_are_read_off_tokens_check_and_lines():
    lines = found(("Ann Lee leads.", 0.8), ("Bo leads.", 0.6), ("Lee, Ann: head.", 0.5))
    signals = signals_of("Ann Lee", ANN, YES, lines, lines.evidence[:1])
    assert signals.least == math.log(0.5)
    assert signals.yes == pytest.approx(0.9)
    assert signals.margin == pytest.approx(0.25)
    assert signals.echoed == 0


@pytest.mark.parametrize(("answer", "echoed"), [("who", 1), ("Who? Ann", 0.5), ("Ann Lee", 0)])
def test_words_of_the_question_in_an_answer_are_told(answer: str, echoed: float):
    assert signals_of(answer, ANN, YES, found(), ()).echoed == echoed


@pytest.mark.parametrize(
    ("lines", "read", "margin"),
    [
        ([("Bo leads.", 0.8), ("Ann Lee leads.", 0.6)], 0, 0.0),
        ([("Bo leads.", 0.8), ("Ann Lee leads.", 0.6)], 1, -0.25),
        ([("Ann Lee leads.", 0.8), ("Ann Lee spoke.", 0.6)], 0, 1.0),
        ([("Ann Lee leads.", 0.0)], 0, 0.0),
        ([], 0, 0.0),
    ],
)
def test_the_margin_is_the_lead_over_the_best_line_without_the_answer(lines, read, margin):
    all_ = found(*lines)
    signals = signals_of("Ann Lee", ANN, YES, all_, all_.evidence[read : read + 1])
    assert signals.margin == pytest.approx(margin)


@pytest.mark.parametrize(
    ("reply", "yes"),
    [
        ([Token("no", math.log(0.9))], 0.1),
        ([Token("Yes")], 1.0),
        ([Token("No")], 0.0),
        ([], 0.0),
    ],
)
def test_the_probability_of_yes_is_read_off_any_reply(reply, yes):
    assert signals_of("Ann Lee", ANN, reply, found(), ()).yes == pytest.approx(yes)


def test_a_reader_that_tells_no_probabilities_is_taken_at_its_word():
    lines = found(("Ann.", 1.0))
    signals = signals_of("Ann", [Token("Ann")], [Token("yes")], lines, lines.evidence)
    assert (signals.least, signals.yes) == (0.0, 1.0)
    assert confidence_by(signals, "unknown") == 1.0


def test_without_a_calibration_confidence_is_the_plain_formula():
    signals = signals_of("Ann Lee", ANN, YES, found(), ())
    assert confidence_by(signals, "unknown") == confidence_in(ANN, YES)


@pytest.mark.usefixtures("known")
def test_a_calibrated_reader_has_its_own_confidence_and_threshold():
    signals = signals_of("Ann Lee", ANN, YES, found(), ())
    assert confidence_by(signals, "known") == SURE.probability(signals)
    assert least_confidence(ReaderConfig(), "known") == 0.3
    assert least_confidence(ReaderConfig(), "unknown") == ReaderConfig().min_confidence


@pytest.mark.usefixtures("known")
def test_a_threshold_that_is_set_counts_for_every_reader():
    settings = ReaderConfig(min_confidence=ReaderConfig().min_confidence)
    assert least_confidence(settings, "known") == settings.min_confidence
