"""The run's folder, as it is written; `evals.runs` reads it.

Every file is put in place whole. One process writes at a time.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from evals.running.cells import Cell, replace_file
from evals.running.lines import to_line, to_lines
from evals.runs import Cell as Place
from evals.runs import Observed, Question, Told
from rag_lifelong.errors import EvalError

_SETTLED = ("limit", "reading", "rows_asked", "seeds", "stream", "wordings")
"""What a run's folder may not be used for anew with other values of: its files would mix."""


class RunFolder:
    """Writes a run's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing.

        Raises:
            EvalError: If another does.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / ".lock", timeout=0):
                yield
        except Timeout:
            raise EvalError(
                f"another process writes {self._folder}", hint="wait, or name another with --out"
            ) from None
        except FileExistsError:
            raise EvalError(f"{self._folder} is a file", hint="name a folder with --out") from None

    def begin(self, about: Mapping[str, Any]) -> None:
        """Write what the run is.

        Raises:
            EvalError: If the folder holds a run of other questions.
        """
        file = self._folder / "run.json"
        before = _read(file)
        now = json.loads(to_line(about))
        differing = [key for key in _SETTLED if before and before.get(key) != now[key]]
        if differing:
            raise EvalError(
                f"{self._folder} holds a run with another {differing[0]}: "
                f"{_brief(before[differing[0]])}, not {_brief(now[differing[0]])}",
                hint="name another folder with --out, or delete this one",
            )
        self._put(file, f"{to_line(about)}\n".encode())

    def put_questions(self, seed: int, questions: Iterable[Question]) -> None:
        """Write what is asked with a seed."""
        self._put(self._folder / f"questions-{seed}.jsonl", to_lines(questions))

    def put_documents(self, seed: int, documents: Iterable[Told]) -> None:
        """Write when what states the answers was told."""
        self._put(self._folder / f"documents-{seed}.jsonl", to_lines(documents))

    def put_cell(self, learner: str, place: Place, cell: Cell) -> None:
        """Write a cell."""
        self._put(self._file("usage", learner, place), cell.usage)
        # Last, since a cell is there when its predictions are.
        self._put(self._file("predictions", learner, place), cell.predictions)

    def drop_cell(self, learner: str, place: Place) -> None:
        """Remove a cell that an earlier state of the program made, and that is to be made anew."""
        for kind in ("predictions", "usage"):
            self._file(kind, learner, place).unlink(missing_ok=True)

    def put_taught(self, learner: str, seed: int, observed: Iterable[Observed]) -> None:
        """Write what observing the periods took."""
        self._put(self._folder / "taught" / learner / f"seed-{seed}.jsonl", to_lines(observed))

    def _file(self, kind: str, learner: str, place: Place) -> Path:
        name = f"seed-{place.seed}-wording-{place.wording}"
        return self._folder / kind / learner / name / f"row-{place.row}.jsonl"

    def _put(self, file: Path, data: bytes) -> None:
        with suppress(OSError):
            if file.read_bytes() == data:
                return
        # What a killed process left would be no part of an unbroken run.
        for partial in file.parent.glob(f".{file.name}.*"):
            partial.unlink(missing_ok=True)
        replace_file(file, data)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _brief(value: Any) -> str:
    text = to_line(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
