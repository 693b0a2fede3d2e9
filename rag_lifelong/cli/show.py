"""How answers and evidence are shown: as text for people, as JSON for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.markup import escape

from rag_lifelong.cli.console import out
from rag_lifelong.types import Answer, Evidence

_SHOWN_CHARS = 240


def answer_card(given: Answer, *, now: datetime) -> None:
    """Print an answer with its dated citations, what was done about time, and the timings."""
    out.print(f"[bold]{escape(given.text)}[/bold]")
    if given.reason:
        out.print(f"[dim]{escape(given.reason)}[/dim]")
    out.print()
    evidence_lines(given.evidence)
    newest = max((e.chunk.date.interval.start for e in given.evidence), default=None)
    age = "" if newest is None else f"; newest evidence is {max(0, (now - newest).days)} days old"
    out.print(f"[dim]time: {escape(given.time.applied)}{age}[/dim]")
    if given.time.relaxed:
        out.print(f"[yellow]relaxed: {escape(given.time.relaxed)}[/yellow]")
    timings = " · ".join(f"{name} {s:.2f} s" for name, s in given.timings_s.items())
    out.print(f"[dim]{timings}[/dim]")


def evidence_lines(evidence: Sequence[Evidence]) -> None:
    """Print each piece of evidence: number, date and its source, validity, title, place, text."""
    for number, item in enumerate(evidence, start=1):
        chunk = item.chunk
        until = chunk.valid_to.date() if chunk.valid_to else "now"
        out.print(
            f"[{number}] [cyan]{chunk.date}[/cyan] ({chunk.date.source}) "
            f"valid {chunk.valid_from.date()} → {until}  {escape(chunk.title)}".replace(
                f"[{number}]", f"\\[{number}]", 1
            )
        )
        text = " ".join((item.quote or chunk.text).split())
        shown = text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
        out.print(f"    {escape(shown)}")
        out.print(f"    [dim]{escape(chunk.uri)}[/dim]")


def answer_json(given: Answer) -> dict[str, Any]:
    """The answer as `ask --json` gives it; times are ISO 8601 in UTC."""
    return {
        "question": given.question,
        "answer": given.text,
        "abstained": given.abstained,
        "reason": given.reason or None,
        "confidence": None if given.confidence is None else round(given.confidence, 4),
        "as_of": given.as_of,
        "known_at": _iso(given.known_at),
        "time": {
            "parsed": given.time.parsed,
            "applied": given.time.applied,
            "relaxed": given.time.relaxed,
        },
        "evidence": [evidence_json(evidence) for evidence in given.evidence],
        "model": given.model,
        "timings_s": {name: round(s, 4) for name, s in given.timings_s.items()},
    }


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """One piece of evidence; `published_at` is as precise as the date is known."""
    chunk = evidence.chunk
    return {
        "chunk_id": chunk.chunk_id,
        "doc_id": chunk.doc_id,
        "revision_id": chunk.revision_id,
        "uri": chunk.uri,
        "title": chunk.title,
        "text": chunk.text,
        "quote": evidence.quote,
        "span": list(chunk.span),
        "published_at": str(chunk.date),
        "date_source": chunk.date.source.value,
        "valid_from": _iso(chunk.valid_from),
        "valid_to": _iso(chunk.valid_to),
        "recorded_at": _iso(chunk.recorded_at),
        "score": round(evidence.score, 6),
        "why": evidence.why,
    }


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
