"""When files were last changed by a commit, read from git repositories without running git.

A repository is data of whoever made it: nothing in it is run, no setting of it is followed out of
it, and the work it can cause is bounded. What cannot be told for certain is not told: a file that
differs from what is committed, one not committed, history that is cut off, a repository that is
damaged.

The time is the author's: when a change was written. The committer's says when it was last carried
about, which a rebase or an import makes the same day for a whole history.
"""

import heapq
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from hashlib import sha1, sha256
from itertools import islice
from pathlib import Path

from dulwich.objects import Commit, ObjectID, Tree, parse_tree
from dulwich.repo import Repo

from ingest import dates
from rag_lifelong.types import Dated, DateSource

_MAX_FILES = 500_000
_MAX_COMMITS = 100_000
_MAX_ENTRIES = 30_000_000
"""Entries of trees compared, over a whole history: some ten seconds."""
_N_TREES = 256
_MAX_TEXT_BYTES = 10_000_000
_MAX_CONTROL_FILES = 200_000
_BLOCK = 1 << 20

_Entries = dict[bytes, tuple[int, bytes]]


class CommitTimes:
    """The times of last commits, of files in any repositories.

    A repository is opened when the first of its files is asked for and its history read, newest
    commits first, as far as the files asked for need: once for all of them. What it says is what
    was committed when it was opened. Close it after use.
    """

    def __init__(self) -> None:
        self._roots: dict[Path, Path | None] = {}
        self._histories: dict[Path, _History] = {}

    def of(self, path: Path) -> Dated | None:
        """Return when the last commit that changed a file was written.

        None if the file is in no repository, not committed, not as committed, or the commit
        cannot be told.
        """
        try:
            real = Path(os.path.realpath(path))
            root = self._root_of(real.parent)
            if root is None:
                return None
            if root not in self._histories:
                self._histories[root] = _History(root)
            seconds = self._histories[root].last_change(real)
        except (OSError, ValueError):
            return None
        return None if seconds is None else dates.from_unix(seconds, DateSource.VERSION_CONTROL)

    def close(self) -> None:
        """Close the repositories' files."""
        for history in self._histories.values():
            history.close()
        self._histories.clear()

    def _root_of(self, folder: Path) -> Path | None:
        """The nearest folder up with a `.git` in it, as far up as one may look."""
        passed = []
        root = None
        for above in (folder, *folder.parents):
            if above in self._roots:
                root = self._roots[above]
                break
            passed.append(above)
            try:
                (above / ".git").lstat()
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                break
            root = above
            break
        self._roots.update(dict.fromkeys(passed, root))
        return root


class _Unreadable(Exception):  # noqa: N818  (a state of the repository, not a fault of ours)
    """The repository is not one we read, or not to its end."""


class _History:
    """The commits of one repository, read as far as needed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._repo: Repo | None = None
        self._head: dict[bytes, bytes] = {}
        """Blobs of the files that are committed, by path."""
        self._seconds: dict[bytes, int] = {}
        self._ahead: list[tuple[int, bytes]] = []
        """Commits to be read, newest first: a heap of (minus the time, id)."""
        self._met: set[bytes] = set()
        self._shallow: set[ObjectID] = set()
        self._n_entries = 0
        self._entries = lru_cache(maxsize=_N_TREES)(self._read_entries)
        try:
            self._open()
        except Exception:  # noqa: BLE001  (damaged bytes can lead to anything)
            self.close()

    def close(self) -> None:
        # A damaged pack that is still being read out of cannot be closed.
        with suppress(Exception):
            if self._repo is not None:
                self._repo.close()
        self._repo = None
        self._ahead.clear()
        self._head.clear()
        self._entries.cache_clear()

    def last_change(self, path: Path) -> int | None:
        """Unix time of the last commit that changed a file, if the file is as committed."""
        name = os.fsencode(path.relative_to(self._root)).replace(os.fsencode(os.sep), b"/")
        blob = self._head.get(name)
        if blob is None or not _is_blob(path, blob):
            return None
        while name not in self._seconds and self._ahead:
            try:
                self._read_commit()
            except Exception:  # noqa: BLE001  (as above; what was read before stays true)
                self._ahead.clear()
        return self._seconds.get(name)

    def _open(self) -> None:
        _check_control_files(self._root / ".git")
        self._repo = Repo(self._root)
        for folder in {self._repo.controldir(), self._repo.commondir()}:
            _check_control_files(Path(folder))
        if not self._root.samefile(self._repo.path):
            raise _Unreadable("its files lie elsewhere")
        self._shallow = self._repo.get_shallow()
        head = self._repo.head()
        commit = self._commit(head)
        found = islice(self._changes(None, commit.tree), _MAX_FILES + 1)
        self._head = dict(found)
        if len(self._head) > _MAX_FILES:
            raise _Unreadable("too many files")
        self._meet(head, commit)

    def _meet(self, name: ObjectID, commit: Commit) -> None:
        if name not in self._met:
            self._met.add(name)
            heapq.heappush(self._ahead, (-commit.commit_time, name))

    def _read_commit(self) -> None:
        """Take the newest commit and note which files it made what they are now."""
        _, taken = heapq.heappop(self._ahead)
        name = ObjectID(taken)
        commit = self._commit(name)
        # Where history is cut off, a commit seems to make everything it only holds; and behind a
        # commit that cannot be read, older ones would pass for the last.
        if name in self._shallow or len(self._met) > _MAX_COMMITS:
            raise _Unreadable("history is cut off")
        parents = [(parent, self._commit(parent)) for parent in commit.parents]
        # What a merge holds just as one of its parents does was not changed by it.
        first = parents[0][1].tree if parents else None
        changed = set(self._changes(first, commit.tree))
        for _, parent in parents[1:]:
            changed &= set(self._changes(parent.tree, commit.tree)) if changed else set()
        seconds = min(commit.author_time, commit.commit_time)
        for path, blob in changed:
            if self._head.get(path) == blob:
                self._seconds.setdefault(path, seconds)
        for parent_name, parent in parents:
            self._meet(parent_name, parent)

    def _commit(self, name: ObjectID) -> Commit:
        found = self._repo[name] if self._repo is not None else None
        if not isinstance(found, Commit):
            raise _Unreadable("not a commit")
        return found

    def _changes(self, old: bytes | None, new: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Path and blob of the files of a tree that another has not or has otherwise."""
        ahead: list[tuple[bytes, bytes | None, bytes]] = [(b"", old, new)]
        while ahead:
            prefix, before_id, after_id = ahead.pop()
            before = {} if before_id is None else self._entries(before_id)
            after = self._entries(after_id)
            self._n_entries += 1 + len(before) + len(after)
            if self._n_entries > _MAX_ENTRIES:
                raise _Unreadable("too long a history")
            for name, (mode, object_id) in after.items() - before.items():
                if stat.S_ISDIR(mode):
                    was_mode, was = before.get(name, (0, b""))
                    below = was if stat.S_ISDIR(was_mode) else None
                    ahead.append((prefix + name + b"/", below, object_id))
                elif stat.S_ISREG(mode):
                    yield prefix + name, object_id

    def _read_entries(self, name: bytes) -> _Entries:
        if self._repo is None:
            raise _Unreadable("closed")
        # Not as a Tree: this is where the time goes, and a Tree is made and sorted only to be read.
        kind, content = self._repo.object_store.get_raw(ObjectID(name))
        if kind != Tree.type_num:
            raise _Unreadable("not a tree")
        length = self._repo.object_store.object_format.oid_length
        return {path: (mode, blob) for path, mode, blob in parse_tree(content, length)}


def _check_control_files(folder: Path) -> None:
    """Raise for what would wait for ever when opened, or lead out of the repository.

    Raises:
        _Unreadable: For pipes and devices, for objects kept elsewhere, for included settings.
        OSError: If the folder cannot be read.
    """
    n_seen = 0
    for parent, folders, files in os.walk(folder):
        n_seen += len(folders) + len(files)
        if n_seen > _MAX_CONTROL_FILES:
            raise _Unreadable("too many files")
        for name in files:
            if not stat.S_ISREG((Path(parent) / name).stat().st_mode):
                raise _Unreadable("not a regular file")
    if (folder / "objects" / "info" / "alternates").exists():
        raise _Unreadable("its objects lie elsewhere")
    for settings in (folder / "config", folder / "config.worktree"):
        if settings.is_file() and b"[include" in settings.read_bytes()[:_BLOCK].lower():
            raise _Unreadable("its settings lie elsewhere")


def _is_blob(path: Path, name: bytes) -> bool:
    """Whether a file is what is committed, the ends of its lines aside."""
    size = path.stat().st_size
    digest = sha1 if len(name) == 40 else sha256
    whole = digest(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            whole.update(block)
    if whole.hexdigest().encode() == name:
        return True
    if size > _MAX_TEXT_BYTES:
        return False
    text = path.read_bytes().replace(b"\r\n", b"\n")
    unixed = digest(b"blob %d\0" % len(text) + text, usedforsecurity=False)
    return unixed.hexdigest().encode() == name
