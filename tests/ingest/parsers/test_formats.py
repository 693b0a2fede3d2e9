"""Text, structure, places and dates of the formats beyond text, HTML, PDF and Word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.parsers import parse
from ingest.parsers.sniffing import sniff
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import DateSource, Locator, Section
from tests.ingest.parsers import samples
from tests.ingest.parsers.samples import SAMPLES, SENTENCE

Parse = Callable[[str, str | bytes], list[Parsed]]


@pytest.fixture
def read(tmp_path: Path) -> Parse:
    """Parses content as a file of a name."""

    def read(name: str, content: str | bytes) -> list[Parsed]:
        path = tmp_path / "content"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(parse(path, name=Path(name)))

    return read


def _dates(parsed: Parsed) -> list[str]:
    return [str(dated) for dated in parsed.dates]


# Office formats


def test_a_presentation_has_its_slides_as_places_and_titles_as_headings(read: Parse) -> None:
    (parsed,) = read("a.pptx", samples.pptx_())
    assert parsed.text == f"{SENTENCE}\n\nSaid aloud.\n\n| Year | 2015 |"
    assert [section.headings for section in parsed.sections] == [("Bridge",), ()]
    assert parsed.locators == (Locator(0, "slide=1"), Locator(49, "slide=2"))
    assert parsed.title == "Town Report"
    assert _dates(parsed)[0] == "2015-05-07T10:30:00Z"
    assert parsed.dates[0].source is DateSource.OFFICE_CORE


def test_a_sheet_has_its_rows_with_the_names_of_their_columns(read: Parse) -> None:
    (parsed,) = read("a.xlsx", samples.xlsx())
    assert parsed.text == (f"Year: 2015; Event: {SENTENCE}\nYear: 2016; Event: It closed.")
    assert parsed.sections == (Section(0, ("My Sheet",)),)
    assert parsed.locators == (Locator(0, "sheet=My%20Sheet"),)
    assert "2015-05-07T10:30:00Z" in _dates(parsed)


def test_one_cell_in_the_last_corner_is_refused_and_ends_no_process(read: Parse) -> None:
    sheet = "<worksheet><c r='A1'/><c r='XFD1048576'/></worksheet>"
    book = samples.zipped({"xl/workbook.xml": "<workbook/>", "xl/worksheets/a.xml": sheet})
    with pytest.raises(ParseError, match=r"a sheet of 1048576 × 16384 cells"):
        read("a.xlsx", book)


def test_an_opendocument_text_is_read_in_order(read: Parse) -> None:
    (parsed,) = read("a.odt", samples.odt())
    assert parsed.text == f"Lead  line.\n\n{SENTENCE}\n\n- one\n\n| Year | 2015 |"
    assert [section.headings for section in parsed.sections] == [(), ("Bridge",)]
    assert parsed.title == "Town Report"
    assert _dates(parsed) == ["2015-05-07T10:30:00Z", "2014-01-02T03:04:05Z"]


def test_an_opendocument_presentation_has_slides(read: Parse) -> None:
    (parsed,) = read("a.odp", samples.odp())
    assert parsed.text == f"{SENTENCE}\n\nUntitled."
    assert [section.headings for section in parsed.sections] == [("Bridge",), ()]
    assert [place.fragment for place in parsed.locators] == ["slide=1", "slide=2"]


def test_a_million_repeated_rows_cost_nothing_and_text_is_not_repeated_without_end(
    read: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    (parsed,) = read("a.ods", samples.ods())
    assert parsed.text.startswith(f"Year: 2015; Event: {SENTENCE}")
    monkeypatch.setattr("ingest.parsers.tables._MAX_SHEET_CHARS", 1000)
    with pytest.raises(ParseError, match="a sheet of more than"):
        read("a.ods", samples.ods(cell="x" * 100, repeated=999_999))


def test_a_book_is_read_in_its_order_with_chapters_as_places(read: Parse) -> None:
    (parsed,) = read("a.epub", samples.epub())
    assert parsed.text == f"First.\n\n{SENTENCE}"
    assert parsed.sections == (Section(0, ()), Section(8, ("Bridge",)))
    assert [p.fragment for p in parsed.locators] == ["chapter=x/c.xhtml", "chapter=x/a%20b.xhtml"]
    assert (parsed.title, _dates(parsed)) == ("Town Report", ["2015-05"])


def test_rich_text_has_its_dates_and_letters(read: Parse) -> None:
    (parsed,) = read("a.rtf", samples.RTF)
    assert parsed.text == f"{SENTENCE} Café."
    assert parsed.title == "Town Report"
    assert _dates(parsed) == ["2015-05-07T10:30:00Z", "2014-01-02T03:04:00Z"]


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".odt", ".ods", ".epub"])
def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    read: Parse, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = SAMPLES[suffix]()
    monkeypatch.setattr("ingest.parsers.office.MAX_UNPACKED_BYTES", 100)
    with pytest.raises(ParseError, match="unpacks to more than"):
        read(f"a{suffix}", content)


def test_entities_are_not_expanded(read: Parse) -> None:
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;'>]>"
    package = f"{bomb}<package><metadata><title>&b;</title></metadata></package>"
    parts: dict[str, str | bytes] = {
        "META-INF/container.xml": "<container><rootfile full-path='p.opf'/></container>",
        "p.opf": package,
    }
    with pytest.raises(ParseError, match="no text in the EPUB book"):
        read("a.epub", samples.zipped(parts))


# E-mail


def test_a_message_tells_who_wrote_when_and_what_is_attached(read: Parse) -> None:
    message, attached = read("a.eml", samples.mail(attached=b"Item,Euro\nSteel,7\n").as_bytes())
    assert message.text == (
        "From: Ada <ada@example.org>\nTo: bob@example.org\n\n"
        f"{SENTENCE}\n\nAttached: costs.csv, film.mp4"
    )
    assert (message.title, message.key) == ("Bridge", "")
    assert _dates(message)[0] == "2015-05-07T10:30:00Z"
    assert message.dates[0].source is DateSource.EMAIL_HEADER
    assert (attached.key, attached.text) == ("1-costs.csv", "Item: Steel; Euro: 7")
    assert _dates(attached)[0] == "2015-05-07T10:30:00Z"


def test_a_message_of_html_alone_is_read(read: Parse) -> None:
    (parsed,) = read("a.eml", "Subject: S\nContent-Type: text/html\n\n<p>One</p><p>Two</p>")
    assert parsed.text == "One\nTwo"


def test_encoded_headers_are_read_and_broken_ones_shown(read: Parse) -> None:
    (parsed,) = read("a.eml", "Subject: =?utf-8?q?Br=C3=BCcke?=\nFrom: =?x?q?=\n\nText.")
    assert parsed.title == "Brücke"


def test_a_mailbox_is_a_document_a_message(read: Parse) -> None:
    quoted = "Text.\n\nFrom here on it is text."
    first, second = read(
        "a.mbox", samples.mbox(samples.mail(), samples.mail(subject="B", body=quoted))
    )
    assert (first.key, second.key) == ("Bridge@example.org", "B@example.org")
    assert "From here on" in second.text


def test_a_file_of_another_kind_is_no_mail(read: Parse) -> None:
    with pytest.raises(ParseError, match="not an e-mail message"):
        read("a.eml", "Just text.")
    with pytest.raises(ParseError, match="not a mailbox"):
        read("a.mbox", "Just text.")
    with pytest.raises(ParseError, match="not an Outlook message"):
        read("a.msg", "Just text.")


# Markup and code


def test_restructured_text_has_sections_dates_and_unknown_directives_as_text(read: Parse) -> None:
    (parsed,) = read(
        "a.rst",
        "Town\n====\n\n:Date: 2015-05-07\n:Updated: 2016\n\nLead *with* :ref:`a link <x>`.\n\n"
        "Past\n----\n\n.. unknown:: Name\n   :option:\n\n   Kept.\n\n.. include:: /etc/hosts\n",
    )
    assert parsed.title == "Town"
    assert parsed.text == "Lead with a link.\n\nName\n\nKept.\n\n/etc/hosts"
    assert parsed.sections == (Section(0, ()), Section(19, ("Past",)))
    assert parsed.locators[0] == Locator(0, "line=6")
    assert _dates(parsed) == ["2015-05-07", "2016"]


def test_org_has_headlines_keywords_and_no_drawers(read: Parse) -> None:
    (parsed,) = read(
        "a.org",
        "#+TITLE: Town\n#+DATE: <2015-05-07 Thu>\nLead /with/ [[http://x][a link]].\n"
        "* TODO Past :old:\n:PROPERTIES:\n:ID: 3\n:END:\n| a | b |\n|---+---|\n"
        "#+begin_src org\n* no headline\n#+end_src\n",
    )
    assert (parsed.title, _dates(parsed)) == ("Town", ["2015-05-07"])
    assert parsed.text == "Lead with a link.\n\n| a | b |\n\n* no headline"
    assert parsed.sections == (Section(0, ()), Section(19, ("Past",)))
    assert parsed.locators[:2] == (Locator(0, "line=2"), Locator(19, "line=7"))


def test_a_notebook_has_its_cells_and_not_all_of_an_output(read: Parse) -> None:
    (parsed,) = read("a.ipynb", samples.notebook())
    assert parsed.text.startswith(f"{SENTENCE}\n\n1 + 1\n\n2\nxxx")
    assert len(parsed.text) < 2200
    assert (parsed.title, _dates(parsed)) == ("Bridge", ["2015-05-07"])
    assert [place.fragment for place in parsed.locators] == ["cell=1", "cell=2"]


@pytest.mark.parametrize(
    ("name", "content", "headings"),
    [
        ("a.py", "import x\n\nclass A:\n    def m(self): ...\n\nasync def f(): ...\n", ["A", "f"]),
        ("a.ts", "export default function f() {}\nexport class A {}\n", ["f", "A"]),
        ("a.go", "package x\nfunc (s *S) M() {}\ntype S struct {}\n", ["M", "S"]),
        ("a.rs", "pub(crate) fn f() {}\nimpl S {\n    fn m() {}\n}\n", ["f", "S"]),
        ("a.c", "#include <x.h>\nstatic int add(int a)\n{\n  return f(a);\n}\n", ["add"]),
        ("a.sql", "CREATE TABLE IF NOT EXISTS t (a int);\nSELECT a FROM t;\n", ["t"]),
        ("a.toml", "[tool.x]\na = 1\n[[y]]\n", ["tool.x", "y"]),
        ("a.tex", "\\section{Past}\ntext\n", ["Past"]),
        ("a.yaml", "a:\n  b: 1\n", []),
    ],
)  # fmt: skip
def test_code_has_its_outer_definitions_as_headings(
    read: Parse, name: str, content: str, headings: list[str]
) -> None:
    (parsed,) = read(name, content)
    assert parsed.text == content.strip()
    assert [one.headings[0] for one in parsed.sections if one.headings] == headings
    assert parsed.locators[0] == Locator(0, "line=0")


def test_markdown_places_are_lines_of_the_file(read: Parse) -> None:
    (parsed,) = read(
        "a.md", "---\ntitle: T\n---\n\n# H\n\none\n\n- two\n- three\n\n[^1]: note\n\nx[^1]"
    )
    assert parsed.text == "one\n\n- two\n- three\n\nx[1]\n\n[1] note"
    assert parsed.locators[:2] == (Locator(0, "line=6"), Locator(5, "line=8"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "![[](" * 20_000),
        ("a.rst", "a_ " * 20_000),
        ("a.org", "[[a" * 20_000),
        ("a.rst", ".. x::\n\n" * 3_000),
    ],
)
def test_markup_made_to_be_slow_is_not(read: Parse, name: str, content: str) -> None:
    try:
        (parsed,) = read(name, content)
    except ParseError as e:
        assert "too many errors" in str(e)  # noqa: PT017
    else:
        assert parsed.text


# Pictures


@pytest.mark.parametrize(("name", "make"), [("a.png", samples.png), ("a.jpg", samples.jpeg)])
def test_a_picture_with_a_description_is_that_text(
    read: Parse, name: str, make: Callable[[], bytes]
) -> None:
    (parsed,) = read(name, make())
    assert parsed.text == SENTENCE


def test_a_picture_is_dated_by_when_it_was_taken(read: Parse) -> None:
    (parsed,) = read("a.jpg", samples.jpeg())
    assert _dates(parsed) == ["2015-05-07T10:30:00Z"]
    assert parsed.dates[0].source is DateSource.EXIF
    assert read("a.jpg", samples.jpeg(taken="0000:00:00 00:00:00"))[0].dates == ()


@pytest.mark.parametrize("description", ["", "OLYMPUS DIGITAL CAMERA", "DSC_0042", "\x00\x00"])
def test_a_picture_that_says_nothing_is_a_named_skip(read: Parse, description: str) -> None:
    with pytest.raises(ParseError, match="a picture without text"):
        read("a.jpg", samples.jpeg(description=description))


# Without a suffix


@pytest.mark.parametrize(
    "suffix",
    [".txt", ".html", ".pdf", ".docx", ".pptx", ".xlsx", ".ods", ".rtf", ".epub", ".png", ".jpg"],
)
def test_the_format_is_told_by_the_first_bytes(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "a").write_bytes(SAMPLES[suffix]())
    assert sniff(tmp_path / "a") == suffix


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\x00" * 100, b"\x7fELF\x00"])
def test_what_is_of_no_format_is_told_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert sniff(tmp_path / "a") is None


def test_a_header_in_no_charset_at_all_is_shown_as_it_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(
        b"Subject: =?utf-\xff\xff8?q?caf=C3=A9?=\nDate: Thu, 7 May 2015 12:00:00 +0200\n\nHi.\n"
    )
    [parsed] = parse(path)
    assert parsed.text.endswith("Hi.")
    assert "caf" in parsed.title
