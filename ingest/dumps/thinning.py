"""Which of a page's revisions are kept: all, or the last of each day or month, or of all."""

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Keep(StrEnum):
    """Which revisions of a page are kept; days and months are those of UTC."""

    ALL = "all"
    LATEST = "latest"
    DAILY = "daily"
    MONTHLY = "monthly"


_PREFIX = {Keep.LATEST: 0, Keep.DAILY: len("2010-01-04"), Keep.MONTHLY: len("2010-01")}
"""How much of an ISO timestamp names the stretch of time of which one revision is kept."""


class Thinning(Generic[T]):
    """Holds back one revision until it is known whether it is the last of its time.

    Dumps give a page's revisions by their number, which is nearly always the order of time. Where
    it is not, what was passed on already cannot be taken back, and an earlier revision of the same
    day may be kept beside the last; the last is always kept.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._held: tuple[datetime, T] | None = None
        self._passed: dict[str, datetime] = {}

    def offer(self, at: datetime, revision: T) -> T | None:
        """Take the page's next revision; return one that is to be kept, if that is known now."""
        if self._keep is Keep.ALL:
            return revision
        if self._held is None:
            self._held = (at, revision)
            return None
        held_at, held = self._held
        if self._time(at) == self._time(held_at):
            if at >= held_at:
                self._held = (at, revision)
            return None
        if at < held_at:
            return self._pass(at, revision)
        self._held = (at, revision)
        return self._pass(held_at, held)

    def finish(self) -> T | None:
        """Return the revision held back at the end of a page; the next page may follow."""
        held, self._held = self._held, None
        kept = None if held is None else self._pass(*held)
        self._passed.clear()
        return kept

    def _pass(self, at: datetime, revision: T) -> T | None:
        time = self._time(at)
        if time in self._passed and at < self._passed[time]:
            return None
        self._passed[time] = at
        return revision

    def _time(self, at: datetime) -> str:
        return at.isoformat()[: _PREFIX[self._keep]]
