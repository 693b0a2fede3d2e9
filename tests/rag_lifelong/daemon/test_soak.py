"""Six hours of a daemon's life in seconds: nothing is lost, and nothing grows."""

from __future__ import annotations

import gc
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from indexes.verify import verify
from rag_lifelong.daemon import loop
from rag_lifelong.daemon.schedule import Schedule
from rag_lifelong.errors import SourceError
from rag_lifelong.ports import Known
from rag_lifelong.types import ScanItem
from tests.rag_lifelong.daemon.simulated import DAMAGED, Parsing, Simulated

_HOUR = 3600.0
_OURS = ("rag_lifelong.", "ingest.", "indexes.")
_FEED = "https://example.org/feed.xml"


class Flaky:
    """A source that fails every third time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def scan(self, known: Known) -> Iterator[ScanItem]:
        self.asked += 1
        if self.asked % 3 == 0:
            raise SourceError("no route to host")
        yield from ()


class Life:
    """What happens in a folder: saves, moves, deletions, damage, locks; a third of it unheard."""

    def __init__(self, world: Simulated, parsing: Parsing) -> None:
        self.world = world
        self.parsing = parsing
        self.random = random.Random(7)
        self.counted: list[Counter[str]] = []
        self.jobs: list[int] = []

    def act(self) -> list[Path]:
        acts: list[Callable[[], list[Path]]] = [
            self.save, self.save, self.save, self.remove, self.move, self.rename_folder,
            self.damage, self.lock, self.unlock, self.press,
        ]  # fmt: skip
        changed = self.random.choice(acts)()
        self.jobs.append(len(self.world.system.jobs()))
        return changed if self.random.random() < 0.67 else []

    def name(self) -> str:
        return f"{self.random.choice(['', 'a/', 'b/'])}{self.random.randrange(8)}.txt"

    def save(self) -> list[Path]:
        return [self.world.write(self.name(), f"note {self.random.randrange(10**6)}")]

    def remove(self) -> list[Path]:
        path = self.world.notes / self.name()
        path.unlink(missing_ok=True)
        return [path]

    def move(self) -> list[Path]:
        path, to = self.world.notes / self.name(), self.world.notes / self.name()
        if path.exists():
            to.parent.mkdir(exist_ok=True)
            path.replace(to)
        return [path, to]

    def rename_folder(self) -> list[Path]:
        a, b = self.world.notes / "a", self.world.notes / "b"
        if a.exists():
            shutil.rmtree(b, ignore_errors=True)
            a.rename(b)
        return [a, b]

    def damage(self) -> list[Path]:
        return [self.world.write(f"bad-{self.random.randrange(4)}.txt", f"{DAMAGED} {self.name()}")]

    def lock(self) -> list[Path]:
        path = self.world.notes / self.name()
        self.parsing.failing[path.name] = PermissionError(13, "Permission denied")
        return [self.world.write(str(path.relative_to(self.world.notes)), "was locked")]

    def unlock(self) -> list[Path]:
        self.parsing.failing.clear()
        return []

    def press(self) -> list[Path]:
        self.world.lacking = "" if self.world.lacking else self.random.choice(["disk", "memory"])
        return []

    def count(self) -> list[Path]:
        """Count our objects, when nothing is under way."""
        self.world.system._given_embedder.embedded.clear()
        gc.collect()
        kinds = (type(one) for one in gc.get_objects())
        self.counted.append(
            Counter(
                str(kind.__qualname__) for kind in kinds if str(kind.__module__).startswith(_OURS)
            )
        )
        return []

    def calm(self) -> list[Path]:
        """What was wrong is put right, and nobody is told."""
        self.parsing.failing.clear()
        self.world.lacking = ""
        for path in self.world.notes.glob("bad-*.txt"):
            self.world.write(path.name, f"mended {path.name}")
        return []

    def there(self) -> dict[str, str]:
        notes = self.world.notes
        return {str(p.relative_to(notes)): p.read_text() for p in notes.rglob("*.txt")}


def test_after_six_hours_the_store_is_the_folder_and_nothing_has_grown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_AGENDA_S", 60.0)
    world = Simulated(tmp_path)
    life = Life(world, Parsing(monkeypatch))
    feed = Flaky()
    for minute in range(3, 285, 4):
        world.at(minute * 60.0 + life.random.random() * 60, life.act)
    world.at(1.99 * _HOUR, life.count)
    world.at(5 * _HOUR - 60, life.calm)
    world.at(5.99 * _HOUR, life.count)
    watcher = world.run(
        6 * _HOUR, schedule=Schedule(names=(_FEED,), every=timedelta(minutes=30)),
        open_source=lambda _name: feed,
    )  # fmt: skip
    assert world.texts() == life.there()
    assert len(world.texts()) > 5
    assert (len(watcher._settling), watcher.state.waiting, watcher.state.lag_s) == (0, 0, 0.0)
    assert watcher.state.rescans >= 6
    assert min(watcher.state.updated, watcher.state.moved, watcher.state.closed) > 0
    assert 0 < max(life.jobs) <= 30
    assert set(world.jobs()) <= {_FEED}
    assert feed.asked >= 12
    early, late = life.counted
    grown = {kind: n - early[kind] for kind, n in late.items() if n > early[kind] + 10}
    assert not grown
    assert not verify(world.store).problems
