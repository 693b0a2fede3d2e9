"""A run as it lies on disk: what was asked, what every learner answered, and what that took.

Reads the folder that the runner writes, and nothing else; a line that is not in its layout is an
error that names file and line.

```
RUN/run.json                                    the resolved settings
RUN/questions-SEED.jsonl                        what was asked, one `Question` a line
RUN/documents-SEED.jsonl                        what states the answers, one `Told` a line
RUN/predictions/LEARNER/seed-S-wording-W/row-I.jsonl   one `Answered` a line
RUN/usage/LEARNER/seed-S-wording-W/row-I.jsonl         one `Used` a line
RUN/taught/LEARNER/seed-S.jsonl                        one `Observed` a line
```
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from evals.types import EvidenceLine, Example
from rag_lifelong.errors import EvalError

Kind = Literal["asof", "now"]
"""Which matrix a question belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as it was put."""

    q: int
    kind: Kind
    row: int | None
    """The row it was put in; None: in every row."""
    period: int
    """The period it belongs to, from 1: the matrix's column."""
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """When a document could first be found that states a right or a superseded answer."""

    doc_id: str
    period: int
    """The period it was told in, from 1."""
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a learner answered to a question."""

    q: int
    said: str
    abstained: bool = False
    confidence: float | None = None
    evidence: tuple[EvidenceLine, ...] = ()
    signals: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What an answer took."""

    q: int
    seconds: float = 0.0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    flops: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What observing a period took."""

    period: int
    flops: float = 0.0
    tokens: int = 0
    state_bytes: int = 0
    seconds: float = 0.0
    peak_rss_bytes: int = 0
    energy_j: float | None = None
    answer_flops_per_question: float | None = None


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One learner's answers to one asking of everything."""

    seed: int
    wording: int
    row: int


@dataclass(frozen=True)
class Run:
    """A run folder, read when asked."""

    folder: Path

    @cached_property
    def about(self) -> Mapping[str, Any]:
        """What `run.json` says.

        Raises:
            EvalError: If it is not there or is no JSON object with the keys the report needs.
        """
        file = self.folder / "run.json"
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except OSError:
            raise EvalError(
                f"{self.folder} is no run: it has no run.json",
                hint="make one with `rag-lifelong eval run`",
            ) from None
        except ValueError as error:
            raise EvalError(f"{file} is not JSON: {error}") from None
        needed = {"stream", "learners", "seeds", "wordings", "row_times", "periods"}
        if not isinstance(found, dict) or (missing := needed - found.keys()):
            lacking = ", ".join(sorted(missing if isinstance(found, dict) else needed))
            raise EvalError(f"{file} lacks {lacking}", hint="run `rag-lifelong eval run` again")
        return found

    @property
    def learners(self) -> tuple[str, ...]:
        """The specs of the learners, in the order they are shown."""
        return tuple(self.about["learners"])

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the run."""
        return tuple(self.about["seeds"])

    @property
    def periods(self) -> tuple[str, ...]:
        """The names of the periods: the matrices' columns."""
        return tuple(self.about["periods"])

    @property
    def n_periods(self) -> int:
        """T: how many periods the stream has."""
        return len(self.periods)

    @property
    def row_times(self) -> tuple[datetime, ...]:
        """When each row was asked."""
        return tuple(datetime.fromisoformat(text) for text in self.about["row_times"])

    @property
    def contamination(self) -> str:
        """Why models may know the stream's facts from their training; empty where they cannot."""
        return str(self.about["stream"].get("contamination") or "")

    @property
    def is_made(self) -> bool:
        """Whether the stream was generated, so that every seed has a world of its own."""
        return not self.about["stream"].get("data")

    def questions(self, seed: int) -> Mapping[int, Question]:
        """What was asked with a seed, by number."""
        file = self.folder / f"questions-{seed}.jsonl"
        return {question.q: question for question in _lines(file, _QUESTION)}

    def documents(self, seed: int) -> Mapping[str, Told]:
        """The documents that state right or superseded answers, by id."""
        file = self.folder / f"documents-{seed}.jsonl"
        return {told.doc_id: told for told in _lines(file, _TOLD)}

    def cells(self, learner: str) -> tuple[Cell, ...]:
        """The cells of a learner that are complete, in order."""
        found = []
        for file in (self.folder / "predictions" / learner).glob("seed-*-wording-*/row-*.jsonl"):
            _, seed, _, wording = file.parent.name.split("-")
            found.append(Cell(int(seed), int(wording), int(file.stem.removeprefix("row-"))))
        return tuple(sorted(found))

    def answers(self, learner: str, cell: Cell) -> Mapping[int, Answered]:
        """What a learner answered in a cell, by question."""
        return {one.q: one for one in _lines(self._file("predictions", learner, cell), _ANSWERED)}

    def used(self, learner: str, cell: Cell) -> tuple[Used, ...]:
        """What a cell's answers took; nothing where that was not kept."""
        file = self._file("usage", learner, cell)
        return tuple(_lines(file, _USED)) if file.exists() else ()

    def taught(self, learner: str, seed: int) -> tuple[Observed, ...]:
        """What observing each period took; nothing where that was not kept."""
        file = self.folder / "taught" / learner / f"seed-{seed}.jsonl"
        return tuple(_lines(file, _OBSERVED)) if file.exists() else ()

    def _file(self, kind: str, learner: str, cell: Cell) -> Path:
        place = f"seed-{cell.seed}-wording-{cell.wording}"
        return self.folder / kind / learner / place / f"row-{cell.row}.jsonl"


_T = TypeVar("_T")

_QUESTION = TypeAdapter(Question)
_TOLD = TypeAdapter(Told)
_ANSWERED = TypeAdapter(Answered)
_USED = TypeAdapter(Used)
_OBSERVED = TypeAdapter(Observed)


def _lines(file: Path, layout: TypeAdapter[_T]) -> Iterator[_T]:
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError:
        raise EvalError(
            f"the run has no {file.name} in {file.parent}",
            hint="run the same command again: it makes what is missing",
        ) from None
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield layout.validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise EvalError(f"{file}, line {number}: {where}: {first['msg']}") from None
