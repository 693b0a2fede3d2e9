"""PDF files with a text layer, by PDFium (what Chrome reads PDFs with)."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePath
from typing import NamedTuple

import pypdfium2

from ingest.dates import from_pdf
from ingest.outline import Outline
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import Dated

_HEADER_WITHIN_BYTES = 1024  # readers accept bytes before the header (PDF 1.7, appendix H.3.4.1)
_PASSWORD_NEEDED = 4  # FPDF_ERR_PASSWORD
_BROKEN_WORD = re.compile("[\ufffe\u00ad](?:\r?\n)?")
_MIN_FULL_LINE_SHARE = 0.7
_MAX_BOOKMARKS = 10_000
_MAX_CHARS = 50_000_000


class _Bookmark(NamedTuple):
    level: int
    title: str


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document with its pages, bookmarks as headings, lines joined to paragraphs.

    Raises:
        ParseError: If the file is no PDF, is damaged, needs a password, or holds only pictures.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER_WITHIN_BYTES)
    if not head:
        raise ParseError("empty file")
    if b"%PDF-" not in head:
        raise ParseError("not a PDF file")
    try:
        with pypdfium2.PdfDocument(path) as pdf:
            yield _read(pdf)
    except pypdfium2.PdfiumError as e:
        if getattr(e, "err_code", None) == _PASSWORD_NEEDED or "password" in str(e).lower():
            raise ParseError("PDF file needs a password") from e
        raise ParseError("damaged PDF file") from e


def _read(pdf: pypdfium2.PdfDocument) -> Parsed:
    outline = Outline()
    bookmarks = _bookmarks(pdf)
    n_chars = 0
    for number in range(len(pdf)):
        page = pdf[number]
        textpage = page.get_textpage()
        raw = textpage.get_text_range()
        textpage.close()
        page.close()
        n_chars += len(raw)
        if n_chars > _MAX_CHARS:
            raise ParseError(f"more than {_MAX_CHARS // 1_000_000} million characters of text")
        outline.add_place(f"page={number + 1}")
        _add_page(outline, raw, {_plain(one.title): one for one in bookmarks.get(number, [])})
    text, sections = outline.finish()
    if not text:
        raise ParseError("no text in the PDF file (scanned pages?)")
    metadata = pdf.get_metadata_dict()
    return Parsed(
        text=text,
        title=" ".join(metadata.get("Title", "").split()),
        sections=sections,
        locators=outline.locators,
        dates=_dates(metadata),
    )


def _bookmarks(pdf: pypdfium2.PdfDocument) -> dict[int, list[_Bookmark]]:
    """The entries of the document's outline, by page."""
    found: dict[int, list[_Bookmark]] = defaultdict(list)
    for entry in islice(pdf.get_toc(), _MAX_BOOKMARKS):
        target = entry.get_dest()
        page = None if target is None else target.get_index()
        title = " ".join(entry.get_title().replace("\x00", "").split())
        if page is not None and title:
            found[page].append(_Bookmark(entry.level + 1, title))
    return found


def _add_page(outline: Outline, raw: str, bookmarks: dict[str, _Bookmark]) -> None:
    """Add a page; a line that says what a bookmark of the page says is a heading."""
    lines: list[str] = []
    for paragraph in _paragraphs(raw, frozenset(bookmarks)):
        bookmark = bookmarks.pop(_plain(paragraph), None) if bookmarks else None
        if bookmark is None:
            lines.append(paragraph)
            continue
        outline.add_text("\n".join(lines))
        lines.clear()
        outline.add_heading(bookmark.level, paragraph)
    outline.add_text("\n".join(lines))


def _plain(title: str) -> str:
    """A title without its number, which only one of page and bookmark may give."""
    return re.sub(r"\W+", " ", re.sub(r"^[\d.\s]+", "", title)).strip().casefold()


def _dates(metadata: dict[str, str]) -> tuple[Dated, ...]:
    """Creation first: tools that stamp or compress a file set the other."""
    read = (from_pdf(metadata.get(key, "")) for key in ("CreationDate", "ModDate"))
    return tuple(dated for dated in read if dated is not None)


def _paragraphs(raw: str, headings: frozenset[str]) -> list[str]:
    """Join the lines of a paragraph: PDF knows lines only.

    A line that does not fill the column ends a paragraph, unless the next starts in lower case.
    """
    text = _BROKEN_WORD.sub("", raw).replace("\r\n", "\n").replace("\x00", "")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    width = max(map(len, lines), default=0)
    joined: list[list[str]] = []
    is_open = is_after_heading = False
    for line in lines:
        if not line:
            is_open = False
            continue
        is_heading = bool(headings) and _plain(line) in headings
        may_join = joined and not is_heading and not is_after_heading
        if may_join and (is_open or line[0].islower()):
            joined[-1].append(line)
        else:
            joined.append([line])
        is_after_heading = is_heading
        is_open = not is_heading and len(line) >= _MIN_FULL_LINE_SHARE * width and len(lines) > 1
    return [" ".join(lines) for lines in joined]
