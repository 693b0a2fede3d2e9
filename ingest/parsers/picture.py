"""Pictures that say in words what they show: descriptions that people or programs put inside.

Of a picture's own content nothing is read.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePath
from typing import cast

from lxml import etree
from PIL import Image, IptcImagePlugin, UnidentifiedImageError
from PIL.ExifTags import IFD, Base
from PIL.ImageFile import ImageFile

from ingest.dates import from_value
from ingest.parsers.office import values_of, xml_of
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated, DateSource

_XP_TITLE, _XP_COMMENT, _XP_SUBJECT = 0x9C9B, 0x9C9C, 0x9C9F  # Windows writes these, in UTF-16
_IPTC_TITLE, _IPTC_HEADLINE, _IPTC_CAPTION = (2, 5), (2, 105), (2, 120)
_PNG_TITLE = ("Title",)
_PNG_TEXTS = ("Description", "Comment", "Caption", "ImageDescription")
_MAX_TEXT_CHARS = 100_000
_MAX_XMP_BYTES = 2_000_000
# What cameras and programs write where a person would write what there is to see.
_NONSENSE = re.compile(
    r"(?:olympus digital camera|sony dsc|samsung|kodak|dcim.*|dsc\w*|img[_\d]*|screenshot|default"
    r"|untitled|created with .{0,60}|.{0,40}\bgimp\b.{0,40}|charset=\w+|.{0,3}"
    r"|lead technologies.*|.*lavc[\d.]+|file source:.{0,100}|https?://\S+)",
    re.IGNORECASE,
)


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the picture's title and description, dated by when it was taken.

    Raises:
        ParseError: If the file is no picture, is damaged, or has no description inside.
    """
    if not path.stat().st_size:
        raise ParseError("empty file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes and odd tags, which do not matter here
            with Image.open(path) as image:
                exif = _exif(image)
                xmp = _xmp(image)
                titles = _clean(_titles(image, exif, xmp))
                texts = _clean(_texts(image, exif, xmp))
                dates = _dates(exif, xmp)
    except UnidentifiedImageError as e:
        raise ParseError("not a picture, or a damaged one") from e
    # Pillow's plugins raise whatever a damaged header makes them: SyntaxError, struct.error, …
    except Exception as e:
        raise ParseError("damaged picture") from e
    if not titles and not texts:
        raise ParseError("a picture without text")
    text = "\n\n".join(texts or titles)
    yield Parsed(text=text, title=titles[0] if titles else "", dates=dates)


def _exif(image: Image.Image) -> dict[int, object]:
    exif = image.getexif()
    return {**exif, **exif.get_ifd(IFD.Exif)}


def _xmp(image: Image.Image) -> etree._Element | None:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    data = packet.encode() if isinstance(packet, str) else packet
    if not isinstance(data, bytes) or len(data) > _MAX_XMP_BYTES:
        return None
    try:
        return xml_of(data.strip(b"\x00 \r\n\t"))
    except etree.LxmlError:
        return None


def _iptc(image: Image.Image, key: tuple[int, int]) -> object:
    return (IptcImagePlugin.getiptcinfo(cast("ImageFile", image)) or {}).get(key)


def _titles(
    image: Image.Image, exif: dict[int, object], xmp: etree._Element | None
) -> Iterator[object]:
    yield _iptc(image, _IPTC_TITLE)
    yield _iptc(image, _IPTC_HEADLINE)
    if xmp is not None:
        yield from _xmp_values(xmp, "title", "Headline")
    yield from (image.info.get(key) for key in _PNG_TITLE)
    yield exif.get(_XP_TITLE)


def _texts(
    image: Image.Image, exif: dict[int, object], xmp: etree._Element | None
) -> Iterator[object]:
    yield _iptc(image, _IPTC_CAPTION)
    if xmp is not None:
        yield from _xmp_values(xmp, "description")
    yield exif.get(Base.ImageDescription)
    yield from (image.info.get(key) for key in _PNG_TEXTS)
    yield _user_comment(exif.get(Base.UserComment))
    yield exif.get(_XP_SUBJECT)
    yield exif.get(_XP_COMMENT)
    yield image.info.get("comment")


def _xmp_values(xmp: etree._Element, *names: str) -> list[str]:
    """The texts of properties, which lie in a list of languages inside the element."""
    inner = (xmp.xpath("//*[local-name()=$name]//*[local-name()='li']", name=n) for n in names)
    texts = [item.text for items in inner for item in items if item.text]
    attributes = (xmp.xpath("//@*[local-name()=$name]", name=name) for name in names)
    return texts or [str(value) for values in attributes for value in values]


def _user_comment(value: object) -> object:
    """A comment after the eight bytes that name its encoding."""
    if not isinstance(value, bytes):
        return value
    codec = "utf-16" if value.startswith(b"UNICODE") else "utf-8"
    return value[8:].decode(codec, errors="ignore")


def _clean(values: Iterable[object]) -> list[str]:
    """What of the values is text that says something, each once."""
    found: dict[str, None] = {}
    for value in values:
        text = " ".join(_string(value).replace("\x00", "").split())[:_MAX_TEXT_CHARS]
        if text and not _NONSENSE.fullmatch(text[:200]):
            found[text] = None
    return list(found)


def _string(value: object) -> str:
    if isinstance(value, bytes):
        # Windows' fields are UTF-16, which shows in the zeros between Latin letters.
        is_wide = len(value) % 2 == 0 and value.count(b"\x00") > len(value) // 4
        return value.decode("utf-16-le" if is_wide else "utf-8", errors="replace")
    return value if isinstance(value, str) else ""


def _dates(exif: dict[int, object], xmp: etree._Element | None) -> tuple[Dated, ...]:
    """When the picture was taken, or else made."""
    values: list[object] = [
        _moment(exif.get(Base.DateTimeOriginal), exif.get(Base.OffsetTimeOriginal)),
        _moment(exif.get(Base.DateTimeDigitized), exif.get(Base.OffsetTimeDigitized)),
    ]
    if xmp is not None:
        names = ("DateTimeOriginal", "DateCreated", "CreateDate")
        values.extend(values_of(xmp, *names) or _xmp_values(xmp, *names))
    values.append(_moment(exif.get(Base.DateTime), exif.get(Base.OffsetTime)))
    read = (from_value(value, DateSource.EXIF) for value in values)
    return tuple(dated for dated in read if dated is not None)


def _moment(value: object, offset: object) -> datetime | None:
    """An EXIF date, `2015:05:07 10:30:00`, in its zone where that is told."""
    if not isinstance(value, str):
        return None
    zone = offset.strip() if isinstance(offset, str) else ""
    for zone_text, pattern in ((zone, "%Y:%m:%d %H:%M:%S%z"), ("", "%Y:%m:%d %H:%M:%S")):
        try:
            return datetime.strptime(value.strip("\x00 ") + zone_text, pattern)  # noqa: DTZ007
        except ValueError:
            continue
    return None
