"""Learners: every system that is compared, each behind the same two methods.

To add one, write a function or class that takes a `Bench` and gives a `Learner`, and add its line
to `LEARNERS`. Modules are imported when they are chosen, because some need heavy libraries.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from evals.baselines import STRATEGIES
from evals.ports import Bench, Learner, Make
from rag_lifelong.errors import EvalError


@dataclass(frozen=True, slots=True)
class LearnerEntry:
    """A system that can be compared."""

    target: str
    """"module:name" of what makes it."""
    family: str
    """What it is drawn with: `bound`, `closed`, `retrieval`, `rival`, `ours`, `tool`, `remote`,
    `combined`, or that of a strategy."""
    summary: str
    is_bound: bool = False
    """Whether it may look at the key."""
    has_reader: bool = True
    """Whether the run's language model writes its answers."""
    is_taught: bool = False
    """Whether it is a strategy of teaching a model."""
    reads_with: str = ""
    """The strategy whose model reads what it finds, unless its option `strategy` names another."""

    @property
    def only_named(self) -> bool:
        """Whether it takes part only where it is named, because teaching takes long."""
        return self.is_taught or bool(self.reads_with)

    def make(self, bench: Bench) -> Learner:
        """The learner."""
        module, _, name = self.target.partition(":")
        made = getattr(importlib.import_module(module), name)
        if self.is_taught:
            learner = importlib.import_module("evals.training.learner")
            return cast("Learner", learner.TaughtLearner(bench, made))
        maker: Make = made
        return maker(bench)


LEARNERS: Mapping[str, LearnerEntry] = MappingProxyType(
    {
        "closed-book": LearnerEntry(
            "evals.learners.closed_book:ClosedBook",
            "closed",
            "the frozen language model alone",
        ),
        "stale-index": LearnerEntry(
            "evals.learners.retrievers:stale_index",
            "retrieval",
            "hybrid retrieval over the first period's documents only",
        ),
        "bm25": LearnerEntry(
            "evals.learners.retrievers:bm25", "retrieval", "BM25 (Robertson & Zaragoza, 2009)"
        ),
        "dense": LearnerEntry(
            "evals.learners.retrievers:dense", "retrieval", "cosine of sentence embeddings"
        ),
        "hybrid": LearnerEntry(
            "evals.learners.retrievers:hybrid",
            "retrieval",
            "BM25 and dense by reciprocal rank fusion (Cormack et al., 2009)",
        ),
        "newest-first": LearnerEntry(
            "evals.learners.retrievers:newest_first", "rival", "the hybrid's best 20, newest first"
        ),
        "half-life": LearnerEntry(
            "evals.learners.retrievers:half_life",
            "rival",
            "cosine and an exponential recency prior (arXiv 2509.19376)",
        ),
        "tempralm": LearnerEntry(
            "evals.learners.retrievers:tempralm",
            "rival",
            "relevance plus scaled inverse time distance (TempRALM, arXiv 2401.13222)",
        ),
        "chronos": LearnerEntry(
            "evals.learners.retrievers:chronos",
            "rival",
            "similarity and exponential distance to the interval asked about (arXiv 2604.05096)",
        ),
        "mrag": LearnerEntry(
            "evals.learners.retrievers:mrag",
            "rival",
            "relevance times a spline of the years a sentence names (MRAG, arXiv 2412.15540)",
        ),
        "ours": LearnerEntry(
            "evals.learners.ours:Ours", "ours", "rag-lifelong's own question line"
        ),
        "tool": LearnerEntry(
            "evals.learners.tool:ToolUser",
            "tool",
            "the frozen language model calls dated search as a tool (ReAct, arXiv 2210.03629)",
        ),
        "endpoint": LearnerEntry(
            "evals.learners.endpoint:Endpoint",
            "remote",
            "any system behind an OpenAI-compatible address",
        ),
        "latest-value": LearnerEntry(
            "evals.learners.bounds:LatestValue",
            "bound",
            "the newest value told of the fact, whatever time is asked about; no language model",
            is_bound=True,
            has_reader=False,
        ),
        "oracle-passage": LearnerEntry(
            "evals.learners.bounds:OraclePassage",
            "bound",
            "the documents that state the answer, read by the language model",
            is_bound=True,
        ),
        "oracle-fact": LearnerEntry(
            "evals.learners.bounds:OracleFact",
            "bound",
            "the one right line, read by the language model",
            is_bound=True,
        ),
        "retrieval-over-frozen": LearnerEntry(
            "evals.baselines.combined.retrieval_over_taught:retrieval_over_frozen",
            "combined",
            "what ours finds, read by the model to be taught, untaught",
            has_reader=False,
            reads_with="frozen",
        ),
        "retrieval-over-taught": LearnerEntry(
            "evals.baselines.combined.retrieval_over_taught:RetrievalOverTaught",
            "combined",
            "what ours finds, read by a model that is taught too (option strategy=NAME)",
            has_reader=False,
            reads_with="sequential",
        ),
    }
    | {
        name: LearnerEntry(one.target, one.family, one.summary, has_reader=False, is_taught=True)
        for name, one in STRATEGIES.items()
    }
)
"""Name of a learner -> what makes it, in the order they are shown."""


def learner_entry(name: str) -> LearnerEntry:
    """The learner of a name.

    Raises:
        EvalError: If there is none.
    """
    entry = LEARNERS.get(name)
    if entry is None:
        raise EvalError(f"no learner {name!r}", hint=f"one of: {', '.join(LEARNERS)}")
    return entry
