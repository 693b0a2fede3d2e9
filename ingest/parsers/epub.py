"""EPUB books: the chapters in reading order, each a page of XHTML."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from posixpath import dirname, join, normpath
from urllib.parse import quote, unquote, urlsplit
from zipfile import ZipFile

from lxml import etree

from ingest.outline import Outline
from ingest.parsers.office import DAMAGE, date_of, opened, values_of, xml_of
from ingest.parsers.page import add_blocks, tree_of
from ingest.text import decode
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed

_CONTAINER = "META-INF/container.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
_MAX_CHAPTERS = 10_000


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the book: its headings as sections, each chapter's file as the place in it.

    Raises:
        ParseError: If the file is no EPUB, is damaged or locked, or has no text.
    """
    with opened(path, what="EPUB book", parts=[_CONTAINER]) as archive:
        try:
            package_name = _package_name(archive)
            package = xml_of(archive.read(package_name))
            outline = Outline()
            for chapter in _chapters(package, package_name)[:_MAX_CHAPTERS]:
                _add_chapter(archive, chapter, outline)
            text, sections = outline.finish()
            title = " ".join(next(iter(values_of(package, "title")), "").split())
            written = [*values_of(package, "date"), *_modified(package)]
        except DAMAGE as e:
            raise ParseError("damaged EPUB book") from e
    if not text:
        raise ParseError("no text in the EPUB book")
    dates = (date_of(value) for value in written)
    yield Parsed(
        text=text,
        title=title,
        sections=sections,
        locators=outline.locators,
        dates=tuple(dated for dated in dates if dated is not None),
    )


def _package_name(archive: ZipFile) -> str:
    container = xml_of(archive.read(_CONTAINER))
    found = container.xpath("//*[local-name()='rootfile']/@full-path")
    if not found:
        raise ParseError("damaged EPUB book")
    return str(found[0])


def _chapters(package: etree._Element, package_name: str) -> list[str]:
    """The names of the parts in reading order."""
    items = {
        item.get("id"): item.get("href", "")
        for item in package.xpath("//*[local-name()='manifest']/*[local-name()='item']")
        if item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()
    }
    order = package.xpath("//*[local-name()='spine']/*[local-name()='itemref']/@idref")
    hrefs = [items[idref] for idref in order if idref in items]
    folder = dirname(package_name)
    return [normpath(join(folder, unquote(urlsplit(href).path))) for href in hrefs]


def _add_chapter(archive: ZipFile, chapter: str, outline: Outline) -> None:
    try:
        page = tree_of(decode(archive.read(chapter)))
    except (ParseError, KeyError):
        return  # a cover that is one picture, or a chapter that was taken out
    outline.add_place(f"chapter={quote(chapter)}")
    outline.leave(1)
    add_blocks(outline, page)


def _modified(package: etree._Element) -> list[str]:
    found = package.xpath("//*[local-name()='meta'][@property='dcterms:modified']/text()")
    return [str(text).strip() for text in found]
