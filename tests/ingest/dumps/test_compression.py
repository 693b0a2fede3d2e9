"""Compressed dumps: every format, in pieces, cut short, damaged and hostile."""

import bz2
import random
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dumps import multistream
from ingest.dumps.ahead import ahead
from ingest.dumps.blocks import BLOCK_BYTES
from ingest.dumps.compression import blocks, head_of
from rag_lifelong.errors import ParseError
from tests.ingest.dumps.compressed import COMPRESS, STREAMED

NOISE = random.Random(7).randbytes(3_000) + b"the same again " * 1_000


def _write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(content)
    return path


def _read(path: Path, start: int = 0) -> bytes:
    return b"".join(block.data for block in blocks(path, start=start))


def _read_until_error(path: Path) -> tuple[bytes, str]:
    found = []
    try:
        for block in blocks(path):
            assert len(block.data) <= BLOCK_BYTES
            found.append(block.data)
    except ParseError as e:
        return b"".join(found), str(e)
    return b"".join(found), ""


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("size", [1, 4000, BLOCK_BYTES, 3 * BLOCK_BYTES + 1])
def test_every_format_gives_back_its_bytes(tmp_path: Path, kind: str, size: int) -> None:
    content = (NOISE * (size // len(NOISE) + 1))[:size]
    assert _read_until_error(_write(tmp_path, COMPRESS[kind](content))) == (content, "")


@pytest.mark.parametrize("kind", STREAMED)
def test_streams_one_after_the_other_are_read_as_one(tmp_path: Path, kind: str) -> None:
    parts = [NOISE, b"", b"x", NOISE * 30]
    path = _write(tmp_path, b"".join(map(COMPRESS[kind], parts)) + bytes(512))
    assert _read_until_error(path) == (b"".join(parts), "")


@pytest.mark.parametrize("kind", [kind for kind in COMPRESS if kind != "plain"])
def test_a_file_cut_anywhere_is_told_and_what_is_read_of_it_is_right(
    tmp_path: Path, kind: str
) -> None:
    whole = COMPRESS[kind](NOISE)
    # The first bytes are what tells the format.
    for size in range(6, len(whole), len(whole) // 40):
        data, error = _read_until_error(_write(tmp_path, whole[:size]))
        assert NOISE.startswith(data)
        assert kind in error


@pytest.mark.parametrize("kind", STREAMED)
def test_all_that_stands_before_a_cut_is_read(tmp_path: Path, kind: str) -> None:
    compress = COMPRESS[kind]
    path = _write(tmp_path, compress(NOISE * 40) + compress(NOISE)[:-1])
    data, error = _read_until_error(path)
    assert data.startswith(NOISE * 40)
    assert error == f"truncated {kind}"


@pytest.mark.parametrize("kind", STREAMED)
def test_what_follows_and_is_no_stream_is_damage(tmp_path: Path, kind: str) -> None:
    data, error = _read_until_error(_write(tmp_path, COMPRESS[kind](NOISE) + b"something else"))
    assert data == NOISE
    assert f"damaged {kind}" in error


@pytest.mark.parametrize("kind", [kind for kind in COMPRESS if kind != "plain"])
def test_flipped_bytes_are_damage_or_change_nothing(tmp_path: Path, kind: str) -> None:
    whole = COMPRESS[kind](NOISE)
    for seed in range(60):
        chance = random.Random(seed)
        damaged = bytearray(whole)
        damaged[chance.randrange(6, len(whole))] ^= 1 << chance.randrange(8)
        data, error = _read_until_error(_write(tmp_path, bytes(damaged)))
        # zstd frames need have no checksum.
        assert error or data == NOISE or kind == "zst"


@settings(max_examples=50, deadline=None)
@given(
    parts=st.lists(st.binary(max_size=300), min_size=1, max_size=6),
    piece=st.integers(30, 400),
    n_threads=st.integers(1, 3),
)
def test_pieces_of_any_size_give_the_same(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], piece: int, n_threads: int
) -> None:
    # A stream inside a stream's bytes: starts that are none.
    parts = [*parts, bz2.compress(b"inner") * 3, random.Random(1).randbytes(2_000)]
    path = tmp_path_factory.mktemp("pieces") / "file"
    path.write_bytes(b"".join(map(bz2.compress, parts)))
    with pytest.MonkeyPatch.context() as patch, path.open("rb") as file:
        patch.setattr(multistream, "BLOCK_BYTES", piece)
        patch.setattr(multistream, "_MAX_PIECE_BYTES", piece)
        patch.setattr(multistream, "_MAX_AHEAD_BYTES", piece)
        found = list(multistream.streams(file, n_threads=n_threads))
    assert b"".join(block.data for block in found) == b"".join(parts)
    assert found[-1].next_stream == path.stat().st_size


def test_reading_starts_where_a_stream_does(tmp_path: Path) -> None:
    parts = [b"one", NOISE, b"three"]
    path = _write(tmp_path, b"".join(map(bz2.compress, parts)))
    starts = [block.next_stream for block in blocks(path) if block.next_stream is not None]
    assert [_read(path, start) for start in starts] == [NOISE + b"three", b"three", b""]


@pytest.mark.parametrize("kind", [kind for kind in COMPRESS if kind != "plain"])
def test_the_start_of_a_bomb_is_read_in_small_pieces(tmp_path: Path, kind: str) -> None:
    path = _write(tmp_path, COMPRESS[kind](bytes(20_000_000)))
    head, found = head_of(path, 4096)
    assert head == bytes(4096)
    assert found == kind
    assert all(len(block.data) <= BLOCK_BYTES for block in blocks(path))


def test_the_first_bytes_of_a_damaged_file_are_those_before_the_damage(tmp_path: Path) -> None:
    assert head_of(_write(tmp_path, b"BZh91AY not bzip2"), 4096) == (b"", "bz2")


def test_a_producer_is_only_so_far_ahead_and_ends_with_its_reader() -> None:
    made = []
    before = threading.active_count()

    def produce(put: object) -> None:
        for number in range(1_000):
            made.append(number)
            put(number)  # type: ignore[operator]

    items = ahead(produce, limit=3)
    assert [next(items), next(items)] == [0, 1]
    items.close()
    assert len(made) <= 7
    assert threading.active_count() == before


def test_what_a_producer_raises_comes_after_what_it_put() -> None:
    def produce(put: object) -> None:
        put(1)  # type: ignore[operator]
        raise ParseError("broken")

    items = ahead(produce, limit=3)
    assert next(items) == 1
    with pytest.raises(ParseError, match="broken"):
        next(items)
