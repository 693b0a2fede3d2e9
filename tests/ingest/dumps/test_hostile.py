"""Hostile dumps: each is told by name, in little memory, and what is sound of it is read."""

import bz2
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dumps.export import PageEnd, Revision
from tests.ingest.dumps.compressed import COMPRESS, STREAMED
from tests.ingest.dumps.fuzzed import events_of
from tests.ingest.dumps.towns import head, page_xml, some_towns, xml

SOUND = xml(some_towns(6)).encode()
_LAUGHS = (
    '<!DOCTYPE m [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]><mediawiki><page><title>&a9;</title></page></mediawiki>"
)


@pytest.mark.parametrize("kind", COMPRESS)
def test_cut_at_any_byte_it_is_told_and_what_is_read_is_right(kind: str) -> None:
    whole, _ = events_of(SOUND)
    data = COMPRESS[kind](SOUND)
    for size in range(6, len(data) - 1, max(1, len(data) // 60)):
        found, error = events_of(data[:size])
        assert error
        assert found == whole[: len(found)]


@cache
def _packed(kind: str) -> bytes:
    """Once, for a 7z holds the time it was made."""
    return COMPRESS[kind](SOUND)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("kind", COMPRESS)
def test_bytes_changed_anywhere_raise_nothing_else(kind: str, data: st.DataObject) -> None:
    packed = bytearray(_packed(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    events_of(bytes(packed))


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: (head() + t).encode()))
def test_any_bytes_raise_nothing_else(data: bytes) -> None:
    for kind in ("plain", *STREAMED):
        events_of(COMPRESS[kind](data))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (_LAUGHS.encode(), "declares a document type"),
        (head().encode() + b"<page><title>\x00</title></page></mediawiki>", "not well-formed"),
        (
            head().encode() + b"<page><title>\xff\xfe\xc3</title></page></mediawiki>",
            "invalid token",
        ),
        (b"\xff\xfe" + SOUND, "broken XML"),
        (b"<mediawiki>" * 200_000, "no element found"),
        (head().encode() + b"\xed\xa0\x80", "invalid token"),
    ],
    ids=["laughs", "nul", "utf-8", "utf-16", "nested", "surrogate"],
)
@pytest.mark.parametrize("kind", ["plain", "bz2"])
def test_what_is_no_sound_dump_is_told_by_name(content: bytes, error: str, kind: str) -> None:
    assert error in events_of(COMPRESS[kind](content))[1]


def test_pages_before_a_broken_one_are_read() -> None:
    for bad in (b"\x00", b"\xff", b"<"):
        found, error = events_of(SOUND.replace(b"number 4", b"number " + bad))
        assert sum(isinstance(event, PageEnd) for event in found) == 3
        assert error


_READ = """
import sys
from pathlib import Path
from ingest.sources.wikipedia import WikipediaSource
from rag_lifelong.types import Document, Skipped
from tests.ingest.fakes import FakeKnown
items = list(WikipediaSource(Path(sys.argv[1])).scan(FakeKnown()))
print([i.title for i in items if isinstance(i, Document)])
print([i.reason for i in items if isinstance(i, Skipped)])
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ["plain", "bz2", "gz", "zst", "xz", "7z"])
def test_a_text_of_many_megabytes_costs_itself_alone(tmp_path: Path, kind: str) -> None:
    before, after = page_xml(1, "A", [(1, "2020-01-01", "@")]).split("@")
    path = tmp_path / "townwiki-20260101-pages-articles.xml"
    with path.open("wb") as file:
        file.write((head() + page_xml(3, "C", [(3, "2020-01-01", "c")]) + before).encode())
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write((after + page_xml(2, "B", [(2, "2020-01-01", "b")]) + "</mediawiki>").encode())
    packed = tmp_path / "packed.xml"
    packed.write_bytes(COMPRESS[kind](path.read_bytes()))
    path.unlink()
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(packed)], capture_output=True, text=True, check=True
    )
    titles, reasons, peak_mib = done.stdout.splitlines()
    assert titles == "['C', 'B']"
    assert reasons == "['revisions left out: 1 with a text too long']"
    assert int(peak_mib) < 450


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_dump(tmp_path: Path) -> None:
    peaks = []
    for n in (1, 4):
        path = tmp_path / f"townwiki-2026010{n}-pages-articles.xml.bz2"
        pages = (page_xml(k, f"T{k}", [(k, "2020-01-01", "word " * 2_000)]) for k in range(100 * n))
        path.write_bytes(bz2.compress(head().encode() + "".join(pages).encode() + b"</mediawiki>"))
        script = _READ.replace("items = list(", "items = (i for i in ").replace(
            "print([i.title for i in items if isinstance(i, Document)])",
            "print(sum(1 for i in items))",
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout.splitlines()[-1]))
    assert peaks[1] < peaks[0] + 40


def test_a_revision_of_a_dump_that_is_sound_is_one() -> None:
    found, error = events_of(SOUND)
    assert error == ""
    assert sum(isinstance(event, Revision) for event in found) == 6
