"""How surely an answer is right is told by a reader's own file, or by no file."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_lifelong.errors import ConfigError
from rag_lifelong.reading import calibration
from rag_lifelong.reading.calibration import Calibration, Signals, calibration_of, load_calibration

FILE = """
reader = "org/small"
fitted_on = "ten answers"
min_confidence = 0.6
intercept = -1

[weights]
least = 0.5
yes = 3
margin = 0
echoed = 0.5
"""


def written(folder: Path, text: str = FILE) -> Path:
    file = folder / "small.toml"
    file.write_text(text)
    return file


def test_a_probability_is_the_logistic_of_the_weighted_signals(tmp_path: Path):
    fitted = load_calibration(written(tmp_path))
    signals = Signals(least=-2, yes=0.5, margin=9, echoed=1)
    # -1 - 2 * 0.5 + 3 * 0.5 + 0.5 = 0
    assert fitted.probability(signals) == 0.5


_NUMBERS = st.floats(-1e6, 1e6)
_SIGNALS = st.builds(Signals, **dict.fromkeys(Signals.__slots__, _NUMBERS))


@given(_SIGNALS, _SIGNALS)
def test_any_signals_give_a_probability(weights: Signals, signals: Signals):
    fitted = Calibration(
        reader="r", fitted_on="", min_confidence=0, intercept=0, weights=weights
    ).probability(signals)
    assert 0 <= fitted <= 1


def test_more_of_a_signal_with_a_weight_is_surer(tmp_path: Path):
    fitted = load_calibration(written(tmp_path))
    less, more = (
        fitted.probability(Signals(least=math.log(0.9), yes=yes, margin=0, echoed=0))
        for yes in (0.4, 0.6)
    )
    assert less < more


def test_a_reader_is_known_by_its_name_whatever_its_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    written(tmp_path)
    monkeypatch.setattr(calibration, "_FOLDER", tmp_path)
    found = calibration_of("org/small@8f2a")
    assert found == calibration_of("org/small")
    assert found is not None
    assert calibration_of("org/smaller") is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (FILE.replace("yes = 3\n", ""), r"small\.toml: weights\.yes"),
        (FILE + "luck = 1\n", r"small\.toml: weights\.luck"),
        (FILE.replace("intercept = -1", "intercept = nan"), r"small\.toml: intercept"),
        ("reader = ", "not TOML"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_key(tmp_path: Path, wrong: str, told: str):
    with pytest.raises(ConfigError, match=told):
        load_calibration(written(tmp_path, wrong))


def test_every_file_of_the_program_is_right_and_names_another_reader():
    files = sorted(Path(calibration.__file__).parent.glob("*.toml"))
    readers = [load_calibration(file).reader for file in files]
    assert len(set(readers)) == len(readers)
    assert all(calibration_of(reader) is not None for reader in readers)
