"""Which learners take part: those named, or all that the benchmark and the way of reading allow."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from evals.learners.reading import why_not_perfect
from evals.registry import LEARNERS
from evals.running.spec import LearnerSpec, RunSpec
from evals.types import Stream
from rag_lifelong.errors import EvalError

_WITHOUT_EVIDENCE = ("closed", "remote", "tool")
"""Families that do not hand found lines to the shared reading line."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The learners of a run."""

    learners: tuple[LearnerSpec, ...]
    left_out: dict[str, str]
    """Those that do not apply, and why."""


def choose_learners(spec: RunSpec, stream: Stream) -> Choice:
    """The learners of a run on a stream.

    Raises:
        EvalError: If one that was named does not apply, or none does.
    """
    if spec.reading == "perfect" and (reason := why_not_perfect(stream)):
        raise EvalError(f"reading perfectly is not possible: {reason}", hint="--reading llm")
    named = spec.learners or tuple(
        LearnerSpec.parse(name, spec.beside.get(name))
        for name, entry in LEARNERS.items()
        if not entry.only_named
    )
    reasons = {learner.text: _why_not(learner, spec, stream) for learner in named}
    left_out = {name: reason for name, reason in reasons.items() if reason}
    if left_out and (spec.learners or len(left_out) == len(named)):
        name, reason = next(iter(left_out.items()))
        raise EvalError(f"{name} does not apply: {reason}", hint="leave it out")
    return Choice(tuple(learner for learner in named if learner.text not in left_out), left_out)


def _why_not(learner: LearnerSpec, spec: RunSpec, stream: Stream) -> str:
    """Why a learner does not apply; empty if it does."""
    entry = learner.entry
    if spec.reading == "perfect" and entry.family in _WITHOUT_EVIDENCE:
        return "it shows no evidence that could be read perfectly"
    # Named alone it may take its address from the settings, and says itself what it lacks.
    if entry.family == "remote" and not spec.learners and "base_url" not in learner.options:
        return "it has no address (--learner-option endpoint.base_url=URL)"
    return _bound_why_not(entry.target)(stream) if entry.is_bound else ""


def _bound_why_not(target: str) -> Callable[[Stream], str]:
    module, _, name = target.partition(":")
    bound = getattr(importlib.import_module(module), name)
    found: Callable[[Stream], str] = bound.why_not
    return found
