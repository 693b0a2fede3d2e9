"""Repositories: every commit a revision of its own time, renames and all, nothing run."""

import os
import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from dulwich.objects import Blob, Commit, Tree
from dulwich.repo import Repo

from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.names import file_uri
from ingest.sources import SourceRules, open_source
from ingest.sources.walk import WalkRules
from rag_lifelong.errors import SourceError
from rag_lifelong.types import (
    Completed,
    DateSource,
    Document,
    Ended,
    Gone,
    RevisionOrder,
    ScanItem,
    Skipped,
    Unchanged,
)
from tests.ingest.fakes import FakeKnown
from tests.ingest.sources.whole import Whole

_NOW = datetime(2024, 6, 1, tzinfo=UTC)
_RULES = SourceRules(
    contents=ContentRules(dates=DateRules(now=lambda: _NOW), max_bytes=100_000), walk=WalkRules()
)
_FILE, _LINK, _MODULE = 0o100644, 0o120000, 0o160000


@dataclass
class Made:
    """A repository that a test makes, commit by commit, without a working copy of its own."""

    path: Path
    bare: bool = False

    def __post_init__(self) -> None:
        self.path.mkdir(parents=True)
        (Repo.init_bare if self.bare else Repo.init)(str(self.path)).close()

    @property
    def uri(self) -> str:
        return f"git+{file_uri(self.path)}"

    @property
    def name(self) -> str:
        return f"git+{self.path}"

    def commit(
        self,
        files: dict[str, str | bytes],
        when: str | int,
        *,
        parents: list[bytes] | None = None,
        modes: dict[str, int] | None = None,
    ) -> bytes:
        """Commit exactly these files on top of what the branch has; return the commit's id."""
        with Repo(str(self.path)) as repo:
            store = repo.object_store
            tree = self._tree(store, {os.fsencode(k): v for k, v in files.items()}, modes or {})
            commit = Commit()
            commit.tree = tree
            ref = repo.refs.follow(b"HEAD")[0][-1]
            if parents is None:
                parents = [repo.refs[ref]] if ref in repo.refs else []
            commit.parents = parents
            commit.author = commit.committer = b"A <a@town.example>"
            is_text = isinstance(when, str)
            time_s = int(datetime.fromisoformat(f"{when}T00:00:00+00:00").timestamp()) \
                if is_text else when  # fmt: skip
            commit.commit_time = commit.author_time = time_s
            commit.commit_timezone = commit.author_timezone = 7200
            commit.message = b"m"
            store.add_object(commit)
            repo.refs[ref] = commit.id
            return commit.id

    def reset(self, commit_id: bytes) -> None:
        with Repo(str(self.path)) as repo:
            repo.refs[repo.refs.follow(b"HEAD")[0][-1]] = commit_id

    def _tree(self, store, files: dict[bytes, str | bytes], modes: dict[str, int]) -> bytes:
        tree, folders = Tree(), {}
        for path, content in files.items():
            first, slash, rest = path.partition(b"/")
            if slash:
                folders.setdefault(first, {})[rest] = content
                continue
            mode = modes.get(os.fsdecode(path), _FILE)
            if mode == _MODULE:
                tree.add(path, mode, content)
                continue
            blob = Blob.from_string(content.encode() if isinstance(content, str) else content)
            store.add_object(blob)
            tree.add(path, mode, blob.id)
        for name, inside in folders.items():
            tree.add(name, 0o040000, self._tree(store, inside, {}))
        store.add_object(tree)
        return tree.id


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path / "handbook")


def _scan(
    made: Made, known: FakeKnown | None = None, rules: SourceRules = _RULES
) -> list[ScanItem]:
    return list(open_source(made.name, rules).scan(known or FakeKnown()))


def _known_after(*scans: list[ScanItem]) -> FakeKnown:
    known = FakeKnown()
    for item in (item for items in scans for item in items):
        if isinstance(item, Completed):
            known.fingerprints[item.origin] = item.fingerprint
        elif isinstance(item, Gone):
            known.fingerprints.pop(item.origin, None)
        elif isinstance(item, Document):
            known.documents = sorted({*known.documents, item.doc_id})
            known.revisions.add((item.doc_id, item.revision_id))
            known.titles[item.doc_id] = (item.title, item.date.interval.start)
        elif isinstance(item, Ended):
            known.documents = [doc_id for doc_id in known.documents if doc_id != item.doc_id]
    return known


def _documents(items: list[ScanItem]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


def _told(items: list[ScanItem], made: Made) -> list[tuple[str, str, str]]:
    """Revisions and ends in order: document, day, text."""
    told = []
    for item in items:
        if isinstance(item, Document):
            told.append((item.doc_id, str(item.date)[:10], item.text))
        elif isinstance(item, Ended):
            told.append((item.doc_id, item.at.date().isoformat(), ""))
    return [(name.removeprefix(f"{made.uri}!/"), day, text) for name, day, text in told]


def test_each_commit_is_a_revision_of_its_time(made: Made) -> None:
    made.commit({"mayor.md": "Ann Lee.", "docs/bridge.txt": "Closed."}, "2015-01-01")
    second = made.commit({"mayor.md": "Bo Cruz.", "docs/bridge.txt": "Closed."}, "2020-01-01")
    items = _scan(made)
    assert _told(items, made) == [
        ("docs/bridge.txt", "2015-01-01", "Closed."),
        ("mayor.md", "2015-01-01", "Ann Lee."),
        ("mayor.md", "2020-01-01", "Bo Cruz."),
    ]
    newest = _documents(items)[-1]
    assert newest.uri == f"{made.uri}@{second[:12].decode()}/mayor.md"
    assert newest.origin == made.uri
    assert newest.date.source is DateSource.VERSION_CONTROL
    assert newest.order is RevisionOrder.VALID_TIME
    assert newest.title == "mayor"
    assert isinstance(items[-1], Completed)
    assert items[-1].origin == made.uri


def test_a_repository_without_a_working_copy_is_read(tmp_path: Path) -> None:
    made = Made(tmp_path / "bare.git", bare=True)
    made.commit({"a.md": "One."}, "2015-01-01")
    assert _told(_scan(made), made) == [("a.md", "2015-01-01", "One.")]


def test_only_commits_since_the_last_are_read(made: Made) -> None:
    made.commit({"a.md": "One."}, "2015-01-01")
    first = _scan(made)
    known = _known_after(first)
    assert _scan(made, known) == [Unchanged(made.uri)]
    made.commit({"a.md": "Two."}, "2016-01-01")
    second = _scan(made, known)
    assert _told(second, made) == [("a.md", "2016-01-01", "Two.")]
    assert _scan(made, _known_after(first, second)) == [Unchanged(made.uri)]


def test_a_deleted_file_ends_when_it_was_deleted(made: Made) -> None:
    made.commit({"a.md": "One.", "b.md": "Other."}, "2015-01-01")
    first = _scan(made)
    made.commit({"b.md": "Other."}, "2016-01-01")
    for items in (_scan(made)[3:], _scan(made, _known_after(first))):
        assert _told(items, made)[-1] == ("a.md", "2016-01-01", "")
        assert Gone(f"{made.uri}!/a.md") in items


def test_a_file_that_comes_back_is_the_document_it_was(made: Made) -> None:
    made.commit({"a.md": "One.", "b.md": "x"}, "2015-01-01")
    made.commit({"b.md": "x"}, "2016-01-01")
    made.commit({"a.md": "Back.", "b.md": "x"}, "2017-01-01")
    assert _told(_scan(made), made)[-1] == ("a.md", "2017-01-01", "Back.")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_renamed_file_stays_its_document(made: Made, at_once: bool) -> None:
    text = "".join(f"Line {n} of the notes.\n" for n in range(10))
    scans: list[list[ScanItem]] = []

    def look() -> None:
        if not at_once:
            scans.append(_scan(made, _known_after(*scans)))

    made.commit({"a.md": f"# T\n{text}"}, "2015-01-01")
    look()
    made.commit({"docs/b.md": f"# T\n{text}"}, "2016-01-01")
    look()
    made.commit({"docs/c.md": f"# T\n{text}One more.\n"}, "2017-01-01")
    look()
    made.commit({"docs/c.md": f"# T\n{text}Two more.\n", "a.md": "Another file."}, "2018-01-01")
    look()
    items = [item for items in scans for item in items] or _scan(made)
    assert [(name, day) for name, day, _ in _told(items, made)] == [
        ("a.md", "2015-01-01"),
        ("a.md", "2017-01-01"),
        ("a.md", "2018-01-01"),
        ("a.md~2", "2018-01-01"),
    ]
    assert not any(isinstance(item, Ended) for item in items)
    made.commit({"a.md": "Another file."}, "2019-01-01")
    assert _told(_scan(made, _known_after(items)), made) == [("a.md", "2019-01-01", "")]


def test_a_file_that_says_something_else_is_no_rename(made: Made) -> None:
    made.commit({"a.md": "One thing\nand another\n"}, "2015-01-01")
    made.commit({"b.md": "Nothing alike\nat all\n"}, "2016-01-01")
    assert _told(_scan(made), made)[1:] == [
        ("a.md", "2016-01-01", ""), ("b.md", "2016-01-01", "Nothing alike\nat all")
    ]  # fmt: skip


def test_records_that_did_not_change_are_no_revisions(made: Made) -> None:
    def lines(**records: str) -> str:
        return "".join(f'{{"id": "{key}", "text": "{text}"}}\n' for key, text in records.items())

    made.commit({"t.jsonl": lines(a="one", b="two", c="three")}, "2015-01-01")
    first = _scan(made)
    made.commit({"t.jsonl": lines(a="one", b="2")}, "2016-01-01")
    for items in (_scan(made), first + _scan(made, _known_after(first))):
        assert _told(items, made)[3:] == [
            ("t.jsonl#b", "2016-01-01", "2"), ("t.jsonl#c", "2016-01-01", "")
        ]  # fmt: skip


def test_of_a_merge_only_what_it_brought_counts(made: Made) -> None:
    base = made.commit({"a.md": "One.", "b.md": "x"}, "2015-01-01")
    side = made.commit({"a.md": "Draft.", "b.md": "x"}, "2015-03-01", parents=[base])
    main = made.commit({"a.md": "One.", "b.md": "y"}, "2015-02-01", parents=[base])
    made.commit({"a.md": "Final.", "b.md": "y"}, "2016-01-01", parents=[main, side])
    assert _told(_scan(made), made)[2:] == [
        ("b.md", "2015-02-01", "y"), ("a.md", "2016-01-01", "Final.")
    ]  # fmt: skip


def test_a_clock_that_was_wrong_does_not_undo_what_follows(made: Made) -> None:
    made.commit({"a.md": "One."}, "2015-01-01")
    made.commit({"a.md": "Two."}, "2031-01-01")
    made.commit({"a.md": "Three."}, "2010-01-01")
    made.commit({"a.md": "Four."}, "2016-01-01")
    days = [(day, text) for _, day, text in _told(_scan(made), made)]
    assert days == [
        ("2015-01-01", "One."), ("2015-01-01", "Two."), ("2015-01-01", "Three."),
        ("2016-01-01", "Four."),
    ]  # fmt: skip


def test_what_a_file_says_of_its_date_does_not_move_its_commit(made: Made) -> None:
    made.commit({"2012-01-01.md": "---\ndate: 2011-02-03\n---\nOne."}, "2015-01-01")
    (document,) = _documents(_scan(made))
    assert str(document.date) == "2015-01-01T00:00:00Z"
    assert document.other_dates == ()


def test_links_modules_hidden_and_ignored_files_are_left_out(made: Made) -> None:
    files: dict[str, str | bytes] = {
        "a.md": "One.", ".hidden.md": "x", ".github/b.md": "x", "drafts/c.md": "x",
        "link.md": "/etc/passwd", "module": b"1" * 40,
    }  # fmt: skip
    made.commit(files, "2015-01-01", modes={"link.md": _LINK, "module": _MODULE})
    rules = replace(_RULES, walk=WalkRules(ignore=("drafts/",)))
    items = _scan(made, rules=rules)
    assert [name for name, *_ in _told(items, made)] == ["a.md"]
    assert not any(isinstance(item, Skipped) for item in items)


def test_a_file_that_becomes_a_link_ends(made: Made) -> None:
    made.commit({"a.md": "One."}, "2015-01-01")
    made.commit({"a.md": "b.md"}, "2016-01-01", modes={"a.md": _LINK})
    assert _told(_scan(made), made)[-1] == ("a.md", "2016-01-01", "")


def test_what_cannot_be_read_is_told_once_and_ends_nothing(made: Made) -> None:
    made.commit({"a.json": '{"text": "One."}', "b.xyz": "x"}, "2015-01-01")
    made.commit({"a.json": "{", "b.xyz": "y"}, "2016-01-01")
    made.commit({"a.json": "{{", "big.txt": "x" * 100_001}, "2017-01-01")
    items = _scan(made)
    assert _told(items, made) == [("a.json", "2015-01-01", "One.")]
    reasons = {i.uri.rpartition("/")[2]: i.reason for i in items if isinstance(i, Skipped)}
    assert reasons["b.xyz"] == "unsupported format .xyz"
    assert reasons["a.json"].startswith("broken JSON")
    assert reasons["big.txt"].startswith("too large")
    made.commit({"b.xyz": "y"}, "2018-01-01")
    assert _told(_scan(made, _known_after(items)), made) == [("a.json", "2018-01-01", "")]


def test_a_run_that_was_stopped_goes_on_where_it_was(made: Made) -> None:
    text = "".join(f"Line {n}.\n" for n in range(9))
    made.commit({"a.md": text}, "2015-01-01")
    made.commit({"b.md": f"{text}More.\n"}, "2016-01-01")
    made.commit({"b.md": f"{text}Most.\n"}, "2017-01-01")
    whole = _scan(made)
    for n in range(1, len(whole)):
        known = _known_after(whole[:n])
        rest = _scan(made, known)
        both = _told(whole[:n], made) + _told(rest, made)
        assert set(both) == set(_told(whole, made)), n
        assert both[-1] == _told(whole, made)[-1]


def test_names_that_are_not_utf8_are_read(made: Made) -> None:
    made.commit({os.fsdecode(b"caf\xe9.txt"): "Coffee.", "ü b.txt": "Tea."}, "2015-01-01")
    assert {name for name, *_ in _told(_scan(made), made)} == {"caf%E9.txt", "%C3%BC%20b.txt"}


def test_a_name_that_leads_out_writes_nowhere(made: Made, tmp_path: Path) -> None:
    made.commit({"../../out.txt": "x", "a.md": "One."}, "2015-01-01")
    _scan(made)
    assert not list(tmp_path.rglob("out.txt"))


def test_nothing_of_the_repository_is_run(made: Made, tmp_path: Path) -> None:
    made.commit({"a.md": "One.", ".gitattributes": "*.md filter=evil diff=evil"}, "2015-01-01")
    touched = tmp_path / "touched"
    evil = f"touch {touched}"
    config = made.path / ".git" / "config"
    config.write_text(
        config.read_text() + f'[core]\n\tfsmonitor = "{evil}"\n\tsshCommand = "{evil}"\n'
        f'[filter "evil"]\n\tclean = "{evil}"\n\tsmudge = "{evil}"\n'
        f'[diff "evil"]\n\ttextconv = "{evil}"\n'
    )
    for hook in ("post-checkout", "reference-transaction", "pre-commit"):
        script = made.path / ".git" / "hooks" / hook
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\n{evil}\n")
        script.chmod(0o755)
    assert len(_documents(_scan(made))) == 1
    assert not touched.exists()


@pytest.mark.parametrize("name", ["https://example.org/x.git", "ssh://git@example.org/x.git"])
def test_a_repository_elsewhere_is_to_be_cloned_first(name: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(f"git+{name}", _RULES)
    assert "clone" in (caught.value.hint or "")


def test_what_is_no_repository_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no git repository at") as caught:
        list(open_source(f"git+{tmp_path}", _RULES).scan(FakeKnown()))
    assert caught.value.hint


def test_a_branch_without_commits_is_named(made: Made) -> None:
    with pytest.raises(SourceError, match="has no commit"):
        _scan(made)


def test_a_repository_can_be_named_by_its_uri(made: Made) -> None:
    made.commit({"a.md": "One."}, "2015-01-01")
    assert len(_documents(list(open_source(made.uri, _RULES).scan(FakeKnown())))) == 1


def _object(made: Made, sha: bytes) -> Path:
    text = sha.decode()
    return made.path / ".git" / "objects" / text[:2] / text[2:]


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_repository_is_an_error_with_a_hint(made: Made, damage: bytes | None) -> None:
    first = made.commit({"a.md": "One."}, "2015-01-01")
    made.commit({"a.md": "Two."}, "2016-01-01")
    path = _object(made, first)
    path.chmod(0o644)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(SourceError, match="is damaged") as caught:
        _scan(made)
    assert "git fsck" in (caught.value.hint or "")


def test_a_file_whose_bytes_are_missing_is_a_skip(made: Made) -> None:
    made.commit({"a.md": "One.", "b.md": "Two."}, "2015-01-01")
    _object(made, Blob.from_string(b"One.").id).unlink()
    items = _scan(made)
    assert _told(items, made) == [("b.md", "2015-01-01", "Two.")]
    (skipped,) = [item for item in items if isinstance(item, Skipped)]
    assert "partial clone" in skipped.reason


def test_a_shallow_clone_begins_where_it_begins(made: Made) -> None:
    first = made.commit({"a.md": "One."}, "2015-01-01")
    second = made.commit({"a.md": "Two."}, "2016-01-01")
    _object(made, first).unlink()
    (made.path / ".git" / "shallow").write_bytes(second + b"\n")
    assert _told(_scan(made), made) == [("a.md", "2016-01-01", "Two.")]


# The whole line


def test_a_repository_is_ingested_and_only_what_changed_again(made: Made, tmp_path: Path) -> None:
    made.commit({"mayor.md": "The mayor of Springfield is Ann Lee.", "b.md": "x"}, "2015-01-01")
    whole = Whole(tmp_path)
    report = whole.ingest(made.name)
    assert (report.added, report.chunks_embedded) == (2, 2)
    report = whole.ingest(made.name)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 2)
    assert report.chunks_embedded == 0
    made.commit({"mayor.md": "The mayor of Springfield is Bo Cruz."}, "2020-01-01")
    report = whole.ingest(made.name)
    assert (report.added, report.updated, report.closed) == (0, 1, 1)
    assert report.chunks_embedded == 1
    assert whole.texts("2019") == ["The mayor of Springfield is Ann Lee.", "x"]
    assert whole.texts("2021") == ["The mayor of Springfield is Bo Cruz."]


def test_a_branch_that_goes_back_says_what_it_says(made: Made, tmp_path: Path) -> None:
    first = made.commit({"a.md": "Ann.", "kept.md": "Kept.", "lost.md": "Lost."}, "2015-01-01")
    made.commit({"a.md": "Bo.", "kept.md": "Kept.", "new.md": "New."}, "2016-01-01")
    whole = Whole(tmp_path)
    whole.ingest(made.name)
    assert whole.texts("2017") == ["Bo.", "Kept.", "New."]
    made.reset(first)
    whole.now = datetime(2024, 7, 1, tzinfo=UTC)
    whole.ingest(made.name)
    assert whole.texts("2015") == ["Ann.", "Kept.", "Lost."]
    whole.now = datetime(2024, 7, 2, tzinfo=UTC)
    assert whole.texts() == ["Ann.", "Kept.", "Lost."]
    assert whole.ingest(made.name).unchanged == 3


def test_a_branch_that_was_rewritten_is_read_again(made: Made, tmp_path: Path) -> None:
    first = made.commit({"a.md": "Ann.", "b.md": "Open."}, "2015-01-01")
    made.commit({"c.md": "Ann.", "b.md": "Open."}, "2016-01-01")
    made.commit({"c.md": "Bo.", "b.md": "Open."}, "2017-01-01")
    whole = Whole(tmp_path)
    whole.ingest(made.name)
    made.reset(first)
    made.commit({"c.md": "Ann.", "b.md": "Open."}, "2018-01-01")
    made.commit({"c.md": "Cy.", "b.md": "Open."}, "2019-01-01")
    report = whole.ingest(made.name)
    assert report.chunks_embedded == 1
    assert whole.texts("2020") == ["Cy.", "Open."]
    assert whole.texts() == ["Cy.", "Open."]


@pytest.mark.parametrize("seed", range(3))
def test_as_of_every_commit_the_store_holds_what_the_commit_held(
    made: Made, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    whole = Whole(tmp_path)
    files: dict[str, str] = {}
    held: dict[str, list[str]] = {}
    for n in range(12):
        for _ in range(rng.randint(1, 3)):
            _edit(files, rng, n)
        day = (date(2015, 1, 1) + timedelta(days=n)).isoformat()
        made.commit(files, day)
        held[day] = sorted(files.values())
        if rng.random() < 0.3:
            whole.ingest(made.name)
    whole.ingest(made.name)
    assert {day: whole.texts(day) for day in held} == held
    whole.now += timedelta(days=1)
    assert whole.texts() == sorted(files.values())


@pytest.mark.parametrize("seed", [126, 130])
def test_however_a_branch_is_rewritten_the_store_holds_its_head(
    made: Made, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    whole = Whole(tmp_path)
    files: dict[str, str] = {}
    commits: list[tuple[bytes, dict[str, str]]] = []
    for n in range(14):
        if commits and rng.random() < 0.3:
            commit_id, before = rng.choice(commits)
            files = dict(before)
            made.reset(commit_id)
        else:
            _edit(files, rng, n)
            day = (date(2015, 1, 1) + timedelta(days=n)).isoformat()
            commits.append((made.commit(files, day), dict(files)))
        if rng.random() < 0.4 or n == 13:
            whole.ingest(made.name)
            whole.now += timedelta(days=1)
            assert whole.texts() == sorted(files.values()), n
            whole.now += timedelta(days=1)


def test_files_that_are_to_be_read_now_bring_their_history(made: Made, tmp_path: Path) -> None:
    made.commit({"a.md": "Ann.", ".b.md": "Open."}, "2015-01-01")
    made.commit({"a.md": "Bo.", ".b.md": "Shut."}, "2016-01-01")
    whole = Whole(tmp_path)
    whole.ingest(made.name)
    whole.settings["include_hidden"] = True
    report = whole.ingest(made.name)
    assert (report.added, report.updated, report.chunks_embedded) == (1, 1, 2)
    assert whole.texts("2015-06") == ["Ann.", "Open."]
    whole.settings["include_hidden"] = False
    whole.ingest(made.name)
    whole.now += timedelta(days=1)
    assert whole.texts() == ["Bo."]


def _edit(files: dict[str, str], rng: random.Random, n: int) -> None:
    """Write, edit, delete or rename some file; no two files say the same."""
    path = f"{rng.choice(['', 'd/', 'd/e/'])}{rng.choice('abcde')}.md"
    text = f"Text {n} {rng.random()}."
    match rng.choice(["write", "write", "delete", "rename", "rename and edit"]):
        case "write":
            files[path] = text
        case "delete" if path in files:
            del files[path]
        case kind if files:
            old = rng.choice(sorted(files))
            moved = files.pop(old)
            files[path] = moved if kind == "rename" else text
