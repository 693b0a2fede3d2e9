"""Chooses the options of every strategy, each with the same small budget, on a stream of its own.

    python benchmarks/tune_strategies.py [--strategies sequential,lora] [--keep FILE] [--write]

Each strategy is taught twice, with the options that `TRIALS` gives it, on a generated world
that no run uses: seed 900, three periods, 12 facts. After the last period it is asked, and scored
by the mean of two numbers: average accuracy on questions of a fixed time, and exact match of
standing questions whose fact was new or updated in that period. The better is written to
`evals/training/tuned.toml` with `--write`; the first of equals, which are mostly the defaults.

What was tried is kept in `--keep`, by the options and the code that teaches, so that a run that was
stopped goes on. Prints a line a trial.
"""

import argparse
import importlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

# This folder holds a script with the name of a package, which it would hide.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

import numpy as np

from evals.baselines import STRATEGIES
from evals.metrics.answers import exact_match
from evals.ports import Bench
from evals.registry import learner_entry
from evals.running.asking import in_row, put_question, questions_of
from evals.running.equipment import configured_equipment
from evals.running.identity import digest, teaching_program
from evals.runs import Question
from evals.streams.generated import load
from evals.training import tuned
from evals.types import Cohort, Stream
from rag_lifelong.config import Config

SEED, FACTS, PERIODS, LIMIT = 900, 12, 3, 12
FRESH = (Cohort.NEW, Cohort.UPDATED)
Trial = Mapping[str, str]


TRIALS: Mapping[str, tuple[Trial, ...]] = {
    "frozen": ({},),
    **dict.fromkeys(
        ("sequential", "joint", "single-period", "a-gem", "infinite-lr", "freeze-bottom"),
        ({}, {"lr": "1e-3"}),
    ),
    **dict.fromkeys(
        ("lora", "lora-gated", "lora-oracle", "lora-merge", "adapters"),
        ({"lr": "3e-3"}, {"lr": "1e-2"}),
    ),
    **dict.fromkeys(("block-expansion", "width-growth"), ({}, {"lr": "6e-3"})),
    **dict.fromkeys(("ia3", "prompt-tuning", "prefix-tuning"), ({"lr": "1e-2"}, {"lr": "5e-2"})),
    "replay": ({}, {"share": "0.5"}),
    "mix-review": ({}, {"ratio": "1"}),
    "der": ({}, {"beta": "1"}),
    "generative-replay": ({}, {"weight": "1"}),
    "l2": ({"strength": "0.01"}, {"strength": "0.001"}),
    "ewc": ({}, {"strength": "500000"}),
    "recadam": ({}, {"strength": "1000"}),
    "feature": ({}, {"strength": "10"}),
    "o-lora": (
        {"lr": "3e-3", "orthogonality": "0.05"},
        {"lr": "1e-2", "orthogonality": "0.01"},
    ),
    "osf": ({}, {"kept": "0.25"}),
    "lwf": ({}, {"alpha": "0.2"}),
    "kd-buffer": ({}, {"alpha": "3"}),
    "kd-generated": ({}, {"alpha": "3"}),
    "sdft": ({}, {"weight": "0.5"}),
    "rewarm": ({}, {"share": "0.5"}),
    "rho-1": ({}, {"keep": "0.8"}),
    "ft-l": ({}, {"limit": "0.3"}),
    "grace": ({}, {"radius": "0.3"}),
    "memit": ({}, {"preserve": "10"}),
}
"""Two each: learning rates, or at the shared one the default of its own strength and another."""


def main(arguments: argparse.Namespace) -> None:
    """Try, and choose."""
    kept = json.loads(arguments.keep.read_text()) if arguments.keep.exists() else {}
    stream = load(seed=SEED, facts=FACTS, periods=PERIODS, documents_per_period=0)
    questions = questions_of(stream, limit=LIMIT, seed=SEED)
    best: dict[str, Trial] = {}
    for name in arguments.strategies.split(","):
        scores = []
        for trial in TRIALS[name]:
            base = {**_defaults(name), **tuned.tuned_options("all"), **trial}
            key = digest(name, base, teaching_program(STRATEGIES[name].target))
            if key not in kept:
                kept[key] = tried(name, base, stream, questions)
                arguments.keep.write_text(json.dumps(kept))
            accuracy, fresh, seconds = kept[key]
            scores.append((accuracy + fresh) / 2)
            print(
                f"{name} {dict(trial)}: AA {accuracy:.3f}, fresh {fresh:.3f}, {seconds:.1f} s",
                flush=True,
            )
        best[name] = TRIALS[name][int(np.argmax(scores))]
    if arguments.write:
        write(best)


def _defaults(name: str) -> Trial:
    """All options of a strategy, so that none that was chosen before has a part in this."""
    module, _, kind = STRATEGIES[name].target.partition(":")
    options = getattr(importlib.import_module(module), kind).Options()
    return {key: str(value) for key, value in options.model_dump(mode="json").items()}


def tried(
    name: str, options: Trial, stream: Stream, questions: Sequence[Question]
) -> tuple[float, float, float]:
    """Average accuracy, exact match of what is fresh, and the seconds that teaching took."""
    equipment = configured_equipment(Config())
    last = len(stream.periods)
    with tempfile.TemporaryDirectory() as folder:
        learner = learner_entry(name).make(
            Bench(
                folder=Path(folder),
                shared=Path(folder),
                start=stream.row_times[0],
                embedder=equipment.embedder,
                reader=equipment.reader,
                config=equipment.config,
                seed=SEED,
                reading="perfect",
                options=options,
            )
        )
        started = time.process_time()
        for period in stream.periods:
            learner.observe(period)
        seconds = time.process_time() - started
        moment = stream.row_times[last]
        asked = [one for one in in_row(questions, last) if one.example.answers]
        right = [
            exact_match(
                learner.answer(put_question(one, moment=moment, wording=0)).said,
                one.example.answers,
            )
            for one in asked
        ]
    asof = [(one.period, value) for one, value in zip(asked, right, strict=True) if one.row is None]
    fresh = [
        (one.period, value)
        for one, value in zip(asked, right, strict=True)
        if one.row is not None and one.example.cohort in FRESH
    ]
    return by_period(asof), by_period(fresh), seconds


def by_period(values: Sequence[tuple[int, bool]]) -> float:
    """The mean over periods of their means."""
    periods = sorted({period for period, _ in values})
    return float(np.mean([np.mean([v for p, v in values if p == one]) for one in periods]))


def write(best: Mapping[str, Trial]) -> None:
    """Put what was chosen into the file of tuned options, in place of what was there for them."""
    file = Path(tuned.__file__).with_suffix(".toml")
    sections = file.read_text(encoding="utf-8").rstrip().split("\n\n")
    others = [one for one in sections if not one.startswith(tuple(f"[tiny.{n}]" for n in best))]
    file.write_text("\n\n".join([*others, *_sections(best)]) + "\n", encoding="utf-8")


def _sections(best: Mapping[str, Trial]) -> Iterator[str]:
    for name, trial in best.items():
        if trial:
            yield "\n".join(
                [f"[tiny.{name}]", *(f"{key} = {value}" for key, value in trial.items())]
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--strategies", default=",".join(TRIALS))
    parser.add_argument("--keep", type=Path, default=Path("runs/tuning.json"))
    parser.add_argument("--write", action="store_true")
    main(parser.parse_args())
