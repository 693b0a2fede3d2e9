"""Inputs to begin from: the example corpus, a data directory, and small ones of our own."""

from __future__ import annotations

import bz2
import gzip
import html
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from backports import zstd

from tests.fuzz.seams import suffixes_of

_CORPUS = Path(__file__).parents[2] / "examples" / "corpus"
_MAX_BYTES = 60_000
_MOST = 60

_OWN: dict[str, str] = {
    ".rst": "Title\n=====\n\n:Date: 2015-05-07\n\nSection\n-------\n\n* one\n* two\n\n"
    "+---+---+\n| a | b |\n+---+---+\n\n.. note:: A note.\n",
    ".org": "#+TITLE: T\n#+DATE: <2015-05-07 Thu>\n* Head :tag:\n:PROPERTIES:\n:K: v\n:END:\n"
    "| a | b |\n|---+---|\n| 1 | 2 |\n** Sub\n- item\n",
    ".ipynb": '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# T\\n", "x"]}, '
    '{"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "1+1", "outputs": '
    '[{"output_type": "stream", "name": "stdout", "text": "2"}]}], "metadata": {}, '
    '"nbformat": 4, "nbformat_minor": 5}',
    ".rtf": r"{\rtf1\ansi{\info{\title T}{\creatim\yr2015\mo5\dy7}}\b Bold\b0\par caf\'e9 "
    r"\u8364? \trowd\cell a\cell\row}",
    ".eml": "From: Ann <a@example.org>\nTo: b@example.org\nSubject: =?utf-8?q?caf=C3=A9?=\n"
    "Date: Thu, 7 May 2015 12:00:00 +0200\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nHello.\n'
    "--x\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+aGk8L2I+\n--x--\n",
    ".mbox": "From a@example.org Thu May  7 12:00:00 2015\nFrom: a@example.org\n"
    "Subject: one\nDate: Thu, 7 May 2015 12:00:00 +0200\n\nBody.\n\n"
    "From b@example.org Fri May  8 12:00:00 2015\nSubject: two\n\n>From here.\n",
    ".py": '"""Doc."""\n\nclass A:\n    def f(self):\n        return 1\n',
    ".csv": 'date,name,n\n2015-05-07,"a, b",1\n2015-05-08,c,2\n',
    ".jsonl": '{"id": 1, "text": "a", "date": "2015-05-07"}\n{"id": 2, "text": "b"}\n',
    ".json": '{"items": [{"title": "t", "text": "x", "published": 1431000000}]}',
    ".html": '<html><head><title>t</title><meta property="article:published_time" '
    'content="2015-05-07"><script type="application/ld+json">{"datePublished": "2015-05-07"}'
    "</script></head><body><h1>t</h1><p>Text.</p><table><tr><td>1</td></tr></table></body></html>",
    ".txt": "BRUSSELS, 3 March 2019 - Text.\n\nPublished 7 May 2015\n\n| a | b |\n1. one\n2. two\n",
    ".md": "---\ndate: 2015-05-07\n---\n# T\n\n- [x](y)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
}  # fmt: skip
_WIKITEXT = (
    "{{Infobox settlement\n| name = A\n| population = {{formatnum:12345}}\n}}\n'''A''' is [[b|c]]"
    "{{convert|1|km|mi}} long.<ref name='x'>y</ref> {{start date|2015|5|7}}\n== H ==\n"
    "* x\n** y\n{| class='x'\n|-\n! a !! b\n|-\n| 1 || 2\n|}\n[[File:x.jpg|thumb|z]]"
    "<nowiki>[[</nowiki> [https://example.org d] <!-- e --> &amp; __TOC__\n[[Category:F]]"
)
_DUMP = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><dbname>aawiki</dbname>'
    "<base>https://aa.example.org/wiki/Main</base></siteinfo><page><title>A</title><ns>0</ns>"
    "<id>1</id><revision><id>2</id><timestamp>2015-05-07T12:00:00Z</timestamp><model>wikitext"
    f'</model><text bytes="9">{html.escape(_WIKITEXT)}</text></revision></page><page><title>B'
    '</title><ns>0</ns><id>3</id><redirect title="A"/><revision><id>4</id><timestamp>'
    "2015-05-08T12:00:00Z</timestamp><text>#REDIRECT [[A]]</text></revision></page></mediawiki>"
)


def seeds_of(seam: str) -> Iterator[bytes]:
    """Yield inputs for a seam, small files first."""
    suffixes = suffixes_of(seam)
    yield from (text.encode() for suffix, text in _OWN.items() if suffix in suffixes)
    if seam == "wikitext":
        yield _WIKITEXT.encode()
    elif seam == "dump":
        yield from _compressed(_DUMP.encode())
    elif seam == "unpacking":
        yield from _archives()
    data = os.environ.get("RAG_LIFELONG_DATA")
    roots = [_CORPUS, *([Path(data)] if data else [])]
    found = [path for root in roots for path in root.rglob("*") if path.is_file()]
    fitting = [path for path in found if path.name.lower().endswith(suffixes)]
    sized = sorted((path.stat().st_size, path) for path in fitting)
    yield from (path.read_bytes() for size, path in sized[:_MOST] if size <= _MAX_BYTES)


def _compressed(content: bytes) -> list[bytes]:
    made = [compress(content) for compress in (bz2.compress, gzip.compress, zstd.compress)]
    return [content, *made]


def _archives() -> Iterator[bytes]:
    content = _OWN[".txt"].encode()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", content)
        archive.writestr("b/c.md", _OWN[".md"])
    yield zipped.getvalue()
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w") as tar:
        info = tarfile.TarInfo("d/a.txt")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    yield tarred.getvalue()
    yield gzip.compress(tarred.getvalue())
    yield from (bz2.compress(content), lzma.compress(content), zstd.compress(content))
