"""Fits how surely a reader's answers are right, and the confidence from which they are given.

    python benchmarks/calibrate.py RUN … [--learner ours] [--risk 0.3] [--write]
    python benchmarks/calibrate.py ANSWERS.json … --reader NAME [--risk 0.3] [--write]

RUN is the folder of an `eval run … --reading llm`: each answer whose words are in its evidence is
right if it is one of the question's answers, or one lies within the other. ANSWERS.json, which
`benchmarks/judged_lines.py` writes, is a list of
`{"signals": {"least": …, …}, "right": true, "cluster": "the fact asked about"}`.

A logistic regression (L2, C = 1, on standardised signals) is fitted. What is printed of it was
judged on answers it was not fitted to: five folds, no fact in two of them. Beside it stands the
formula that readers without calibration have. The threshold is the least confidence at which no
more than `--risk` of the held-out answers given are wrong (the risk-coverage curve, Geifman &
El-Yaniv, arXiv 1705.08500); a question that has no answer counts as wrong whatever is said.

The calibration is printed as TOML; `--write` puts it where the program finds it. Fit on one part of
the data (periods, seeds) and report another: what is printed here is no test.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from evals.metrics.answers import part_match
from evals.metrics.calibration import (
    aurc,
    auroc,
    brier_score,
    expected_calibration_error,
    threshold_at_risk,
)
from evals.runs import Run
from rag_lifelong.answering.confidence import uncalibrated
from rag_lifelong.reading import calibration
from rag_lifelong.reading.calibration import Calibration, Signals, load_calibration

FOLDS = 5
NAMES = tuple(one.name for one in fields(Signals))


@dataclass(frozen=True)
class Judged:
    """An answer, what its confidence is reckoned from, and whether it is right."""

    signals: Signals
    is_right: bool
    cluster: str
    """The fact asked about: answers about one fact are not independent."""


def main() -> None:
    """Run the fit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="+", type=Path, help="runs' folders and JSON files")
    parser.add_argument("--learner", default="ours", help="whose answers of a run")
    parser.add_argument("--rows", help="rows of a run to fit on, as 1,3,5; by default all")
    parser.add_argument("--reader", help="name of the model; by default the run's")
    parser.add_argument("--risk", type=float, default=0.3, help="most share of wrong answers given")
    parser.add_argument("--write", action="store_true", help="put it where the program finds it")
    options = parser.parse_args()
    rows = None if options.rows is None else {int(row) for row in options.rows.split(",")}
    judged, reader = [], options.reader
    for source in options.sources:
        if source.is_dir():
            run = Run(source)
            judged += answers_of(run, options.learner, rows)
            reader = reader or str(run.about["reader"])
        else:
            judged += answers_in(source)
    if not judged or reader is None:
        sys.exit("no answers with signals, or no reader's name: see --help")
    chances, fitted = fit(judged)
    report(judged, chances, options.risk)
    least = threshold(chances, judged, options.risk)
    today = datetime.now(UTC).date()
    told = ", ".join(source.stem for source in options.sources)
    made = Calibration(
        reader=reader.partition("@")[0],
        fitted_on=f"{told}: {len(judged)} answers, risk at most {options.risk:g}, {today}",
        min_confidence=1.0 if least is None else round(least, 4),
        **weights_of(fitted),
    )
    print(f"\n{as_toml(made)}")
    if options.write:
        name = re.sub(r"[^\w.-]+", "-", made.reader)
        file = Path(calibration.__file__).with_name(f"{name}.toml")
        file.write_text(as_toml(made), encoding="utf-8")
        load_calibration(file)
        print(f"written to {file}")


def answers_of(run: Run, learner: str, rows: set[int] | None) -> Iterator[Judged]:
    """The answers of a run that the words of their evidence do not rule out."""
    for cell in run.cells(learner):
        if rows is not None and cell.row not in rows:
            continue
        questions = run.questions(cell.seed)
        for one in run.answers(learner, cell).values():
            if one.signals is not None:
                example = questions[one.q].example
                fact = example.cluster or example.example_id
                is_right = part_match(one.said, example.answers, example.superseded)
                yield Judged(Signals(**one.signals), is_right, f"{cell.seed}/{fact}")


def answers_in(file: Path) -> Iterator[Judged]:
    """The answers of a JSON file; each is a fact of its own where it names none."""
    for number, one in enumerate(json.loads(file.read_text(encoding="utf-8"))):
        cluster = str(one.get("cluster", number))
        yield Judged(Signals(**one["signals"]), bool(one["right"]), cluster)


def fit(judged: Sequence[Judged]) -> tuple[NDArray[np.float64], Pipeline]:
    """Chances of each answer by those of other facts: [n]; and what all of them teach."""
    signals = np.array([[getattr(one.signals, name) for name in NAMES] for one in judged])
    right = np.array([one.is_right for one in judged], int)
    groups = [one.cluster for one in judged]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    chances = cross_val_predict(
        model, signals, right, groups=groups, cv=GroupKFold(FOLDS), method="predict_proba"
    )
    return chances[:, 1], model.fit(signals, right)


def weights_of(fitted: Pipeline) -> dict[str, Any]:
    """Intercept and weights for signals as they are, not standardised."""
    scaler, model = fitted[0], fitted[1]
    weights = model.coef_[0] / scaler.scale_
    intercept = float(model.intercept_[0] - weights @ scaler.mean_)
    return {
        "intercept": round(intercept, 6),
        "weights": Signals(**{n: round(float(w), 6) for n, w in zip(NAMES, weights, strict=True)}),
    }


def threshold(chances: NDArray[np.float64], judged: Sequence[Judged], risk: float) -> float | None:
    """The least confidence to answer at; None if no threshold keeps the risk."""
    return threshold_at_risk(chances, [one.is_right for one in judged], risk=risk)


def report(judged: Sequence[Judged], chances: NDArray[np.float64], risk: float) -> None:
    """Print what was measured, before calibration and after, as a table in Markdown."""
    right = np.array([one.is_right for one in judged], int)
    facts = len({one.cluster for one in judged})
    print(f"{len(judged)} answers about {facts} facts, {right.mean():.1%} right\n")
    print("| confidence | ECE | Brier | AUROC | AURC | threshold | answered | wrong of these |")
    print("|---|---|---|---|---|---|---|---|")
    before = np.array([uncalibrated(one.signals.least, one.signals.yes) for one in judged])
    for name, sure in (("formula", before), ("calibrated, held out", chances)):
        least = threshold(sure, judged, risk)
        given = sure >= (np.inf if least is None else least)
        wrong = (1 - right[given]).mean() if given.any() else 0.0
        print(
            f"| {name} | {expected_calibration_error(sure, right):.3f} "
            f"| {brier_score(sure, right):.3f} | {auroc(sure, right):.3f} "
            f"| {aurc(sure, right):.3f} | {'none' if least is None else f'{least:.3f}'} "
            f"| {given.mean():.1%} | {wrong:.1%} |"
        )


def as_toml(made: Calibration) -> str:
    """The calibration as its file."""
    lines = [
        f"reader = {json.dumps(made.reader)}",
        f"fitted_on = {json.dumps(made.fitted_on)}",
        f"min_confidence = {made.min_confidence}",
        f"intercept = {made.intercept}",
        "",
        "[weights]",
        *(f"{name} = {value}" for name, value in asdict(made.weights).items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
