"""A benchmark as it is asked with a seed: its stream and what is drawn of it."""

from dataclasses import dataclass

from evals.running.asking import in_row, questions_of
from evals.running.identity import digest, stream_fingerprint, told_by_row
from evals.running.lines import to_lines
from evals.running.spec import RunSpec
from evals.runs import Question
from evals.streams import load_stream
from evals.types import Stream
from rag_lifelong.errors import EvalError


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every learner is told and asked with a seed."""

    seed: int
    stream: Stream
    fingerprint: str
    """Of the stream."""
    questions: tuple[Question, ...]
    told: tuple[str, ...]
    """For each row the fingerprint of what has been told by then."""
    asked: tuple[str, ...]
    """For each row the fingerprint of what is asked in it."""

    def of_row(self, row: int) -> tuple[Question, ...]:
        """What is asked in a row."""
        return in_row(self.questions, row)


def load_worlds(spec: RunSpec) -> tuple[World, ...]:
    """The worlds of a run, one a seed.

    Raises:
        EvalError: If the benchmark cannot be loaded, has no periods or other ones with another
            seed, or has no such row.
    """
    streams: dict[str, Stream] = {}
    worlds = []
    for seed in range(spec.seeds):
        stream = load_stream(spec.stream, spec.data, seed=seed, **spec.options)
        if not stream.periods:
            raise EvalError(f"{stream.name} has no periods", hint="look at its options and files")
        fingerprint = stream_fingerprint(stream)
        # What is read in is often the same with each seed, and large: one of them is enough.
        stream = streams.setdefault(fingerprint, stream)
        worlds.append(_world(stream, fingerprint, limit=spec.limit, seed=seed))
    _check(worlds, spec)
    return tuple(worlds)


def _world(stream: Stream, fingerprint: str, *, limit: int | None, seed: int) -> World:
    questions = questions_of(stream, limit=limit, seed=seed)
    rows = range(len(stream.row_times))
    return World(
        seed=seed,
        stream=stream,
        fingerprint=fingerprint,
        questions=questions,
        told=told_by_row(stream),
        asked=tuple(digest(to_lines(in_row(questions, row)).decode()) for row in rows),
    )


def _check(worlds: list[World], spec: RunSpec) -> None:
    first = worlds[0].stream
    for world in worlds:
        if not world.questions:
            raise EvalError(f"{first.name} asks nothing with seed {world.seed}")
        names = [period.name for period in world.stream.periods]
        if names != [period.name for period in first.periods] or (
            world.stream.row_times != first.row_times
        ):
            raise EvalError(
                f"{first.name} has other periods with seed {world.seed} than with seed 0",
                hint="run each alone: --seeds 1 with the benchmark's own options",
            )
    last = len(first.periods)
    if wrong := [row for row in spec.rows or () if not 0 <= row <= last]:
        raise EvalError(f"there is no row {wrong[0]}", hint=f"rows are 0 to {last}")
