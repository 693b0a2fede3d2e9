"""How surely a reader's answers are right, fitted on answers known to be right or wrong.

One TOML file a reader, written by `benchmarks/calibrate.py`. A probability is the logistic function
of a weighted sum of signals (Platt, "Probabilistic outputs for support vector machines", 1999).
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from rag_lifelong.errors import ConfigError

_FOLDER = Path(__file__).parent
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What tells how surely an answer is right; or the weight of each."""

    __pydantic_config__ = _STRICT

    least: float
    """Logarithm of the probability of the answer's least likely token."""
    yes: float
    """Probability that the reader, asked whether the passages state the answer, says yes."""
    margin: float
    """How far the line that was read is ahead of the best that does not hold the answer, as a share
    of the first line's score; from -1 to 1."""
    echoed: float
    """Share of the answer's words that the question has already, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How signals tell the probability that a reader's answer is right."""

    __pydantic_config__ = _STRICT

    reader: str
    """Name of the model."""
    fitted_on: str
    """Which answers, how many, and when."""
    min_confidence: float
    """Least probability with which an answer is given, chosen for a risk on those answers."""
    intercept: float
    weights: Signals

    def probability(self, signals: Signals) -> float:
        """How surely an answer is right, in [0, 1].

        >>> nothing = Signals(least=0, yes=0, margin=0, echoed=0)
        >>> Calibration(reader="r", fitted_on="", min_confidence=0.5, intercept=0,
        ...     weights=nothing).probability(nothing)
        0.5
        """
        told = self.intercept + sum(
            getattr(self.weights, one.name) * getattr(signals, one.name) for one in fields(Signals)
        )
        # Of what is never positive the exponential cannot overflow.
        part = math.exp(-abs(told))
        return (1 if told >= 0 else part) / (1 + part)


_CALIBRATION = TypeAdapter(Calibration)


def calibration_of(reader: str) -> Calibration | None:
    """The calibration of a reader by its name; None if there is none.

    What follows an @ in a name (a fingerprint, an address) does not count.

    Raises:
        ConfigError: If a file is wrong; the message names it and the key.
    """
    return _calibrations(_FOLDER).get(reader.partition("@")[0])


@cache
def _calibrations(folder: Path) -> Mapping[str, Calibration]:
    found = [load_calibration(path) for path in sorted(folder.glob("*.toml"))]
    return {one.reader: one for one in found}


def load_calibration(path: Path) -> Calibration:
    """One reader's calibration.

    Raises:
        ConfigError: If the file is wrong; the message names it and the key.
    """
    try:
        return _CALIBRATION.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path.name}: {key}: {first['msg']}") from None
