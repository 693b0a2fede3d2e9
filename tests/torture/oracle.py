"""The store as a plain list of revisions: slow, in memory, and short enough to be believed.

Written from the decision record on the two clocks and the docstrings, not from the store's code.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from indexes.lexical import K1, B
from rag_lifelong.ports import Appended, ChunkedDocument, StoreItem
from rag_lifelong.temporal import MAX_TIME, MIN_TIME
from rag_lifelong.types import (
    ChunkText,
    Completed,
    Document,
    Gone,
    Redirect,
    RevisionOrder,
    TimeFilter,
)
from tests.torture.workload import vector

_MICROSECOND = timedelta(microseconds=1)

Row = tuple[str, str, str, datetime, datetime | None]
"""(doc_id, revision_id, indexed text, valid_from, valid_to)"""


@functools.cache
def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@dataclass
class Revision:
    """A stored revision and the ends it was given, each with when that was recorded."""

    document: Document
    chunks: tuple[ChunkText, ...]
    start: datetime
    recorded_at: datetime
    ends: list[tuple[datetime, datetime]] = field(default_factory=list)

    def end(self, known_at: datetime = MAX_TIME) -> datetime:
        """The least of the ends known then."""
        return min((end for end, recorded in self.ends if recorded <= known_at), default=MAX_TIME)

    @property
    def is_open(self) -> bool:
        """Whether nothing ever ended it."""
        return not self.ends


@dataclass(frozen=True)
class Found:
    """What a search must return for one text."""

    row: Row
    score: float


class Oracle:
    """What a store that was given the same batches must answer."""

    def __init__(self) -> None:
        self.revisions: list[Revision] = []
        self.recorded: list[datetime] = []
        """When each applied batch was recorded."""
        self.last_record = datetime(1970, 1, 1, tzinfo=UTC)
        """When something that a question can see was last recorded."""
        self._origins: dict[str, str] = {}
        self._completed: dict[str, tuple[str, bool]] = {}
        self._gone: set[str] = set()
        self._redirects: list[tuple[str, str, datetime, datetime]] = []
        """(alias, target, since when, when recorded)"""

    def apply(self, items: Sequence[StoreItem], now: datetime) -> Appended:
        """Take a batch, recorded now but after every earlier record."""
        at = max(now, self.last_record + _MICROSECOND)
        counts = {"added": 0, "updated": 0, "unchanged": 0, "closed": 0}
        for item in items:
            match item:
                case ChunkedDocument():
                    counts[self._add(item, at)] += 1
                case Redirect():
                    self._redirect(item, at)
                case Completed():
                    counts["closed"] += self._complete(item, at)
                case Gone(origin=origin):
                    counts["closed"] += self._leave(origin, at)
        self.recorded.append(at)
        if self.left_a_record(at):
            self.last_record = at
        return Appended(**counts)

    def left_a_record(self, at: datetime) -> bool:
        """Whether a question can see that something was recorded then."""
        return any(
            r.recorded_at == at or any(e[1] == at for e in r.ends) for r in self.revisions
        ) or any(recorded == at for _, _, _, recorded in self._redirects)

    def _add(self, item: ChunkedDocument, at: datetime) -> str:
        document = item.document
        is_arrival = document.order is RevisionOrder.ARRIVAL
        earlier = [r for r in self.revisions if r.document.doc_id == document.doc_id]
        same = [r for r in earlier if r.document.revision_id == document.revision_id]
        if any(r.is_open or not is_arrival for r in same):
            return "unchanged"
        new = Revision(document, item.chunks, document.date.interval.start, at)
        if is_arrival:
            # What it says now replaces all it said about the time from its date on.
            for old in earlier:
                if old.end() > new.start and old.end() > old.start:
                    old.ends.append((max(old.start, new.start), at))
        else:
            by_time = sorted(earlier, key=lambda r: r.start)
            before = [r for r in by_time if r.start <= new.start]
            after = [r for r in by_time if r.start > new.start]
            if before and before[-1].end() > new.start:
                before[-1].ends.append((new.start, at))
            if after:
                new.ends.append((after[0].start, at))
        self.revisions.append(new)
        self._origins[document.doc_id] = document.origin
        return "updated" if earlier else "added"

    def _complete(self, item: Completed, at: datetime) -> int:
        self._completed[item.origin] = (item.fingerprint, item.doc_ids is not None)
        self._gone.discard(item.origin)
        return 0 if item.doc_ids is None else self._end(item.origin, item.doc_ids, at)

    def _leave(self, origin: str, at: datetime) -> int:
        self._gone.add(origin)
        never_claimed_all = origin in self._completed and not self._completed[origin][1]
        return 0 if never_claimed_all else self._end(origin, frozenset(), at)

    def _end(self, origin: str, but: frozenset[str], at: datetime) -> int:
        """End what is open and came from the origin; return how many documents that were."""
        ended = [
            r
            for r in self.revisions
            if r.is_open
            and self._origins[r.document.doc_id] == origin
            and r.document.doc_id not in but
        ]
        for old in ended:
            old.ends.append((max(old.start, at), at))
        return len({r.document.doc_id for r in ended})

    def passing(self, time: TimeFilter) -> list[Revision]:
        """The revisions that count, oldest first; of those that start together, as they came."""
        known_at = time.known_at or MAX_TIME
        window = time.as_of or time.between
        low, high = (window.start, window.end) if window else (MIN_TIME, MAX_TIME)
        found = [
            r
            for r in sorted(self.revisions, key=lambda r: r.start)
            if r.recorded_at <= known_at
            and r.start < high
            and r.end(known_at) > low
            and r.end(known_at) > r.start  # else it was retracted: it never held
        ]
        if time.as_of is None:
            return found
        newest = {r.document.doc_id: r for r in found}
        return [r for r in found if newest[r.document.doc_id] is r]

    def texts(self, time: TimeFilter) -> dict[str, Row]:
        """Each distinct text that passes, with its newest passing revision."""
        known_at = time.known_at or MAX_TIME
        found: dict[str, Row] = {}
        for r in self.passing(time):
            end = None if r.end(known_at) == MAX_TIME else r.end(known_at)
            for chunk in r.chunks:
                text = chunk.indexed_text
                found[text] = (r.document.doc_id, r.document.revision_id, text, r.start, end)
        return found

    def dense(self, query: np.ndarray, time: TimeFilter) -> dict[str, Found]:
        """Text -> what a search for everything must return."""
        return {
            text: Found(row, float(vector(text).astype(np.float64) @ query.astype(np.float64)))
            for text, row in self.texts(time).items()
        }

    def lexical(self, words: Sequence[str], time: TimeFilter) -> dict[str, Found]:
        """Text -> what a search for everything must return: BM25 over the passing texts alone."""
        rows = self.texts(time)
        tokens = {text: _tokens(text) for text in rows}
        mean = max(sum(len(t) for t in tokens.values()) / max(len(rows), 1), 1.0)
        scores = dict.fromkeys(rows, 0.0)
        for word in set(words):
            holding = [text for text in rows if word in tokens[text]]
            idf = math.log1p((len(rows) - len(holding) + 0.5) / (len(holding) + 0.5))
            for text in holding:
                tf = tokens[text].count(word)
                norm = K1 * (1 - B + B * len(tokens[text]) / mean)
                scores[text] += idf * tf * (K1 + 1) / (tf + norm)
        return {text: Found(rows[text], score) for text, score in scores.items() if score > 0}

    def redirect_target(self, title: str, time: TimeFilter) -> str | None:
        """The least of the targets that the title had last, before the time ends."""
        window = time.as_of or time.between
        end = MAX_TIME if window is None else window.end
        return min(self._targets(title, end, time.known_at or MAX_TIME), default=None)

    def _redirect(self, item: Redirect, at: datetime) -> None:
        since = item.since or at
        if item.target not in self._targets(item.alias, since + _MICROSECOND, MAX_TIME):
            self._redirects.append((item.alias.casefold(), item.target, since, at))

    def _targets(self, title: str, end: datetime, known_at: datetime) -> set[str]:
        """Those that a title had last before `end`, as known then."""
        held = [
            (since, target)
            for alias, target, since, recorded in self._redirects
            if alias == title.casefold() and since < end and recorded <= known_at
        ]
        last = max(held, default=None)
        return {target for since, target in held if last and since == last[0]}

    def fingerprint(self, origin: str) -> str | None:
        """Of the origin's last completion, unless it is gone since."""
        if origin in self._gone or origin not in self._completed:
            return None
        return self._completed[origin][0]

    def counts(self) -> tuple[int, int, int, int]:
        """Open documents, revisions, chunks, distinct texts."""
        chunks = [chunk.indexed_text for r in self.revisions for chunk in r.chunks]
        documents = {r.document.doc_id for r in self.revisions if r.is_open}
        return len(documents), len(self.revisions), len(chunks), len(set(chunks))
