"""How sure a reader is of what it wrote, and how sure it must be."""

import math
from collections.abc import Sequence

from rag_lifelong.answering.grounds import shown, words
from rag_lifelong.config import ReaderConfig
from rag_lifelong.ports import Token
from rag_lifelong.reading.calibration import Signals, calibration_of
from rag_lifelong.types import Evidence, Retrieved


def confidence_in(answer: Sequence[Token], check: Sequence[Token]) -> float:
    """How sure a reader is of its answer, in [0, 1], given its reply when asked whether it is so.

    The geometric mean of the answer's least token probability and the probability of "yes": each
    alone lets some invented answers through, and small models invent unsurely.

    >>> round(confidence_in([Token("Ann", math.log(0.9))], [Token("Yes", math.log(0.4))]), 3)
    0.6
    """
    return uncalibrated(min(_logprobs(answer), default=0.0), _yes(check))


def signals_of(
    text: str,
    tokens: Sequence[Token],
    check: Sequence[Token],
    found: Retrieved,
    lines: Sequence[Evidence],
) -> Signals:
    """What tells how surely a reader's answer is right.

    Args:
        text: The answer.
        tokens: The answer as it was made.
        check: The reply when the reader was asked whether the passages state it.
        found: All evidence for the question.
        lines: Those of it that the answer was read from.
    """
    answer = words(text)
    asked = set(words(found.asked))
    scores = [one.score for one in found.evidence]
    others = [one.score for one in found.evidence if not set(answer) <= set(words(shown(one)))]
    own = max((one.score for one in lines), default=0.0)
    first, other = max(scores, default=0.0), max(others, default=0.0)
    return Signals(
        least=min(_logprobs(tokens), default=0.0),
        yes=_yes(check),
        margin=(own - other) / first if first > 0 else 0.0,
        echoed=sum(word in asked for word in answer) / len(answer) if answer else 0.0,
    )


def confidence_by(signals: Signals, reader: str) -> float:
    """How sure a reader is, in [0, 1]: by its calibration, else as `confidence_in`.

    Raises:
        ConfigError: If a calibration is not as it should be.
    """
    calibration = calibration_of(reader)
    if calibration is None:
        return uncalibrated(signals.least, signals.yes)
    return calibration.probability(signals)


def uncalibrated(least: float, yes: float) -> float:
    """The confidence of a reader without a calibration, of the signals of these names."""
    return math.sqrt(math.exp(least) * yes)


def least_confidence(settings: ReaderConfig, reader: str) -> float:
    """How sure a reader must be: as is set, else as it is calibrated, else as by default.

    Raises:
        ConfigError: If a calibration is not as it should be.
    """
    calibration = calibration_of(reader)
    if calibration is None or "min_confidence" in settings.model_fields_set:
        return settings.min_confidence
    return calibration.min_confidence


def _yes(check: Sequence[Token]) -> float:
    """Probability that a reply begins with yes; 1 or 0 where the reader tells none."""
    is_yes = "".join(token.text for token in check).strip().casefold().startswith("yes")
    certainty = math.exp(min(_logprobs(check[:1]), default=0.0))
    return certainty if is_yes else 1 - certainty


def _logprobs(tokens: Sequence[Token]) -> list[float]:
    """Logarithms of the tokens' probabilities, where the reader tells them."""
    return [token.logprob for token in tokens if token.logprob is not None]
