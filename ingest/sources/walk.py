"""Walks a folder: which files are there, in sorted order, less the hidden and the ignored.

No symbolic link is followed: what it points to inside the root is met by its own name, and outside
it is not the root's business. Patterns are those of `.gitignore` (gitignore(5)), in files of that
name and `.ignore`, and in the settings.
"""

import os
import stat
from collections.abc import Container, Iterator, Sequence
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


def walk(root: Path, rules: WalkRules, *, start: Path | None = None) -> Iterator[Path | Skipped]:
    """Yield the files under a folder, and the folders that could not be listed.

    Args:
        root: The folder.
        rules: What is left out.
        start: A file or folder in it, to look at that alone; it need not be there.
    """
    above = _on_the_way(root, start or root, rules)
    if above is None:
        return
    try:
        is_folder = start is None or stat.S_ISDIR(start.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        is_folder = False
    except OSError as e:
        # Nobody may look at it: that is not to say that it is gone.
        reason = (e.strerror or "cannot be read").lower()
        yield Skipped(file_uri(start or root), reason, is_transient=True)
        return
    if start is None or is_folder:
        yield from _below(start or root, rules, above)
    elif os.path.lexists(start):
        yield start


def _below(top: Path, rules: WalkRules, above: _Patterns) -> Iterator[Path | Skipped]:
    pending = [(top, above)]
    while pending:
        folder, above = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone since its parent was listed
        except OSError as e:
            reason = f"folder cannot be listed: {(e.strerror or 'unreadable').lower()}"
            yield Skipped(file_uri(folder), reason, is_transient=True)
            continue
        names = {entry.name for entry in entries}
        patterns = _with_own(folder, names, above) if rules.use_ignore_files else above
        folders = []
        for entry in entries:
            path = folder / entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.is_symlink() or _is_left_out(path, rules, patterns, is_folder=is_folder):
                continue
            if is_folder:
                folders.append((path, patterns))
            else:
                yield path
        pending.extend(reversed(folders))


def _on_the_way(root: Path, start: Path, rules: WalkRules) -> _Patterns | None:
    """The patterns that hold where a walk starts; None if something on the way is left out."""
    patterns = _Patterns(root, _spec(rules.ignore), None)
    folder = root
    for part in start.relative_to(root).parts:
        if rules.use_ignore_files:
            patterns = _with_own(folder, IGNORE_FILES, patterns)
        folder /= part
        is_folder = os.path.isdir(folder)  # noqa: PTH112  (False where nobody may look)
        is_link = os.path.islink(folder)  # noqa: PTH114
        if is_link or _is_left_out(folder, rules, patterns, is_folder=is_folder):
            return None
    return patterns


def _is_left_out(path: Path, rules: WalkRules, patterns: _Patterns, *, is_folder: bool) -> bool:
    return rules.leaves_out(path.name) or patterns.ignore(path, is_folder=is_folder)


def _with_own(folder: Path, names: Container[str], above: _Patterns) -> _Patterns:
    """The patterns that hold in a folder, in which those names are: its own before those above."""
    lines = [line for name in IGNORE_FILES if name in names for line in _lines(folder / name)]
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
