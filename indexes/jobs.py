"""What could not be read: tried again ever more rarely, then left until somebody asks for it.

A failure that the content itself causes is left at once, and known again by the fingerprint of the
content. Rows are written inside the writer's transaction, with the batch they come from.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from indexes import rows
from rag_lifelong.temporal import from_us, to_us
from rag_lifelong.types import Job, JobState, Ledger, Settled, Skipped, Visited

FIRST_WAIT_S = 10
"""How long after its first failure something is tried again; each time twice as long."""
MOST_WAIT_S = 3600
MOST_ATTEMPTS = 8
"""Failures after which something is left."""
MOST_DUE = 1_000
"""Jobs told as due at once."""

_FIELDS = "origin, reason, fingerprint, is_transient, attempts, state, next_at, first_at, last_at"


def record(db: sqlite3.Connection, item: Skipped | Settled | Visited, at_us: int) -> None:
    """Write down what a source told."""
    match item:
        case Skipped():
            _note(db, item, at_us)
        case Settled(origin=origin):
            settle(db, origin)
        case Visited(source=source):
            rows.replace(db, "visits", source, at_us)


def settle(db: sqlite3.Connection, origin: str) -> None:
    """End the job of an origin, if there is one."""
    db.execute("DELETE FROM jobs WHERE origin = ?", (origin,))


def given_up(db: sqlite3.Connection, origin: str, fingerprint: str) -> str | None:
    """Why content that cannot be read is not tried again; None if it is another, or unknown."""
    row = db.execute(
        "SELECT reason FROM jobs WHERE origin = ? AND fingerprint = ? AND state = ? "
        "AND NOT is_transient",
        (origin, fingerprint, JobState.DEAD),
    ).fetchone()
    return None if row is None else str(row[0])


def origins_at(db: sqlite3.Connection, uri: str) -> list[str]:
    """Origins that have a job: the one of the URI, and those under it as a folder."""
    folder = f"{uri.rstrip('/')}/"
    found = db.execute(
        "SELECT origin FROM jobs WHERE origin = ? OR (origin >= ? AND origin < ?) ORDER BY origin",
        (uri, folder, f"{folder}\U0010ffff"),
    )
    return [origin for (origin,) in found]


def every(db: sqlite3.Connection) -> list[Job]:
    """All jobs, in order of the origins."""
    return [_job(row) for row in db.execute(f"SELECT {_FIELDS} FROM jobs ORDER BY origin")]


def ledger(db: sqlite3.Connection, now_us: int) -> Ledger:
    """What is to be done again, and what of it is due."""
    due = db.execute(
        f"SELECT {_FIELDS} FROM jobs WHERE state = ? AND next_at <= ? ORDER BY next_at, origin "
        "LIMIT ?",
        (JobState.WAITING, now_us, MOST_DUE),
    )
    counts = dict(db.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())
    visits = db.execute("SELECT source, visited_at FROM visits")
    return Ledger(
        due=tuple(_job(row) for row in due),
        waiting=int(counts.get(JobState.WAITING, 0)),
        dead=int(counts.get(JobState.DEAD, 0)),
        visits={source: from_us(at) for source, at in visits},
    )


def retry(db: sqlite3.Connection, origins: Sequence[str] | None, at_us: int) -> list[str]:
    """Make jobs due: of these origins, or all that were given up; return the origins found."""
    wanted = None if origins is None else frozenset(origins)
    found = []
    for job in every(db):
        is_meant = job.state is JobState.DEAD if wanted is None else job.origin in wanted
        if is_meant:
            found.append(job.origin)
            rows.replace(
                db, "jobs", job.origin, job.reason, job.fingerprint, int(job.is_transient), 0,
                JobState.WAITING.value, at_us, to_us(job.first_at), to_us(job.last_at),
            )  # fmt: skip
    return found


def _note(db: sqlite3.Connection, item: Skipped, at_us: int) -> None:
    """Count a failure, unless it is one met by chance before it was due to be tried again."""
    attempts, first_at = 1, at_us
    row = db.execute(f"SELECT {_FIELDS} FROM jobs WHERE origin = ?", (item.uri,)).fetchone()
    if row is not None and row[2] == item.fingerprint:
        job = _job(row)
        is_early = job.state is JobState.WAITING and to_us(job.next_at) > at_us
        if is_early and item.is_transient:
            return
        attempts, first_at = job.attempts + 1, to_us(job.first_at)
    is_dead = not item.is_transient or attempts >= MOST_ATTEMPTS
    wait_s = 0 if is_dead else min(FIRST_WAIT_S * 2 ** (attempts - 1), MOST_WAIT_S)
    rows.replace(
        db, "jobs", item.uri, item.reason, item.fingerprint, int(item.is_transient), attempts,
        (JobState.DEAD if is_dead else JobState.WAITING).value, at_us + wait_s * 1_000_000,
        first_at, at_us,
    )  # fmt: skip


def _job(row: tuple[Any, ...]) -> Job:
    origin, reason, fingerprint, is_transient, attempts, state, next_at, first_at, last_at = row
    return Job(
        origin=origin,
        reason=reason,
        fingerprint=fingerprint,
        is_transient=bool(is_transient),
        attempts=attempts,
        state=JobState(state),
        next_at=from_us(next_at),
        first_at=from_us(first_at),
        last_at=from_us(last_at),
    )
