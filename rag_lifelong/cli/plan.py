"""What `ingest --dry-run` shows: each document with its date and why, and how many by what."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out
from rag_lifelong.cli.show import contradictions, dated_json
from rag_lifelong.types import (
    Document,
    Ended,
    Gone,
    Moved,
    Redirect,
    ScanItem,
    Skipped,
    Unchanged,
)

_COUNTED = {
    Unchanged: "unchanged files", Moved: "moved files", Gone: "files gone",
    Ended: "documents ended", Redirect: "redirects",
}  # fmt: skip


def show_plan(items: Iterable[ScanItem], *, as_json: bool) -> None:
    """Print the plan line by line as it is found, or as one JSON object."""
    dated_by: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    documents: list[dict[str, Any]] = []
    skipped: list[Skipped] = []
    for item in items:
        if isinstance(item, Document):
            dated_by[item.date.source] += 1
            counts["contradicted"] += bool(item.other_dates)
            if as_json:
                documents.append(_document_json(item))
            else:
                _document_line(item)
        elif isinstance(item, Skipped):
            skipped.append(item)
            if not as_json:
                err.print(f"skipped {item.uri}: {item.reason}", markup=False, soft_wrap=True)
        elif type(item) in _COUNTED:
            counts[_COUNTED[type(item)]] += 1
    if as_json:
        options.print_json(
            {
                "documents": documents,
                "dated_by": dict(dated_by.most_common()),
                "skipped": [{"uri": one.uri, "reason": one.reason} for one in skipped],
                **{name.replace(" ", "_"): counts[name] for name in _COUNTED.values()},
            }
        )
        return
    _summary(dated_by, counts, len(skipped))


def _document_line(document: Document) -> None:
    date = document.date
    line = f"{date}  {date.source} ({date.precision})  {document.uri}"
    if document.other_dates:
        line += f"  contradicted by {contradictions(document.other_dates)}"
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def _document_json(document: Document) -> dict[str, Any]:
    return {
        "uri": document.uri,
        "title": document.title,
        **dated_json(document.date),
        "other_dates": [dated_json(other) for other in document.other_dates],
        "characters": len(document.text),
    }


def _summary(dated_by: Counter[str], counts: Counter[str], n_skipped: int) -> None:
    total = sum(dated_by.values())
    out.print(f"{total} documents would be read, {n_skipped} skipped; nothing was stored")
    for name, number in dated_by.most_common():
        out.print(f"  dated by {name:16} {number:7}  {number / total:5.0%}", highlight=False)
    if counts["contradicted"]:
        out.print(f"  with a contradicting date {counts['contradicted']:7}", highlight=False)
    for name in _COUNTED.values():
        if counts[name]:
            out.print(f"{counts[name]} {name}", highlight=False)
