"""Runs the daemon in this process: opens its roots, holds its lock, heeds signals."""

import json
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType

from rag_lifelong.daemon.jobs import Agenda
from rag_lifelong.daemon.loop import Watcher
from rag_lifelong.daemon.place import LOG, StateFile, lock
from rag_lifelong.daemon.pressure import Room
from rag_lifelong.daemon.root import WatchedRoot
from rag_lifelong.daemon.schedule import Schedule
from rag_lifelong.daemon.serving import Desk, serving
from rag_lifelong.daemon.state import WatchSettings, WatchState
from rag_lifelong.daemon.turns import PatientEmbedder, Turns
from rag_lifelong.daemon.world import World
from rag_lifelong.errors import SourceError
from rag_lifelong.sourcing import folder_source, open_sources
from rag_lifelong.system import System

_LOG_BYTES = 5_000_000
_LOG_FILES = 5

Told = Callable[[WatchState], None]


def run(
    open_system: Callable[[], System], paths: Sequence[Path], *, told: Told = lambda _: None
) -> WatchState:
    """Watch, and answer other processes, until SIGTERM or SIGINT; SIGHUP reads the settings anew.

    Args:
        open_system: Makes the system from its settings.
        paths: Folders and files to watch, besides those of the settings.
        told: Hears of the state after every turn.

    Raises:
        ConfigError: If a setting is wrong; at a reload the settings of before stay.
        IndexLockedError: If another daemon watches the store.
        SourceError: If there is nothing to watch.
    """
    system = open_system()
    system.update([])  # makes the store if there is none
    with ExitStack() as held:
        held.enter_context(lock(system.config.store))
        held.enter_context(_logging_to(system.config.store / LOG))
        state_file = StateFile(system.config.store)
        turns = Turns()
        desk = Desk(system, turns)
        held.enter_context(serving(desk, system.config.store))
        latest = [WatchState()]
        if (port := system.config.watch.metrics_port) is not None:
            held.enter_context(_metrics(port, lambda: latest[0]))

        def tell(state: WatchState) -> None:
            latest[0] = state
            state_file.tell(state)
            told(state)

        while True:
            watcher = _watcher(system, paths, turns, tell)
            with _heeding(watcher) as reload:
                watcher.run()
            state_file.tell(watcher.state, now=True)
            if not reload.is_set():
                return watcher.state
            system = _reloaded(open_system, system)
            desk.use(system)


def _metrics(port: int, state: Callable[[], WatchState]) -> AbstractContextManager[int]:
    from rag_lifelong.daemon import metrics  # noqa: PLC0415  (rarely wanted)

    return metrics.serving(port, state)


def _watcher(system: System, paths: Sequence[Path], turns: Turns, told: Told) -> Watcher:
    chosen = system.config.watch
    wanted = list(dict.fromkeys(path.absolute() for path in (*paths, *chosen.paths)))
    if not wanted and not chosen.sources:
        raise SourceError(
            "nothing to watch", hint="name a folder, or set watch.paths or watch.sources"
        )
    roots = [WatchedRoot(path, folder_source(path, system.config, system.now)) for path in wanted]
    settings = WatchSettings(
        rescan_s=chosen.rescan_minutes * 60,
        settle_s=chosen.settle_seconds,
        download_s=chosen.download_seconds,
        poll=None if chosen.poll == "auto" else chosen.poll == "always",
    )
    update = partial(system.update, through=lambda embedder: PatientEmbedder(embedder, turns))
    room = Room(
        store=system.config.store, free_mb=chosen.min_free_mb, memory_mb=chosen.min_memory_mb
    )
    world = World(now=system.now, lacking=room.lacking)
    return Watcher(roots, update, settings, world=world, agenda=_agenda(system), told=told)


def _agenda(system: System) -> Agenda:
    chosen = system.config.watch
    names = dict.fromkeys(chosen.sources)
    return Agenda(
        system.ledger,
        now=system.now,
        open_source=lambda name: open_sources([name], system.config, system.now)[0],
        schedule=Schedule(names=tuple(names), every=timedelta(minutes=chosen.every_minutes)),
    )


def _reloaded(open_system: Callable[[], System], before: System) -> System:
    # A mistake in a settings file must not end a daemon that ran well until then.
    try:
        after = open_system()
    except Exception:
        logging.getLogger(__name__).exception("the settings were not reloaded")
        return before
    if after.config.store != before.config.store:
        logging.getLogger(__name__).error("a daemon stays with its store; it was not reloaded")
        return before
    return after


@contextmanager
def _heeding(watcher: Watcher) -> Iterator[threading.Event]:
    """Stop the watcher on a signal; the event given tells whether it is to start anew."""
    reload = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        reload.clear()
        watcher.stop()

    def reread(_number: int, _frame: FrameType | None) -> None:
        reload.set()
        watcher.stop()

    before = {
        number: signal.signal(number, handler)
        for number, handler in (
            (signal.SIGTERM, end), (signal.SIGINT, end), (signal.SIGHUP, reread),
        )
    }  # fmt: skip
    try:
        yield reload
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON, with its traceback if it has one."""
        at = datetime.fromtimestamp(record.created, tz=UTC)
        line = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Keep what is logged in files that take turns."""
    handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, delay=True)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    logging.getLogger("rag_lifelong").setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
