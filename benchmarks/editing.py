"""What is left of a model after one edit, ten, and hundreds: do editors collapse?

    python benchmarks/editing.py [--strategies ft-l,grace,memit] [--edits 1,10,30,100,200]
                                 [--model tiny] [--seed 0] [--set memit.preserve=1000 ...]

Facts of a generated world are told to a model one after another, as questions with answers, in as
many periods as there are numbers in `--edits`. After each, of the model's greedy answers:

* newest: share of the 30 facts told last that are said when asked as they were told;
* otherwise: share of these that are said when asked in other words;
* oldest: share of the 30 told first (of those told by then);
* reads: share of 40 questions about another world that are answered from one line of evidence,
  which is what a model should not lose;
* loss: mean cross entropy of a token of 20 documents of that world.

Row 0 is the model untouched. Any strategy may be named: `sequential` is tuned on the same
questions. Prints a Markdown table.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random

# This folder holds a script with the name of a package, which it would hide.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

import torch

from evals.baselines import STRATEGIES
from evals.baselines.editing.editor import facts_of
from evals.streams.generated import load
from evals.training.loop import begin, teach
from evals.training.models import load_model
from evals.training.regimes import samples_of
from evals.training.regimes.templates import TemplateAugmenter
from evals.training.samples import Kind, Sample, document_sample
from evals.training.strategy import Lesson, Regime, Strategy
from evals.training.student import Student
from evals.training.tiny.lessons import Lessons
from evals.training.tiny.worlds import held_out
from rag_lifelong.models import default_cache_dir

ASKED, READ, TEXTS = 30, 40, 20


@dataclass(frozen=True)
class Yardstick:
    """What a model is measured by."""

    facts: list[Sample]
    otherwise: dict[str, Sample]
    """By a fact's question, another one with the same answer."""
    reading: list[Sample]
    texts: list[Sample]

    def row(self, student: Student, n_told: int) -> list[str]:
        """Shares of what is said, and the loss."""
        told = self.facts[:n_told]
        other = [self.otherwise[one.given] for one in told[-ASKED:] if one.given in self.otherwise]
        with torch.no_grad():
            loss = sum(float(student.loss(student.batch([one]))) for one in self.texts) / TEXTS
        shares = [
            said(student, told[-ASKED:]), said(student, other), said(student, told[:ASKED]),
            said(student, self.reading),
        ]  # fmt: skip
        return [*(f"{share:.2f}" if share is not None else "" for share in shares), f"{loss:.2f}"]


def yardstick(seed: int, n_facts: int) -> Yardstick:
    """Facts of one world to tell, and questions and texts of another."""
    world = load(seed=seed, facts=100, periods=6, documents_per_period=90)
    documents = [document for period in world.periods for document in period.documents]
    drawn = samples_of(
        documents, regime=Regime.AUGMENTED, augmenter=TemplateAugmenter(), period=1
    ).samples
    facts = facts_of(drawn)[:n_facts]
    otherwise: dict[str, Sample] = {}
    for fact in facts:
        others = [
            one
            for one in drawn
            if one.kind is Kind.QA and one.given != fact.given
            if (one.doc_ids, one.learnt) == (fact.doc_ids, fact.learnt)
        ]
        if others:
            otherwise[fact.given] = others[0]
    draw = Random(seed)
    lessons = Lessons(held_out(1, facts=60), draw)
    reading = [lessons.reading(task, n_others=0) for task in draw.sample(lessons.tasks, k=READ)]
    texts = [document_sample(one) for one in draw.sample(lessons.documents, k=TEXTS)]
    return Yardstick(facts, otherwise, reading, texts)


def said(student: Student, samples: Sequence[Sample]) -> float | None:
    """Share of samples whose answer is said; None of none."""
    if not samples:
        return None
    right = sum(student.write(one.given).text == one.learnt.strip() for one in samples)
    return right / len(samples)


def strategy_named(name: str, settings: Sequence[str], seed: int) -> Strategy:
    """A strategy with the options that were set of it."""
    module, _, kind = STRATEGIES[name].target.partition(":")
    made = getattr(importlib.import_module(module), kind)
    of_it = (one.removeprefix(f"{name}.") for one in settings if one.startswith(f"{name}."))
    options = made.Options(**dict(one.split("=", 1) for one in of_it))
    return made(options, seed=seed)


def told(strategy: Strategy, facts: list[Sample], edits: list[int]) -> Iterator[tuple[int, float]]:
    """Tell facts in parts; yields how many have been told, and the seconds of the part."""
    for number, (start, end) in enumerate(zip([0, *edits], edits, strict=False), start=1):
        started = time.perf_counter()
        samples = tuple(facts[start:end])
        teach(strategy, Lesson(number=number, name=f"{start} to {end}", samples=samples))
        yield end, time.perf_counter() - started


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strategies", default="ft-l,grace,memit")
    parser.add_argument("--edits", default="1,10,30,100,200")
    parser.add_argument("--model", default="tiny", help="tiny, small, a folder or a hub id")
    parser.add_argument("--cache", type=Path, default=default_cache_dir() / "evals")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="STRATEGY.OPTION=VALUE")
    args = parser.parse_args()
    edits = [int(number) for number in args.edits.split(",")]
    measured = yardstick(args.seed, edits[-1])
    loaded = load_model(args.model, cache=args.cache)
    untouched = Student(loaded.model, loaded.tokenizer)
    print("| strategy | told | newest | otherwise | oldest | reads | loss | s |")
    print("|---|---|---|---|---|---|---|---|")
    print("| | 0 |", " | ".join(measured.row(untouched, 0)), "| |")
    for name in args.strategies.split(","):
        strategy = strategy_named(name, args.set, args.seed)
        begin(strategy, deepcopy(untouched))
        for n_told, seconds in told(strategy, measured.facts, edits):
            strategy.student.model.eval()
            row = " | ".join(measured.row(strategy.student, n_told))
            print(f"| {name} | {n_told} | {row} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
