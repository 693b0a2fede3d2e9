"""Write the binary files of the demo corpus from their plain sources.

Most documents of ``examples/corpus/`` are text files that are edited by hand.
The PDF files, the Word files and the wiki dump are not; this script makes them
from readable sources:

* ``sources/briefs.toml`` holds the text of every PDF and Word document,
* ``sources/wiki-site.toml`` holds the site information and users of the wiki,
* ``sources/wiki/*.toml`` holds one wiki page each, with its dated revisions.

Usage::

    pip install fpdf2 python-docx
    python examples/build_corpus.py            # write into examples/corpus
    python examples/build_corpus.py --check    # compare, write nothing
    python examples/build_corpus.py --out DIR  # write somewhere else

The output depends on the sources only: dates inside the files are those of the
documents, archive members carry a fixed time, and revision ids follow from the
order of the revision times. Running the script twice with the same library
versions gives the same bytes. Another version of ``fpdf2``, ``python-docx`` or
of the compression library may give other bytes with the same content.
"""

from __future__ import annotations

import argparse
import bz2
import datetime as dt
import hashlib
import io
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
CORPUS = HERE / "corpus"
DUMP_PATH = "wiki/demo-wiki-pages-meta-history.xml.bz2"

EXPORT_NS = "http://www.mediawiki.org/xml/export-0.11/"
EXPORT_XSD = "http://www.mediawiki.org/xml/export-0.11.xsd"
FIRST_REVISION_ID = 1001
PAGE_BREAK = "---"
A5_MM = (148, 210)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Brief:
    """A short document that becomes a PDF or a Word file.

    Attributes:
        path: Target path below the corpus folder; the suffix is the format.
        title: Title, also stored in the metadata of the file.
        author: Author stored in the metadata of the file.
        date: Date of the document, stored as its creation date.
        paragraphs: Paragraphs in order; ``---`` stands for a page break.
        table: Rows of an optional table, the heading first.
    """

    path: str
    title: str
    author: str
    date: dt.date
    paragraphs: tuple[str, ...]
    table: tuple[tuple[str, ...], ...] = ()

    @property
    def moment(self) -> dt.datetime:
        """Noon of the date in UTC, the time stored in the file."""
        return dt.datetime.combine(self.date, dt.time(12), tzinfo=dt.UTC)

    @property
    def dateline(self) -> str:
        """The date in words, such as ``6 April 2020``."""
        return f"{self.date.day} {self.date:%B %Y}"


@dataclass
class Revision:
    """One revision of a wiki page.

    Attributes:
        timestamp: Time of the edit in UTC.
        user: Name of the contributor, a key of the user table.
        comment: Edit summary, may be empty.
        text: Wikitext of the whole page after the edit.
        minor: Whether the edit is marked as minor.
        id: Revision id, set by `number_revisions`.
        parent_id: Id of the previous revision of the page, if any.
    """

    timestamp: dt.datetime
    user: str
    comment: str
    text: str
    minor: bool = False
    id: int = 0
    parent_id: int | None = None


@dataclass
class Page:
    """A wiki page with all its revisions, oldest first."""

    id: int
    ns: int
    title: str
    redirect: str | None = None
    revisions: list[Revision] = field(default_factory=list)


def read_briefs(path: Path) -> list[Brief]:
    """Read the sources of the PDF and Word documents.

    Args:
        path: The TOML file with one ``[[brief]]`` table per document.

    Returns:
        The documents in the order of the file.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Brief(
            path=item["path"],
            title=item["title"],
            author=item.get("author", data["author"]),
            date=item["date"],
            paragraphs=tuple(" ".join(part.split()) for part in item["text"].strip().split("\n\n")),
            table=tuple(tuple(row) for row in item.get("table", ())),
        )
        for item in data["brief"]
    ]


def render_pdf(brief: Brief) -> bytes:
    """Lay out a brief as an A5 PDF with title, author and creation date."""
    from fpdf import FPDF

    pdf = FPDF(format=A5_MM)
    pdf.set_title(brief.title)
    pdf.set_author(brief.author)
    pdf.set_creation_date(brief.moment)
    pdf.set_producer("build_corpus.py")
    pdf.set_lang("en")
    pdf.set_margin(18)
    pdf.add_page()
    pdf.set_font("Helvetica", style="B", size=15)
    pdf.multi_cell(0, 7, brief.title, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1)
    pdf.set_font("Helvetica", style="I", size=10)
    pdf.cell(0, 6, brief.dateline, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)
    pdf.set_font("Helvetica", size=11)
    for paragraph in brief.paragraphs:
        if paragraph == PAGE_BREAK:
            pdf.add_page()
            continue
        pdf.multi_cell(0, 5.5, paragraph, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(2.5)
    if brief.table:
        pdf.set_font("Helvetica", size=10)
        with pdf.table(text_align="LEFT") as table:
            for row in brief.table:
                table.row(row)
    return bytes(pdf.output())


def render_docx(brief: Brief) -> bytes:
    """Lay out a brief as a Word document with dated core properties."""
    from docx import Document

    document = Document()
    properties = document.core_properties
    moment = brief.moment.replace(tzinfo=None)
    properties.title = brief.title
    properties.author = brief.author
    properties.last_modified_by = brief.author
    properties.created = moment
    properties.modified = moment
    properties.comments = ""
    properties.language = "en"
    properties.revision = 1
    document.add_heading(brief.title, level=1)
    document.add_paragraph(brief.dateline)
    for paragraph in brief.paragraphs:
        if paragraph == PAGE_BREAK:
            document.add_page_break()
        else:
            document.add_paragraph(paragraph)
    if brief.table:
        table = document.add_table(rows=0, cols=len(brief.table[0]))
        table.style = "Table Grid"
        for row in brief.table:
            for cell, value in zip(table.add_row().cells, row, strict=True):
                cell.text = value
    buffer = io.BytesIO()
    document.save(buffer)
    return normalise_zip(buffer.getvalue())


def normalise_zip(data: bytes) -> bytes:
    """Rewrite a zip archive with fixed member times and attributes.

    Args:
        data: The bytes of the archive.

    Returns:
        An archive with the same members in the same order whose bytes do not
        depend on when it was written.
    """
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            info = zipfile.ZipInfo(name, date_time=ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            target.writestr(info, source.read(name))
    return buffer.getvalue()


def read_page(path: Path) -> Page:
    """Read one wiki page and its revisions.

    Args:
        path: A TOML file with the keys ``id``, ``ns``, ``title``, optionally
            ``redirect``, and one ``[[revision]]`` table per revision. Long lines
            of wikitext are folded there with a backslash at the end of the line.

    Returns:
        The page with its revisions, oldest first.

    Raises:
        ValueError: If the revisions are not in the order of their times.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    revisions = [
        Revision(
            timestamp=item["timestamp"].astimezone(dt.UTC),
            user=item["user"],
            comment=item.get("comment", ""),
            text=item["text"].strip(),
            minor=item.get("minor", False),
        )
        for item in data["revision"]
    ]
    times = [revision.timestamp for revision in revisions]
    if times != sorted(set(times)):
        raise ValueError(f"{path.name}: revisions are not in the order of their times")
    return Page(data["id"], data["ns"], data["title"], data.get("redirect"), revisions)


def number_revisions(pages: Iterable[Page]) -> None:
    """Give every revision an id in the order of time, and its parent's id.

    Args:
        pages: All pages of the wiki; their revisions are changed in place.
    """
    pages = list(pages)
    ordered = sorted(
        ((revision.timestamp, page.id, revision) for page in pages for revision in page.revisions),
        key=lambda entry: entry[:2],
    )
    for number, (_, _, revision) in enumerate(ordered, start=FIRST_REVISION_ID):
        revision.id = number
    for page in pages:
        parent: int | None = None
        for revision in page.revisions:
            revision.parent_id, parent = parent, revision.id


def sha1_base36(text: str) -> str:
    """Return the SHA-1 of a text the way MediaWiki writes it.

    Args:
        text: The wikitext of a revision.

    Returns:
        The digest of the UTF-8 bytes in base 36, padded to 31 characters.
    """
    number = int.from_bytes(hashlib.sha1(text.encode("utf-8")).digest(), "big")
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = BASE36[rest] + digits
    return digits.rjust(31, "0")


def site_lines(site: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the ``siteinfo`` element.

    Args:
        site: The parsed ``wiki-site.toml``.
    """
    yield "  <siteinfo>"
    for key in ("sitename", "dbname", "base", "generator", "case"):
        yield f"    <{key}>{escape(site[key])}</{key}>"
    yield "    <namespaces>"
    for space in site["namespace"]:
        start = f'      <namespace key="{space["key"]}" case={quoteattr(site["case"])}'
        yield f"{start}>{escape(space['name'])}</namespace>" if space["name"] else f"{start} />"
    yield "    </namespaces>"
    yield "  </siteinfo>"


def revision_lines(revision: Revision, users: dict[str, int]) -> Iterator[str]:
    """Yield the lines of one ``revision`` element.

    Args:
        revision: The revision, already numbered.
        users: User ids by user name.
    """
    sha1 = sha1_base36(revision.text)
    size = len(revision.text.encode("utf-8"))
    yield "    <revision>"
    yield f"      <id>{revision.id}</id>"
    if revision.parent_id is not None:
        yield f"      <parentid>{revision.parent_id}</parentid>"
    yield f"      <timestamp>{revision.timestamp:%Y-%m-%dT%H:%M:%SZ}</timestamp>"
    yield "      <contributor>"
    yield f"        <username>{escape(revision.user)}</username>"
    yield f"        <id>{users[revision.user]}</id>"
    yield "      </contributor>"
    if revision.minor:
        yield "      <minor />"
    if revision.comment:
        yield f"      <comment>{escape(revision.comment)}</comment>"
    yield f"      <origin>{revision.id}</origin>"
    yield "      <model>wikitext</model>"
    yield "      <format>text/x-wiki</format>"
    attributes = f'bytes="{size}" sha1="{sha1}" xml:space="preserve"'
    yield f"      <text {attributes}>{escape(revision.text)}</text>"
    yield f"      <sha1>{sha1}</sha1>"
    yield "    </revision>"


def page_lines(page: Page, users: dict[str, int]) -> Iterator[str]:
    """Yield the lines of one ``page`` element with all its revisions.

    Args:
        page: The page, its revisions already numbered.
        users: User ids by user name.
    """
    yield "  <page>"
    yield f"    <title>{escape(page.title)}</title>"
    yield f"    <ns>{page.ns}</ns>"
    yield f"    <id>{page.id}</id>"
    if page.redirect:
        yield f"    <redirect title={quoteattr(page.redirect)} />"
    for revision in page.revisions:
        yield from revision_lines(revision, users)
    yield "  </page>"


def render_dump(site: dict[str, Any], pages: list[Page]) -> bytes:
    """Write the wiki as a compressed MediaWiki XML export, version 0.11.

    Args:
        site: The parsed ``wiki-site.toml``.
        pages: All pages; their revisions are numbered here.

    Returns:
        The bytes of the ``.xml.bz2`` file.
    """
    number_revisions(pages)
    lines = [
        f'<mediawiki xmlns="{EXPORT_NS}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{EXPORT_NS} {EXPORT_XSD}" '
        'version="0.11" xml:lang="en">',
        *site_lines(site),
    ]
    for page in sorted(pages, key=lambda page: page.id):
        lines.extend(page_lines(page, site["users"]))
    lines.append("</mediawiki>\n")
    return bz2.compress("\n".join(lines).encode("utf-8"))


def build(sources: Path = SOURCES) -> dict[str, bytes]:
    """Build every binary file of the corpus in memory.

    Args:
        sources: The folder with the plain sources.

    Returns:
        File contents by path below the corpus folder.

    Raises:
        ValueError: If a brief asks for an unknown format.
    """
    renderers = {".pdf": render_pdf, ".docx": render_docx}
    files: dict[str, bytes] = {}
    for brief in read_briefs(sources / "briefs.toml"):
        suffix = Path(brief.path).suffix
        if suffix not in renderers:
            raise ValueError(f"{brief.path}: no way to write {suffix!r} files")
        files[brief.path] = renderers[suffix](brief)
    site = tomllib.loads((sources / "wiki-site.toml").read_text(encoding="utf-8"))
    pages = [read_page(path) for path in sorted((sources / "wiki").glob("*.toml"))]
    files[DUMP_PATH] = render_dump(site, pages)
    return files


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments without the program name; those of the process if None.

    Returns:
        The exit status: 1 if ``--check`` found a difference, otherwise 0.
    """
    parser = argparse.ArgumentParser(description="Write the binary files of the demo corpus.")
    parser.add_argument("--out", type=Path, default=CORPUS, help="corpus folder to write into")
    parser.add_argument("--check", action="store_true", help="compare with the files, write none")
    args = parser.parse_args(argv)

    changed = 0
    for name, data in build().items():
        target: Path = args.out / name
        if target.is_file() and target.read_bytes() == data:
            continue
        changed += 1
        print(f"{'differs' if args.check else 'wrote'}: {name}")
        if not args.check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    print(f"{changed} file(s) {'differ' if args.check else 'written'}")
    return 1 if args.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
