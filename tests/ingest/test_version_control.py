"""Times of last commits: as git tells them, or not told; whatever a repository holds, no error."""

import gc
import os
import random
import shutil
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dulwich import porcelain
from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.repo import Repo

from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.sources.folder import FolderSource
from ingest.version_control import CommitTimes
from rag_lifelong.temporal import Precision
from rag_lifelong.types import DateSource, Document
from tests.ingest.fakes import FakeKnown

_DAY = 86_400
_START = 1_431_000_000  # 7 May 2015, 12:00 UTC


@pytest.fixture
def commits() -> Iterator[CommitTimes]:
    commits = CommitTimes()
    yield commits
    commits.close()


class History:
    """A repository made commit by commit, a day apart; its files lie as last committed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        self._repo = Repo.init(root)
        self._n = 0

    def commit(
        self,
        files: dict[str, str],
        *parents: ObjectID,
        author_time: int | None = None,
    ) -> ObjectID:
        """Commit these files and no others; the last commit becomes the head."""
        tree = self._tree(files)
        self._n += 1
        commit = Commit()
        commit.tree = tree
        commit.parents = list(parents)
        commit.author = commit.committer = b"A <a@example.org>"
        commit.commit_time = _START + self._n * _DAY
        commit.author_time = commit.commit_time if author_time is None else author_time
        commit.author_timezone = commit.commit_timezone = 7200
        commit.message = b"change"
        self._repo.object_store.add_object(commit)
        self._repo.refs[b"refs/heads/master"] = commit.id
        self._repo.refs.set_symbolic_ref(b"HEAD", b"refs/heads/master")
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return commit.id

    def close(self) -> None:
        self._repo.close()

    def _tree(self, files: dict[str, str]) -> ObjectID:
        tree = Tree()
        folders: dict[str, dict[str, str]] = {}
        for name, content in files.items():
            first, _, rest = name.partition("/")
            if rest:
                folders.setdefault(first, {})[rest] = content
            else:
                blob = Blob.from_string(content.encode())
                self._repo.object_store.add_object(blob)
                tree.add(first.encode(), 0o100644, blob.id)
        for first, inside in folders.items():
            tree.add(first.encode(), 0o40000, self._tree(inside))
        self._repo.object_store.add_object(tree)
        return tree.id


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History(tmp_path / "repository")
    yield made
    made.close()


def _day(commits: CommitTimes, path: Path) -> int | None:
    """Which commit a file's time is of."""
    dated = commits.of(path)
    if dated is None:
        return None
    assert dated.source is DateSource.VERSION_CONTROL
    assert dated.precision is Precision.SECOND
    return (int(dated.interval.start.timestamp()) - _START) // _DAY


def test_each_file_has_the_time_of_its_last_change(history: History, commits: CommitTimes) -> None:
    first = history.commit({"a.txt": "1", "b/c.txt": "1", "b/d.txt": "1"})
    second = history.commit({"a.txt": "2", "b/c.txt": "1", "b/d.txt": "1"}, first)
    history.commit({"a.txt": "2", "b/c.txt": "1", "b/d.txt": "2"}, second)
    assert _day(commits, history.root / "a.txt") == 2
    assert _day(commits, history.root / "b" / "c.txt") == 1
    assert _day(commits, history.root / "b" / "d.txt") == 3


def test_a_merge_changes_only_what_neither_side_had(history: History, commits: CommitTimes) -> None:
    base = history.commit({"ours": "1", "theirs": "1", "both": "1", "kept": "1"})
    ours = history.commit({"ours": "2", "theirs": "1", "both": "o", "kept": "1"}, base)
    theirs = history.commit({"ours": "1", "theirs": "2", "both": "t", "kept": "x"}, base)
    history.commit({"ours": "2", "theirs": "2", "both": "ot", "kept": "1"}, ours, theirs)
    assert _day(commits, history.root / "ours") == 2
    assert _day(commits, history.root / "theirs") == 3
    assert _day(commits, history.root / "both") == 4
    # Their change was not taken over: it is not the last that made the file what it is.
    assert _day(commits, history.root / "kept") == 1


def test_the_time_is_the_authors_unless_it_is_later_than_the_commit(
    history: History, commits: CommitTimes
) -> None:
    first = history.commit({"a": "1", "b": "1"}, author_time=_START - 10 * _DAY)
    history.commit({"a": "1", "b": "2"}, first, author_time=_START + 5_000 * _DAY)
    assert _day(commits, history.root / "a") == -10
    assert _day(commits, history.root / "b") == 2


def test_a_file_that_is_not_as_committed_has_no_time(
    history: History, commits: CommitTimes
) -> None:
    history.commit({"a": "1", "b": "one\ntwo\n"})
    (history.root / "a").write_text("2")
    (history.root / "new").write_text("1")
    (history.root / "b").write_bytes(b"one\r\ntwo\r\n")
    assert commits.of(history.root / "a") is None
    assert commits.of(history.root / "new") is None
    assert commits.of(history.root / "gone") is None
    # Only the ends of the lines differ, as git writes them on some systems.
    assert _day(commits, history.root / "b") == 1


def test_a_removed_and_restored_file_has_the_time_it_came_back(
    history: History, commits: CommitTimes
) -> None:
    first = history.commit({"a": "1", "b": "1"})
    second = history.commit({"b": "1"}, first)
    history.commit({"a": "1", "b": "1"}, second)
    assert _day(commits, history.root / "a") == 3


def test_packed_objects_and_references_are_read(history: History, commits: CommitTimes) -> None:
    first = history.commit({"a": "1", "b": "1"})
    history.commit({"a": "1", "b": "2"}, first)
    porcelain.pack_refs(history.root, all=True)
    porcelain.repack(history.root)
    assert not (history.root / ".git" / "refs" / "heads" / "master").exists()
    assert _day(commits, history.root / "a") == 1
    assert _day(commits, history.root / "b") == 2


def test_where_history_is_cut_off_older_changes_are_not_told(
    history: History, commits: CommitTimes
) -> None:
    first = history.commit({"a": "1", "b": "1"})
    second = history.commit({"a": "1", "b": "2"}, first)
    history.commit({"a": "1", "b": "2", "c": "1"}, second)
    (history.root / ".git" / "shallow").write_bytes(second + b"\n")
    assert _day(commits, history.root / "c") == 3
    assert commits.of(history.root / "b") is None
    assert commits.of(history.root / "a") is None


def test_a_missing_object_leaves_unknown_what_is_behind_it(
    history: History, commits: CommitTimes
) -> None:
    first = history.commit({"a": "1", "b": "1"})
    second = history.commit({"a": "2", "b": "1"}, first)
    history.commit({"a": "2", "b": "1", "c": "1"}, second)
    (history.root / ".git" / "objects" / first[:2].decode() / first[2:].decode()).unlink()
    assert _day(commits, history.root / "c") == 3
    assert commits.of(history.root / "b") is None


def test_the_nearest_repository_counts(history: History, commits: CommitTimes) -> None:
    history.commit({"a": "1", "sub/x": "1"})
    inner = History(history.root / "inner")
    inner.commit({"x": "1"})
    inner.commit({"x": "2"})
    assert _day(commits, history.root / "inner" / "x") == 2
    assert _day(commits, history.root / "sub" / "x") == 1
    inner.close()


def test_a_git_file_and_a_symbolic_link_lead_to_the_repository(
    history: History, commits: CommitTimes, tmp_path: Path
) -> None:
    history.commit({"a": "1"})
    for name, link in (("worktree", False), ("linked", True)):
        other = tmp_path / name
        other.mkdir()
        (other / "a").write_text("1")
        if link:
            (other / ".git").symlink_to(history.root / ".git")
        else:
            (other / ".git").write_text(f"gitdir: {history.root / '.git'}\n")
        assert _day(commits, other / "a") == 1
    through = tmp_path / "through"
    through.symlink_to(history.root)
    assert _day(commits, through / "a") == 1


def test_a_file_outside_any_repository_has_no_time(tmp_path: Path, commits: CommitTimes) -> None:
    (tmp_path / "a").write_text("1")
    assert commits.of(tmp_path / "a") is None
    assert commits.of(tmp_path / "nowhere" / "a") is None
    assert commits.of(Path("\0")) is None


@pytest.mark.parametrize(
    "content", [b"", b"gitdir: nowhere", b"gitdir: /dev", b"\xff\0", b"gitdir: ."]
)
def test_a_git_file_that_leads_nowhere_is_no_repository(
    tmp_path: Path, commits: CommitTimes, content: bytes
) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / ".git").write_bytes(content)
    assert commits.of(tmp_path / "a") is None


def test_nothing_of_a_repository_is_run(history: History, commits: CommitTimes) -> None:
    history.commit({"a": "1", ".gitattributes": "* filter=evil diff=evil\n"})
    ran = history.root.parent / "ran"
    with (history.root / ".git" / "config").open("a") as config:
        config.write(
            f'[filter "evil"]\n\tclean = touch {ran}\n\tprocess = touch {ran}\n'
            f"[core]\n\tfsmonitor = touch {ran}\n\tsshCommand = touch {ran}\n"
        )
    assert _day(commits, history.root / "a") == 1
    assert not ran.exists()


def test_settings_and_objects_elsewhere_are_not_followed(history: History) -> None:
    history.commit({"a": "1"})
    config = history.root / ".git" / "config"
    before = config.read_text()
    for settings in ("[include]\n\tpath = /etc/passwd\n", "[core]\n\tworktree = /etc\n"):
        config.write_text(before + settings)
        commits = CommitTimes()
        assert commits.of(history.root / "a") is None
        commits.close()
    config.write_text(before)
    (history.root / ".git" / "objects" / "info").mkdir(exist_ok=True)
    (history.root / ".git" / "objects" / "info" / "alternates").write_text("/dev\n")
    commits = CommitTimes()
    assert commits.of(history.root / "a") is None
    commits.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "shallow", "refs/heads/master"])
def test_a_pipe_is_not_waited_for(history: History, commits: CommitTimes, name: str) -> None:
    history.commit({"a": "1"})
    path = history.root / ".git" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    found: list[object] = []
    asking = threading.Thread(
        target=lambda: found.append(commits.of(history.root / "a")), daemon=True
    )
    asking.start()
    asking.join(timeout=10)
    assert found == [None]


# dulwich lets go of a damaged pack without closing it.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_repository_is_no_error(history: History, seed: int) -> None:
    first = history.commit({"a": "1", "b/c": "1"})
    history.commit({"a": "2", "b/c": "1"}, first)
    if seed % 2:
        porcelain.repack(history.root)
    chance = random.Random(seed)
    files = sorted(path for path in (history.root / ".git").rglob("*") if path.is_file())
    for round_ in range(8):
        copy = history.root.parent / f"copy-{round_}"
        shutil.copytree(history.root, copy)
        path = copy / chance.choice(files).relative_to(history.root)
        path.chmod(0o600)
        content = bytearray(path.read_bytes())
        for _ in range(chance.choice([1, 3, 30])):
            if content:
                content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(bytes(content[: chance.choice([0, 5, 10**6])]))
        commits = CommitTimes()
        assert _day(commits, copy / "b" / "c") in (None, 1)
        assert _day(commits, copy / "a") in (None, 2)
        commits.close()
    del commits
    gc.collect()


def _scanned(root: Path, order: Sequence[DateSource] = tuple(DateSource)) -> dict[str, DateSource]:
    rules = ContentRules(
        dates=DateRules(now=lambda: datetime(2026, 1, 1, tzinfo=UTC), date_from=order)
    )
    items = FolderSource(root, rules).scan(FakeKnown())
    return {item.title: item.date.source for item in items if isinstance(item, Document)}


def test_a_folder_asks_only_for_files_that_have_no_better_date(history: History) -> None:
    history.commit(
        {"plain.txt": "Words.", "old.txt": "Words, dated.\n\n3 June 2022\n", "2015-05-07.txt": "x"}
    )
    (history.root / "new.txt").write_text("New words.")
    assert _scanned(history.root) == {
        "plain": DateSource.VERSION_CONTROL,
        "old": DateSource.DATELINE,
        "2015-05-07": DateSource.FILENAME,
        "new": DateSource.MTIME,
    }
    order = [DateSource.VERSION_CONTROL, DateSource.FILENAME, DateSource.MTIME]
    assert _scanned(history.root, order)["2015-05-07"] is DateSource.VERSION_CONTROL
    assert set(_scanned(history.root, [DateSource.MTIME]).values()) == {DateSource.MTIME}


def test_a_repository_is_not_opened_while_better_dates_are_known(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.commit({"2015-05-07.txt": "x"})

    def refuse(*_: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(CommitTimes, "of", refuse)
    assert _scanned(history.root) == {"2015-05-07": DateSource.FILENAME}
