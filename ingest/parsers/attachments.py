"""Files inside e-mail messages, read by the parser of their own format."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import NamedTuple

from ingest.parsers import parse, parser_for
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated

_MAX_ATTACHMENTS = 50
_MAX_BYTES = 50_000_000
# Messages in messages are read by who reads messages, which counts how deep it is.
_NOT_OPENED = frozenset({".eml", ".mbox", ".msg"})


class Attachment(NamedTuple):
    """A file of a message."""

    name: str
    data: bytes


def message_text(people: Iterable[tuple[str, str]], body: str, names: Iterable[str]) -> str:
    r"""Return a message as text: who wrote to whom, the body, and what is attached.

    >>> message_text([("From", "Ada"), ("To", "")], "Hello.", ["plan.pdf"])
    'From: Ada\n\nHello.\n\nAttached: plan.pdf'
    """
    head = "\n".join(f"{role}: {' '.join(who.split())}" for role, who in people if who.strip())
    attached = ", ".join(name for name in names if name)
    tail = f"Attached: {attached}" if attached else ""
    return "\n\n".join(part for part in (head, body.strip(), tail) if part)


def read_attachments(
    attachments: Sequence[Attachment], *, key: str, dates: tuple[Dated, ...]
) -> Iterator[Parsed]:
    """Yield the documents of the attachments whose format is known, dated also by their message.

    One that cannot be read is left out: its name is in the message's text.
    """
    for number, attachment in enumerate(attachments[:_MAX_ATTACHMENTS], start=1):
        name = PurePath(attachment.name.replace("\\", "/")).name or f"attachment {number}"
        suffix = PurePath(name).suffix.lower()
        if suffix in _NOT_OPENED or parser_for(suffix) is None:
            continue
        if not 0 < len(attachment.data) <= _MAX_BYTES:
            continue
        try:
            for parsed in _read(name, attachment.data):
                inner = f"/{parsed.key}" if parsed.key else ""
                yield replace(
                    parsed,
                    key=f"{key}{'/' if key else ''}{number}-{name}{inner}",
                    dates=(*parsed.dates, *dates),
                    title=parsed.title or name,
                )
        except ParseError:
            continue


def _read(name: str, data: bytes) -> Iterator[Parsed]:
    # The name is only ever told, never a path to write to.
    with tempfile.TemporaryDirectory(prefix="rag-lifelong-") as folder:
        path = Path(folder) / "attachment"
        path.write_bytes(data)
        yield from parse(path, name=PurePath(name))
