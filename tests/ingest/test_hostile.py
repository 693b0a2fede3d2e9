"""Hostile files: each costs a named skip, in little memory, and the sound one is read."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

_GIB = 1 << 30
_MOST_MB = 500
"""Peak memory of the process that reads them all, its libraries counted."""

_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 20}">'
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
_SCAN = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.sources.folder import FolderSource
from rag_lifelong.types import Document, Skipped
from tests.ingest.fakes import FakeKnown
rules = ContentRules(dates=DateRules(now=lambda: datetime(2026, 1, 1, tzinfo=UTC)))
root = Path(sys.argv[1])
reasons, read = {}, []
for item in FolderSource(root, rules).scan(FakeKnown()):
    if isinstance(item, Skipped):
        reasons[item.uri.removeprefix(root.as_uri() + "/")] = item.reason
    elif isinstance(item, Document):
        read.append(item.uri.removeprefix(root.as_uri() + "/"))
# Not ru_maxrss: it begins with that of the process this one was forked from.
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
print(json.dumps({"reasons": reasons, "read": read, "peak_mb": peak}))
"""


def _zip(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def _tar(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def _bz2_bomb() -> bytes:
    """300 MB of one letter in little: a whole stream, again and again."""
    return bz2.compress(b"x" * 10_000_000) * 30


def _huge(path: Path) -> None:
    """A file of 1 GiB of which only the beginning takes space on disk."""
    with path.open("wb") as file:
        file.write(b"x" * 1_000_000)
        file.truncate(_GIB)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    root = tmp_path_factory.mktemp("hostile")
    laughs = (_LAUGHS + "<x>&i;</x>").encode()
    page = (
        "<mediawiki><page><title>A</title><revision><text>&i;</text></revision></page></mediawiki>"
    )
    files: dict[str, bytes | Callable[[Path], None]] = {
        "sound.txt": b"Text.",
        "line.txt": _huge,
        "line.jsonl": b'{"text": "' + b"x" * 20_000_000,
        "line.csv": b"a,b\n" + b"x" * 20_000_000,
        "line.mbox": b"From a@example.org Thu May  7 12:00:00 2015\n\n" + b"x" * 20_000_000,
        "nul.txt": b"a\x00b" * 100,
        "nul.json": b"\x00" * 100,
        "bytes.txt": bytes(range(128, 256)) * 40,
        "bomb.txt.bz2": _bz2_bomb(),
        "bomb.txt.gz": gzip.compress(b"x" * 120_000_000, compresslevel=1),
        "bomb.docx": _zip({"word/document.xml": b" " * 600_000_000, "[Content_Types].xml": b""}),
        "bomb.zip": _zip({f"{n}.txt": b"x" * 120_000_000 for n in range(2)}),
        "laughs.docx": _zip({"word/document.xml": laughs, "[Content_Types].xml": laughs}),
        "laughs.odt": _zip({"content.xml": laughs, "meta.xml": laughs, "mimetype":
                            b"application/vnd.oasis.opendocument.text"}),
        "laughs.xml.bz2": bz2.compress((_LAUGHS + page).encode()),
        "escape.zip": _zip({"../../out.txt": b"Out.", "/etc/out.md": b"# Out\nx"}),
        "escape.tar": _tar("../../../out.txt", b"Out."),
        "deep.json": b"[" * 200_000,
        "dump.xml": b"<mediawiki><page><title>A</title><revision><text>cut",
    }  # fmt: skip
    for name, content in files.items():
        if isinstance(content, bytes):
            (root / name).write_bytes(content)
        else:
            content(root / name)
    (root / "loop").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "outside.txt").symlink_to("/etc/hostname")
    done = subprocess.run(
        [sys.executable, "-c", _SCAN, str(root)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=240,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("line.txt", "too large: 1073741824 bytes"),
        ("line.jsonl", "longer than"),
        ("line.csv", "longer than"),
        ("line.mbox", "no message"),
        ("bytes.txt", "unknown encoding"),
        ("nul.txt", "binary data"),
        ("nul.json", ""),
        ("bomb.txt.bz2", "unpacks to more than 100000000 bytes"),
        ("bomb.txt.gz", "unpacks to more than 100000000 bytes"),
        ("bomb.docx", "unpacks to more than"),
        ("bomb.zip!/0.txt", "unpacks to more than 100000000 bytes"),
        ("laughs.docx", "damaged"),
        ("laughs.odt", ""),
        ("laughs.xml.bz2", "document type"),
        ("deep.json", "nested too deeply"),
        ("dump.xml", "after 0 pages"),
    ],
)
def test_each_costs_a_named_skip(told: dict[str, dict[str, str]], name: str, reason: str) -> None:
    assert reason in told["reasons"][name]


def test_the_sound_one_is_read_and_no_name_leads_out(told: dict[str, list[str]]) -> None:
    assert set(told["read"]) == {
        "sound.txt", "escape.tar!/../../../out.txt", "escape.zip!/../../out.txt",
        "escape.zip!/etc/out.md",
    }  # fmt: skip


def test_memory_is_bounded(told: dict[str, int]) -> None:
    assert told["peak_mb"] < _MOST_MB
