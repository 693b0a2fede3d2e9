"""Cleaning in workers: the same as without, in order, and whatever happens to a worker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.dumps import cleaning
from ingest.dumps.cleaning import Uncleaned, cleaned
from ingest.wikitext import CleanText, clean
from rag_lifelong.temporal import Precision, instant_interval
from rag_lifelong.types import (
    Dated,
    DateSource,
    Document,
    Redirect,
    RevisionOrder,
    ScanItem,
)

DATE = Dated(
    instant_interval(datetime(2020, 1, 1, tzinfo=UTC)), Precision.SECOND, DateSource.DUMP_TIMESTAMP
)
KILLER = "kill whoever cleans this"


def _document(number: int) -> Document:
    return Document(
        doc_id=f"wiki:w:{number}", revision_id="1", origin="o", uri="u", title=f"Town {number}",
        text="", date=DATE, order=RevisionOrder.VALID_TIME,
    )  # fmt: skip


def _items(n: int, *, size: int = 2_000) -> Iterator[ScanItem | Uncleaned]:
    for number in range(n):
        text = f"{{{{Infobox town|name=T{number}|mayor=M}}}}\n'''Town''' [[a|b]]\n== Past ==\n"
        yield Uncleaned(_document(number), text + f"It was {number}. " * (size // 10))
        if number % 3 == 0:
            yield Redirect(f"T{number}", f"Town {number}")


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers from the start, and small batches."""
    monkeypatch.setattr(cleaning, "MIN_CHARS", 0)
    monkeypatch.setattr(cleaning, "_BATCH_CHARS", 10_000)


def test_a_little_is_cleaned_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning._Crew, "_working_pool", lambda _: pytest.fail("a worker"))
    items = list(cleaned(_items(20), n_workers=2))
    assert len(items) == 27
    first = items[0]
    assert isinstance(first, Document)
    assert first.text.startswith("name: T0\nmayor: M\n\nTown b")
    assert (first.kind, first.sections[-1].headings) == ("town", ("Past",))


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_workers_give_the_same_in_the_same_order() -> None:
    alone = list(cleaned(_items(60), n_workers=1))
    assert list(cleaned(_items(60), n_workers=2)) == alone


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_only_so_much_is_under_way() -> None:
    n_taken = 0

    def counting() -> Iterator[ScanItem | Uncleaned]:
        nonlocal n_taken
        for n_taken, item in enumerate(_items(500), start=1):  # noqa: B007
            yield item

    items = cleaned(counting(), n_workers=2)
    next(items)
    assert n_taken < 50
    items.close()


def dies_of_killer(texts: list[str]) -> list[CleanText]:
    """What workers run in the test of one that dies."""
    if any(KILLER in text for text in texts):
        os.kill(os.getpid(), signal.SIGKILL)
    return [clean(text) for text in texts]


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
@pytest.mark.filterwarnings("ignore:A worker stopped")
def test_a_page_that_kills_workers_is_cleaned_here_by_patterns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cleaning, "clean_all", dies_of_killer)
    items = list(_items(12))
    items[4] = Uncleaned(_document(99), f"'''{KILLER}''' {{{{box|a=[[b]]}}}} [[town|towns]]")
    found = list(cleaned(items, n_workers=2))
    texts = [item.text for item in found if isinstance(item, Document)]
    assert f"{KILLER} towns" in texts
    assert len(found) == len(items)
    expected = [i.document.doc_id for i in items if isinstance(i, Uncleaned)]
    assert [i.doc_id for i in found if isinstance(i, Document)] == expected


def refuses(*_: object, **__: object) -> None:
    raise OSError(38, "Function not implemented")


@pytest.mark.usefixtures("eager")
def test_where_there_can_be_no_workers_all_is_cleaned_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cleaning._Crew, "_working_pool", refuses)
    assert len(list(cleaned(_items(12), n_workers=2))) == 16


_ENDLESS = """
import signal
from ingest.dumps import cleaning
# Who starts the tests in the background may have had interrupts ignored, which is inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
from tests.ingest.dumps.test_cleaning import _items
cleaning.MIN_CHARS, cleaning._BATCH_CHARS = 0, 10_000
for number, item in enumerate(cleaning.cleaned(_items(10_000_000), n_workers=2)):
    if number == 20:
        print("ready", flush=True)
"""


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[1]) == pid:
            found.append(int(stat.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interrupt_ends_promptly_and_leaves_no_process() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        children = _children(process.pid)
        assert len(children) >= 2
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    for _ in range(600):
        left = [pid for pid in children if Path(f"/proc/{pid}").exists()]
        if not left:
            break
        time.sleep(0.05)
    assert left == []


@pytest.mark.slow
def test_workers_import_neither_torch_nor_faiss() -> None:
    script = (
        "import sys; from loky.process_executor import ProcessPoolExecutor as P\n"
        "from ingest.dumps import cleaning\n"
        "p = P(1); p.submit(cleaning.clean_all, ['x']).result()\n"
        'f = p.submit(eval, \'[m for m in ("torch", "faiss", "sqlite3", "lxml") '
        'if m in __import__("sys").modules]\'); print(f.result()); p.shutdown()'
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"
