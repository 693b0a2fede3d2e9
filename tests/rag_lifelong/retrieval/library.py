"""A small hand-written store, and questions to it without a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexes.snapshot import StoreSnapshot
from rag_lifelong.config import RetrievalConfig, load_config
from rag_lifelong.ports import Encoders, Known
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.retrieval.retriever import retrieve
from rag_lifelong.system import System
from rag_lifelong.temporal import Interval, parse_when
from rag_lifelong.testing import FakeClock, HashingEmbedder
from rag_lifelong.types import (
    Dated,
    DateSource,
    Document,
    Retrieved,
    RevisionOrder,
    ScanItem,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def period(when: str) -> Interval:
    return parse_when(when)[0]


def page(doc_id: str, when: str, text: str) -> Document:
    """A revision of a page, which ends the one before it."""
    interval, precision = parse_when(when)
    return Document(
        doc_id=doc_id,
        revision_id=when,
        origin=doc_id,
        uri=doc_id,
        title="",
        text=text,
        date=Dated(interval, precision, DateSource.FRONT_MATTER),
        order=RevisionOrder.VALID_TIME,
    )


@dataclass(frozen=True)
class _Told:
    items: Sequence[ScanItem]

    def scan(self, known: Known) -> Iterator[ScanItem]:
        yield from self.items


@dataclass
class Library:
    """A store of its own clock, which moves a day each time something is told."""

    path: Path
    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime(2026, 1, 1, tzinfo=UTC)))
    embedder: HashingEmbedder = field(default_factory=lambda: HashingEmbedder(dim=256))

    def tell(self, *items: ScanItem) -> datetime:
        """Tell items on the next day; when that is."""
        self.clock.advance(days=1)
        config = load_config(flags={"store": self.path})
        System(config, now=self.clock, embedder=self.embedder).update([_Told(items)])
        return self.clock()

    def find(
        self,
        question: str,
        moment: Moment | None = None,
        encoders: Encoders | None = None,
        **settings: Any,
    ) -> Retrieved:
        """What is found for a question, by the settings given; lines however weak."""
        chosen = RetrievalConfig(**{"least_share": 0.0, "quote_chars": 0} | settings)
        with StoreSnapshot(self.path) as snapshot:
            return retrieve(
                question,
                moment or Moment(asked_at=NOW),
                snapshot,
                encoders or Encoders(self.embedder),
                chosen,
            )


def texts(found: Retrieved) -> list[str]:
    """The texts of the evidence, best first."""
    return [one.chunk.text for one in found.evidence]
