"""What the formats that are zips of XML share: bounds, a safe XML parser, and dates.

A small file may unpack to far more than memory. What an archive says it unpacks to is summed up
before anything of it is read; `zipfile` never gives out more of a member than it was said to have.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile
from zlib import error as ZlibError  # noqa: N812

from lxml import etree

from ingest.dates import from_office, from_value
from rag_lifelong.errors import ParseError
from rag_lifelong.types import Dated, DateSource

MAX_UNPACKED_BYTES = 500_000_000
MAX_XML_BYTES = 200_000_000
"""A tree of XML takes several times the memory of its text."""
DAMAGE = (
    BadZipFile, ZlibError, etree.LxmlError, KeyError, ValueError, AttributeError, TypeError,
    IndexError, NotImplementedError, EOFError, OverflowError, RecursionError,
)  # fmt: skip
"""What the libraries of office formats let through of what is wrong inside a file."""

_ENCRYPTED = 1  # bit 0 of a member's flags
OLE_HEAD = b"\xd0\xcf\x11\xe0"


@contextmanager
def opened(path: Path, *, what: str, parts: Sequence[str] = ()) -> Iterator[ZipFile]:
    """Open a document that is a zip and holds these parts.

    Raises:
        ParseError: If it is none, is damaged or encrypted, or unpacks to too much.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if not head:
        raise ParseError("empty file")
    if head == OLE_HEAD:
        raise ParseError(f"{what} needs a password, or is of another format")
    if not is_zipfile(path):
        raise ParseError(f"not a {what}")
    try:
        with ZipFile(path) as archive:
            _check(archive, what, parts)
            yield archive
    except (BadZipFile, ZlibError, NotImplementedError, EOFError, ValueError) as e:
        raise ParseError(f"damaged {what}") from e


def _check(archive: ZipFile, what: str, parts: Sequence[str]) -> None:
    infos = archive.infolist()
    names = {info.filename for info in infos}
    if not names.issuperset(parts):
        raise ParseError(f"not a {what}")
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise ParseError(f"{what} needs a password")
    xml = (i for i in infos if i.filename.lower().endswith((".xml", ".rels", ".xhtml", ".html")))
    if (
        sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES
        or sum(info.file_size for info in xml) > MAX_XML_BYTES
    ):
        raise ParseError(f"unpacks to more than {MAX_XML_BYTES // 1_000_000} MB")


def xml_of(data: bytes) -> etree._Element:
    """Return the root of XML; no entity of its own is expanded, nothing outside is loaded.

    Raises:
        lxml.etree.XMLSyntaxError: If it is no XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(data, parser)


def values_of(root: etree._Element, *names: str) -> list[str]:
    """Return the texts of the elements of these names, whatever their namespace, name by name."""
    found = (root.xpath("//*[local-name()=$name]", name=name) for name in names)
    texts = (element.text for elements in found for element in elements)
    return [text.strip() for text in texts if text and text.strip()]


def date_of(text: str) -> Dated | None:
    """Return the date of a property written in ISO 8601, as exact as it is written."""
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        moment = None
    return from_value(text, DateSource.OFFICE_CORE) if moment is None else from_office(moment)


def core_properties(archive: ZipFile) -> tuple[str, tuple[Dated, ...]]:
    """Return the title and the dates of a document of Microsoft's formats, last change first.

    The date of creation is often that of a template.
    """
    try:
        root = xml_of(archive.read("docProps/core.xml"))
    except DAMAGE:
        return "", ()
    dates = (date_of(text) for text in values_of(root, "modified", "created"))
    title = next(iter(values_of(root, "title")), "")
    return " ".join(title.split()), tuple(dated for dated in dates if dated is not None)
