"""Every parser of the table: what is not what its name says is refused, and dates are told."""

import contextlib
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from fpdf import FPDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.parsers import PARSERS, parse, parser_for
from rag_lifelong.errors import ParseError
from rag_lifelong.ports import Parsed
from rag_lifelong.types import DateSource, Locator, Section

Parse = Callable[[str, str | bytes], list[Parsed]]


@pytest.fixture
def read(tmp_path: Path) -> Parse:
    """Parses content as a file of a name."""

    def read(name: str, content: str | bytes) -> list[Parsed]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(parse(path))

    return read


@pytest.mark.parametrize("suffix", PARSERS)
def test_every_suffix_has_its_parser_in_any_case(suffix: str) -> None:
    assert parser_for(suffix) is parser_for(suffix.upper()) is not None


@pytest.mark.parametrize("suffix", PARSERS)
@pytest.mark.parametrize("content", [b"", b" \n\n", b"\x00\x01\x02binary\x00" * 40])
def test_empty_and_binary_files_are_refused_in_every_format(
    read: Parse, suffix: str, content: bytes
) -> None:
    with pytest.raises(ParseError, match=r"^[a-zA-Z]"):
        read(f"a{suffix}", content)


@pytest.mark.parametrize("suffix", sorted({".md", ".html", ".pdf", ".docx", ".csv", ".json"}))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_parsed_or_refused(read: Parse, suffix: str, content: bytes) -> None:
    with contextlib.suppress(ParseError):
        for parsed in read(f"a{suffix}", content):
            assert parsed.text.strip()


def test_an_unknown_format_is_named(read: Parse) -> None:
    with pytest.raises(ParseError, match=r"unsupported format \.xyz"):
        read("a.XYZ", "x")


# Plain text


def test_text_is_kept_as_it_is(read: Parse) -> None:
    places = (Locator(0, "line=1"), Locator(5, "line=3"))
    parsed = read("a.txt", "\none\r\n\r\ntwo\n")
    assert parsed == [Parsed(text="one\n\ntwo", locators=places)]


# Markdown


def test_markdown_has_a_title_dates_and_sections(read: Parse) -> None:
    (parsed,) = read(
        "a.md",
        "---\ntitle: My Town\ndate: 2015-05-07\nupdated: 2016\n---\nLead *with* [a link](http://x).\n\n"
        "# Past\n\n## Bridge ##\nOld `code` and **bold**.\n\nToday\n=====\n* item\n\n"
        "```python\n# no heading\n```\n",
    )
    assert parsed.title == "My Town"
    assert [str(dated) for dated in parsed.dates] == ["2015-05-07", "2016"]
    assert parsed.dates[0].source is DateSource.FRONT_MATTER
    assert parsed.text == ("Lead with a link.\n\nOld `code` and bold.\n\n* item\n\n# no heading")
    assert parsed.sections == (
        Section(0, ()),
        Section(19, ("Past", "Bridge")),
        Section(41, ("Today",)),
    )


def test_markdown_without_front_matter_takes_its_first_heading_as_title(read: Parse) -> None:
    (parsed,) = read("a.md", "# My *Town*\n\nText.\n")
    assert (parsed.title, parsed.text, parsed.dates) == ("My Town", "Text.", ())


def test_a_table_and_a_rule_are_no_headings(read: Parse) -> None:
    (parsed,) = read("a.md", "| a | b |\n|---|---|\n| 1 | 2 |\n\ntext\n\n---\n\nmore")
    assert parsed.text.startswith("| a | b |\n| 1 | 2 |")
    assert parsed.sections == ()


def test_a_name_with_underscores_is_not_emphasis(read: Parse) -> None:
    (parsed,) = read("a.md", r"call some_long_name and 2 * 3 * 4 with \*stars\*")
    assert parsed.text == "call some_long_name and 2 * 3 * 4 with *stars*"


def test_broken_front_matter_is_refused(read: Parse) -> None:
    with pytest.raises(ParseError, match="broken front matter"):
        read("a.md", "---\ntitle: [a\n---\ntext")


# HTML

_ARTICLE = (
    "<p>" + "The council opened the new bridge over the river after years of work. " * 12 + "</p>"
)


def test_html_gives_the_article_without_its_surroundings(read: Parse) -> None:
    (parsed,) = read(
        "a.html",
        "<html><head><title>Bridge opens</title>"
        "<meta property='article:published_time' content='2015-05-07T10:30:00+02:00'></head>"
        f"<body><nav><a href='/'>Home</a></nav><article><h1>Bridge opens</h1>{_ARTICLE}"
        f"<h2>Costs</h2>{_ARTICLE}</article><footer>Imprint</footer></body></html>",
    )
    assert parsed.title == "Bridge opens"
    assert "new bridge" in parsed.text
    assert "Home" not in parsed.text
    assert any("Costs" in section.headings for section in parsed.sections)
    assert str(parsed.dates[0]) == "2015-05-07T08:30:00Z"
    assert parsed.dates[0].source is DateSource.HTML_META


def test_a_short_page_is_kept_whole(read: Parse) -> None:
    (parsed,) = read("a.html", "<p>One <b>small</b>\npage</p><script>x()</script><div>Two</div>")
    assert parsed.text.split() == ["One", "small", "page", "Two"]


def test_a_year_in_the_page_stays_a_year(read: Parse) -> None:
    (parsed,) = read(
        "a.html", "<html><head><meta name='date' content='2015'></head><p>x</p></html>"
    )
    assert [str(dated) for dated in parsed.dates] == ["2015"]


def test_a_date_in_linked_data_is_found(read: Parse) -> None:
    article = '{"@type":"Article","datePublished":"2015-05-07"}'
    data = f'<script type="application/ld+json">{article}</script>'
    (parsed,) = read("a.html", f"<html><head>{data}</head><body>{_ARTICLE}</body></html>")
    assert [str(dated) for dated in parsed.dates] == ["2015-05-07"]


def test_a_page_with_another_encoding_named_is_read(read: Parse) -> None:
    (parsed,) = read(
        "a.xhtml", "<?xml version='1.0' encoding='latin-1'?><html><body><p>Café</p></body></html>"
    )
    assert parsed.text == "Café"


@pytest.mark.parametrize("content", ["no tags", "<script>x()</script>", "<!-- c -->"])
def test_a_page_without_text_is_refused(read: Parse, content: str) -> None:
    with pytest.raises(ParseError, match=r"not an HTML file|no text in the page"):
        read("a.html", content)


# PDF


def _pdf(*pages: str, encrypt: bool = False) -> bytes:
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    pdf.set_title("Town Report")
    pdf.set_creation_date(datetime(2015, 5, 7, 10, 30, tzinfo=UTC))
    for page in pages:
        pdf.add_page()
        if page:
            pdf.multi_cell(0, text=page)
    if encrypt:
        pdf.set_encryption(owner_password="o", user_password="u")
    return bytes(pdf.output())


def test_a_pdf_has_a_title_dates_and_pages_of_joined_lines(read: Parse) -> None:
    long = "The council opened the new bridge over the river after many years of work. " * 3
    (parsed,) = read("a.pdf", _pdf(long.strip(), "Second page."))
    assert parsed.title == "Town Report"
    assert str(parsed.dates[0]) == "2015-05-07T10:30:00Z"
    assert parsed.text == f"{long.strip()}\n\nSecond page."
    assert parsed.locators == (Locator(0, "page=1"), Locator(len(long.strip()) + 2, "page=2"))
    assert parsed.sections == ()


def test_the_bookmarks_of_a_pdf_are_its_headings(read: Parse) -> None:
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for title, text in (("1 Bridge", "It opened."), ("2 Costs", "Seven million.")):
        pdf.add_page()
        pdf.start_section(title.split()[1])
        pdf.multi_cell(0, text=f"{title}\n\n{text}")
    (parsed,) = read("a.pdf", bytes(pdf.output()))
    assert parsed.text == "It opened.\n\nSeven million."
    assert parsed.sections == (Section(0, ("1 Bridge",)), Section(12, ("2 Costs",)))


def test_bad_pdfs_are_told_apart(read: Parse) -> None:
    with pytest.raises(ParseError, match="not a PDF file"):
        read("a.pdf", "plain text")
    with pytest.raises(ParseError, match="damaged PDF file"):
        read("a.pdf", b"%PDF-1.7\nbroken")
    with pytest.raises(ParseError, match="needs a password"):
        read("a.pdf", _pdf("secret", encrypt=True))
    with pytest.raises(ParseError, match="no text in the PDF file"):
        read("a.pdf", _pdf(""))


# Word


def _docx(fill: Callable[[docx.document.Document], None], *, modified: datetime | None) -> bytes:
    word = docx.Document()
    fill(word)
    if modified is not None:
        word.core_properties.modified = modified
        word.core_properties.title = "Town Report"
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def _fill(word: docx.document.Document) -> None:
    word.add_paragraph("Lead.")
    word.add_heading("Costs", level=1)
    table = word.add_table(rows=2, cols=2)
    for row, values in zip(table.rows, (("Year", "Euro"), ("2015", "7")), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    word.add_paragraph("After.")


def test_a_word_document_is_read_in_order_with_its_tables(read: Parse) -> None:
    (parsed,) = read("a.docx", _docx(_fill, modified=datetime(2015, 5, 7, 9, tzinfo=UTC)))
    assert parsed.title == "Town Report"
    assert parsed.text == "Lead.\n\n| Year | Euro |\n| 2015 | 7 |\n\nAfter."
    assert parsed.sections == (Section(0, ()), Section(7, ("Costs",)))
    assert [str(dated) for dated in parsed.dates] == ["2015-05-07T09:00:00Z"]
    assert parsed.dates[0].source is DateSource.OFFICE_CORE


def test_the_dates_of_the_template_are_not_the_documents(read: Parse) -> None:
    assert read("a.docx", _docx(_fill, modified=None))[0].dates == ()


def test_bad_word_documents_are_told_apart(read: Parse) -> None:
    archive = io.BytesIO()
    with ZipFile(archive, "w") as zipped:
        zipped.writestr("a.txt", "x")
    with pytest.raises(ParseError, match="not a Word document"):
        read("a.docx", archive.getvalue())
    with pytest.raises(ParseError, match="not a Word document"):
        read("a.docx", "plain text")
    with ZipFile(archive, "a") as zipped:
        zipped.writestr("word/document.xml", "<broken")
    with pytest.raises(ParseError, match="damaged Word document"):
        read("a.docx", archive.getvalue())
    with pytest.raises(ParseError, match="no text in the Word document"):
        read("a.docx", _docx(lambda _: None, modified=None))


# Tables


def test_rows_with_a_date_are_documents_of_their_own(read: Parse) -> None:
    first, second = read(
        "world_population.csv", "Country,Year,Population\nFrance,2019,67\nSpain,2020,47\n"
    )
    assert first.text == "Country: France; Year: 2019; Population: 67"
    assert first.title == "world population"
    assert [str(dated) for dated in first.dates] == ["2019"]
    assert first.dates[0].source is DateSource.RECORD_FIELD
    assert first.key != second.key


def test_a_row_keeps_its_key_when_rows_come_before_it(read: Parse) -> None:
    rows = "Spain,2020\nFrance,2019\n"
    before = {parsed.text: parsed.key for parsed in read("a.csv", f"Country,Year\n{rows}")}
    after = {p.text: p.key for p in read("a.csv", f"Country,Year\nItaly,2018\n{rows}")}
    assert before.items() <= after.items()


def test_a_row_is_named_by_its_id_and_titled_by_its_name(read: Parse) -> None:
    parsed = read("a.csv", "ID;Name;Date\n7;Ada;2015-05-07\n8;Bob;2015-05-08\n7;Cy;2015-05-09\n")
    assert [p.key for p in parsed[:2]] == ["7", "8"]
    assert parsed[2].key.startswith("7~")
    assert parsed[0].title == "a: Ada"


def test_equal_rows_are_one_document(read: Parse) -> None:
    assert len(read("a.csv", "Country,Year\nSpain,2020\nSpain,2020\n")) == 1


def test_a_table_without_dates_is_one_document_of_named_values(read: Parse) -> None:
    (parsed,) = read("a.tsv", "Country\tCapital\nFrance\tParis\n\nSpain\tMadrid\textra\n")
    assert parsed.text == (
        "Country: France; Capital: Paris\nCountry: Spain; Capital: Madrid; column 3: extra"
    )
    assert parsed.key == ""


def test_the_column_tells_the_order_of_day_and_month(read: Parse) -> None:
    american = read("a.csv", "Date,X\n05/07/2015,a\n05/13/2015,b\n")
    assert [str(p.dates[0]) for p in american] == ["2015-05-07", "2015-05-13"]
    european = read("a.csv", "Date,X\n05/07/2015,a\n13/07/2015,b\n")
    assert [str(p.dates[0]) for p in european] == ["2015-07-05", "2015-07-13"]
    (unknown,) = read("a.csv", "Date,X\n05/07/2015,a\n06/07/2015,b\n")
    assert unknown.dates == ()


def test_a_column_named_time_without_dates_dates_nothing(read: Parse) -> None:
    (parsed,) = read("a.csv", "Runner,Time\nAda,61.2\nBob,59.9\n")
    assert parsed.dates == ()


@pytest.mark.parametrize("content", [",,,\n,", '""'])
def test_a_table_of_nothing_is_refused(read: Parse, content: str) -> None:
    with pytest.raises(ParseError, match="empty table"):
        read("a.csv", content)


def test_a_broken_table_is_refused(read: Parse) -> None:
    with pytest.raises(ParseError, match="broken table"):
        read("a.csv", 'a,b\n"open,1\n')


# JSON


def test_a_list_of_objects_is_a_document_each(read: Parse) -> None:
    first, second = read(
        "a.json",
        '[{"id": 1, "headline": "Bridge", "published": "2015-05-07", "body": "It opened."},'
        ' {"id": 2, "name": "Ada", "year": 2016, "job": {"title": "mayor"}, "tags": ["a", "b"]}]',
    )
    assert (first.key, first.title, first.text) == ("1", "Bridge", "It opened.")
    assert [str(dated) for dated in first.dates] == ["2015-05-07"]
    assert (second.title, str(second.dates[0])) == ("Ada", "2016")
    assert second.text == "id: 2\nname: Ada\nyear: 2016\njob title: mayor\ntags: a, b"


def test_one_object_is_one_document(read: Parse) -> None:
    (parsed,) = read("a.json", '{"title": "T", "text": "Body.", "timestamp": 1431000000}')
    assert (parsed.key, parsed.title, parsed.text) == ("", "T", "Body.")
    assert str(parsed.dates[0]) == "2015-05-07T12:00:00Z"


def test_an_object_around_a_list_is_its_records(read: Parse) -> None:
    parsed = read("a.json", '{"count": 2, "articles": [{"text": "a"}, {"text": "b"}]}')
    assert [p.text for p in parsed] == ["a", "b"]


def test_json_lines_are_a_document_each(read: Parse) -> None:
    parsed = read("a.jsonl", '{"text": "a"}\n\n{"text": "b\\u2028c"}\n{"text": "a"}\n')
    assert [p.text for p in parsed] == ["a", "b\u2028c"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{", "broken JSON at line 1"),
        ("a.json", "[" * 100_000, "broken JSON"),
        ("a.json", "{}", "no text in the JSON file"),
        ("a.json", "[]", "no text in the JSON file"),
        ("a.json", "null", "no text in the JSON file"),
        ("a.json", "9" * 5000, "broken JSON at line 1"),
        ("a.jsonl", '{"a": 1}\n{', "broken JSON at line 2"),
    ],
)
def test_broken_and_empty_json_is_refused(
    read: Parse, name: str, content: str, message: str
) -> None:
    with pytest.raises(ParseError, match=message):
        read(name, content)
