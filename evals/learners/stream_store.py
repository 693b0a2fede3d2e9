"""The store of a stream, which every learner that searches shares.

Each period is recorded just before its end, so that a search with `known_at` at the end of a period
sees that period and nothing told later, whoever has gone on and added more. Which periods are in is
read from the store itself: a run that was stopped goes on there, and of several processes one adds
a period while the others wait.
"""

import hashlib
import json
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from filelock import FileLock

from evals.cost import inference_flops
from evals.ports import Bench
from evals.types import Period, SourceDocument, Taught
from indexes import rows, schema
from indexes.snapshot import StoreSnapshot
from rag_lifelong.errors import EvalError
from rag_lifelong.ports import Known
from rag_lifelong.system import System
from rag_lifelong.temporal import Precision, day_interval, instant_interval, to_us
from rag_lifelong.types import (
    Completed,
    Dated,
    DateSource,
    Document,
    RevisionOrder,
    ScanItem,
)

_HEADROOM = timedelta(seconds=1)
"""How long before its end a period is recorded: each commit takes a microsecond of its own."""
_CHARS_PER_TOKEN = 4

_CHARS = """
    SELECT coalesce(sum(chars) FILTER (WHERE first > :since AND first <= :until), 0),
           coalesce(sum(chars) FILTER (WHERE first <= :until), 0), coalesce(sum(chars), 0)
    FROM (SELECT length(context) + length(text) AS chars, min(recorded_at) AS first
          FROM texts JOIN chunks USING (text_no) JOIN revisions USING (rev_no) GROUP BY text_no)
"""


@runtime_checkable
class TellsParameters(Protocol):
    """An embedder that tells its size."""

    @property
    def n_parameters(self) -> int:
        """Weights that a token goes through."""
        ...


class StreamStore:
    """A store to which the periods of a stream are added in order.

    Raises:
        IndexStoreError: If there is a store and it is damaged.
    """

    def __init__(self, bench: Bench) -> None:
        self._directory = bench.shared / "store"
        self._lock = bench.shared / "store.lock"
        self._seconds = bench.shared / "store.seconds.json"
        self._config = bench.config.model_copy(update={"store": self._directory})
        self._embedder = bench.embedder
        self._start = bench.start
        self._known_at: datetime | None = None
        self._snapshot: StoreSnapshot | None = None
        self._close: Callable[[], object] = lambda: None

    @property
    def known_at(self) -> datetime | None:
        """The end of the last period added here; None before the first."""
        return self._known_at

    @property
    def snapshot(self) -> StoreSnapshot:
        """The store as it was when the last period was added, with later periods if it has them.

        It stays open until the next period is added; search it with `known_at`.
        """
        if self._snapshot is None:
            self._snapshot = StoreSnapshot(self._directory)
            # A learner is not told when it is done with.
            self._close = weakref.finalize(self, self._snapshot.close)
        return self._snapshot

    def add(self, period: Period) -> Taught:
        """Add a period, if the store does not have it; what it took, or took whoever added it.

        The tokens are estimated as a quarter of the characters of the texts that were new, the
        operations from them; of an embedder that does not tell its size there are none. The bytes
        are the store's, by the share of its text that was told by then.

        Raises:
            EvalError: If a period is out of order, or the store is of another stream.
            IndexStoreError: If the store cannot be written.
            ModelError: If the embedder is missing or fails.
        """
        if self._known_at is not None and period.end <= self._known_at:
            raise EvalError(
                f"period {period.name!r} ends at {period.end}, not after the one before "
                f"({self._known_at})",
                hint="periods are observed in order",
            )
        self._close()
        self._snapshot = None
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._lock):
            if not self._holds(period):
                started = time.perf_counter()
                self._ingest(period)
                self._note_seconds(period, time.perf_counter() - started)
            seconds = self._noted_seconds().get(period.end.isoformat(), 0.0)
        since, self._known_at = self._known_at or self._start, period.end
        return replace(self._taught(since, period.end), seconds=seconds)

    def _noted_seconds(self) -> dict[str, float]:
        """What adding each period took, by its end; less than all if a process was killed."""
        try:
            noted: dict[str, float] = json.loads(self._seconds.read_text())
        except (OSError, ValueError):
            return {}
        return noted

    def _note_seconds(self, period: Period, seconds: float) -> None:
        noted = {**self._noted_seconds(), period.end.isoformat(): seconds}
        self._seconds.write_text(json.dumps(noted))

    def _holds(self, period: Period) -> bool:
        if not (self._directory / schema.DATABASE).exists():
            return False
        with StoreSnapshot(self._directory) as snapshot:
            fingerprint = snapshot.fingerprint(_origin(period))
        if fingerprint not in (None, self._fingerprint(period)):
            raise EvalError(
                f"{self._directory} holds period {period.name!r} with other documents",
                hint="remove that folder: it is made anew",
            )
        return fingerprint is not None

    def _ingest(self, period: Period) -> None:
        if self._last_recorded_at() >= to_us(period.end):
            raise EvalError(
                f"{self._directory} holds what was told after period {period.name!r}, but not it",
                hint="remove that folder: it is made anew",
            )
        # Never so early that it could be taken for a part of the period before.
        recorded_at = period.end - min(_HEADROOM, (period.end - period.start) / 2)
        system = System(self._config, now=lambda: recorded_at, embedder=self._embedder())
        system.update([PeriodSource(period, self._fingerprint(period))])

    def _last_recorded_at(self) -> int:
        if not (self._directory / schema.DATABASE).exists():
            return 0
        with closing(self._connect()) as db:
            return int(rows.get_meta(db, "last_recorded_at"))

    def _taught(self, since: datetime, until: datetime) -> Taught:
        bounds = {"since": to_us(since), "until": to_us(until)}
        with closing(self._connect()) as db:
            new, told, every = db.execute(_CHARS, bounds).fetchone()
        embedder = self._embedder()
        parameters = embedder.n_parameters if isinstance(embedder, TellsParameters) else 0.0
        tokens = new // _CHARS_PER_TOKEN
        n_bytes = self.snapshot.status().store_bytes
        return Taught(
            flops=inference_flops(parameters, tokens),
            tokens=tokens,
            state_bytes=n_bytes * told // every if every else n_bytes,
        )

    def _connect(self) -> sqlite3.Connection:
        return schema.connect(self._directory / schema.DATABASE, write=False)

    def _fingerprint(self, period: Period) -> str:
        """What the store's part of a period is made of."""
        made_of = (self._config.chunking.size, period.start, period.end, period.documents)
        return hashlib.sha256(repr(made_of).encode("utf-8", "surrogatepass")).hexdigest()


class PeriodSource:
    """The documents of a period, as a source the store can be brought up to date with."""

    def __init__(self, period: Period, fingerprint: str) -> None:
        self._period = period
        self._fingerprint = fingerprint

    def scan(self, known: Known) -> Iterator[ScanItem]:
        """Yield the documents that are not in yet, and that the period is complete."""
        origin = _origin(self._period)
        for told in self._period.documents:
            document = as_document(told, origin)
            if not known.has_revision(document.doc_id, document.revision_id):
                yield document
        yield Completed(origin, self._fingerprint)


def as_document(told: SourceDocument, origin: str) -> Document:
    """A stream's document as the store takes it.

    It is a revision of the thing it revises, or of itself, and its own id is the revision's. What
    was published at midnight is dated to the day, since streams that know only the day say so.
    """
    published = told.published_at
    is_day = published == published.replace(hour=0, minute=0, second=0, microsecond=0)
    interval = (
        day_interval(published.year, published.month, published.day)
        if is_day
        else instant_interval(published)
    )
    precision = Precision.DAY if is_day else Precision.SECOND
    return Document(
        doc_id=told.revises or told.doc_id,
        revision_id=told.doc_id,
        origin=origin,
        uri=told.url or told.doc_id,
        title=told.title,
        text=told.text,
        date=Dated(interval, precision, DateSource.RECORD_FIELD),
        order=RevisionOrder.VALID_TIME,
    )


def _origin(period: Period) -> str:
    return f"period:{period.name}:{period.end.isoformat()}"
