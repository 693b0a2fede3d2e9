"""PDF files with a text layer, by PDFium (what Chrome reads PDFs with)."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

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


def parse(path: Path, name: PurePath) -> Iterator[Parsed]:
    """Yield the document, each page a section, lines joined to paragraphs.

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
    outline = Outline(keep_empty_headings=False)
    n_pages = len(pdf)
    for number in range(n_pages):
        page = pdf[number]
        textpage = page.get_textpage()
        if n_pages > 1:
            outline.add_heading(1, f"page {number + 1}")
        outline.add_text(_paragraphs(textpage.get_text_range()))
        textpage.close()
        page.close()
    text, sections = outline.finish()
    if not text:
        raise ParseError("no text in the PDF file (scanned pages?)")
    metadata = pdf.get_metadata_dict()
    return Parsed(
        text=text,
        title=" ".join(metadata.get("Title", "").split()),
        sections=sections,
        dates=_dates(metadata),
    )


def _dates(metadata: dict[str, str]) -> tuple[Dated, ...]:
    """Creation first: tools that stamp or compress a file set the other."""
    read = (from_pdf(metadata.get(key, "")) for key in ("CreationDate", "ModDate"))
    return tuple(dated for dated in read if dated is not None)


def _paragraphs(raw: str) -> str:
    """Join the lines of a paragraph: PDF knows lines only.

    A line that does not fill the column ends a paragraph, unless the next starts in lower case.
    """
    text = _BROKEN_WORD.sub("", raw).replace("\r\n", "\n").replace("\x00", "")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    width = max(map(len, lines), default=0)
    joined: list[str] = []
    is_open = False
    for line in lines:
        if not line:
            is_open = False
        elif joined and (is_open or line[0].islower()):
            joined[-1] += " " + line
        else:
            joined.append(line)
        is_open = len(line) >= _MIN_FULL_LINE_SHARE * width and len(lines) > 1
    return "\n".join(joined)
