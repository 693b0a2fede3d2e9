"""The daemon as a process: real signals, real kills, one a store."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexes.snapshot import StoreSnapshot
from indexes.verify import verify
from rag_lifelong.config import load_config
from rag_lifelong.daemon import place
from rag_lifelong.errors import IndexLockedError
from rag_lifelong.system import System
from rag_lifelong.types import TimeFilter

_DAEMON = """
import sys
from pathlib import Path
from rag_lifelong.config import load_config
from rag_lifelong.daemon.run import run
from rag_lifelong.system import System
from rag_lifelong.testing import HashingEmbedder
config, *paths = map(Path, sys.argv[1:])
run(lambda: System(load_config(config), embedder=HashingEmbedder()), paths)
"""


class Daemon:
    """A process that watches a folder, with fake models."""

    def __init__(self, root: Path) -> None:
        self.notes = root / "notes"
        self.notes.mkdir()
        self.store = root / "store"
        self.config = root / "config.toml"
        self.configure()
        self.process: subprocess.Popen[str] | None = None

    def configure(self, watch: str = "") -> None:
        self.config.write_text(f'store = "{self.store}"\n[watch]\nsettle_seconds = 0.2\n{watch}\n')

    def start(self, *wrapped: str) -> subprocess.Popen[str]:
        self.process = subprocess.Popen(
            [*wrapped, sys.executable, "-c", _DAEMON, str(self.config), str(self.notes)],
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.process

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        assert "Traceback" not in said
        return self.process.returncode

    def names(self) -> set[str]:
        if not (self.store / "store.sqlite3").exists():
            return set()
        with StoreSnapshot(self.store) as snapshot:
            return {
                Path(one.uri).name
                for one in snapshot.documents(TimeFilter())
                if one.valid_to is None
            }


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(tmp_path)
    yield made
    if made.process is not None and made.process.stderr is not None:
        made.process.kill()
        made.process.wait()
        made.process.stderr.close()


def test_a_term_finishes_and_ends_in_peace(daemon: Daemon) -> None:
    (daemon.notes / "a.txt").write_text("one")
    daemon.start()
    _until(lambda: daemon.names() == {"a.txt"})
    assert daemon.end() == 0
    assert place.running(daemon.store) is None
    assert place.told(daemon.store)["added"] == 1
    assert "looking at everything: start" in (daemon.store / place.LOG).read_text()


def test_a_hangup_reads_the_settings_anew(daemon: Daemon) -> None:
    daemon.start()
    _until(lambda: place.running(daemon.store) is not None)
    other = daemon.notes.parent / "other"
    other.mkdir()
    (other / "b.txt").write_text("two")
    daemon.configure(f'paths = ["{other}"]')
    assert daemon.process is not None
    _until(lambda: bool(place.told(daemon.store)))  # it heeds signals by now
    daemon.process.send_signal(signal.SIGHUP)
    _until(lambda: daemon.names() == {"b.txt"})
    # A mistake is told, and what held before goes on.
    daemon.config.write_text("stoer = 1")
    daemon.process.send_signal(signal.SIGHUP)
    _until(lambda: "not reloaded" in (daemon.store / place.LOG).read_text())
    (daemon.notes / "c.txt").write_text("three")
    _until(lambda: daemon.names() == {"b.txt", "c.txt"})
    assert daemon.end() == 0


def test_sources_of_the_settings_are_asked_without_being_watched(daemon: Daemon) -> None:
    other = daemon.notes.parent / "other"
    other.mkdir()
    (other / "b.txt").write_text("two")
    daemon.configure(f'sources = ["{other}", "git+{other}"]')
    daemon.start()
    _until(lambda: daemon.names() == {"b.txt"})
    _until(lambda: place.told(daemon.store).get("jobs_waiting") == 1)
    assert daemon.end() == 0
    system = System(load_config(daemon.config))
    assert set(system.ledger().visits) == {str(other), f"git+{other}"}
    [job] = system.jobs()
    assert job.origin == f"git+{other}"


def test_there_is_one_daemon_a_store_and_a_dead_one_is_no_obstacle(daemon: Daemon) -> None:
    process = daemon.start()
    _until(lambda: place.running(daemon.store) is not None)
    assert place.running(daemon.store) == process.pid
    with pytest.raises(IndexLockedError, match=f"is being watched by process {process.pid}"):
        place.lock(daemon.store)
    process.kill()
    process.communicate()
    assert json.loads((daemon.store / place.LOCK).read_text())["pid"] == process.pid
    assert place.running(daemon.store) is None
    daemon.start()
    _until(lambda: place.running(daemon.store) is not None)
    assert place.stop(daemon.store, wait_s=30) is not None
    assert place.stop(daemon.store, wait_s=30) is None


def test_kills_in_a_flood_lose_and_double_nothing(daemon: Daemon) -> None:
    written = 0
    for _ in range(4):
        process = daemon.start()
        for _ in range(40):
            (daemon.notes / f"{written}.txt").write_text(f"note {written}")
            written += 1
            time.sleep(0.005)
        process.kill()
        process.communicate()
    daemon.start()
    _until(lambda: len(daemon.names()) == written)
    assert daemon.end() == 0
    assert not verify(daemon.store).problems
    with StoreSnapshot(daemon.store) as snapshot:
        found = [one.doc_id for one in snapshot.documents(TimeFilter())]
    assert len(found) == len(set(found)) == written


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare(1) is not installed")
def test_folders_beyond_the_limit_of_watches_are_looked_at(daemon: Daemon) -> None:
    limit = 'echo 3 > /proc/sys/user/max_inotify_watches && exec "$@"'
    wrapped = ["unshare", "-Ur", "sh", "-c", limit, "sh"]
    if subprocess.run([*wrapped, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here")
    daemon.start(*wrapped)
    _until(lambda: place.running(daemon.store) is not None and bool(place.told(daemon.store)))
    for number in range(10):
        (daemon.notes / str(number)).mkdir()
    _until(lambda: place.told(daemon.store)["events"]["refused"] >= 7)
    (daemon.notes / "9" / "a.txt").write_text("one")
    _until(lambda: daemon.names() == {"a.txt"})
    assert daemon.end() == 0
