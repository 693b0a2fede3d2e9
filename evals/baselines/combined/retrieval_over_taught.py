"""The product's retrieval, read by a model that is taught with the same documents."""

import importlib
from dataclasses import replace

from evals.baselines import STRATEGIES
from evals.learners.ours import Ours
from evals.ports import Bench
from evals.training.learner import TaughtLearner
from evals.training.regimes.reading import reading_prompt
from evals.training.strategy import Strategy
from evals.types import Asked, Period, Prediction, Taught
from rag_lifelong.errors import EvalError
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.types import Retrieved

_STRATEGY = "strategy"


class RetrievalOverTaught(Ours):
    """Finds as `ours` does, with the configured settings, and reads with a taught model.

    Option `strategy` names how it is taught, all other options are those of the strategy. The model
    reads in the form it was taught to read in; it is not asked whether the passages state its
    answer, which models that are small enough to be taught here cannot say. Confidence is the
    probability of its least likely token, and an answer is withheld below `min_confidence`, or
    where nothing was found.

    Ovadia et al. (arXiv 2312.05934) compare the two: retrieval helped a frozen model more than the
    fine-tuned one.

    Args:
        bench: What it is given to work with.
        strategy: How it is taught, if that is not an option.

    Raises:
        EvalError: If there is no such strategy, or an option of it is unknown or wrong.
    """

    def __init__(self, bench: Bench, *, strategy: str | None = None) -> None:
        super().__init__(replace(bench, reading="llm", options={}))
        options = dict(bench.options)
        name = strategy or options.pop(_STRATEGY, "sequential")
        self._taught = TaughtLearner(replace(bench, options=options), _named(name))
        self._reading = TaughtReading(self._taught)

    def observe(self, period: Period) -> Taught:
        """Add the period to the store, and teach it."""
        stored, taught = self.store.add(period), self._taught.observe(period)
        return Taught(
            flops=stored.flops + taught.flops,
            tokens=stored.tokens + taught.tokens,
            state_bytes=stored.state_bytes + taught.state_bytes,
            seconds=stored.seconds + taught.seconds,
        )


class TaughtReading:
    """A taught model as what reads evidence."""

    def __init__(self, taught: TaughtLearner) -> None:
        self._taught = taught

    def read(self, asked: Asked, found: Retrieved, moment: Moment) -> Prediction:
        """What the model says of the evidence; without any it is not asked.

        Raises:
            ModelError: If the model to teach is missing or cannot be loaded.
        """
        if not found.evidence:
            return Prediction(said="", abstained=True, confidence=0.0)
        return self._taught.read(asked, reading_prompt(found.asked, found.evidence))


def retrieval_over_frozen(bench: Bench) -> RetrievalOverTaught:
    """The same with a model that is taught nothing: what the others are to be compared with.

    Raises:
        EvalError: If an option is unknown or wrong.
    """
    return RetrievalOverTaught(bench, strategy="frozen")


def _named(name: str) -> type[Strategy]:
    entry = STRATEGIES.get(name)
    if entry is None:
        raise EvalError(f"no strategy {name!r}", hint=f"one of: {', '.join(STRATEGIES)}")
    module, _, kind = entry.target.partition(":")
    strategy: type[Strategy] = getattr(importlib.import_module(module), kind)
    return strategy
