"""A small valid file of every format, made here, all telling the same."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from zipfile import ZipFile

import docx
import pptx
import xlsxwriter
from fpdf import FPDF
from PIL import Image
from PIL.PngImagePlugin import PngInfo

SENTENCE = "The council opened the new bridge."
MOMENT = datetime(2015, 5, 7, 10, 30, tzinfo=UTC)

_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_ODF_NAMES = " ".join(
    f'xmlns:{name}="{_ODF}:{uri}:1.0"'
    for name, uri in {
        "office": "office", "text": "text", "table": "table", "meta": "meta",
        "draw": "drawing", "presentation": "presentation",
    }.items()
)  # fmt: skip


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A zip of parts."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def opendocument(kind: str, body: str, *, meta: str = "") -> bytes:
    """An OpenDocument file with this body."""
    inner = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    content = f"<office:document-content {_ODF_NAMES}>{inner}"
    head = f"<office:document-meta {_ODF_NAMES} xmlns:dc='http://purl.org/dc/elements/1.1/'>"
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"{content}</office:document-content>",
            "meta.xml": f"{head}<office:meta>{meta}</office:meta></office:document-meta>",
        }
    )


def odt() -> bytes:
    meta = (
        "<dc:title>Town Report</dc:title><dc:date>2015-05-07T10:30:00</dc:date>"
        "<meta:creation-date>2014-01-02T03:04:05.678</meta:creation-date>"
    )
    return opendocument(
        "text",
        "<text:p>Lead<text:s text:c='2'/>line.</text:p>"
        f"<text:h text:outline-level='1'>Bridge</text:h><text:p>{SENTENCE}</text:p>"
        "<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Year</text:p></table:table-cell>"
        "<table:table-cell><text:p>2015</text:p></table:table-cell></table:table-row></table:table>",
        meta=meta,
    )


def odp() -> bytes:
    def page(title: str, text: str) -> str:
        box = "<draw:frame{}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
        titled = box.format(" presentation:class='title'", title) if title else ""
        return f"<draw:page>{titled}{box.format('', text)}</draw:page>"

    slides = page("Bridge", SENTENCE) + page("", "Untitled.")
    return opendocument("presentation", slides)


def ods(*, cell: str = SENTENCE, repeated: int = 1) -> bytes:
    def row(*cells: str) -> str:
        inner = "".join(
            f"<table:table-cell table:number-columns-repeated='{repeated}'>"
            f"<text:p>{text}</text:p></table:table-cell>"
            for text in cells
        )
        return f"<table:table-row>{inner}</table:table-row>"

    rows = row("Year", "Event") + row("2015", cell) + row("2016", "It closed.")
    empty = "<table:table-row table:number-rows-repeated='1048576'><table:table-cell/>"
    sheet = f"<table:table table:name='My Sheet'>{rows}{empty}</table:table-row></table:table>"
    return opendocument("spreadsheet", sheet)


def docx_() -> bytes:
    word = docx.Document()
    word.add_heading("Bridge", level=1)
    word.add_paragraph(SENTENCE)
    word.core_properties.modified = MOMENT
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def pptx_() -> bytes:
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "Bridge"
    first.placeholders[1].text = SENTENCE
    first.notes_slide.notes_text_frame.text = "Said aloud."
    second = show.slides.add_slide(show.slide_layouts[6])
    table = second.shapes.add_table(1, 2, 0, 0, 100, 100).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Year", "2015"
    show.core_properties.modified = MOMENT
    show.core_properties.title = "Town Report"
    buffer = io.BytesIO()
    show.save(buffer)
    return buffer.getvalue()


def xlsx() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.set_properties({"title": "Town Report", "created": MOMENT.replace(tzinfo=None)})
        sheet = book.add_worksheet("My Sheet")
        for number, row in enumerate((("Year", "Event"), (2015, SENTENCE), (2016, "It closed."))):
            sheet.write_row(number, 0, row)
        book.add_worksheet("Empty")
    return buffer.getvalue()


def epub() -> bytes:
    package = (
        "<package xmlns='http://www.idpf.org/2007/opf' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        "<metadata><dc:title>Town Report</dc:title><dc:date>2015-05</dc:date></metadata><manifest>"
        "<item id='a' href='a%20b.xhtml' media-type='application/xhtml+xml'/>"
        "<item id='c' href='c.xhtml' media-type='application/xhtml+xml'/></manifest>"
        "<spine><itemref idref='c'/><itemref idref='a'/></spine></package>"
    )
    return zipped(
        {
            "META-INF/container.xml": "<container><rootfile full-path='x/p.opf'/></container>",
            "x/p.opf": package,
            "x/a b.xhtml": f"<html><body><h2>Bridge</h2><p>{SENTENCE}</p></body></html>",
            "x/c.xhtml": "<html><head><title>t</title></head><body><p>First.</p></body></html>",
        }
    )


def pdf() -> bytes:
    document = FPDF()
    document.set_font("helvetica", size=12)
    document.set_creation_date(MOMENT)
    document.add_page()
    document.multi_cell(0, text=SENTENCE)
    return bytes(document.output())


def mail(*, subject: str = "Bridge", body: str = SENTENCE, attached: bytes = b"") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Ada <ada@example.org>", "bob@example.org"
    message["Subject"], message["Date"] = subject, "Thu, 07 May 2015 10:30:00 +0000"
    message["Message-ID"] = f"<{subject}@example.org>"
    message.set_content(body)
    if attached:
        message.add_attachment(attached, maintype="text", subtype="csv", filename="costs.csv")
        message.add_attachment(b"\x00", maintype="video", subtype="mp4", filename="film.mp4")
    return message


def mbox(*messages: EmailMessage) -> bytes:
    written = (b"From ada Thu May  7 10:30:00 2015\n" + one.as_bytes() for one in messages)
    return b"\n".join(written)


def notebook() -> bytes:
    cells = [
        {"cell_type": "markdown", "source": ["# Bridge\n", SENTENCE]},
        {
            "cell_type": "code",
            "source": "1 + 1",
            "outputs": [{"data": {"text/plain": ["2"]}}, {"text": "x" * 9999}],
        },
    ]
    return json.dumps({"cells": cells, "metadata": {"date": "2015-05-07"}}).encode()


def png(description: str = SENTENCE) -> bytes:
    info = PngInfo()
    info.add_text("Title", "Bridge")
    info.add_text("Description", description)
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "png", pnginfo=info)
    return buffer.getvalue()


def jpeg(*, description: str = SENTENCE, taken: str = "2015:05:07 10:30:00") -> bytes:
    image = Image.new("RGB", (4, 4))
    exif = image.getexif()
    if description:
        exif[0x010E] = description
    exif.get_ifd(0x8769)[0x9003] = taken
    buffer = io.BytesIO()
    image.save(buffer, "jpeg", exif=exif)
    return buffer.getvalue()


RTF = (
    r"{\rtf1\ansi\ansicpg1252{\info{\title Town Report}{\creatim\yr2014\mo1\dy2\hr3\min4}"
    r"{\revtim\yr2015\mo5\dy7\hr10\min30}}\pard " + SENTENCE + r" Caf\'e9.\par}"
).encode()

SAMPLES: dict[str, Callable[[], bytes]] = {
    ".txt": SENTENCE.encode,
    ".md": f"---\ndate: 2015-05-07\n---\n# Bridge\n\n{SENTENCE}\n".encode,
    ".rst": f"Bridge\n======\n\n:Date: 2015-05-07\n\n{SENTENCE}\n".encode,
    ".org": f"#+DATE: <2015-05-07 Thu>\n* Bridge\n{SENTENCE}\n".encode,
    ".ipynb": notebook,
    ".html": f"<html><body><p>{SENTENCE}</p></body></html>".encode,
    ".pdf": pdf,
    ".docx": docx_,
    ".pptx": pptx_,
    ".xlsx": xlsx,
    ".odt": odt,
    ".odp": odp,
    ".ods": ods,
    ".rtf": lambda: RTF,
    ".epub": epub,
    ".eml": lambda: mail().as_bytes(),
    ".mbox": lambda: mbox(mail()),
    ".csv": f"Year,Event\n2015,{SENTENCE}\n".encode,
    ".json": json.dumps({"text": SENTENCE}).encode,
    ".jsonl": json.dumps({"text": SENTENCE}).encode,
    ".py": f'def bridge():\n    """{SENTENCE}"""\n'.encode,
    ".png": png,
    ".jpg": jpeg,
}
