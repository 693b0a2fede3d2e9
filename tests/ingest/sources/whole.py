"""A store that sources are ingested into, with a fake embedder and a clock that a test moves."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ingest.pipeline import IngestReport
from rag_lifelong.config import load_config
from rag_lifelong.system import System
from rag_lifelong.temporal import parse_when
from rag_lifelong.testing import HashingEmbedder


@dataclass
class Whole:
    folder: Path
    now: datetime = datetime(2024, 6, 1, tzinfo=UTC)
    embedder: HashingEmbedder = field(default_factory=HashingEmbedder)
    settings: dict[str, object] = field(default_factory=lambda: {"allow_private": True})

    def system(self) -> System:
        flags = {"store": self.folder / "store", "sources": self.settings}
        return System(load_config(None, flags=flags), now=lambda: self.now, embedder=self.embedder)

    def ingest(self, *names: str) -> IngestReport:
        return self.system().ingest(names)

    def texts(self, as_of: str | None = None) -> list[str]:
        """What holds at a time, or now, in order."""
        when = parse_when(as_of or self.now.date().isoformat())[0]
        exported = self.system().export(as_of=when)
        return sorted(chunk.text for _, chunks in exported for chunk in chunks)
