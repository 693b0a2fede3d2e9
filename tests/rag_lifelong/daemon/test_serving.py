"""Questions of other processes, answered over the socket with the daemon's models."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_lifelong.config import Config, load_config
from rag_lifelong.daemon import asking, serving, wire
from rag_lifelong.daemon.turns import PatientEmbedder, Turns
from rag_lifelong.errors import IndexStoreError, ModelError
from rag_lifelong.ports import EmbeddingModel
from rag_lifelong.prompting import CHECK
from rag_lifelong.system import System
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, parse_when
from rag_lifelong.testing import HashingEmbedder, ScriptedReader
from rag_lifelong.types import Answer, Retrieved, Stretch, TimeReport
from tests.rag_lifelong.builders import evidence
from tests.rag_lifelong.cli.conftest import Shell
from tests.rag_lifelong.cli.conftest import shell as shell  # a fixture
from tests.rag_lifelong.conftest import House

QUESTION = "Who is the mayor of Springfield?"


@contextmanager
def daemon(system: System, turns: Turns | None = None) -> Iterator[serving.Desk]:
    desk = serving.Desk(system, turns or Turns())
    with serving.serving(desk, system.config.store):
        yield desk


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def town(house: House) -> House:
    house.write("mayor.md", "The mayor of Springfield is Ann Lee.", "2010-03")
    house.ingest()
    house.answers = ["Ann Lee"]
    return house


# What is said


def test_an_answer_comes_back_as_it_was() -> None:
    told = Answer(
        question="who?",
        text='“Zoë” \\ "x"\n',
        abstained=False,
        as_of=None,
        known_at=datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        time=TimeReport(
            parsed=None, applied="now", relaxed=None, newest=datetime(2019, 6, 1, tzinfo=UTC)
        ),
        evidence=(
            replace(evidence("one", "2019"), until=datetime(2020, 1, 1, tzinfo=UTC)),
            evidence("two", "2019-06-01T12:00:00Z"),
        ),
        timeline=(Stretch("2019", None, "one", "file:///one"),),
        model="m",
        confidence=0.1 + 0.2,
        timings_s={"total": 1 / 3, "retrieve": 5e-324},
    )
    sent = wire.encode(wire.OUTCOME, wire.Outcome(answer=told))
    got = wire.decode(wire.OUTCOME, sent).answer
    assert got == told
    assert repr(got).replace("TzInfo(0)", "datetime.timezone.utc") == repr(told)


def test_all_of_time_comes_back_as_it_was() -> None:
    asked = wire.Asked(
        models="m", text="x", as_of=Interval(MIN_TIME, MAX_TIME), known_at=MAX_TIME,
        timezone="UTC", retrieval=Config().retrieval, reader={"min_confidence": 0.5},
    )  # fmt: skip
    assert wire.decode(wire.ASKED, wire.encode(wire.ASKED, asked)) == asked


def test_what_decides_the_models_names_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    config = house.system.config
    key = wire.models_key(config)

    def of(section: str, **changed: object) -> str:
        values = getattr(config, section).model_copy(update=changed)
        return wire.models_key(config.model_copy(update={section: values}))

    assert of("reader", max_tokens=5, min_confidence=0.1, style="full") == key
    assert of("retrieval", evidence=1) == key
    others = [
        of("reader", model="other.gguf"),
        of("reader", api_key="secret"),
        of("embedder", model="org/other"),
        of("embedder", dtype="bfloat16"),
        of("models", cache_dir=Path("elsewhere")),
        of("retrieval", reranker="org/other"),
    ]
    assert len({key, *others}) == 7
    monkeypatch.setattr("rag_lifelong.__version__", "999")
    assert wire.models_key(config) != key


def test_a_relative_model_is_another_one_in_another_folder(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = house.system.config.embedder.model_copy(update={"model": "model"})
    config = house.system.config.model_copy(update={"embedder": embedder})
    keys = set()
    for name in ("a", "b"):
        (tmp_path / name / "model").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / name)
        keys.add(wire.models_key(config))
    assert len(keys) == 2


# Asking a daemon


def test_an_answer_is_the_same_either_way(town: House) -> None:
    config = town.system.config
    with daemon(town.system):
        got = asking.ask(config, QUESTION, as_of=parse_when("2015")[0])
    town.answers = ["Ann Lee"]
    own = town.system.ask(QUESTION, as_of=parse_when("2015")[0])
    assert got is not None
    assert not got.abstained
    assert set(got.timings_s) == set(own.timings_s)
    untimed = [wire.OUTCOME.dump_python(wire.Outcome(answer=one)) for one in (got, own)]
    for one in untimed:
        one["answer"].pop("timings_s")
    assert untimed[0] == untimed[1]


def test_a_search_is_the_same_either_way_and_needs_no_reader(town: House) -> None:
    between = parse_when("2012")[0]
    with daemon(town.system):
        got = asking.search(town.system.config, "mayor", limit=3, between=between)
    assert got == town.system.search("mayor", limit=3, between=between)
    assert isinstance(got, Retrieved)
    assert len(got.evidence) == 1
    assert town.reader.prompts == []


def test_the_style_of_an_answer_is_that_of_who_asks(town: House) -> None:
    full = town.system.config.reader.model_copy(update={"style": "full"})
    town.answers = ["Ann Lee", "The mayor is Ann Lee."]
    with daemon(town.system):
        got = asking.ask(town.system.config.model_copy(update={"reader": full}), QUESTION)
    assert got is not None
    assert got.text == "The mayor is Ann Lee [1]."


def test_an_abstention_comes_through(town: House) -> None:
    with daemon(town.system):
        got = asking.ask(town.system.config, QUESTION, as_of=parse_when("1999")[0])
    assert got is not None
    assert got.abstained
    assert got.reason.startswith("nothing in the store for 1999")


def test_known_at_and_the_settings_of_who_asks_count(town: House) -> None:
    sure = {"reader": town.system.config.reader.model_copy(update={"max_tokens": 1})}
    town.answers = ["Ann Lee", "Ann Lee"]
    with daemon(town.system):
        early = asking.search(
            town.system.config, "mayor", limit=3, known_at=datetime(2020, 1, 1, tzinfo=UTC)
        )
        short = asking.ask(town.system.config.model_copy(update=sure), QUESTION)
    assert early is not None
    assert early.evidence == ()
    assert short is not None
    assert short.text == "Ann"


def test_a_setting_the_asker_left_alone_has_its_default_there(town: House) -> None:
    sure = town.system.config.reader.model_copy(update={"min_confidence": 1.0, "max_tokens": 1})
    strict = System(
        town.system.config.model_copy(update={"reader": sure}),
        now=town.clock,
        embedder=town.embedder,
        reader=town.reader,
    )
    with daemon(strict):
        got = asking.ask(town.system.config, QUESTION)
    assert got is not None
    assert got.text == "Ann Lee"


def test_a_question_means_the_days_of_who_asks(town: House) -> None:
    # Where the last hours of February are, the document of 1 March holds.
    west = town.system.config.model_copy(update={"timezone": "America/New_York"})
    question = "Who was mayor of Springfield in February 2010?"
    with daemon(town.system):
        there, here = (
            asking.search(config, question, limit=1) for config in (west, town.system.config)
        )
    assert there is not None
    assert here is not None
    assert there.time.relaxed is None
    assert here.time.relaxed is not None


def test_an_error_comes_through_with_its_kind_and_hint(town: House) -> None:
    def fail(_: object) -> str:
        raise ModelError("no memory left", hint="buy some")

    system = System(
        town.system.config, now=town.clock, embedder=town.embedder, reader=ScriptedReader(fail)
    )
    with daemon(system), pytest.raises(ModelError, match="no memory left") as told:
        asking.ask(system.config, QUESTION)
    assert told.value.hint == "buy some"
    assert type(told.value) is ModelError


def test_what_was_ingested_a_moment_ago_is_found(town: House) -> None:
    with daemon(town.system):
        town.write("river.md", "The river of Springfield is the Miami.", "2011")
        town.ingest()
        got = asking.search(town.system.config, "river Miami", limit=1)
    assert got is not None
    assert got.evidence[0].chunk.title == "river.md"


def test_a_store_lies_as_deep_as_it_likes(town: House, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-long-name-of-a-folder"] * 8)
    deep.parent.mkdir(parents=True)
    town.system.config.store.rename(deep)
    config = town.system.config.model_copy(update={"store": deep})
    system = System(config, now=town.clock, embedder=town.embedder)
    with daemon(system):
        assert asking.search(config, "mayor", limit=1) is not None


def test_a_reload_answers_with_the_new_models_only(town: House) -> None:
    other = town.system.config.embedder.model_copy(update={"model": "org/other"})
    config = town.system.config.model_copy(update={"embedder": other})
    with daemon(town.system) as desk:
        assert asking.search(config, "mayor", limit=1) is None
        desk.use(System(config, now=town.clock, embedder=town.embedder))
        assert asking.search(config, "mayor", limit=1) is not None
        assert asking.search(town.system.config, "mayor", limit=1) is None


# No daemon, or none that can tell


def test_without_a_daemon_or_a_store_there_is_no_answer(town: House, tmp_path: Path) -> None:
    config = town.system.config
    assert asking.search(config, "mayor", limit=1) is None
    assert asking.ask(config.model_copy(update={"store": tmp_path / "nowhere"}), QUESTION) is None


def test_the_socket_of_a_dead_daemon_is_no_obstacle(town: House) -> None:
    place = town.system.config.store / wire.SOCKET
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place))
    assert asking.search(town.system.config, "mayor", limit=1) is None
    with daemon(town.system):
        assert asking.search(town.system.config, "mayor", limit=1) is not None
    assert not place.exists()


def test_the_socket_is_for_its_user_alone(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with daemon(town.system):
        mode = (town.system.config.store / wire.SOCKET).stat().st_mode
        assert stat.filemode(mode) == "srw-------"
        monkeypatch.setattr(serving, "is_mine", lambda _: False)
        assert asking.search(town.system.config, "mayor", limit=1) is None
        monkeypatch.undo()
        monkeypatch.setattr(asking, "is_mine", lambda _: False)
        assert asking.search(town.system.config, "mayor", limit=1) is None
        monkeypatch.undo()
        assert asking.search(town.system.config, "mayor", limit=1) is not None


def test_a_peer_is_known_by_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert wire.is_mine(ours)
        monkeypatch.setattr(os, "geteuid", lambda: 4242)
        assert not wire.is_mine(ours)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"answer": null',
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{]!",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"\x00\x00\r\n\r\n",
    ],
)
def test_a_daemon_that_dies_in_the_middle_is_done_without(town: House, said: bytes) -> None:
    def die() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(said)

    with socket.socket(socket.AF_UNIX) as listener:
        with wire.address(town.system.config.store) as place:
            listener.bind(place)
        listener.listen()
        thread = threading.Thread(target=die)
        thread.start()
        assert asking.ask(town.system.config, QUESTION) is None
        thread.join()


def test_a_daemon_that_hangs_is_done_without(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_ACCEPTED_S", 0.05)
    with socket.socket(socket.AF_UNIX) as listener:
        with wire.address(town.system.config.store) as place:
            listener.bind(place)
        listener.listen()
        assert asking.ask(town.system.config, QUESTION) is None


def test_a_fault_of_the_daemon_is_logged_and_done_without(
    town: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with daemon(town.system) as desk:
        monkeypatch.setattr(desk, "outcome", lambda *_: 1 / 0)
        assert asking.ask(town.system.config, QUESTION) is None
    assert "ZeroDivisionError" in caplog.text


# Bounds


def request(store: Path, content: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        with wire.address(store) as place:
            client.connect(place)
        client.sendall(content)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"POST /elsewhere HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 404),
        (b"POST /ask HTTP/1.1\r\n\r\n", 411),
        (b"POST /ask HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
        (b"POST /ask HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", 413),
        (b"POST /ask HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"POST /ask HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + b"[" * 60000, 400),
        (b"GET /ask HTTP/1.1\r\n\r\n", 501),
    ],
)
def test_what_is_no_question_is_refused(town: House, content: bytes, status: int) -> None:
    with daemon(town.system):
        said = request(town.system.config.store, content)
        assert str(status).encode() in said.splitlines()[0]
        assert asking.search(town.system.config, "mayor", limit=1) is not None


def test_who_is_slow_blocks_nobody_and_loses_the_place(
    town: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_REQUEST_S", 0.2)
    store = town.system.config.store
    with daemon(town.system), socket.socket(socket.AF_UNIX) as slow:
        with wire.address(store) as place:
            slow.connect(place)
        slow.sendall(b"POST /ask HTTP/1.1\r\n")
        assert asking.search(town.system.config, "mayor", limit=1) is not None
        slow.settimeout(30)
        said = b"".join(iter(lambda: slow.recv(65536), b""))
        assert b"200" not in said


def test_more_than_there_are_places_for_are_refused(town: House) -> None:
    turns = Turns()
    got: list[Retrieved | None] = []

    def ask() -> None:
        got.append(asking.search(town.system.config, "mayor", limit=1))

    threads = [threading.Thread(target=ask) for _ in range(serving._MOST_CONNECTIONS)]
    with daemon(town.system, turns):
        with turns.take():
            for thread in threads:
                thread.start()
            until(lambda: turns.count() == 1 + len(threads))
            assert asking.search(town.system.config, "mayor", limit=1) is None
        for thread in threads:
            thread.join()
        assert all(got)
        assert len(got) == len(threads)


# Turns


def test_turns_go_by_who_came_first() -> None:
    turns = Turns()
    order: list[int] = []

    def wait(number: int) -> None:
        with turns.take():
            order.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(8)]
    with turns.take():
        for number, thread in enumerate(threads, start=2):
            thread.start()
            until(lambda number=number: turns.count() == number)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_who_fails_gives_the_turn_on() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.take():
        raise ZeroDivisionError
    with turns.take():
        assert turns.count() == 1


def test_slices_give_the_vectors_in_the_order_of_the_texts() -> None:
    texts = [f"{'long ' * (number % 7) * 100}text {number}" for number in range(200)]
    plain, patient = HashingEmbedder(), PatientEmbedder(HashingEmbedder(), Turns())
    assert patient.model == plain.model
    assert np.array_equal(patient.embed(texts), plain.embed(texts))
    assert patient.embed([]).shape == (0, 64)


class _SlowEmbedder:
    """Tells how many texts it had embedded when it saw each; lets a test in before each call."""

    def __init__(self, before: Callable[[Sequence[str]], None]) -> None:
        self._inner = HashingEmbedder(dim=256)
        self._before = before
        self.calls: list[list[str]] = []

    @property
    def model(self) -> EmbeddingModel:
        return self._inner.model

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._before(texts)
        self.calls.append(list(texts))
        return self._inner.embed(texts)


def test_a_question_waits_for_a_slice_of_an_ingest_not_for_its_end(town: House) -> None:
    """Turns are counted, not timed: the ingest's second slice waits until a question has come."""
    turns = Turns()
    got: list[Retrieved | None] = []
    asker = threading.Thread(
        target=lambda: got.append(asking.search(town.system.config, "mayor", limit=1))
    )

    def before(_: Sequence[str]) -> None:
        if not asker.ident:
            asker.start()
            until(lambda: turns.count() == 2)

    embedder = _SlowEmbedder(before)
    system = System(town.system.config, now=town.clock, embedder=embedder)
    for number in range(100):
        town.write(f"{number}.md", f"Note {number}: " + f"the {number}th thing. " * 25, "2012")
    from rag_lifelong.sourcing import open_sources

    sources = open_sources([str(town.notes)], system.config, town.clock)
    with daemon(system, turns):
        report = system.update(sources, through=lambda one: PatientEmbedder(one, turns))
        asker.join()
    assert report.added == 100
    assert got
    assert got[0] is not None
    # One slice, then the question and what it has to embed besides, then the rest.
    assert embedder.calls[1] == ["mayor"]
    assert sum(len(call) > 1 for call in embedder.calls[2:]) > 3


def test_questions_while_ingesting_all_find_what_is_there(town: House) -> None:
    turns = Turns()
    embedder = HashingEmbedder(dim=256)
    system = System(town.system.config, now=town.clock, embedder=embedder)
    from rag_lifelong.sourcing import open_sources

    got: list[Retrieved | None] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            got.append(asking.search(system.config, "mayor Springfield", limit=1))

    with daemon(system, turns):
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(150):
            town.write(f"{number}.md", f"Note {number}: " + "of other things. " * 20, "2012")
        sources = open_sources([str(town.notes)], system.config, town.clock)
        system.update(sources, through=lambda one: PatientEmbedder(one, turns))
        until(lambda: len(got) >= 3)
        ended.set()
        for thread in threads:
            thread.join()
    assert all(one and one.evidence[0].chunk.title == "mayor.md" for one in got)


# Whoever leaves


def test_the_reader_stops_when_who_asked_is_gone(town: House) -> None:
    told = threading.Event()
    gone = threading.Event()
    checks: list[str] = []

    def say(prompt: Any) -> str:
        if prompt.user.endswith(CHECK):
            checks.append("asked")
        told.set()
        assert gone.wait(30)
        return "Ann Lee and many words more"

    turns = Turns()
    reader = ScriptedReader(say)
    system = System(town.system.config, now=town.clock, embedder=town.embedder, reader=reader)
    asked = asking._asked(system.config, QUESTION, as_of=None, between=None, known_at=None)
    body = wire.encode(wire.ASKED, asked)
    with daemon(system, turns):
        with socket.socket(socket.AF_UNIX) as client:
            with wire.address(system.config.store) as place:
                client.connect(place)
            client.sendall(
                b"POST /ask HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            assert told.wait(30)
        gone.set()
        until(lambda: turns.count() == 0)
        assert checks == []
        assert asking.search(system.config, "mayor", limit=1) is not None


def test_the_end_of_the_daemon_does_not_wait_for_who_waits(town: House) -> None:
    turns = Turns()
    got: list[Answer | None] = []
    asker = threading.Thread(target=lambda: got.append(asking.ask(town.system.config, QUESTION)))
    held = threading.Event()
    give = threading.Event()

    def hold() -> None:
        with turns.take():
            held.set()
            give.wait(30)

    holder = threading.Thread(target=hold)
    with daemon(town.system, turns):
        holder.start()
        held.wait(30)
        asker.start()
        until(lambda: turns.count() == 2)
        threading.Timer(0.3, give.set).start()
    asker.join()
    holder.join()
    assert got == [None]
    assert town.reader.prompts == []


_DAEMON = """
import sys, time
from pathlib import Path
from rag_lifelong.config import load_config
from rag_lifelong.daemon.run import run
from rag_lifelong.system import System
from rag_lifelong.testing import HashingEmbedder
class Embedder(HashingEmbedder):
    def embed(self, texts):
        if "hang" in texts:
            Path(sys.argv[1], "hangs").touch()
            time.sleep(60)
        return super().embed(texts)
store, notes = map(Path, sys.argv[2:])
run(lambda: System(load_config(flags={"store": store}), embedder=Embedder()), [notes])
"""


def test_a_daemon_is_asked_killed_done_without_and_asked_again(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "mayor.md").write_text("The mayor of Springfield is Ann Lee.")
    config = load_config(flags={"store": tmp_path / "store"})
    got: list[Retrieved | None] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _DAEMON, tmp_path, config.store, notes]
        return subprocess.Popen([str(word) for word in command])

    def is_found() -> bool:
        found = asking.search(config, "mayor", limit=1)
        return found is not None and bool(found.evidence)

    process = start()
    try:
        until(is_found)
        asker = threading.Thread(target=lambda: got.append(asking.search(config, "hang", limit=1)))
        asker.start()
        until((tmp_path / "hangs").exists)
        process.kill()
        asker.join()
        process.wait()
        assert got == [None]
        assert (config.store / wire.SOCKET).exists()
        assert not is_found()
        process = start()
        until(is_found)
        process.terminate()
        assert process.wait(30) == 0
        assert not (config.store / wire.SOCKET).exists()
    finally:
        process.kill()
        process.wait()


# The command line


def test_the_command_line_prints_the_same_either_way(shell: Shell) -> None:
    shell.run("ingest", "notes")
    system = System.configured(store=Path(".rag-lifelong"))
    commands = [
        ("search", "mayor", "--json"),
        ("search", "mayor", "--as-of", "2015"),
        ("ask", QUESTION, "--as-of", "1999"),
        ("ask", QUESTION, "--json"),
        ("ask", "x", "--between", "1066..1067", "--json"),
    ]

    def untimed(ran: tuple[int, str, str]) -> Any:
        code, out, err = ran
        if out.startswith("{"):
            shown = json.loads(out)
            timings = shown.pop("timings_s", {})
            return code, json.dumps(shown), list(timings), err
        return code, [line for line in out.splitlines() if " s" not in line], err

    with daemon(system) as desk:
        count: list[str] = []
        real = desk.outcome
        desk.outcome = lambda *asked: (count.append(asked[0]), real(*asked))[1]  # type: ignore[method-assign]
        warm = [untimed(shell.run(*command)) for command in commands]
        assert len(count) == len(commands)
        own = [untimed(shell.run(*command, "--own-models")) for command in commands]
        assert len(count) == len(commands)
    assert warm == own
    assert [one[0] for one in warm] == [0, 0, 3, 0, 3]
    assert own == [untimed(shell.run(*command)) for command in commands]


def test_an_error_ends_the_command_as_its_own_would(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.run("ingest", "notes")
    system = System.configured(store=Path(".rag-lifelong"))

    def fail(*_: object, **__: object) -> None:
        raise IndexStoreError("the disk is full", hint="empty it")

    with daemon(system):
        monkeypatch.setattr(System, "search", fail)
        ran = shell.run("search", "mayor")
    assert ran == (1, "", "error: the disk is full\nhint: empty it\n")
