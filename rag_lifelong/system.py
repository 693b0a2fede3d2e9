"""The composition root: from settings to concrete objects; the one reader of the wall clock.

Everything heavy is imported and loaded when first needed: `status` loads no model, an ingest that
finds nothing new loads no embedder, an answer that needs no reading loads no language model.
"""

import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rag_lifelong.config import Config, load_config
from rag_lifelong.errors import (
    ConfigError,
    EmbedderMismatchError,
    IndexLockedError,
    IndexStoreError,
)
from rag_lifelong.ports import Embedded, Embedder, EmbeddingModel, Reader, StoreStatus
from rag_lifelong.temporal import Interval
from rag_lifelong.types import (
    Answer,
    Chunk,
    ChunkText,
    Document,
    Receipt,
    Revision,
    TimeFilter,
)

if TYPE_CHECKING:
    from indexes.snapshot import StoreSnapshot
    from indexes.verify import Verification
    from indexes.writer import StoreWriter
    from ingest.pipeline import IngestReport
    from rag_lifelong.doctor import Check
    from rag_lifelong.retrieval.plan import Moment
    from rag_lifelong.retrieval.retriever import Retrieved


REEMBED_TEXTS = 512
"""Texts embedded between two looks at the store: seconds of work, so little is lost by a stop."""
_RETRY_S = 1.0
_MOST_NAMED = 10
"""Documents listed where a name means several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reembedded:
    """What a move to another embedding model did."""

    before: EmbeddingModel | None
    """The model in use when it began."""
    model: EmbeddingModel
    """The model in use now."""
    texts: int
    """Texts embedded by this run; an earlier one that was stopped may have done the others."""


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
        self._loaded_embedder: Embedder | None = None
        self._loaded_reader: Reader | None = None

    @classmethod
    def configured(
        cls, file: Path | None = None, *, store: Path | None = None, **flags: Any
    ) -> Self:
        """Assemble from the settings file, the environment and flags (nested mappings).

        Raises:
            ConfigError: If a setting is wrong.
        """
        return cls(load_config(file, flags=flags | ({} if store is None else {"store": store})))

    def ingest(
        self,
        paths: Sequence[Path],
        progress: Callable[["IngestReport"], None] = lambda _: None,
    ) -> "IngestReport":
        """Bring the store up to date with each path.

        Raises:
            SourceError: If a path is missing; nothing is ingested then.
            IndexStoreError: If the store cannot be written.
        """
        from indexes.writer import StoreWriter
        from ingest.pipeline import IngestReport, ingest
        from ingest.sources import open_source

        started = time.perf_counter()
        report = IngestReport()
        chosen = self.config.wikipedia.namespaces
        namespaces = None if chosen == "all" else frozenset(chosen)
        sources = [open_source(path, now=self.now, namespaces=namespaces) for path in paths]
        with StoreWriter(self.config.store, now=self.now) as writer:
            stored = writer.embedding_model
            for source in sources:
                ingest(
                    source,
                    writer,
                    lambda: self._embedder(stored),
                    report,
                    split=self._split,
                    progress=progress,
                )
            writer.seal()
        return replace(report, seconds=time.perf_counter() - started)

    def ask(
        self,
        question: str,
        *,
        as_of: Interval | None = None,
        between: Interval | None = None,
        known_at: datetime | None = None,
    ) -> Answer:
        """Answer a question, or abstain.

        Raises:
            IndexStoreError: If there is no store, or it is damaged.
            EmbedderMismatchError: If the store's vectors come from another embedder.
            ModelError: If a model is missing or fails.
        """
        from rag_lifelong.answering import answer

        moment = self._moment(as_of, between, known_at)
        with self._snapshot() as snapshot:
            embedder = self._embedder_of(snapshot)
            return answer(question, moment, snapshot, embedder, self._reader, self.config)

    def search(
        self,
        query: str,
        *,
        limit: int,
        as_of: Interval | None = None,
        between: Interval | None = None,
        known_at: datetime | None = None,
    ) -> "Retrieved":
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
            embedder = self._embedder_of(snapshot)
            return retrieve(query, moment, snapshot, embedder, settings)

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
        with self._snapshot() as snapshot:
            found = _exactly_named(snapshot, name, known_at) or _loosely_named(
                snapshot, name, known_at
            )
            if not found:
                raise _no_document(name, self.config.store)
            if len(found) > 1:
                some = "more than " if len(found) > _MOST_NAMED else ""
                raise IndexStoreError(
                    f"{name!r} means {some}{min(len(found), _MOST_NAMED)} documents",
                    hint=f"name one of them by its id:\n{_listed(found)}",
                )
            return snapshot.history(next(iter(found)), known_at)

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
                meant = _exactly_named(snapshot, name, None)
                if not meant:
                    near = _loosely_named(snapshot, name, None)
                    raise _no_document(name, self.config.store, near)
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
    ) -> Reembedded:
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
        import numpy as np

        with self._snapshot() as snapshot:
            before = snapshot.embedding_model
        if model is None:
            embedder = self._embedder(before)
        else:
            embedder = self._load_embedder(model, self._models_of_store())
        target = embedder.model
        n_embedded = 0
        texts: list[str] = []
        vectors = np.empty((0, target.dim), np.float32)
        while True:
            with self._writer(wait_s) as writer:
                if writer.embedding_model == target:
                    break
                writer.start_generation(target)
                if _are_next(texts, writer.texts_to_embed(target, len(texts))):
                    n_embedded += len(texts)
                    if writer.backfill(Embedded(target, vectors)):
                        writer.seal()
                        break
                texts = writer.texts_to_embed(target, REEMBED_TEXTS)
            progress(*self._moved(target))
            vectors = embedder.embed(texts)
        if n_embedded:
            progress(*self._moved(target))
        return Reembedded(before=before, model=target, texts=n_embedded)

    def doctor(self) -> "list[Check]":
        """Look at the health of the store, the models and the machine; nothing is changed."""
        from rag_lifelong.doctor import examine

        given = self._given_embedder
        return examine(self.config, now=self.now(), embedder=None if given is None else given.model)

    def _split(self, document: Document) -> Iterator[ChunkText]:
        # Half a second of import, which a run that finds nothing new need not wait for.
        from ingest.chunking import split

        return split(document, size=self.config.chunking.size)

    def _snapshot(self) -> "StoreSnapshot":
        from indexes.snapshot import StoreSnapshot

        return StoreSnapshot(self.config.store)

    def _writer(self, wait_s: float = 0.0) -> "StoreWriter":
        """A writer of the store that is there; waits for another one to finish."""
        from indexes import schema
        from indexes.writer import StoreWriter

        store = self.config.store
        # Of a store that lost its database there are columns left, and the writer says so.
        if not (store / schema.DATABASE).exists() and not any(store.glob("*.column")):
            raise IndexStoreError(
                f"no store at {store}", hint="make one with `rag-lifelong ingest PATH`"
            )
        deadline = time.monotonic() + wait_s
        while True:
            try:
                return StoreWriter(store, now=self.now)
            except IndexLockedError:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise
                time.sleep(min(_RETRY_S, left))

    def _models_of_store(self) -> list[EmbeddingModel]:
        """Every embedding model the store has vectors of, newest first."""
        from indexes import generations, schema

        with closing(schema.connect(self.config.store / schema.DATABASE, write=False)) as db:
            return [one.model for one in reversed(generations.every(db))]

    def _moved(self, model: EmbeddingModel) -> tuple[int, int]:
        """How many texts have a vector of the model, and how many there are."""
        from indexes import generations, schema
        from indexes.columns import n_rows, vector_column

        with closing(schema.connect(self.config.store / schema.DATABASE, write=False)) as db:
            [number] = [one.number for one in generations.every(db) if one.model == model]
            return n_rows(db, vector_column(number)), n_rows(db, "texts")

    def _moment(
        self, as_of: Interval | None, between: Interval | None, known_at: datetime | None
    ) -> "Moment":
        from rag_lifelong.retrieval.plan import Moment

        return Moment(asked_at=self.now(), as_of=as_of, between=between, known_at=known_at)

    def _embedder_of(self, snapshot: "StoreSnapshot") -> Embedder:
        """The embedder to ask the snapshot with."""
        stored = snapshot.embedding_model
        embedder = self._embedder(stored)
        if stored is not None and stored != embedder.model:
            raise EmbedderMismatchError(
                f"the store's vectors come from {stored}, the embedder is {embedder.model}",
                hint="set embedder.model to the store's, or move the store to this one with "
                "`rag-lifelong reembed`",
            )
        return embedder

    def _embedder(self, stored: EmbeddingModel | None) -> Embedder:
        """The configured embedder; loaded once."""
        if self._given_embedder is not None:
            return self._given_embedder
        if self._loaded_embedder is None:
            known = [] if stored is None else [stored]
            self._loaded_embedder = self._load_embedder(self.config.embedder.model, known)
        return self._loaded_embedder

    def _load_embedder(self, model: str | None, known: Sequence[EmbeddingModel]) -> Embedder:
        """An embedder, in the number format the store has of it unless one is configured."""
        from rag_lifelong.embedding import embedder_for
        from rag_lifelong.models import Role, locate

        settings = self.config
        found = locate(
            Role.EMBEDDER,
            model,
            cache_dir=settings.models.cache_dir,
            allow_download=settings.models.allow_download,
        )
        dtype: str = settings.embedder.dtype
        if dtype == "auto":
            dtype = next((one.dtype for one in known if one.name == found.name), "auto")
        make = _import(embedder_for(found.path))
        embedder: Embedder = make(
            found.path, name=found.name, dtype=dtype, cache_dir=settings.models.cache_dir
        )
        return embedder

    def _reader(self) -> Reader:
        if self._given_reader is not None:
            return self._given_reader
        if self._loaded_reader is None:
            self._loaded_reader = self._load_reader()
        return self._loaded_reader

    def _load_reader(self) -> Reader:
        from rag_lifelong.models import Role, locate
        from rag_lifelong.reading import READERS

        settings = self.config.reader
        make = _import(READERS[settings.kind])
        if settings.kind == "openai":
            if settings.model is None:
                raise ConfigError(
                    "reader.kind = 'openai' needs a model name", hint="set reader.model"
                )
            reader: Reader = make(settings.base_url, settings.model, settings.api_key)
            return reader
        found = locate(
            Role.READER,
            settings.model,
            cache_dir=self.config.models.cache_dir,
            allow_download=self.config.models.allow_download,
        )
        local: Reader = make(found.path, name=found.name, n_ctx=settings.context_tokens)
        return local


def _import(target: str) -> Callable[..., Any]:
    """The object that "module:name" names."""
    module, _, name = target.partition(":")
    made: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return made


def _exactly_named(
    snapshot: "StoreSnapshot", name: str, known_at: datetime | None
) -> dict[str, str]:
    """The document with this id, or those that were read from this file: title by id."""
    from ingest.names import file_uri

    uri = file_uri(Path(name))
    for doc_id in (name, uri):
        if revisions := snapshot.history(doc_id, known_at):
            return {doc_id: revisions[-1].title}
    of_file = f"{uri}#"
    return {
        one.doc_id: one.title
        for one in snapshot.documents(TimeFilter(known_at=known_at))
        if one.doc_id.startswith(of_file)
    }


def _loosely_named(
    snapshot: "StoreSnapshot", name: str, known_at: datetime | None
) -> dict[str, str]:
    """The documents of this title, or else some that have it in id or title: title by id."""
    wanted = name.casefold()
    titled: dict[str, str] = {}
    partly: dict[str, str] = {}
    for one in snapshot.documents(TimeFilter(known_at=known_at)):
        title = one.title.casefold()
        if title == wanted and len(titled) <= _MOST_NAMED:
            titled[one.doc_id] = one.title
        elif (wanted in title or wanted in one.doc_id.casefold()) and len(partly) <= _MOST_NAMED:
            partly[one.doc_id] = one.title
    return titled or partly


def _no_document(name: str, store: Path, near: Mapping[str, str] | None = None) -> IndexStoreError:
    hint = "`rag-lifelong export` lists the documents"
    if near:
        hint = f"name it by its id; near to it are:\n{_listed(near)}"
    return IndexStoreError(f"no document {name!r} in {store}", hint=hint)


def _listed(found: Mapping[str, str]) -> str:
    return "\n".join(f"  {doc_id}  {title}" for doc_id, title in list(found.items())[:_MOST_NAMED])


def _are_next(texts: Sequence[str], lacking: Sequence[str]) -> bool:
    """Whether texts taken earlier are still the ones the store lacks vectors of.

    Another process may have moved on with the same model; a text that was forgotten meanwhile is
    empty now.
    """
    return len(texts) == len(lacking) and all(
        now in (was, "") for was, now in zip(texts, lacking, strict=True)
    )


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir() if path.is_file())
