"""Cleans the wikitext of documents, in worker processes when there is enough of it.

Cleaning is what a dump waits for: a core cleans about 3 MB a second, where reading gives five
times that. Documents come out in the order they came in, and only so many are under way that
memory stays constant. loky's workers start without running the main module again, so a script
needs no guard. A worker that dies takes nothing with it: what it had is given to new ones page by
page, and the page that kills those too is cleaned here, by patterns alone.
"""

import gc
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.wikitext import CleanText, clean, clean_roughly
from rag_lifelong.types import Document, ScanItem

if TYPE_CHECKING:
    from loky.process_executor import ProcessPoolExecutor

MIN_CHARS = 2_000_000
"""Text that is cleaned here before workers are worth their start, which takes half a second."""
_BATCH_CHARS = 300_000
_BATCH_ITEMS = 2_000
_IDLE_SECONDS = 600
"""After which a worker ends; one may wait that long while what it cleaned is embedded."""
_MAX_DEATHS = 3
"""Workers that die one after the other on single pages before none is started any more."""


@dataclass(frozen=True, slots=True)
class Uncleaned:
    """A document whose text is still to be cleaned from wikitext."""

    document: Document
    wikitext: str


@dataclass(slots=True)
class _Batch:
    """Items in order, and what becomes of those that are uncleaned."""

    items: list[ScanItem | Uncleaned] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    n_chars: int = 0
    future: "Future[list[CleanText]] | None" = None

    def add(self, item: ScanItem | Uncleaned) -> None:
        self.items.append(item)
        if isinstance(item, Uncleaned):
            self.texts.append(item.wikitext)
            self.n_chars += len(item.wikitext)

    @property
    def is_full(self) -> bool:
        return self.n_chars >= _BATCH_CHARS or len(self.items) >= _BATCH_ITEMS


def cleaned(
    items: Iterable[ScanItem | Uncleaned], *, n_workers: int
) -> Generator[ScanItem, None, None]:
    """Yield the items in order, documents with their text.

    Up to two batches a worker are taken ahead of what is yielded. Closing the iterator ends the
    workers.
    """
    crew = _Crew(n_workers)
    try:
        for batch in _batches(items):
            for done in crew.give(batch):
                yield from _finished(done, crew)
        for done in crew.rest():
            yield from _finished(done, crew)
    finally:
        crew.end()


def _batches(items: Iterable[ScanItem | Uncleaned]) -> Iterator[_Batch]:
    batch = _Batch()
    for item in items:
        batch.add(item)
        if batch.is_full:
            yield batch
            batch = _Batch()
    yield batch


def _finished(batch: _Batch, crew: "_Crew") -> Iterator[ScanItem]:
    texts = iter(crew.texts_of(batch))
    for item in batch.items:
        if isinstance(item, Uncleaned):
            text, sections, kind = next(texts)
            yield replace(item.document, text=text, sections=sections, kind=kind)
        else:
            yield item


class _Crew:
    """The workers, started when there is enough to do."""

    def __init__(self, n_workers: int) -> None:
        self._n_workers = n_workers
        self._n_chars = 0
        self._pool: ProcessPoolExecutor | None = None
        self._n_deaths = 0
        """Of workers, since one did its work."""
        self._under_way: deque[_Batch] = deque()

    def give(self, batch: _Batch) -> Iterator[_Batch]:
        """Take a batch; yield those whose turn it is to be finished."""
        self._n_chars += batch.n_chars
        self._under_way.append(batch)
        if batch.texts and self._n_workers > 1 and self._n_chars > MIN_CHARS:
            batch.future = self._submit(batch.texts)
        limit = 0 if self._pool is None else 2 * self._n_workers
        while len(self._under_way) > limit:
            yield self._under_way.popleft()

    def rest(self) -> Iterator[_Batch]:
        """Yield all batches that are left."""
        while self._under_way:
            yield self._under_way.popleft()

    def texts_of(self, batch: _Batch) -> list[CleanText]:
        """What a batch's texts say, once they are cleaned."""
        if batch.future is not None:
            try:
                return batch.future.result()
            except BrokenProcessPool:
                return [self._cleaned_alone(text) for text in batch.texts]
        return clean_all(batch.texts)

    def end(self) -> None:
        """End the workers, whatever they are doing."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None

    def _cleaned_alone(self, text: str) -> CleanText:
        future = self._submit([text])
        if future is None:
            return clean(text)
        try:
            [done] = future.result()
        except BrokenProcessPool:
            self._n_deaths += 1
            return clean_roughly(text)
        self._n_deaths = 0
        return done

    def _submit(self, texts: list[str]) -> "Future[list[CleanText]] | None":
        """Give workers something to do; None if there can be none."""
        try:
            return self._submit_to_pool(texts)
        except BrokenProcessPool:
            self.end()
        except OSError:
            self._n_deaths = _MAX_DEATHS
        return self._submit_to_pool(texts)

    def _submit_to_pool(self, texts: list[str]) -> "Future[list[CleanText]] | None":
        if self._n_deaths >= _MAX_DEATHS:
            self.end()
            return None
        future: Future[list[CleanText]] = self._working_pool().submit(clean_all, texts)
        return future

    def _working_pool(self) -> "ProcessPoolExecutor":
        if self._pool is None:
            # A tenth of a second of import, which a run that finds nothing new need not wait for.
            from loky.process_executor import ProcessPoolExecutor  # noqa: PLC0415

            self._pool = ProcessPoolExecutor(
                self._n_workers, timeout=_IDLE_SECONDS, initializer=_settle_in
            )
        return self._pool


def clean_all(texts: list[str]) -> list[CleanText]:
    """Clean each text."""
    return [clean(text) for text in texts]


def _settle_in() -> None:
    """Leave interrupts to the main process, and tokens, which form no cycles, to counting."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000)
