"""What is left of a directory when the power fails: files as lists of operations.

A recorded run is a list of operations. Those whose file (or directory) was flushed afterwards are
there after a power loss at a later moment; of the others any may be missing, and a write may be
there in part.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

Contents = dict[str, bytes]
"""File name -> what is in it."""

_ALL_SUBSETS = 6
"""Up to so many unflushed operations, every subset of them is tried."""
_SAMPLED_SUBSETS = 12
_TORN_WRITES = 4


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes written into a file; `file` numbers the file, whatever it is called."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file cut or extended with zeros."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Link:
    """A name given to a new file."""

    name: str
    file: int


@dataclass(frozen=True, slots=True)
class Rename:
    """A name changed, replacing what had the other."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Unlink:
    """A name taken away."""

    name: str


@dataclass(frozen=True, slots=True)
class Sync:
    """A file flushed."""

    file: int


@dataclass(frozen=True, slots=True)
class SyncDirectory:
    """The directory flushed."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A batch reported as stored: from here on it must survive."""


@dataclass(frozen=True, slots=True)
class Instant:
    """Operations that happen in one moment and are flushed with it."""

    operations: tuple[Write | Truncate | Link, ...]


Change = Write | Truncate | Link | Rename | Unlink | Instant
Operation = Change | Sync | SyncDirectory | Acknowledge


@dataclass(frozen=True)
class Recording:
    """A run: the directory it began with, flushed, and what was done to it."""

    seed: int
    initial: Contents
    operations: Sequence[Operation]
    acknowledged_before: int = 0
    """Batches in the initial directory."""


class Namespace:
    """Numbers files by their names while a run is being read."""

    def __init__(self, initial: Mapping[str, bytes]) -> None:
        self.files = {name: number for number, name in enumerate(sorted(initial))}
        self._next = len(self.files)

    def create(self, name: str) -> Link | None:
        """The operation of opening a name for writing; None if the file exists."""
        if name in self.files:
            return None
        self.files[name] = self._next
        self._next += 1
        return Link(name, self.files[name])

    def rename(self, old: str, new: str) -> Rename:
        """Move a name."""
        self.files[new] = self.files.pop(old)
        return Rename(old, new)

    def unlink(self, name: str) -> Unlink:
        """Drop a name."""
        del self.files[name]
        return Unlink(name)


@dataclass(frozen=True)
class Crash:
    """A directory as a power loss may leave it."""

    contents: Contents
    acknowledged: int

    def digest(self) -> bytes:
        """Equal for equal contents."""
        found = hashlib.blake2b(digest_size=16)
        for name, data in sorted(self.contents.items()):
            found.update(f"{name} {len(data)} ".encode())
            found.update(data)
        return found.digest()

    def write_to(self, directory: Path) -> None:
        """Make the directory."""
        directory.mkdir()
        for name, data in self.contents.items():
            (directory / name).write_bytes(data)


def crashes(recording: Recording, rng: random.Random) -> Iterator[Crash]:
    """The directories that power losses at every moment may leave; many are alike.

    Between two flushes each moment's outcomes are among the next one's, so that only those right
    before a flush, an acknowledgement or the end are made.
    """
    acknowledged = recording.acknowledged_before
    changes: list[Change] = []
    pending: list[int] = []
    for operation in (*recording.operations, None):
        if operation is None or isinstance(operation, Sync | SyncDirectory | Acknowledge):
            for kept in _outcomes(changes, pending, rng):
                yield Crash(_replay(recording.initial, kept), acknowledged)
        match operation:
            case None:
                return
            case Acknowledge():
                acknowledged += 1
            case Sync() | SyncDirectory():
                pending = [at for at in pending if not _is_flushed_by(changes[at], operation)]
            case Instant():
                changes.append(operation)
            case _:
                pending.append(len(changes))
                changes.append(operation)


def _is_flushed_by(change: Change, sync: Sync | SyncDirectory) -> bool:
    """Whether a flush makes a change before it durable.

    Flushing a file makes its creation durable too: so it is on ext4, XFS and Btrfs, where a file
    cannot be flushed into a journal without its name. Renames and removals wait for the directory.
    """
    match change:
        case Write(file=file) | Truncate(file=file):
            return isinstance(sync, Sync) and sync.file == file
        case Link(file=file):
            return isinstance(sync, SyncDirectory) or sync.file == file
        case _:
            return isinstance(sync, SyncDirectory)


def _outcomes(
    changes: Sequence[Change], pending: Sequence[int], rng: random.Random
) -> Iterator[list[Change]]:
    """The changes that took effect, each way this may have gone."""
    for dropped in _subsets(pending, rng):
        yield [change for at, change in enumerate(changes) if at not in dropped]
    writes = [(at, w) for at in pending if isinstance(w := changes[at], Write)]
    for torn, write in rng.sample(writes, min(len(writes), _TORN_WRITES)):
        half = len(write.data) // 2
        parts = [
            replace(write, data=write.data[:half]),
            replace(write, data=write.data[half:], offset=write.offset + half),
            # The file has grown, its new blocks were never written.
            replace(write, data=bytes(len(write.data))),
        ]
        dropped = frozenset(pending) - {torn} if rng.random() < 0.5 else frozenset()
        for part in parts:
            yield [
                part if at == torn else change
                for at, change in enumerate(changes)
                if at not in dropped
            ]


def _subsets(pending: Sequence[int], rng: random.Random) -> Iterator[frozenset[int]]:
    if len(pending) <= _ALL_SUBSETS:
        for size in range(len(pending) + 1):
            yield from map(frozenset, itertools.combinations(pending, size))
        return
    for done in range(len(pending) + 1):
        yield frozenset(pending[done:])
    for _ in range(_SAMPLED_SUBSETS):
        share = rng.random()
        yield frozenset(at for at in pending if rng.random() < share)


def _replay(initial: Contents, changes: Sequence[Change]) -> Contents:
    """The directory after the changes, of which some that they built on may be missing."""
    names = {name: number for number, name in enumerate(sorted(initial))}
    files = {number: bytearray(initial[name]) for name, number in names.items()}
    for change in _flat(changes):
        match change:
            case Write(file=number, offset=offset, data=data):
                file = files.setdefault(number, bytearray())
                file.extend(bytes(max(0, offset - len(file))))
                file[offset : offset + len(data)] = data
            case Truncate(file=number, size=size):
                file = files.setdefault(number, bytearray())
                file.extend(bytes(max(0, size - len(file))))
                del file[size:]
            case Link(name=name, file=number):
                names[name] = number
            case Rename(old=old, new=new):
                if old in names:
                    names[new] = names.pop(old)
            case Unlink(name=name):
                names.pop(name, None)
    return {name: bytes(files.get(number, b"")) for name, number in names.items()}


def _flat(changes: Sequence[Change]) -> Iterator[Write | Truncate | Link | Rename | Unlink]:
    for change in changes:
        yield from change.operations if isinstance(change, Instant) else (change,)
