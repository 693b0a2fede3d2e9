"""Dumps: schema by schema, and the damage they come with."""

import bz2
from pathlib import Path

import pytest

from ingest.dumps import export
from ingest.dumps.export import PageEnd, Revision, Site, StreamEnd
from ingest.sources.mediawiki import is_dump, read_dump
from rag_lifelong.errors import ParseError
from tests.ingest.dumps.compressed import COMPRESS

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">
<siteinfo><sitename>Towns</sitename><dbname>townwiki</dbname>
<base>https://towns.example/wiki/Main_Page</base>
<namespaces><namespace key="0" /><namespace key="1">Talk</namespace>
<namespace key="4">Towns</namespace></namespaces></siteinfo>
"""
PAGE = """<page><title>Rome</title><ns>0</ns><id>7</id>
<revision><id>11</id><timestamp>2010-01-04T10:00:00Z</timestamp>
<contributor><username>A</username><id>99</id></contributor><comment>c</comment>
<model>wikitext</model><format>text/x-wiki</format>
<text bytes="9" xml:space="preserve">Rome &amp; co</text><sha1>x</sha1></revision>
<revision><id>12</id><parentid>11</parentid><timestamp>2011-01-04T10:00:00Z</timestamp>
<model>wikitext</model><text>Rome two</text></revision></page>
"""
TAIL = "</mediawiki>"


def _write(tmp_path: Path, text: str | bytes, name: str = "d.xml") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _revisions(path: Path, namespaces: frozenset[int] | None = None) -> list[Revision]:
    return [e for e in read_dump(path, namespaces=namespaces) if isinstance(e, Revision)]


def test_a_dump_is_its_site_then_revisions_and_page_ends(tmp_path: Path) -> None:
    events = list(read_dump(_write(tmp_path, HEAD + PAGE + TAIL)))
    assert [type(event) for event in events] == [Site, Revision, Revision, PageEnd]
    site, first, second, _ = events
    assert isinstance(site, Site)
    assert (site.dbname, site.base) == ("townwiki", "https://towns.example/wiki/Main_Page")
    assert isinstance(first, Revision)
    assert (first.revision_id, first.parent_id, first.text) == ("11", "", "Rome & co")
    assert first.page.title == "Rome"
    assert first.page.page_id == "7"
    assert isinstance(second, Revision)
    assert (second.revision_id, second.parent_id) == ("12", "11")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", COMPRESS)
def test_encodings_and_compressions_are_told_from_the_bytes(
    tmp_path: Path, encoding: str, kind: str
) -> None:
    path = _write(tmp_path, COMPRESS[kind]((HEAD + PAGE + TAIL).encode(encoding)), "anything")
    assert is_dump(path)
    assert len(_revisions(path)) == 2


def test_bzip2_of_many_streams_is_read_through(tmp_path: Path) -> None:
    path = _write(tmp_path, b"".join(bz2.compress(part.encode()) for part in (HEAD, PAGE, TAIL)))
    assert len(_revisions(path)) == 2


def test_reading_goes_on_where_a_stream_ended_between_pages(tmp_path: Path) -> None:
    cut = PAGE.index("<revision>")
    parts = (HEAD, PAGE, PAGE[:cut], PAGE[cut:] + PAGE, TAIL)
    path = _write(tmp_path, b"".join(bz2.compress(part.encode()) for part in parts))
    events = list(read_dump(path))
    ends = [event.position for event in events if isinstance(event, StreamEnd)]
    sizes = [len(bz2.compress(part.encode())) for part in parts]
    assert ends == [sum(sizes[:n]) for n in (1, 2, 4)]
    after = list(read_dump(path, start=ends[1]))
    assert isinstance(after[0], Site)
    assert sum(isinstance(event, PageEnd) for event in after) == 2
    assert [type(event) for event in read_dump(path, start=ends[2])] == [Site]


def test_a_dump_without_siteinfo_is_read(tmp_path: Path) -> None:
    path = _write(tmp_path, "<mediawiki>" + PAGE + TAIL)
    assert [type(e) for e in read_dump(path)] == [Site, Revision, Revision, PageEnd]


def test_pages_of_other_namespaces_are_passed_over(tmp_path: Path) -> None:
    talk = PAGE.replace("Rome</title><ns>0", "Talk:Rome</title><ns>1")
    path = _write(tmp_path, HEAD + talk + PAGE + TAIL)
    assert len(_revisions(path, frozenset({0}))) == 2
    assert len(_revisions(path)) == 4


def test_without_ns_the_title_tells_the_namespace(tmp_path: Path) -> None:
    old = PAGE.replace("<ns>0</ns>", "")
    pages = old + old.replace("Rome<", "Towns:Rome<") + old.replace("Rome<", "2001: A Film<")
    path = _write(tmp_path, HEAD + pages + TAIL)
    titles = {revision.page.title for revision in _revisions(path, frozenset({0}))}
    assert titles == {"Rome", "2001: A Film"}


def test_suppressed_text_and_text_left_out_are_told_from_empty_text(tmp_path: Path) -> None:
    texts = ('<text deleted="deleted" />', '<text bytes="90" id="5" />', '<text bytes="0" />', "")
    revisions = "".join(f"<revision><id>{n}</id>{text}</revision>" for n, text in enumerate(texts))
    path = _write(tmp_path, f"{HEAD}<page><title>A</title>{revisions}</page>{TAIL}")
    read = _revisions(path)
    assert [revision.text for revision in read] == [None, None, "", None]
    assert [revision.is_suppressed for revision in read] == [True, False, False, False]


def test_the_text_of_other_slots_is_not_the_pages_text(tmp_path: Path) -> None:
    slot = (
        "<content><role>other</role><model>json</model><text>{}</text></content></revision></page>"
    )
    path = _write(tmp_path, HEAD + PAGE.replace("</revision></page>", slot) + TAIL)
    assert _revisions(path)[1].text == "Rome two"
    assert _revisions(path)[1].model == "wikitext"


def test_a_text_over_the_bound_costs_that_revision_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_TEXT_CHARS", 8)
    first, second = _revisions(_write(tmp_path, HEAD + PAGE + TAIL))
    assert (first.text, first.is_oversized) == (None, True)
    assert (second.text, second.is_oversized) == ("Rome two", False)


def test_a_text_of_twelve_million_characters_is_read(tmp_path: Path) -> None:
    path = _write(tmp_path, HEAD + PAGE.replace("Rome two", "x" * 12_000_000) + TAIL)
    assert len(_revisions(path)[1].text or "") == 12_000_000


def _until_error(path: Path) -> tuple[int, str]:
    """How many revisions come before the error, and what it says."""
    n_revisions = 0
    try:
        for event in read_dump(path):
            n_revisions += isinstance(event, Revision)
    except ParseError as e:
        return n_revisions, str(e)
    pytest.fail("no error")


def test_what_stands_before_broken_xml_is_read(tmp_path: Path) -> None:
    path = _write(tmp_path, HEAD + PAGE + "<page><title>B</page>" + TAIL)
    assert _until_error(path) == (2, "broken XML at line 13: mismatched tag")


def test_what_stands_before_the_cut_of_a_plain_file_is_read(tmp_path: Path) -> None:
    n_revisions, message = _until_error(_write(tmp_path, HEAD + PAGE))
    assert n_revisions == 2
    assert "no element found" in message


def test_what_stands_before_the_cut_of_a_bzip2_file_is_read(tmp_path: Path) -> None:
    cut = bz2.compress((HEAD + PAGE).encode()) + bz2.compress((PAGE + TAIL).encode())[:-20]
    assert _until_error(_write(tmp_path, cut)) == (2, "truncated bz2")


def test_a_bzip2_file_with_flipped_bytes_is_damaged(tmp_path: Path) -> None:
    data = bytearray(bz2.compress((HEAD + PAGE * 50 + TAIL).encode()))
    for position in range(len(data) // 2, len(data) // 2 + 8):
        data[position] ^= 0xFF
    assert "damaged bz2" in _until_error(_write(tmp_path, bytes(data)))[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html><body/></html>", "not a MediaWiki dump"),
        ("no xml at all", "broken XML at line 1"),
        ("", "broken XML at line 1"),
        (
            '<!DOCTYPE m [<!ENTITY a "b">]><mediawiki>&a;</mediawiki>',
            "not a MediaWiki dump: it declares a document type",
        ),
        ("<mediawiki>&nope;</mediawiki>", "undefined entity"),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path: Path, content: str, message: str) -> None:
    assert message in _until_error(_write(tmp_path, content))[1]


def test_a_tag_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_MAX_TAG_BYTES", 200_000)
    path = _write(tmp_path, '<mediawiki a="' + "x" * 1_000_000)
    assert "a tag of more than" in _until_error(path)[1]


def test_other_xml_is_no_dump(tmp_path: Path) -> None:
    assert not is_dump(_write(tmp_path, "<rss></rss>"))
    assert not is_dump(_write(tmp_path, b""))


@pytest.mark.parametrize("kind", [kind for kind in COMPRESS if kind != "plain"])
def test_a_dump_too_damaged_to_start_is_left_to_the_reader_to_name(
    tmp_path: Path, kind: str
) -> None:
    cut = COMPRESS[kind](HEAD.encode())[:30]
    assert is_dump(_write(tmp_path, cut, "townwiki.xml.x"))
    assert not is_dump(_write(tmp_path, cut, "notes.txt.x"))
    assert not is_dump(_write(tmp_path, COMPRESS[kind](b"notes" * 99), "notes.xml.x"))
