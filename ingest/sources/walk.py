"""Walks a folder: which files are there, in sorted order, less the hidden and the ignored.

No symbolic link is followed: what it points to inside the root is met by its own name, and outside
it is not the root's business. Patterns are those of `.gitignore` (gitignore(5)), in files of that
name and `.ignore`, and in the settings.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from ingest.names import file_uri
from rag_lifelong.types import Skipped

IGNORE_FILES = (".gitignore", ".ignore")
_MAX_IGNORE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkRules:
    """What of a folder is looked at."""

    ignore: tuple[str, ...] = ()
    """Patterns of files and folders to leave out, relative to the root."""
    use_ignore_files: bool = True
    """Whether `.gitignore` and `.ignore` files count."""
    include_hidden: bool = False
    """Whether names that begin with a dot are looked at."""

    def leaves_out(self, name: str) -> bool:
        """Whether a name is hidden."""
        return name.startswith(".") and not self.include_hidden


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The patterns of one folder; those of folders below are asked first."""

    folder: Path
    spec: GitIgnoreSpec
    above: "_Patterns | None"

    def ignore(self, path: Path, *, is_folder: bool) -> bool:
        name = str(path.relative_to(self.folder)) + ("/" if is_folder else "")
        verdict = self.spec.check_file(name).include
        if verdict is None:
            return self.above is not None and self.above.ignore(path, is_folder=is_folder)
        return verdict


def walk(root: Path, rules: WalkRules) -> Iterator[Path | Skipped]:
    """Yield the files under a folder, and the folders that could not be listed."""
    settings = _Patterns(root, _spec(rules.ignore), None)
    pending: list[tuple[Path, _Patterns]] = [(root, settings)]
    while pending:
        folder, above = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone since its parent was listed
        except OSError as e:
            reason = f"folder cannot be listed: {(e.strerror or 'unreadable').lower()}"
            yield Skipped(file_uri(folder), reason)
            continue
        patterns = _with_own(folder, entries, above) if rules.use_ignore_files else above
        folders = []
        for entry in entries:
            path = folder / entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if rules.leaves_out(entry.name) or entry.is_symlink():
                continue
            if patterns.ignore(path, is_folder=is_folder):
                continue
            if is_folder:
                folders.append((path, patterns))
            else:
                yield path
        pending.extend(reversed(folders))


def _with_own(folder: Path, entries: Sequence["os.DirEntry[str]"], above: _Patterns) -> _Patterns:
    """The patterns that hold in a folder: its own before those above."""
    here = {entry.name for entry in entries if entry.name in IGNORE_FILES}
    lines = [line for name in IGNORE_FILES if name in here for line in _lines(folder / name)]
    return _Patterns(folder, _spec(lines), above) if lines else above


def _lines(path: Path) -> list[str]:
    try:
        # A link could lead anywhere, and a pipe would never end.
        if not stat.S_ISREG(path.lstat().st_mode):
            return []
        with path.open("rb") as file:
            return file.read(_MAX_IGNORE_BYTES).decode(errors="replace").splitlines()
    except OSError:
        return []


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        # One bad pattern is not to undo the others.
        return GitIgnoreSpec.from_lines([line for line in lines if _is_sound(line)])


def _is_sound(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
