"""The composition root: from settings to concrete objects; the one reader of the wall clock.

Everything heavy is imported and loaded when first needed: `status` loads no model, an ingest that
finds nothing new loads no embedder, an answer that needs no reading loads no language model.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from rag_lifelong.config import Config, load_config
from rag_lifelong.errors import IndexStoreError, SourceError
from rag_lifelong.naming import find_document, find_exactly
from rag_lifelong.ports import Embedder, EmbeddingModel, Reader, Source, StoreStatus
from rag_lifelong.temporal import Interval
from rag_lifelong.types import (
    Answer,
    Chunk,
    Job,
    Ledger,
    Receipt,
    Retrieved,
    Revision,
    ScanItem,
    TimeFilter,
)

if TYPE_CHECKING:
    from indexes.snapshot import StoreSnapshot
    from indexes.verify import Verification
    from indexes.writer import StoreWriter
    from ingest.pipeline import IngestReport
    from rag_lifelong.doctor import Check
    from rag_lifelong.loading import ModelLoader
    from rag_lifelong.reembedding import Reembedded
    from rag_lifelong.retrieval.plan import Moment


def wall_clock() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class System:
    """The product, assembled: ingest, ask, search, and the keeping of the store."""

    def __init__(
        self,
        config: Config,
        *,
        now: Callable[[], datetime] = wall_clock,
        embedder: Embedder | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.config = config
        self.now = now
        self._given_embedder = embedder
        self._given_reader = reader

    @classmethod
    def configured(
        cls, file: Path | None = None, *, store: Path | None = None, **flags: Any
    ) -> Self:
        """Assemble from the settings file, the environment and flags (nested mappings).

        Raises:
            ConfigError: If a setting is wrong.
        """
        return cls(load_config(file, flags=flags | ({} if store is None else {"store": store})))

    def sharing_models(self, config: Config) -> "System":
        """A system of other settings and of this one's models, whatever the settings say of them.

        Each model is loaded once for all that share it, whichever asks for it first.
        """
        other = System(config, now=self.now)
        other._models = self._models
        return other

    def ingest(
        self,
        names: Sequence[str | Path],
        progress: Callable[["IngestReport"], None] = lambda _: None,
    ) -> "IngestReport":
        """Bring the store up to date with each source.

        Args:
            names: Folders, files, dumps, repositories and URLs (see `ingest.sources`).
            progress: Told after each commit.

        Raises:
            SourceError: If one is missing; nothing is ingested then.
            IndexStoreError: If the store cannot be written.
        """
        from rag_lifelong import sourcing

        sources = sourcing.open_sources([str(name) for name in names], self.config, self.now)
        return self.update(sources, progress)

    def update(
        self,
        sources: Sequence[Source],
        progress: Callable[["IngestReport"], None] = lambda _: None,
        *,
        through: Callable[[Embedder], Embedder] = lambda embedder: embedder,
    ) -> "IngestReport":
        """Bring the store up to date with sources that are open.

        Args:
            sources: Where documents come from.
            progress: Told after each commit.
            through: Gives what the embedder is used through, as where others use it too.

        Raises:
            SourceError: If one cannot be read at all; what the others told is kept.
            IndexStoreError: If the store cannot be written.
        """
        from indexes.writer import StoreWriter
        from ingest.pipeline import IngestReport, ingest
        from rag_lifelong import sourcing

        started = time.perf_counter()
        report = IngestReport()
        with StoreWriter(self.config.store, now=self.now) as writer:
            stored = writer.embedding_model
            cut = sourcing.cutter(writer, size=self.config.chunking.size)
            failures = []
            for source in sources:
                try:
                    ingest(
                        source,
                        writer,
                        lambda: through(self._models.embedder(stored)),
                        report,
                        cut=cut,
                        progress=progress,
                    )
                # One that is out of reach must not keep the others from being read.
                except SourceError as error:
                    failures.append(error)
            writer.seal()
        if failures:
            raise failures[0]
        return replace(report, seconds=time.perf_counter() - started)

    def plan(self, names: Sequence[str | Path]) -> "Iterator[ScanItem]":
        """What ingesting the sources would find: documents with their dates, skips, what is gone.

        Raises:
            SourceError: If one is missing.
            IndexStoreError: If there is a store and it is damaged.
        """
        from indexes import schema
        from rag_lifelong import sourcing

        sources = sourcing.open_sources([str(name) for name in names], self.config, self.now)
        if not (self.config.store / schema.DATABASE).exists():
            yield from sourcing.plan(sources, None)
            return
        with self._snapshot() as snapshot:
            yield from sourcing.plan(sources, snapshot)

    def ask(
        self,
        question: str,
        *,
        as_of: Interval | None = None,
        between: Interval | None = None,
        known_at: datetime | None = None,
        through: Callable[[Reader], Reader] = lambda reader: reader,
    ) -> Answer:
        """Answer a question, or abstain.

        Args:
            question: The question, in words.
            as_of: What held then is asked for.
            between: What held at some time in it is asked for.
            known_at: As the store knew it then.
            through: Gives what the reader is read through, as by one who may stop it.

        Raises:
            IndexStoreError: If there is no store, or it is damaged.
            EmbedderMismatchError: If the store's vectors come from another embedder.
            ModelError: If a model is missing or fails.
        """
        from rag_lifelong.answering import answer

        moment = self._moment(as_of, between, known_at)
        with self._snapshot() as snapshot:
            encoders = self._models.encoders(snapshot.embedding_model)
            return answer(
                question,
                moment,
                snapshot,
                encoders,
                lambda: through(self._models.reader()),
                self.config,
            )

    def search(
        self,
        query: str,
        *,
        limit: int,
        as_of: Interval | None = None,
        between: Interval | None = None,
        known_at: datetime | None = None,
    ) -> Retrieved:
        """The evidence for a question, without reading it.

        Raises:
            IndexStoreError: If there is no store, or it is damaged.
            EmbedderMismatchError: If the store's vectors come from another embedder.
            ModelError: If the embedder is missing or fails.
        """
        from rag_lifelong.retrieval.retriever import retrieve

        moment = self._moment(as_of, between, known_at)
        settings = self.config.retrieval.model_copy(update={"evidence": limit, "least_share": 0.0})
        with self._snapshot() as snapshot:
            encoders = self._models.encoders(snapshot.embedding_model)
            return retrieve(query, moment, snapshot, encoders, settings)

    def status(self) -> tuple[StoreStatus, EmbeddingModel | None]:
        """What the store holds, and what made its vectors."""
        with self._snapshot() as snapshot:
            return snapshot.status(), snapshot.embedding_model

    def history(self, name: str, *, known_at: datetime | None = None) -> list[Revision]:
        """The revisions of one document by valid time, as was known at `known_at`.

        Args:
            name: Its id, the file it was read from, or a part of its id or title that no other
                document has.
            known_at: What was recorded later is left out.

        Raises:
            IndexStoreError: If the name means no document, or several.
        """
        store = self.config.store
        with self._snapshot() as snapshot:
            doc_id = find_document(name, snapshot, store=store, known_at=known_at)
            return snapshot.history(doc_id, known_at)

    def export(
        self,
        *,
        as_of: Interval | None = None,
        between: Interval | None = None,
        known_at: datetime | None = None,
    ) -> Iterator[tuple[Revision, list[Chunk]]]:
        """Revisions that pass the times, in the order they were stored, with their chunks.

        Raises:
            IndexStoreError: If there is no store, or it is damaged.
        """
        wanted = TimeFilter(as_of=as_of, between=between, known_at=known_at)
        with self._snapshot() as snapshot:
            for revision in snapshot.documents(wanted):
                yield revision, snapshot.chunks_of(revision, known_at)

    def to_forget(self, names: Sequence[str]) -> dict[str, list[Revision]]:
        """The documents that names mean, by id, with all their revisions; nothing is changed.

        Args:
            names: Ids, or files that documents were read from; never a part of a name, because
                what is forgotten cannot be had back.

        Raises:
            IndexStoreError: If a name means no document.
        """
        found: dict[str, list[Revision]] = {}
        with self._snapshot() as snapshot:
            for name in names:
                meant = find_exactly(name, snapshot, store=self.config.store)
                found.update({doc_id: snapshot.history(doc_id, None) for doc_id in meant})
        return found

    def forget(self, doc_ids: Sequence[str]) -> tuple[list[Receipt], bool]:
        """Destroy documents in all their revisions.

        Returns:
            A receipt for each, and whether the store's log is emptied too: while another process
            reads the store, or the disk is full, it is not, and the next writer does it.

        Raises:
            IndexStoreError: If the store lacks one of them, or the disk fails.
        """
        from indexes import forgetting, schema

        with self._writer() as writer:
            receipts = [writer.forget(doc_id) for doc_id in doc_ids]
        with closing(schema.connect(self.config.store / schema.DATABASE, write=False)) as db:
            return receipts, not forgetting.is_pending(db)

    def jobs(self) -> list[Job]:
        """What could not be read, in order of the origins."""
        with self._snapshot() as snapshot:
            return snapshot.jobs()

    def ledger(self) -> Ledger:
        """What is to be done again, and what of it is due."""
        with self._snapshot() as snapshot:
            return snapshot.ledger(self.now())

    def retry(self, names: Sequence[str]) -> list[str]:
        """Make jobs due now; return their origins.

        Args:
            names: Origins, or files; none means all that were given up.

        Raises:
            IndexStoreError: If there is no job of a name, or the store cannot be written.
        """
        from ingest.names import file_uri

        held = {job.origin for job in self.jobs()}
        origins = [name if name in held else file_uri(Path(name)) for name in names]
        for name, origin in zip(names, origins, strict=True):
            if origin not in held:
                raise IndexStoreError(
                    f"nothing failed at {name!r}", hint="see what did with `rag-lifelong jobs`"
                )
        with self._writer() as writer:
            return writer.retry(origins or None)

    def verify(self) -> "Verification":
        """Look for damage in every byte of the store."""
        from indexes.verify import verify

        return verify(self.config.store)

    def compact(self) -> tuple[int, int]:
        """Give back what the store does not need; its bytes before and after.

        Raises:
            IndexStoreError: If there is no store, or it cannot be written.
        """
        with self._writer() as writer:
            before = _size(self.config.store)
            writer.compact()
        return before, _size(self.config.store)

    def backup(self, target: Path) -> int:
        """Copy the store, while it may be written to, to a new directory; return the bytes copied.

        Raises:
            IndexStoreError: If there is no store, or `target` is not new.
        """
        from indexes.backup import backup

        if target.resolve().is_relative_to(self.config.store.resolve()):
            raise IndexStoreError(
                f"{target} lies in the store {self.config.store}", hint="name a directory outside"
            )
        return backup(self.config.store, target)

    def restore(self, source: Path) -> int:
        """Make the store from a backup; return the bytes copied.

        Raises:
            IndexStoreError: If `source` is no sound backup, or there is a store already.
        """
        from indexes import schema
        from indexes.backup import restore

        if not (source / schema.DATABASE).exists():
            raise IndexStoreError(
                f"no backup at {source}", hint="name a directory that `rag-lifelong backup` made"
            )
        return restore(source, self.config.store)

    def reembed(
        self,
        model: str | None = None,
        *,
        wait_s: float = 60.0,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> "Reembedded":
        """Move the store to another embedding model, while it is read and ingested into.

        The store is locked only to take texts and to add vectors. A run that was stopped goes on
        where it was.

        Args:
            model: A folder or hub id, as `embedder.model`; by default the configured embedder.
            wait_s: How long to wait for another writer before each batch.
            progress: Told how many texts have a vector of the model, and how many there are.

        Raises:
            IndexLockedError: If another process went on writing; what was embedded is kept.
            IndexStoreError: If there is no store, or it cannot be written.
            ModelError: If the model is missing or fails.
        """
        from rag_lifelong.reembedding import Reembedded, models_of, reembed

        store = self.config.store
        with self._snapshot() as snapshot:
            before = snapshot.embedding_model
        if model is None:
            embedder = self._models.embedder(before)
        else:
            embedder = self._models.load_embedder(model, models_of(store))
        texts = reembed(store, embedder, self._writer, wait_s=wait_s, progress=progress)
        return Reembedded(before=before, model=embedder.model, texts=texts)

    def doctor(self) -> "list[Check]":
        """Look at the health of the store, the models and the machine; nothing is changed."""
        from rag_lifelong.doctor import examine

        given = self._given_embedder
        return examine(self.config, now=self.now(), embedder=None if given is None else given.model)

    @cached_property
    def _models(self) -> "ModelLoader":
        from rag_lifelong.loading import ModelLoader

        return ModelLoader(self.config, embedder=self._given_embedder, reader=self._given_reader)

    def _snapshot(self) -> "StoreSnapshot":
        from indexes.snapshot import StoreSnapshot

        return StoreSnapshot(self.config.store)

    def _writer(self) -> "StoreWriter":
        """A writer of the store that is there; makes none."""
        from indexes import schema
        from indexes.writer import StoreWriter

        store = self.config.store
        # Of a store that lost its database there are columns left, and the writer says so.
        if not (store / schema.DATABASE).exists() and not any(store.glob("*.column")):
            raise IndexStoreError(
                f"no store at {store}", hint="make one with `rag-lifelong ingest PATH`"
            )
        return StoreWriter(store, now=self.now)

    def _moment(
        self, as_of: Interval | None, between: Interval | None, known_at: datetime | None
    ) -> "Moment":
        from rag_lifelong.retrieval.plan import Moment

        return Moment(
            asked_at=self.now(),
            as_of=as_of,
            between=between,
            known_at=known_at,
            timezone=_zone(self.config.timezone),
        )


def _zone(name: str) -> tzinfo:
    # UTC is there even where no time zones are installed.
    return UTC if name == "UTC" else ZoneInfo(name)


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir() if path.is_file())
