"""E-mail: single messages (.eml) and mailboxes (.mbox), by the standard library.

A mailbox is read a message at a time, so it may be of any size.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from ingest.dates import from_value
from ingest.parsers.attachments import Attachment, message_text, read_attachments
from ingest.parsers.page import outline_of, tree_of
from ingest.parsers.records import Keys
from ingest.text import decode
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource

_KNOWN_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "Received")
_PEOPLE = ("From", "To", "Cc")
_MAX_DEPTH = 3
_MAX_PARTS = 1000
# What a message has beyond this is cut off: its last attachments, as a rule.
_MAX_MESSAGE_BYTES = 50_000_000
_MAX_HEADER_CHARS = 20_000
_PIECE_BYTES = 1 << 20
# A sentence may begin with "From ", too; what separates messages ends in a time and a year.
_SEPARATOR = re.compile(rb"From .{0,300}\d\d:\d\d.{0,40}\d{4}")


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the message, then its attachments.

    Raises:
        ParseError: If the file is no e-mail message.
    """
    with path.open("rb") as file:
        data = file.read(_MAX_MESSAGE_BYTES)
    if not data.strip():
        raise ParseError("empty file")
    message = _message(data)
    if message is None:
        raise ParseError("not an e-mail message")
    yield from _documents(message, key="")


def parse_mailbox(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the messages of a mailbox, each followed by its attachments.

    Raises:
        ParseError: If the file is no mailbox, or holds no message.
    """
    keys = Keys()
    is_empty = True
    with path.open("rb") as file:
        for data in _split(file):
            message = _message(data)
            if message is None:
                continue
            is_empty = False
            own = _header(message, "Message-ID").strip("<>")
            key = keys.key(own, data.decode("latin-1"))
            if key is not None:
                yield from _documents(message, key=key)
    if is_empty:
        raise ParseError("no message in the mailbox")


def _split(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of each message; `From …`, with a time, after an empty line begins one."""
    pieces: list[bytes] = []
    n_bytes = 0
    is_first, is_line_start, is_after_blank = True, True, True
    while piece := file.readline(_PIECE_BYTES):
        if is_first and not piece.startswith(b"From "):
            if piece.strip():
                raise ParseError("not a mailbox (mbox)")
            continue
        if is_line_start and is_after_blank and (is_first or _SEPARATOR.match(piece)):
            if not is_first:
                yield b"".join(pieces)
            is_first, n_bytes = False, 0
            pieces[:] = [piece]
        elif n_bytes <= _MAX_MESSAGE_BYTES:
            quoted = is_line_start and piece.startswith(b">") and piece.lstrip(b">")[:5] == b"From "
            pieces.append(piece[1:] if quoted else piece)
            n_bytes += len(piece)
        is_after_blank = is_line_start and piece in (b"\n", b"\r\n")
        is_line_start = piece.endswith(b"\n")
    if is_first:
        raise ParseError("empty file")
    yield b"".join(pieces)


def _message(data: bytes) -> Message | None:
    """The message of these bytes, or None if they are none."""
    try:
        message = message_from_bytes(data)
    # The parser promises to take anything and has been seen not to (RecursionError, ValueError).
    except Exception:  # noqa: BLE001
        return None
    return message if any(_header(message, header) for header in _KNOWN_HEADERS) else None


def _documents(message: Message, *, key: str, depth: int = 0) -> Iterator[Parsed]:
    body, attachments, inner = _contents(message)
    people = [(role, _header(message, role)) for role in _PEOPLE]
    text = message_text(people, body, [attachment.name for attachment in attachments])
    dates = _dates(message)
    if text:
        yield Parsed(text=text, title=_header(message, "Subject"), key=key, dates=dates)
    elif not key:
        raise ParseError("no text in the message")
    yield from read_attachments(attachments, key=key, dates=dates)
    if depth < _MAX_DEPTH:
        for number, forwarded in enumerate(inner, start=1):
            inner_key = f"{key}{'/' if key else ''}message-{number}"
            yield from _documents(forwarded, key=inner_key, depth=depth + 1)


def _contents(message: Message) -> tuple[str, list[Attachment], list[Message]]:
    """The body (as text, or else as HTML), the attachments, and the messages inside."""
    plain: list[str] = []
    pages: list[str] = []
    attachments: list[Attachment] = []
    inner: list[Message] = []
    for part in _parts(message):
        kind = part.get_content_type()
        name = _file_name(part)
        if kind == "message/rfc822" or name.lower().endswith(".eml"):
            inner.extend(_forwarded(part))
        elif name or part.get_content_disposition() == "attachment":
            attachments.append(Attachment(name, _payload(part)))
        elif kind == "text/plain":
            plain.append(_text(part))
        elif kind == "text/html":
            pages.append(_page_text(_text(part)))
    body = "\n\n".join(text.strip() for text in plain if text.strip())
    return body or "\n\n".join(text for text in pages if text), attachments, inner


def _parts(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order; not those of messages inside."""
    waiting: list[Message] = [message]
    n_parts = 0
    while waiting and n_parts < _MAX_PARTS:
        part = waiting.pop()
        n_parts += 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting.extend(reversed(cast("list[Message]", part.get_payload())))
        else:
            yield part


def _forwarded(part: Message) -> list[Message]:
    if part.is_multipart():
        return cast("list[Message]", part.get_payload())
    message = _message(_payload(part))
    return [] if message is None else [message]


def _text(part: Message) -> str:
    data = _payload(part)
    charset = part.get_content_charset()
    try:
        text = data.decode(charset or "utf-8")
    except (LookupError, ValueError):
        try:
            return decode(data)
        except ParseError:
            return ""
    return text.replace("\r\n", "\n").replace("\x00", "")


def _payload(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    # Encodings of payloads are as broken as their senders (binascii.Error, LookupError, …).
    except Exception:  # noqa: BLE001
        return b""
    return data if isinstance(data, bytes) else b""


def _page_text(source: str) -> str:
    try:
        return outline_of(tree_of(source)).finish()[0]
    except ParseError:
        return source.strip()


def _file_name(part: Message) -> str:
    try:
        return " ".join((part.get_filename() or "").split())
    # Parameters may be encoded twice over (RFC 2231), and be broken twice over.
    except Exception:  # noqa: BLE001
        return ""


def _header(message: Message, name: str) -> str:
    value = str(message.get(name, ""))[:_MAX_HEADER_CHARS]
    # What is no valid encoded word is shown as it was sent.
    with suppress(MessageError, LookupError, ValueError):
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())


def _dates(message: Message) -> tuple[Dated, ...]:
    """When it was sent, by its writer, the first server that had it, or the mailbox it lay in."""
    received = [str(value).rpartition(";")[2] for value in message.get_all("Received", [])]
    separator = (message.get_unixfrom() or "").split(maxsplit=2)[2:]
    written = (_header(message, "Date"), *received[-1:], *separator)
    read = (from_value(" ".join(value.split()), DateSource.EMAIL_HEADER) for value in written)
    return tuple(dated for dated in read if dated is not None)
