"""Pages, sitemaps and lists of URLs: conditional, dated, polite and hard to hurt."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.sources import SourceRules, open_source, sitemaps, web
from ingest.sources.walk import WalkRules
from rag_lifelong.errors import ParseError, SourceError
from rag_lifelong.types import (
    Completed,
    DateSource,
    Document,
    Gone,
    RevisionOrder,
    ScanItem,
    Skipped,
    Unchanged,
)
from tests.ingest.fakes import FakeKnown
from tests.ingest.sources.whole import Whole
from tests.ingest.web_server import Page, Site, page, serve

_NOW = datetime(2024, 6, 1, tzinfo=UTC)
_RULES = SourceRules(
    contents=ContentRules(dates=DateRules(now=lambda: _NOW), max_bytes=20_000_000),
    walk=WalkRules(),
    allow_private=True,
)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def _scan(name: str, known: FakeKnown | None = None) -> list[ScanItem]:
    return list(open_source(name, _RULES).scan(known or FakeKnown()))


def _known_after(*scans: list[ScanItem]) -> FakeKnown:
    items = [item for scan in scans for item in scan]
    return FakeKnown(
        fingerprints={i.origin: i.fingerprint for i in items if isinstance(i, Completed)}
    )


def _documents(items: list[ScanItem]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


def _reasons(items: list[ScanItem]) -> dict[str, str]:
    return {i.uri.rpartition("/")[2]: i.reason for i in items if isinstance(i, Skipped)}


def _sitemap(*urls: str, lastmod: str = "") -> str:
    dated = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    entries = "".join(f"<url><loc>{url}</loc>{dated}</url>" for url in urls)
    return (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"{entries}</urlset>"
    )


def _index(*urls: str) -> str:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f"<sitemapindex>{entries}</sitemapindex>"


# One page


def test_a_page_is_a_document_cited_by_its_url(site: Site) -> None:
    url = site.put("/town/mayor", page("The mayor of Springfield is Ann Lee.", "The mayor"))
    document, completed = _scan(f"{url}#office")
    assert isinstance(document, Document)
    assert document.doc_id == document.origin == document.uri == url
    assert document.title == "The mayor"
    assert "The mayor of Springfield is Ann Lee." in document.text
    assert document.order is RevisionOrder.ARRIVAL
    assert isinstance(completed, Completed)
    assert completed.doc_ids == {url}


def test_what_a_page_says_of_itself_dates_it_before_what_the_server_says(site: Site) -> None:
    meta = '<meta property="article:published_time" content="2015-05-07">'
    sent = "Wed, 10 Jan 2018 10:00:00 GMT"
    site.put("/a", page("One.", head=meta), Last_Modified=sent)
    site.put("/b", page("Two."), Last_Modified=sent)
    (one,), (two,) = (_documents(_scan(site.url + path)) for path in ("/a", "/b"))
    assert (str(one.date), one.date.source) == ("2015-05-07", DateSource.HTML_META)
    assert (str(two.date), two.date.source) == ("2018-01-10T10:00:00Z", DateSource.HTTP_HEADER)


def test_an_unchanged_page_costs_a_request_without_an_answer(site: Site) -> None:
    for validator in ({"ETag": '"1"'}, {"Last_Modified": "Wed, 10 Jan 2018 10:00:00 GMT"}):
        url = site.put("/a", page("One."), **validator)
        known = _known_after(_scan(url))
        assert _scan(url, known) == [Unchanged(url)]
        asked_with = site.requests[-1][1]
        assert "if-none-match" in asked_with or "if-modified-since" in asked_with


def test_without_validators_the_content_tells(site: Site) -> None:
    url = site.put("/a", page("One."))
    known = _known_after(_scan(url))
    assert _scan(url, known) == [Unchanged(url)]
    site.put("/a", page("Another."))
    assert "Another." in _documents(_scan(url, known))[0].text


def test_noise_in_the_markup_is_no_revision(site: Site) -> None:
    url = site.put("/a", page("One.", head="<meta name=csrf content=123>"))
    known = _known_after(_scan(url))
    site.put("/a", page("One.", head="<meta name=csrf content=456>"))
    assert _scan(url, known) == [Unchanged(url)]


def test_a_page_that_is_gone_ends_and_one_that_fails_does_not(site: Site) -> None:
    url = site.put("/a", page("One."))
    known = _known_after(_scan(url))
    for status in (404, 410):
        site.put("/a", status=status)
        assert _scan(url, known) == [Gone(url)]
    for status in (500, 503, 403):
        site.put("/a", status=status)
        (skipped,) = _scan(url, known)
        assert isinstance(skipped, Skipped)
        assert str(status) in skipped.reason


def test_a_named_page_that_was_never_there_is_an_error_with_a_hint(site: Site) -> None:
    with pytest.raises(SourceError, match="the server answered 404") as caught:
        _scan(f"{site.url}/nothing")
    assert caught.value.hint


def test_private_addresses_are_refused_unless_allowed(site: Site) -> None:
    url = site.put("/a", page("One."))
    rules = SourceRules(contents=_RULES.contents, walk=_RULES.walk)
    with pytest.raises(SourceError, match="private address") as caught:
        list(open_source(url, rules).scan(FakeKnown()))
    assert "--allow-private" in (caught.value.hint or "")
    assert not site.requests


@pytest.mark.parametrize(
    "name", ["https://user:secret@example.org/", "http://", "http://[::1", "sitemap+ftp://x.org/"]
)
def test_names_that_are_no_urls_are_refused_at_once(name: str) -> None:
    with pytest.raises(SourceError):
        open_source(name, _RULES)


@pytest.mark.parametrize(
    ("path", "kind", "body", "text"),
    [
        ("/notes.md", "text/plain", "# Town\n\nThe mayor.", "The mayor."),
        ("/notes", "text/markdown", "The mayor.", "The mayor."),
        ("/data", "text/csv; charset=utf-8", "id,text\na,mayor\n", "mayor"),
        ("/data.json", "application/octet-stream", '{"text": "mayor"}', "mayor"),
        ("/index.php", "text/html", page("The mayor."), "The mayor."),
        ("/", "text/html", page("The mayor."), "The mayor."),
        ("/x.pdf", "text/html", page("The mayor."), "The mayor."),
        ("/odd", "x-odd/odd", page("The mayor."), "The mayor."),
        ("/plain", "text/plain", "The mayor.", "The mayor."),
        ("/notes.txt.gz", "application/gzip", gzip.compress(b"The mayor."), "The mayor."),
    ],
)
def test_the_type_tells_the_format_or_else_the_name(
    site: Site, path: str, kind: str, body: str | bytes, text: str
) -> None:
    (document,) = _documents(_scan(site.put(path, body, kind)))
    assert text in document.text


def test_a_format_that_is_not_read_is_named(site: Site) -> None:
    url = site.put("/film", b"\0\1", "video/mp4")
    with pytest.raises(SourceError, match="unsupported format video/mp4"):
        _scan(url)


def test_the_encoding_the_server_names_is_believed(site: Site) -> None:
    text = "Мэр города говорит о мосте через реку."
    body = page(text).encode("koi8-r")
    (document,) = _documents(_scan(site.put("/a", body, "text/html; charset=KOI8-R")))
    assert text in document.text
    body = page("Café “open”").encode("cp1252")
    (document,) = _documents(_scan(site.put("/b", body, "text/html; charset=iso-8859-1")))
    assert "Café “open”" in document.text
    (document,) = _documents(_scan(site.put("/c", page("Plain."), "text/html; charset=no-such")))
    assert "Plain." in document.text


def test_records_at_a_url_are_documents(site: Site) -> None:
    url = site.put("/towers.csv", "id,year,text\na,2010,one\nb,2011,two\n", "text/csv")
    items = _scan(url)
    assert [document.doc_id for document in _documents(items)] == [f"{url}#a", f"{url}#b"]
    assert isinstance(items[-1], Completed)
    assert items[-1].doc_ids == {f"{url}#a", f"{url}#b"}


def test_a_name_in_the_url_can_date_a_page(site: Site) -> None:
    url = site.put("/2015/05/07/bridge.html", page("The bridge is open."))
    (document,) = _documents(_scan(url))
    assert str(document.date) == "2015-05-07"


# Sitemaps


def test_a_sitemap_is_told_by_its_content(site: Site) -> None:
    one, two = site.put("/a", page("One.")), site.put("/b", page("Two."))
    url = site.put("/pages", _sitemap(one, two, lastmod="2016-07-01"), "text/xml")
    items = _scan(url)
    assert [document.origin for document in _documents(items)] == [one, two]
    assert {str(document.date) for document in _documents(items)} == {"2016-07-01"}
    assert site.asked == ["/pages", "/a", "/b"]


@pytest.mark.parametrize("prefix", ["", "sitemap+"])
def test_indexes_and_compressed_sitemaps_are_followed(site: Site, prefix: str) -> None:
    one = site.put("/a", page("One."))
    zipped = gzip.compress(_sitemap(one).encode())
    inner = site.put("/pages.xml.gz", zipped, "application/gzip")
    url = site.put("/sitemap.xml", _index(inner, inner, f"{site.url}/sitemap.xml"), "text/xml")
    items = _scan(prefix + url)
    assert len(_documents(items)) == 1
    assert not _reasons(items)


def test_a_sitemap_can_be_lines_of_text(site: Site) -> None:
    one = site.put("/a", page("One."))
    url = site.put("/sitemap.txt", f"{one}\n", "text/plain")
    assert len(_documents(_scan(f"sitemap+{url}"))) == 1


def test_what_is_wrong_with_a_page_is_told_of_it_alone(site: Site) -> None:
    good = site.put("/good", page("Good."))
    site.put("/bad", status=500)
    site.put("/empty", b"", "text/html")
    site.put("/list", _sitemap(good), "text/xml")
    listed = [f"{site.url}/{name}" for name in ("missing", "bad", "empty", "list")]
    url = site.put(
        "/sitemap.xml",
        _sitemap(
            *listed, "javascript:alert(1)", "/good", "http://u:secret@127.0.0.1/x",
            "http://elsewhere.example/page",
        ),
        "text/xml",
    )  # fmt: skip
    items = _scan(url)
    assert [document.origin for document in _documents(items)] == [good]
    reasons = _reasons(items)
    assert reasons["missing"] == "the server answered 404: nothing is there"
    assert reasons["bad"] == "the server answered 500 Internal Server Error"
    assert reasons["empty"] == "empty file"
    assert reasons["list"] == "a sitemap in a list of pages: name it by itself"
    assert reasons["page"] == "on another host than its sitemap"
    assert "user name or password" in reasons["x"]
    assert "secret" not in str(items)


def test_robots_are_asked_before_pages_of_a_list(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/\n", "text/plain")
    open_page, closed = site.put("/a", page("One.")), site.put("/private/b", page("Two."))
    url = site.put("/sitemap.xml", _sitemap(open_page, closed), "text/xml")
    items = _scan(url)
    assert [document.origin for document in _documents(items)] == [open_page]
    assert _reasons(items) == {"b": "its site's robots.txt does not let us"}
    assert "/private/b" not in site.asked
    assert len(_documents(_scan(closed))) == 1, "a page the user names is fetched"


def test_a_site_that_cannot_say_what_it_allows_allows_nothing(site: Site) -> None:
    site.put("/robots.txt", status=500)
    url = site.put("/sitemap.xml", _sitemap(site.put("/a", page("One."))), "text/xml")
    assert "robots.txt cannot be read" in _reasons(_scan(url))["a"]


def test_a_page_that_is_no_longer_listed_is_asked_for_once_more(site: Site) -> None:
    one, two = site.put("/town/a", page("One.")), site.put("/town/b", page("Two."), ETag='"1"')
    three = site.put("/town/c", page("Three."))
    url = site.put("/town/sitemap.xml", _sitemap(one, two, three), "text/xml")
    known = _known_after(_scan(url))
    known.fingerprints["http://elsewhere.example/town/z"] = "x"
    site.put("/town/sitemap.xml", _sitemap(three), "text/xml")
    del site.pages["/town/a"]
    assert _scan(url, known) == [Unchanged(three), Gone(one), Unchanged(two)]


def test_where_a_part_of_a_sitemap_is_not_read_nothing_is_looked_for(site: Site) -> None:
    one = site.put("/a", page("One."))
    inner = site.put("/inner.xml", _sitemap(one), "text/xml")
    url = site.put("/sitemap.xml", _index(inner), "text/xml")
    known = _known_after(_scan(url))
    site.put("/inner.xml", status=500)
    assert [type(item) for item in _scan(url, known)] == [Skipped]


@pytest.mark.parametrize(
    "body",
    [
        _sitemap("http://x.example/a")[:-20],
        "<urlset><url><loc>a</loc></urlset>",
        '<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>&x;</loc>',
        "<urlset>" + "<a>" * 3_000,
    ],
)
def test_a_damaged_sitemap_is_an_error(site: Site, body: str) -> None:
    url = site.put("/sitemap.xml", body, "text/xml")
    with pytest.raises(SourceError, match="damaged sitemap"):
        _scan(url)


def test_an_xml_bomb_costs_nothing(tmp_path: Path) -> None:
    entities = '<!ENTITY a0 "http://x.example/">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    path = tmp_path / "bomb.xml"
    path.write_text(f"<!DOCTYPE urlset [{entities}]><urlset><url><loc>&a11;</loc></url></urlset>")
    with pytest.raises(ParseError, match="damaged sitemap"):
        list(sitemaps.read_sitemap(path))


def test_a_gzip_bomb_for_a_sitemap_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MAX_SITEMAP_BYTES", 100_000)
    path = tmp_path / "bomb.xml.gz"
    path.write_bytes(gzip.compress(b"<urlset>" + b" " * 200_000))
    with pytest.raises(ParseError, match="unpacks to more than"):
        list(sitemaps.read_sitemap(path))
    path.write_bytes(gzip.compress(gzip.compress(b"<urlset/>")))
    with pytest.raises(ParseError, match="gzip inside gzip"):
        list(sitemaps.read_sitemap(path))


def test_a_long_sitemap_is_streamed_up_to_a_bound(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_MAX_PAGES", 3)
    pages = [site.put(f"/{n}", page(f"Page {n}.")) for n in range(6)]
    url = site.put("/sitemap.xml", _sitemap(*pages), "text/xml")
    items = _scan(url)
    assert len(_documents(items)) == 3
    assert _reasons(items) == {"sitemap.xml": "lists more than 3 pages; the rest is left out"}


def test_entries_of_a_sitemap_are_let_go_of(tmp_path: Path) -> None:
    path = tmp_path / "sitemap.xml"
    path.write_text(_sitemap(*(f"http://x.example/{n}" for n in range(20_000))))
    listed = list(sitemaps.read_sitemap(path))
    assert len(listed) == 20_000
    assert listed[-1].url == "http://x.example/19999"


def test_sitemaps_that_lead_ever_deeper_are_left(site: Site) -> None:
    for n in range(6):
        site.put(f"/{n}", _index(f"/{n + 1}"), "text/xml")
    assert "levels deep" in str(_reasons(_scan(f"{site.url}/0")))


@pytest.mark.parametrize(
    ("head", "root"),
    [
        ("<rss>", "rss"),
        ('<?xml version="1.0"?>\n<!-- a <b> --><feed xmlns="x">', "feed"),
        ("<rdf:RDF xmlns:rdf='x'>", "rdf"),
        ('<!DOCTYPE urlset [<!ENTITY a "b">]>\n<urlset>', "urlset"),
        ("<!DOCTYPE html><HTML>", "html"),
        ("plain text <rss>", ""),
        ("", ""),
        (" " * 8_000, ""),
        ("<!-- -->" * 1_000, ""),
        ("<? ?>" * 1_500 + "<!", ""),
    ],
)
def test_the_root_of_a_file_is_told_by_its_first_bytes(
    tmp_path: Path, head: str, root: str
) -> None:
    path = tmp_path / "a"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text(head, encoding=encoding)
        assert sitemaps.root_of(path) == root or len(head) > 4_000


# Lists of URLs


def test_a_file_lists_urls(site: Site, tmp_path: Path) -> None:
    one, two = site.put("/a", page("One.")), site.put("/b", page("Two."))
    path = tmp_path / "urls.txt"
    path.write_text(f"\ufeff# my pages\n{one}\n\n  {two}  \n{one}#again\nno url\n", "utf-8")
    items = _scan(f"urls+{path}")
    assert [document.origin for document in _documents(items)] == [one, two]
    assert _reasons(items) == {"no url": "not a URL of http or https"}


def test_a_list_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceError, match="no such file: nothing"):
        open_source("urls+nothing", _RULES)


def test_a_folder_may_be_called_like_a_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git+notes").mkdir()
    (tmp_path / "git+notes" / "a.txt").write_text("One.")
    monkeypatch.chdir(tmp_path)
    assert len(_documents(_scan("git+notes"))) == 1


# The whole line


def test_a_site_is_ingested_and_only_what_changed_again(site: Site, tmp_path: Path) -> None:
    first = "Mon, 01 Jan 2018 00:00:00 GMT"
    site.put("/a", page("The mayor of Springfield is Ann Lee."), Last_Modified=first)
    site.put("/b", page("The bridge of Springfield is open."), Last_Modified=first)
    url = site.put("/sitemap.xml", _sitemap("/a", "/b"), "text/xml")
    whole = Whole(tmp_path)
    report = whole.ingest(url)
    assert (report.added, report.chunks_embedded) == (2, 2)
    report = whole.ingest(url)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 2)
    assert report.chunks_embedded == 0
    changed = "Wed, 01 Jan 2020 00:00:00 GMT"
    site.put("/a", page("The mayor of Springfield is Bo Cruz."), Last_Modified=changed)
    del site.pages["/b"]
    report = whole.ingest(url)
    assert (report.updated, report.closed, report.chunks_embedded) == (1, 1, 1)
    assert any("Ann Lee" in text for text in whole.texts("2019"))
    assert not any("Bo Cruz" in text for text in whole.texts("2019"))
    assert any("bridge" in text for text in whole.texts("2019"))
    whole.now = datetime(2024, 6, 2, tzinfo=UTC)
    (text,) = whole.texts()
    assert "Bo Cruz" in text


def test_a_dry_run_shows_pages_and_stores_nothing(site: Site, tmp_path: Path) -> None:
    url = site.put("/a", page("The mayor."))
    whole = Whole(tmp_path)
    planned = list(whole.system().plan([url]))
    assert [type(item) for item in planned] == [Document, Completed]
    assert not (tmp_path / "store").exists()


def test_a_page_nobody_answers_for_is_kept(site: Site) -> None:
    url = site.put("/a", page("One."))
    known = _known_after(_scan(url))
    site.pages["/a"] = Page(answering=lambda handler: handler.connection.close())
    (skipped,) = _scan(url, known)
    assert isinstance(skipped, Skipped)
