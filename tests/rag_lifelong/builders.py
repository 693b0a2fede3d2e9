"""Builders of values for tests."""

from __future__ import annotations

from rag_lifelong.temporal import parse_when
from rag_lifelong.types import Chunk, Dated, DateSource, Evidence


def chunk(text: str, when: str, until: str | None = None, doc_id: str | None = None) -> Chunk:
    interval, precision = parse_when(when)
    return Chunk(
        chunk_id="0.0",
        doc_id=doc_id or text,
        revision_id="1",
        uri=f"file:///{text}",
        title="Title",
        context="Title",
        text=text,
        span=(0, len(text)),
        date=Dated(interval, precision, DateSource.FRONT_MATTER),
        valid_from=interval.start,
        valid_to=None if until is None else parse_when(until)[0].start,
        recorded_at=interval.start,
    )


def evidence(text: str, when: str) -> Evidence:
    return Evidence(chunk(text, when), 1.0)
