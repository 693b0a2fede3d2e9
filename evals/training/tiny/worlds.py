"""The worlds that the tiny model has read of, none of which a benchmark tells.

A generated world is known by its seed; those here begin where the seeds of benchmarks end.
"""

from datetime import date
from random import Random

from evals.streams.generated import load
from evals.types import Stream

FIRST = 1_000_000
"""Seeds of streams that learners are compared on are smaller."""
_PERIODS = 4
_DOCUMENTS_PER_FACT = 1.2
_WORDS, _LESSONS = 10_000, 1_000_000
_LESSONS_EACH = 100_000


def held_out(number: int, *, facts: int) -> Stream:
    """A world to measure on: nothing was learnt from it."""
    return _world(FIRST + number, facts)


def of_words(number: int, *, facts: int) -> Stream:
    """A world that the vocabulary is learnt from."""
    return _world(FIRST + _WORDS + number, facts)


def of_lessons(number: int, *, seed: int, facts: int) -> Stream:
    """A world that the model is pretrained on, other ones for each seed."""
    return _world(FIRST + _LESSONS + seed * _LESSONS_EACH + number, facts)


def _world(seed: int, facts: int) -> Stream:
    draw = Random(f"start of {seed}")
    return load(
        seed=seed,
        facts=facts,
        periods=_PERIODS,
        documents_per_period=int(facts * _DOCUMENTS_PER_FACT),
        start=date(draw.randint(2000, 2030), draw.randint(1, 12), 1),
    )
