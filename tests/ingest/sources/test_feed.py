"""Feeds: a window on a site, entry by entry; only what changed is a revision."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.sources import SourceRules, feed, open_source
from ingest.sources.walk import WalkRules
from rag_lifelong.errors import SourceError
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
from tests.ingest.web_server import Site, page, serve

_NOW = datetime(2024, 6, 1, tzinfo=UTC)
_RULES = SourceRules(
    contents=ContentRules(dates=DateRules(now=lambda: _NOW), max_bytes=20_000_000),
    walk=WalkRules(),
    allow_private=True,
)
_ATOM = "application/atom+xml"


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def _scan(name: str, known: FakeKnown | None = None) -> list[ScanItem]:
    return list(open_source(name, _RULES).scan(known or FakeKnown()))


def _documents(items: list[ScanItem]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


def _known_after(items: list[ScanItem]) -> FakeKnown:
    return FakeKnown(
        fingerprints={i.origin: i.fingerprint for i in items if isinstance(i, Completed)},
        documents=[document.doc_id for document in _documents(items)],
    )


def _rss(*items: str) -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Town news</title>'
        f"<link>http://town.example/</link>{''.join(items)}</channel></rss>"
    )


def _item(guid: str, text: str, published: str = "Thu, 07 May 2015 10:00:00 GMT") -> str:
    return (
        f'<item><guid isPermaLink="false">{guid}</guid><title>Item {guid}</title>'
        f"<link>http://town.example/{guid}</link><pubDate>{published}</pubDate>"
        f"<description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
    )


def _atom(*entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{"".join(entries)}</feed>'


def _entry(key: str, text: str, published: str = "", updated: str = "") -> str:
    times = "".join(
        f"<{name}>{value}</{name}>"
        for name, value in (("published", published), ("updated", updated))
        if value
    )
    return (
        f"<entry><id>{key}</id><title>Entry {key}</title>{times}"
        f'<link href="http://town.example/{key}"/><content type="html">{text}</content></entry>'
    )


def test_each_entry_is_a_document_within_its_feed(site: Site) -> None:
    body = _rss(_item("1", "The mayor is Ann Lee."), _item("2", "The bridge is open."))
    url = site.put("/feed.xml", body, "application/rss+xml")
    one, two, completed = _scan(url)
    assert isinstance(one, Document)
    assert isinstance(two, Document)
    assert (one.doc_id, two.doc_id) == (f"{url}#1", f"{url}#2")
    assert one.origin == url
    assert one.uri == "http://town.example/1"
    assert (one.title, one.text) == ("Item 1", "The mayor is Ann Lee.")
    assert (str(one.date), one.date.source) == ("2015-05-07T10:00:00Z", DateSource.FEED_ENTRY)
    assert one.order is RevisionOrder.ARRIVAL
    assert isinstance(completed, Completed)
    assert completed.doc_ids is None, "what falls out of the feed is not closed"
    assert site.asked == ["/feed.xml"], "what entries link to is not fetched"


def test_full_content_is_read_rather_than_a_summary(site: Site) -> None:
    entry = (
        "<entry><id>1</id><title>T</title><summary>Short.</summary><content type='xhtml'>"
        "<div xmlns='http://www.w3.org/1999/xhtml'><h2>Council</h2><p>The whole story of the "
        "bridge, at length.</p></div></content></entry>"
    )
    (document,) = _documents(_scan(site.put("/feed", _atom(entry), _ATOM)))
    assert "The whole story of the bridge, at length." in document.text
    assert "Short." not in document.text


def test_scripts_and_styles_are_not_text(site: Site) -> None:
    text = "&lt;script&gt;steal()&lt;/script&gt;&lt;style&gt;p{}&lt;/style&gt;&lt;p&gt;Open."
    (document,) = _documents(_scan(site.put("/feed", _atom(_entry("1", text)), _ATOM)))
    assert document.text == "Open."


def test_dates_in_the_words_of_an_entry_do_not_date_it(site: Site) -> None:
    entry = _entry("1", "The fire of 7 May 1842 burned the town.", "2016-02-03")
    (document,) = _documents(_scan(site.put("/feed", _atom(entry), _ATOM)))
    assert str(document.date) == "2016-02-03"


def test_the_first_sight_of_an_entry_is_of_its_publication_a_later_one_of_its_update(
    site: Site,
) -> None:
    entry = _entry("1", "The mayor is Ann.", "2015-05-07T10:00:00Z", "2015-06-01T00:00:00Z")
    url = site.put("/feed", _atom(entry), _ATOM)
    first = _scan(url)
    assert str(_documents(first)[0].date) == "2015-05-07T10:00:00Z"
    later = _entry("1", "The mayor is Bo.", "2015-05-07T10:00:00Z", "2016-06-01T00:00:00Z")
    site.put("/feed", _atom(later, entry.replace("<id>1", "<id>2")), _ATOM)
    second = _documents(_scan(url, _known_after(first)))
    assert [str(document.date) for document in second] == [
        "2016-06-01T00:00:00Z", "2015-05-07T10:00:00Z"
    ]  # fmt: skip


def test_an_entry_that_did_not_change_is_the_same_revision_whatever_it_is_dated(
    site: Site,
) -> None:
    entry = _entry("1", "The mayor is Ann.", "2015-05-07T10:00:00Z", "2015-06-01T00:00:00Z")
    url = site.put("/feed", _atom(entry), _ATOM)
    first = _scan(url)
    site.put("/feed", _atom(_entry("2", "New."), entry), _ATOM)
    _, again = _documents(_scan(url, _known_after(first)))
    assert again.revision_id == _documents(first)[0].revision_id


def test_an_unchanged_feed_is_not_read(site: Site) -> None:
    body = _rss(_item("1", "One."))
    for validators in ({"ETag": '"1"'}, {}):
        url = site.put("/feed", body, "text/xml", **validators)
        assert _scan(url, _known_after(_scan(url))) == [Unchanged(url)]


def test_a_feed_that_is_gone_is_gone(site: Site) -> None:
    url = site.put("/feed", _rss(_item("1", "One.")), "text/xml")
    known = _known_after(_scan(url))
    site.put("/feed", status=410)
    assert _scan(url, known) == [Gone(url)]


def test_entries_without_ids_are_named_by_their_link_or_their_words(site: Site) -> None:
    body = _rss(
        "<item><title>A</title><link>http://town.example/a</link></item>",
        "<item><title>B</title><description>Words.</description></item>",
        "<item><description>Only words.</description></item>",
    )
    url = site.put("/feed", body, "text/xml")
    documents = _documents(_scan(url))
    assert documents[0].doc_id == f"{url}#http://town.example/a"
    assert len({document.doc_id for document in documents}) == 3
    assert [document.title for document in documents] == ["A", "B", "Town news"]
    assert [document.text for document in documents] == ["A", "Words.", "Only words."]
    assert documents[1].uri == documents[1].doc_id


def test_an_id_that_several_entries_share_names_none_of_them(site: Site) -> None:
    one, two = _item("1", "One."), _item("1", "Two.").replace("example/1", "example/2")
    items = _scan(
        site.put("/feed", _rss(one, two, two.replace("2</link>", "3</link>")), "text/xml")
    )
    assert len({document.doc_id for document in _documents(items)}) == 3
    twice = _scan(site.put("/feed", _rss(one, one), "text/xml"))
    assert len(_documents(twice)) == 1


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "http://u:secret@town.example/", "file:///etc/passwd", "//"]
)
def test_links_that_lead_nowhere_are_not_cited(site: Site, link: str) -> None:
    entry = f"<entry><id>urn:x:k</id><title>T</title><link href='{link}'/></entry>"
    url = site.put("/feed", _atom(entry), _ATOM)
    (document,) = _documents(_scan(url))
    assert document.uri == f"{url}#urn:x:k"


def test_relative_links_are_of_the_feed(site: Site) -> None:
    entry = "<entry><id>k</id><title>T</title><link href='../news/1'/></entry>"
    (document,) = _documents(_scan(site.put("/a/feed", _atom(entry), _ATOM)))
    assert document.uri == f"{site.url}/news/1"


@pytest.mark.parametrize(
    ("published", "date"),
    [
        ("2015-05-07", "2015-05-07"),
        ("2015-05", "2015-05"),
        ("Thu, 07 May 2015 10:00:00 +0200", "2015-05-07T08:00:00Z"),
        ("Thu, 07 May 15 10:00:00 EST", "2015-05-07T15:00:00Z"),
        ("no date", "2024-06-01T00:00:00Z"),
        ("Thu, 99 May 9999 99:00:00 GMT", "2024-06-01T00:00:00Z"),
        ("2031-01-01", "2024-06-01T00:00:00Z"),
    ],
)
def test_dates_are_read_as_they_are_written(site: Site, published: str, date: str) -> None:
    url = site.put("/feed", _rss(_item("1", "One.", published)), "text/xml")
    (document,) = _documents(_scan(url))
    assert str(document.date) == date


def test_an_entry_without_words_is_a_named_skip(site: Site) -> None:
    body = _atom("<entry><id>urn:x:9</id></entry>", _entry("1", "One."))
    body = body.replace("<title>T</title>", "")
    skipped, document, _ = _scan(site.put("/feed", body, _ATOM))
    assert skipped == Skipped(f"{site.url}/feed#urn:x:9", "no text in the entry")
    assert isinstance(document, Document)


@pytest.mark.parametrize("body", ["plain words", page("A page."), "<rss", ""])
def test_what_is_no_feed_is_an_error(site: Site, body: str) -> None:
    url = site.put("/feed", body, "text/xml")
    with pytest.raises(SourceError, match="not a feed"):
        _scan(f"feed+{url}")


def test_a_feed_in_another_encoding_is_read(site: Site) -> None:
    body = _rss(_item("1", "Café")).replace('"1.0"', '"1.0" encoding="iso-8859-1"')
    url = site.put("/a", body.encode("latin-1"), "application/rss+xml")
    assert _documents(_scan(url))[0].text == "Café"
    url = site.put("/b", _rss(_item("1", "Мост")).encode("utf-16"), "application/rss+xml")
    assert _documents(_scan(url))[0].text == "Мост"


def test_an_xml_bomb_in_a_feed_costs_nothing(site: Site) -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    outside = '<!ENTITY x SYSTEM "file:///etc/passwd">'
    bomb = _rss(_item("1", "One. &amp;a11; &a11; &x;")).replace(
        "?>", f"?><!DOCTYPE rss [{entities}{outside}]>", 1
    )
    (document,) = _documents(_scan(site.put("/feed", bomb, "text/xml")))
    assert "root:" not in document.text
    assert len(document.text) < 1_000


def test_a_feed_over_its_bound_is_not_parsed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_FEED_BYTES", 100)
    url = site.put("/feed", _rss(_item("1", "One.")), "text/xml")
    with pytest.raises(SourceError, match="the limit for a feed is 100"):
        _scan(url)


def test_a_feed_that_names_a_file_reads_none(site: Site, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(_rss(_item("1", "Local.")))
    url = site.put("/feed", str(tmp_path / "feed.xml"), "text/xml")
    with pytest.raises(SourceError, match="not a feed"):
        _scan(f"feed+{url}")


def test_a_feed_is_ingested_and_only_what_changed_again(site: Site, tmp_path: Path) -> None:
    ann = _entry("1", "The mayor of Springfield is Ann Lee.", "2015-05-07T10:00:00Z")
    bridge = _entry("2", "The bridge of Springfield is open.", "2016-05-07T10:00:00Z")
    url = site.put("/feed", _atom(ann, bridge), _ATOM)
    whole = Whole(tmp_path)
    report = whole.ingest(url)
    assert (report.added, report.chunks_embedded) == (2, 2)
    report = whole.ingest(url)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 2)
    assert report.chunks_embedded == 0
    bo = _entry(
        "1", "The mayor of Springfield is Bo Cruz.", "2015-05-07T10:00:00Z", "2020-01-01T00:00:00Z"
    )
    site.put("/feed", _atom(bo), _ATOM)
    report = whole.ingest(url)
    assert (report.added, report.updated, report.closed) == (0, 1, 0)
    assert report.chunks_embedded == 1
    assert whole.texts("2019") == [
        "The bridge of Springfield is open.", "The mayor of Springfield is Ann Lee."
    ]  # fmt: skip
    assert whole.texts() == [
        "The bridge of Springfield is open.", "The mayor of Springfield is Bo Cruz."
    ]  # fmt: skip
