"""Messages that Outlook saved (.msg)."""

from collections.abc import Iterator
from pathlib import Path, PurePath

import olefile
from oxmsg import Message

from ingest.dates import from_value
from ingest.parsers.attachments import Attachment, message_text, read_attachments
from ingest.parsers.page import outline_of, tree_of
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the message, then its attachments.

    Raises:
        ParseError: If the file is no Outlook message, is damaged, or has no text.
    """
    if not path.stat().st_size:
        raise ParseError("empty file")
    if not olefile.isOleFile(path):
        raise ParseError("not an Outlook message (.msg)")
    try:
        message = Message.load(str(path))
        attachments = [
            Attachment(one.file_name or "", one.file_bytes or b"") for one in message.attachments
        ]
        names = [attachment.name for attachment in attachments]
        text = message_text(_people(message), _body(message), names)
        title = " ".join((message.subject or "").split())
        dates = _dates(message)
    # Neither oxmsg nor olefile below it says what it raises for a damaged file.
    except Exception as e:
        raise ParseError("damaged Outlook message") from e
    if not text:
        raise ParseError("no text in the Outlook message")
    yield Parsed(text=text, title=title, dates=dates)
    yield from read_attachments(attachments, key="", dates=dates)


def _people(message: Message) -> list[tuple[str, str]]:
    recipients = ", ".join(
        f"{one.name} <{one.email_address}>" if one.email_address != one.name else one.name
        for one in message.recipients
    )
    return [("From", message.sender or ""), ("To", recipients)]


def _body(message: Message) -> str:
    plain = (message.body or "").replace("\r\n", "\n").replace("\x00", "")
    if plain.strip() or not message.html_body:
        return plain
    return outline_of(tree_of(message.html_body)).finish()[0]


def _dates(message: Message) -> tuple[Dated, ...]:
    headers = message.message_headers
    written = (message.sent_date, headers.get("Date"))
    read = (from_value(value, DateSource.EMAIL_HEADER) for value in written if value)
    return tuple(dated for dated in read if dated is not None)
