"""The document line: scan, split, reuse or embed, append, one commit a batch.

Cost follows what changed: a text that is stored is never embedded again, and the embedder is not
even loaded while there is nothing new. A crash leaves the last commit; the next run goes on there.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from rag_lifelong.ports import (
    Appended,
    ChunkedDocument,
    Embedded,
    Embedder,
    Source,
    StoreItem,
    Writer,
)
from rag_lifelong.types import Document, ScanItem, Skipped, Unchanged

BATCH_TEXTS = 512
"""New texts a commit waits for: enough that sorting them by length fills the encoder's batches."""
BATCH_ITEMS = 2_000
"""Items after which a batch is committed however few texts are new."""


@dataclass(slots=True)
class IngestReport:
    """What an ingest run did; counts are of documents unless named otherwise."""

    added: int = 0
    updated: int = 0
    """New revisions of documents that were already there."""
    unchanged: int = 0
    closed: int = 0
    moved: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    chunks_embedded: int = 0
    seconds: float = 0.0

    def count(self, appended: Appended) -> None:
        """Add what a commit did."""
        self.added += appended.added
        self.updated += appended.updated
        self.unchanged += appended.unchanged
        self.closed += appended.closed
        self.moved += appended.moved


Cut = Callable[[Document], ChunkedDocument]
"""Cuts a document into chunks."""

Progress = Callable[[IngestReport], None]
"""Called after every commit with the run's report so far."""


def ingest(
    source: Source,
    writer: Writer,
    embedder: Callable[[], Embedder],
    report: IngestReport,
    *,
    cut: Cut,
    progress: Progress = lambda _: None,
) -> None:
    """Bring the store up to date with a source, adding to `report`.

    Args:
        source: Where documents come from.
        writer: The store.
        embedder: Gives the embedder; called only when there is a new text.
        report: Counts what was done; true even if the run is cut short.
        cut: Cuts a document into chunks.
        progress: Told after each commit.

    Raises:
        SourceError: If the source cannot be read at all.
        IndexStoreError: If the store fails; everything committed before stays.
    """
    for batch in _batches(source.scan(writer), writer, report, cut):
        texts = writer.new_texts(item for item in batch if isinstance(item, ChunkedDocument))
        embedded = _embed(embedder(), texts) if texts else None
        report.count(writer.commit(batch, embedded))
        writer.upkeep()
        report.chunks_embedded += len(texts)
        progress(report)


def _embed(embedder: Embedder, texts: list[str]) -> Embedded:
    return Embedded(embedder.model, embedder.embed(texts))


def _batches(
    items: Iterable[ScanItem], writer: Writer, report: IngestReport, cut: Cut
) -> Iterator[list[StoreItem]]:
    batch: list[StoreItem] = []
    pending: set[str] = set()
    for item in items:
        match item:
            case Skipped():
                report.skipped.append(item)
                if item.is_noted:
                    batch.append(item)
            case Unchanged():
                report.unchanged += writer.count_unchanged(item)
            case Document():
                chunked = cut(item)
                batch.append(chunked)
                pending.update(chunk.indexed_text for chunk in chunked.chunks)
            case _:
                batch.append(item)
        if len(pending) >= BATCH_TEXTS or len(batch) >= BATCH_ITEMS:
            yield batch
            batch, pending = [], set()
    if batch:
        yield batch
