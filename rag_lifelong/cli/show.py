"""How answers and evidence are shown: as text for people, as JSON for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.markup import escape

from rag_lifelong.cli.console import out
from rag_lifelong.types import Answer, Chunk, Dated, DatedEvent, Evidence, Revision, TimeReport

_SHOWN_CHARS = 240
_REPLACED = "when a newer statement replaced it"


def answer_card(given: Answer, *, now: datetime) -> None:
    """Print an answer with its dated citations, what was done about time, and the timings."""
    out.print(f"[bold]{escape(given.text)}[/bold]")
    if given.reason:
        out.print(f"[dim]{escape(given.reason)}[/dim]")
    out.print()
    evidence_lines(given.evidence)
    time_lines(given.time)
    newest = max(given.evidence, key=lambda one: one.chunk.date.interval.start, default=None)
    if newest is not None:
        how_old = age(newest.chunk.date.interval.start, min(now, given.known_at or now))
        date = str(newest.chunk.date)[: len("2019-06-01")]
        out.print(f"[dim]newest evidence: {date}, {how_old}[/dim]")
    timings = " · ".join(f"{name} {s:.2f} s" for name, s in given.timings_s.items())
    out.print(f"[dim]{timings}[/dim]")


def age(then: datetime, now: datetime) -> str:
    """How long before a question its evidence was published, in the largest whole unit.

    >>> from datetime import UTC
    >>> age(datetime(2021, 3, 4, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC))
    '3 years before the question'
    >>> age(datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC))
    'of the day of the question'
    """
    days = (now - then).days
    if days < 0:
        return "dated after the question"
    for unit, length in (("year", 365.25), ("month", 30.44), ("day", 1.0)):
        number = int(days / length)
        if number:
            return f"{number} {unit}{'s' if number > 1 else ''} before the question"
    return "of the day of the question"


def time_lines(time: TimeReport) -> None:
    """Print what was understood of the question's time, applied and relaxed."""
    if time.parsed:
        out.print(f"[dim]read as time: {escape(time.parsed)}[/dim]")
    out.print(f"[dim]applied: {escape(time.applied)}[/dim]")
    if time.anchor is not None:
        out.print(f"    {escape(time.anchor.sentence)}")
        out.print(f"    [dim]{escape(time.anchor.chunk.citation)}[/dim]")
    if time.relaxed:
        out.print(f"[yellow]relaxed: {escape(time.relaxed)}[/yellow]")


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
        if item.until is not None:
            out.print(f"    [yellow]held until {item.until.date()}, {_REPLACED}[/yellow]")
        out.print(f"    [dim]{escape(chunk.citation)}[/dim]")
        for place in item.also_at:
            out.print(f"    [dim]also {escape(place)}[/dim]")


def answer_json(given: Answer) -> dict[str, Any]:
    """The answer as `ask --json` gives it; times are ISO 8601 in UTC."""
    return {
        "question": given.question,
        "answer": given.text,
        "abstained": given.abstained,
        "reason": given.reason or None,
        "confidence": None if given.confidence is None else round(given.confidence, 4),
        "as_of": given.as_of,
        "known_at": iso(given.known_at),
        "time": time_json(given.time),
        "timeline": [
            {"from": one.since, "until": one.until, "text": one.text, "citation": one.citation}
            for one in given.timeline
        ],
        "evidence": [evidence_json(evidence) for evidence in given.evidence],
        "model": given.model,
        "timings_s": {name: round(s, 4) for name, s in given.timings_s.items()},
    }


def time_json(time: TimeReport) -> dict[str, Any]:
    """What was understood of the question's time, what was done with it, and what that found."""
    return {
        "parsed": time.parsed,
        "applied": time.applied,
        "relaxed": time.relaxed,
        "newest": iso(time.newest),
        "event": None if time.anchor is None else _event_json(time.anchor),
    }


def _event_json(event: DatedEvent) -> dict[str, Any]:
    """What dated the question: `dated` says whether the text names the time it was."""
    return {
        "event": event.event,
        "from": iso(event.interval.start),
        "until": iso(event.interval.end),
        "dated": event.is_dated,
        "text": event.sentence,
        "citation": event.chunk.citation,
    }


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """One piece of evidence; `published_at` is as precise as the date is known.

    `valid_from` and `valid_to` are when its document said so; `since` is from when on it says
    that something holds, `until` when another said something newer.
    """
    chunk = evidence.chunk
    return {
        "chunk_id": chunk.chunk_id,
        "doc_id": chunk.doc_id,
        "revision_id": chunk.revision_id,
        "uri": chunk.uri,
        "citation": chunk.citation,
        "also_at": list(evidence.also_at),
        "title": chunk.title,
        "text": chunk.text,
        "quote": evidence.quote,
        "span": list(chunk.span),
        "published_at": str(chunk.date),
        "date_source": chunk.date.source.value,
        "valid_from": iso(chunk.valid_from),
        "valid_to": iso(chunk.valid_to),
        "since": iso(evidence.since),
        "until": iso(evidence.until),
        "recorded_at": iso(chunk.recorded_at),
        "score": round(evidence.score, 6),
        "why": evidence.why,
    }


def revision_line(revision: Revision) -> None:
    """Print one revision: date and its source, when it held, when it was recorded, what it is."""
    if is_taken_back(revision):
        held = f"taken back, would hold from {revision.valid_from.date()}"
    else:
        until = revision.valid_to.date() if revision.valid_to else "now"
        held = f"valid {revision.valid_from.date()} → {until}"
    out.print(
        f"[cyan]{revision.date}[/cyan] ({revision.date.source}) {held}  "
        f"recorded {iso(revision.recorded_at)}  {escape(revision.title)}"
    )
    out.print(f"    [dim]revision {escape(revision.revision_id)}, {revision.n_chunks} chunks[/dim]")
    if revision.other_dates:
        out.print(f"    [yellow]contradicted by {contradictions(revision.other_dates)}[/yellow]")


def revision_json(revision: Revision) -> dict[str, Any]:
    """One revision as `history --json` gives it; `date` is as precise as it is known."""
    return {
        "revision_id": revision.revision_id,
        "uri": revision.uri,
        "title": revision.title,
        "date": str(revision.date),
        "date_source": revision.date.source.value,
        "precision": revision.date.precision.value,
        "other_dates": [dated_json(other) for other in revision.other_dates],
        "valid_from": iso(revision.valid_from),
        "valid_to": iso(revision.valid_to),
        "taken_back": is_taken_back(revision),
        "recorded_at": iso(revision.recorded_at),
        "n_chunks": revision.n_chunks,
    }


def exported_json(revision: Revision, chunks: Sequence[Chunk]) -> dict[str, Any]:
    """One line of `export`."""
    told = revision_json(revision)
    # What is exported held at some time, and its chunks are there to be counted.
    del told["taken_back"], told["n_chunks"]
    return {
        "doc_id": revision.doc_id,
        **told,
        "chunks": [
            {
                "chunk_id": chunk.chunk_id,
                "span": list(chunk.span),
                "locator": chunk.locator,
                "context": chunk.context,
                "text": chunk.text,
            }
            for chunk in chunks
        ],
    }


def contradictions(dates: Sequence[Dated]) -> str:
    """Dates with where each comes from, as text."""
    return ", ".join(f"{dated} ({dated.source})" for dated in dates)


def dated_json(dated: Dated) -> dict[str, str]:
    """A date, as precise as it is known, and where it comes from."""
    return {
        "date": str(dated),
        "date_source": dated.source.value,
        "precision": dated.precision.value,
    }


def is_taken_back(revision: Revision) -> bool:
    """Whether a later revision says that this one never held."""
    return revision.valid_to == revision.valid_from


def iso(instant: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
