"""Backing up a store while it is written to, and putting a backup in its place.

A backup is a store itself: the database as of one commit (SQLite's `VACUUM INTO`, which leaves
nothing deleted behind) and the committed rows of its columns, which never change once committed.
Derived files are left out; they are built again.
"""

import os
import shutil
import sqlite3
from pathlib import Path

from indexes import head, rows, schema
from indexes.columns import n_rows
from indexes.files import Files
from indexes.verify import verify
from rag_lifelong.errors import CorruptIndexError, IndexStoreError

_TRIES = 3
_PIECE = 1 << 24


def backup(directory: Path, target: Path) -> int:
    """Copy the store at `directory` to the new directory `target`; return the bytes copied.

    Raises:
        IndexStoreError: If there is no store, `target` is not new, or the disk fails.
        CorruptIndexError: If what was copied does not verify: the store itself is damaged.
    """
    _refuse_existing(target)
    parts = target.with_name(target.name + ".part")
    files = Files()
    for attempt in range(_TRIES):
        shutil.rmtree(parts, ignore_errors=True)
        parts.mkdir(parents=True)
        try:
            _copy(directory, parts, files)
            problems = verify(parts).problems
        except BaseException:
            shutil.rmtree(parts, ignore_errors=True)
            raise
        if not problems:
            break
        # Something was being forgotten while it was copied; a second look sees it finished.
        if attempt == _TRIES - 1:
            shutil.rmtree(parts, ignore_errors=True)
            raise CorruptIndexError(
                f"{directory} is damaged, so it was not backed up: {problems[0]}",
                hint="list all damage with `rag-lifelong verify`",
            )
    return _put(parts, target, files)


def restore(source: Path, directory: Path) -> int:
    """Make a store at the new directory `directory` from a backup; return the bytes copied.

    Raises:
        IndexStoreError: If `source` is no sound backup, or `directory` is not new.
    """
    _refuse_existing(directory)
    problems = verify(source).problems
    if problems:
        raise CorruptIndexError(
            f"{source} is damaged, so it was not restored: {problems[0]}",
            hint="restore another backup",
        )
    parts = directory.with_name(directory.name + ".part")
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True)
    files = Files()
    try:
        _copy(source, parts, files)
    except BaseException:
        shutil.rmtree(parts, ignore_errors=True)
        raise
    return _put(parts, directory, files)


def _copy(directory: Path, parts: Path, files: Files) -> None:
    db = schema.connect(directory / schema.DATABASE, write=False)
    try:
        db.execute("PRAGMA query_only = OFF")  # VACUUM INTO writes, though not here
        db.execute("VACUUM INTO ?", (str(parts / schema.DATABASE),))
    except sqlite3.OperationalError as error:
        raise IndexStoreError(f"cannot copy {directory} to {parts}: {error}") from error
    finally:
        db.close()
    copied = schema.connect(parts / schema.DATABASE, write=True)
    try:
        # Derived files are not copied.
        copied.execute("DELETE FROM sealed_ranges")
        copied.execute("DELETE FROM time_index")
        # Nor is the log, so that nothing is left to be emptied.
        copied.execute("DELETE FROM forgetting WHERE kind = 'log'")
        for stored in schema.all_columns(copied, directory):
            size = n_rows(copied, stored.name) * stored.dtype.itemsize
            if size:
                _copy_prefix(stored.path, parts / stored.path.name, size, files)
        head.write(files, parts, int(rows.get_meta(copied, "commits")))
        copied.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        copied.close()


def _copy_prefix(source: Path, target: Path, size: int, files: Files) -> None:
    with source.open("rb") as file:
        at = 0
        while at < size:
            data = file.read(min(_PIECE, size - at))
            if not data:
                raise CorruptIndexError(f"{source} has {at} bytes, the store committed {size}")
            files.append(target, at, data)
            at += len(data)


def _put(parts: Path, target: Path, files: Files) -> int:
    """Make a finished copy durable and give it its name."""
    for path in parts.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            files.fsync(descriptor)
        finally:
            os.close(descriptor)
    files.sync_directory(parts)
    size = sum(path.stat().st_size for path in parts.iterdir())
    if target.exists():
        target.rmdir()  # empty, or it would have been refused
    parts.replace(target)
    files.sync_directory(target.parent)
    return size


def _refuse_existing(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise IndexStoreError(
            f"{target} is there already and not empty", hint="name a directory that is new"
        )
