"""A small house of notes to ask about, with fake models."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag_lifelong.config import Config, load_config
from rag_lifelong.ports import Prompt
from rag_lifelong.prompting import CHECK
from rag_lifelong.system import System
from rag_lifelong.testing import FakeClock, HashingEmbedder, ScriptedReader


class House:
    """A folder of notes, a store, and a system over them."""

    def __init__(self, root: Path) -> None:
        self.notes = root / "notes"
        self.notes.mkdir()
        self.clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.embedder = HashingEmbedder(dim=256)
        self.answers: list[str] = []
        self.check = "yes"
        self.reader = ScriptedReader(self._say)
        config: Config = load_config(
            flags={"store": root / "store", "retrieval": {"min_support": 0.0}}
        )
        self.system = System(config, now=self.clock, embedder=self.embedder, reader=self.reader)

    def _say(self, prompt: Prompt) -> str:
        if prompt.user.endswith(CHECK):
            return self.check
        return self.answers.pop(0) if self.answers else "unknown"

    def write(self, name: str, text: str, date: str = "") -> Path:
        path = self.notes / name
        path.parent.mkdir(exist_ok=True, parents=True)
        front = f"---\ntitle: {name}\ndate: {date}\n---\n" if date else ""
        path.write_text(front + text)
        return path

    def ingest(self, *paths: Path):
        self.clock.advance(days=1)
        self.embedder.embedded.clear()
        return self.system.ingest(list(paths) or [self.notes])


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
