"""Which files of a folder are looked at."""

from pathlib import Path

import pytest

from ingest.sources.walk import WalkRules, walk
from rag_lifelong.types import Skipped


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.txt", "a.log", "build/x.txt", "docs/b.txt", "docs/build/y.txt", "docs/keep.log",
                 ".hidden/c.txt", "docs/.d.txt"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def _names(root: Path, rules: WalkRules | None = None) -> list[str]:
    found = walk(root, rules or WalkRules())
    return [str(one.relative_to(root)) for one in found if not isinstance(one, Skipped)]


def test_all_but_the_hidden_in_sorted_order(tree: Path) -> None:
    assert _names(tree) == [
        "a.log", "a.txt", "build/x.txt", "docs/b.txt", "docs/keep.log", "docs/build/y.txt"
    ]  # fmt: skip


def test_hidden_ones_when_asked(tree: Path) -> None:
    names = _names(tree, WalkRules(include_hidden=True))
    assert {".hidden/c.txt", "docs/.d.txt"} <= set(names)


def test_patterns_of_ignore_files_hold_below_and_the_nearest_wins(tree: Path) -> None:
    (tree / ".gitignore").write_text("*.log\n/build/\n")
    (tree / "docs" / ".ignore").write_text("!keep.log\nb.txt\n")
    assert _names(tree) == ["a.txt", "docs/keep.log", "docs/build/y.txt"]
    assert len(_names(tree, WalkRules(use_ignore_files=False))) == 6


def test_patterns_of_the_settings(tree: Path) -> None:
    assert _names(tree, WalkRules(ignore=("build/", "*.log"))) == ["a.txt", "docs/b.txt"]


def test_a_bad_pattern_costs_itself_alone(tree: Path) -> None:
    (tree / ".gitignore").write_bytes(b"\xff\xfe[\n!\n*.log\n")
    assert "a.log" not in _names(tree)
    assert "a.txt" in _names(tree)


def test_an_ignore_file_that_is_a_link_or_a_folder_is_none(tree: Path) -> None:
    (tree / "patterns").write_text("*\n")
    (tree / ".gitignore").symlink_to(tree / "patterns")
    (tree / ".ignore").mkdir()
    assert "a.txt" in _names(tree)


def test_a_walk_may_start_below_and_keeps_to_the_patterns_above(tree: Path) -> None:
    (tree / ".gitignore").write_text("build/\n")
    rules = WalkRules(ignore=("*.log",))

    def names(start: str) -> list[str]:
        found = walk(tree, rules, start=tree / start)
        return [str(one.relative_to(tree)) for one in found if not isinstance(one, Skipped)]

    assert names("docs") == names("docs/b.txt") == ["docs/b.txt"]
    assert names("build/x.txt") == names("docs/keep.log") == names(".hidden/c.txt") == []
    assert names("nowhere/at/all") == names("a.txt/b") == []
    (tree / "link").symlink_to(tree / "docs")
    assert names("link/b.txt") == names("link") == []


def test_links_are_left_out_and_a_loop_ends(tree: Path) -> None:
    (tree / "docs" / "loop").symlink_to(tree)
    (tree / "docs" / "self").symlink_to("self")
    assert len(_names(tree)) == 6
