"""The time index finds what a look at every row finds, however much of the store it covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes import times, upkeep
from indexes.columns import CHUNKS, CLOSINGS, REVISIONS, TEXTS
from indexes.snapshot import StoreSnapshot
from indexes.times import TimeIndex
from indexes.validity import FOREVER_US, NEVER_US, TimeColumns, Validity, valid_to
from indexes.verify import verify
from indexes.writer import StoreWriter
from rag_lifelong.temporal import Interval, from_us
from rag_lifelong.types import RevisionOrder, TimeFilter
from tests.indexes.conftest import TinyStore, document, time_filter

MOMENTS = st.integers(0, 30)


@st.composite
def columns(draw: st.DrawFn) -> TimeColumns:
    """Revisions and closings recorded in turn, as a store does; some revisions forgotten."""
    revisions, closings, chunks = [], [], []
    for recorded_at in range(draw(st.integers(1, 12))):
        for _ in range(draw(st.integers(0, 4))):
            forgotten = draw(st.integers(0, 9)) == 0
            revisions.append(
                (draw(st.integers(0, 5)), draw(MOMENTS), NEVER_US if forgotten else recorded_at)
            )
            chunks.extend((len(revisions) - 1, draw(st.integers(0, 9))) for _ in range(
                draw(st.integers(0, 3))
            ))  # fmt: skip
        for _ in range(draw(st.integers(0, 2)) if revisions else 0):
            rev_no = draw(st.integers(0, len(revisions) - 1))
            closings.append((rev_no, draw(MOMENTS), recorded_at))
    return TimeColumns(
        revisions=np.array(revisions, REVISIONS),
        closings=np.array(closings, CLOSINGS),
        chunks=np.array(chunks, CHUNKS),
        texts=np.zeros(10, TEXTS),
    )


@st.composite
def filters(draw: st.DrawFn) -> TimeFilter:
    start = draw(MOMENTS)
    window = Interval(from_us(start), from_us(start + draw(st.integers(0, 10))))
    known_at = draw(st.none() | st.integers(0, 12))
    return TimeFilter(
        **{draw(st.sampled_from(["as_of", "between"])): draw(st.none() | st.just(window))},
        known_at=None if known_at is None else from_us(known_at),
    )


def plainly(of: TimeColumns, time: TimeFilter) -> tuple[set[int], set[int]]:
    """Passing revisions and texts, from the definition."""
    known_at = time.known_at
    passing: dict[int, tuple[int, int]] = {}
    for number, (doc_no, start, recorded_at) in enumerate(of.revisions.tolist()):
        if recorded_at == NEVER_US or (known_at and from_us(recorded_at) > known_at):
            continue
        ends = [
            end for rev_no, end, at in of.closings.tolist()
            if rev_no == number and not (known_at and from_us(at) > known_at)
        ]  # fmt: skip
        end = min(ends, default=FOREVER_US)
        window = time.as_of or time.between
        low = -(10**9) if window is None else _us(window.start)
        high = FOREVER_US if window is None else _us(window.end)
        if start < high and end > max(start, low):
            passing[number] = (doc_no, start)
    if time.as_of is not None:
        newest: dict[int, tuple[int, int]] = {}
        for number, (doc_no, start) in passing.items():
            newest[doc_no] = max(newest.get(doc_no, (start, number)), (start, number))
        passing = {n: passing[n] for _, n in newest.values()}
    return set(passing), {text for rev, text in of.chunks.tolist() if rev in passing}


def _us(moment: object) -> int:
    return int((moment - from_us(0)).total_seconds() * 1e6)  # type: ignore[operator]


@settings(max_examples=300, deadline=None)
@given(columns(), st.lists(filters(), min_size=1, max_size=4), st.integers(0, 12))
def test_an_index_over_any_part_changes_nothing(
    of: TimeColumns, asked: list[TimeFilter], built_at: int
):
    n_revisions = int((of.revisions["recorded_at"] <= built_at).sum())
    # The revisions recorded by then are the first ones, forgotten ones aside.
    while n_revisions < len(of.revisions) and of.revisions["recorded_at"][n_revisions] == NEVER_US:
        n_revisions += 1
    part = TimeColumns(
        of.revisions[:n_revisions],
        of.closings[
            (of.closings["rev_no"] < n_revisions) & (of.closings["recorded_at"] <= built_at)
        ],
        of.chunks[of.chunks["rev_no"] < n_revisions],
        of.texts,
    )
    n_closings = int((of.closings["recorded_at"] <= built_at).sum())
    if len(part.closings) != n_closings:
        return
    index = TimeIndex(n_revisions, n_closings, times.build(part, valid_to(part)))
    for time in asked:
        found = Validity(of, index).passing(time)
        expected_revisions, expected_texts = plainly(of, time)
        assert set(found.rev_nos.tolist()) == expected_revisions
        if expected_revisions and len(expected_revisions) < len(of.revisions):
            assert set(found.text_nos.tolist()) == expected_texts


@pytest.fixture
def small_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "MIN_TAIL", 20)


def fill(store: TinyStore, n: int) -> None:
    with StoreWriter(store.path, now=store.clock) as writer:
        for at in range(n):
            made = (
                document(f"d{d}", f"{1900 + 3 * at + d % 3}", f"{d} at {at}",
                         order=RevisionOrder.VALID_TIME) for d in range(6)
            )  # fmt: skip
            store.commit(writer, *made)
            writer.upkeep()


@pytest.mark.usefixtures("small_tails")
def test_the_index_is_rebuilt_as_its_tail_grows_and_answers_stay(store: TinyStore):
    fill(store, 4)
    asked = [{"as_of": "1904"}, {"between": "1903"}, {"as_of": "1950"}]
    asked.append({"as_of": "1909", "known_at": "2026-01-04T12:00:00"})
    before = [store.texts(**times) for times in asked]
    assert len(list(store.path.glob("times-*.index"))) == 1
    fill(store, 12)
    [file] = store.path.glob("times-*.index")
    assert int(file.name.split("-")[1]) > 40
    assert [store.texts(**times) for times in asked if "known_at" in times] == before[3:]
    with_index = [store.texts(**times) for times in asked]
    file.unlink()
    times.forget_loaded()
    assert [store.texts(**times) for times in asked] == with_index


@pytest.mark.usefixtures("small_tails")
def test_a_damaged_index_is_done_without_and_named(store: TinyStore):
    fill(store, 8)
    expected = store.texts(as_of="1910")
    [file] = store.path.glob("times-*.index")
    data = bytearray(file.read_bytes())
    data[40] ^= 4
    file.unlink()
    file.write_bytes(data)
    times.forget_loaded()
    assert store.texts(as_of="1910") == expected
    [problem] = verify(store.path).problems
    assert "times-" in problem.what
    assert problem.fix == "rag-lifelong compact"
    with StoreWriter(store.path, now=store.clock) as writer:
        writer.compact()
    assert not verify(store.path).problems


@pytest.mark.usefixtures("small_tails")
def test_a_snapshot_older_than_the_index_does_not_use_it(store: TinyStore):
    fill(store, 2)
    with StoreSnapshot(store.path) as snapshot:
        fill(store, 12)
        found = {r.revision_id for r in snapshot.documents(time_filter(as_of="1950"))}
    assert len(found) == 6


def test_upkeep_that_does_not_fit_the_disk_is_put_off(
    store: TinyStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    from rag_lifelong.errors import IndexStoreError

    def fail(*_: object) -> None:
        raise IndexStoreError("cannot write x: No space left on device")

    monkeypatch.setattr(upkeep.postings, "merge", fail)
    fill(store, 1)
    assert "put off" in caplog.text
    assert len(store.texts()) == 6
