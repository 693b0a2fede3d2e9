"""`python -m evals.training.tiny`: make the tiny model, and measure what it can do."""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM, AutoTokenizer

from evals.training.student import Student
from evals.training.tiny.measuring import measure
from evals.training.tiny.pretraining import Progress, pretrain
from evals.training.tiny.recipe import FULL
from rag_lifelong.models import default_cache_dir

_SHOW_EVERY = 50


def main() -> None:
    """Make the model where it is not in the cache yet, and print where it is."""
    parser = argparse.ArgumentParser(prog="python -m evals.training.tiny", description=__doc__)
    parser.add_argument("--steps", type=int, default=FULL.steps, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--cache", type=Path, default=default_cache_dir() / "evals", help="default: %(default)s"
    )
    parser.add_argument("--questions", type=int, default=200, help="asked to measure it")
    options = parser.parse_args()
    recipe = replace(FULL, steps=options.steps)
    folder = pretrain(recipe, seed=options.seed, cache=options.cache, tell=_Shown())
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    student = Student(AutoModelForCausalLM.from_pretrained(folder), tokenizer)
    sys.stdout.write(f"{folder}\n{measure(student, questions=options.questions)}\n")


class _Shown:
    """Shows progress, with the speed since the last time."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._told: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self._told.append(progress)
        if progress.step % _SHOW_EVERY and progress.step < progress.steps:
            return
        now = time.perf_counter()
        loss = sum(one.loss for one in self._told) / len(self._told)
        speed = sum(one.n_tokens for one in self._told) / (now - self._since)
        sys.stderr.write(
            f"step {progress.step} of {progress.steps}: loss {loss:.3f}, {speed:,.0f} tokens/s\n"
        )
        self._since, self._told = now, []


main()
