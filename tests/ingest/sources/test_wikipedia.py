"""Wikipedia: revisions as documents of their own time, redirects as names."""

import bz2
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from ingest.dumps import export
from ingest.names import file_uri
from ingest.sources import mediawiki
from ingest.sources.wikipedia import WikipediaSource
from ingest.wikitext import CleanText
from rag_lifelong.errors import SourceError
from rag_lifelong.temporal import Precision
from rag_lifelong.types import (
    Completed,
    DateSource,
    Document,
    Redirect,
    RevisionOrder,
    ScanItem,
    Skipped,
    Unchanged,
)
from tests.ingest.data import data_folder
from tests.ingest.fakes import FakeKnown

_BASE = "https://towns.example/wiki/Main_Page"


def _revision(number: int, text: str, *, parent: int = 0, year: int = 2010, more: str = "") -> str:
    parent_id = f"<parentid>{parent}</parentid>" if parent else ""
    return (
        f"<revision><id>{number}</id>{parent_id}<timestamp>{year}-01-04T10:00:00Z</timestamp>{more}"
        f"<text>{text}</text></revision>"
    )


def _dump(tmp_path: Path, *pages: tuple[str, str], base: str = _BASE) -> Path:
    body = "".join(
        f"<page><title>{title}</title><ns>0</ns><id>{number}</id>{content}</page>"
        for number, (title, content) in enumerate(pages, start=1)
    )
    path = tmp_path / "townwiki-2020.xml"
    path.write_text(
        f"<mediawiki><siteinfo><dbname>townwiki</dbname><base>{base}</base></siteinfo>"
        f"{body}</mediawiki>",
        encoding="utf-8",
    )
    return path


def _scan(path: Path, known: FakeKnown | None = None) -> list[ScanItem]:
    return list(WikipediaSource(path).scan(known or FakeKnown()))


def _documents(items: list[ScanItem]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


def test_each_revision_is_a_document_of_its_own_time(tmp_path: Path) -> None:
    page = _revision(1, "'''Rome''' is old.") + _revision(2, "New.", parent=1, year=2012)
    path = _dump(tmp_path, ("Città di Roma", page))
    *documents, completed = _scan(path)
    first, second = _documents(documents)
    assert first.doc_id == second.doc_id == "wiki:townwiki:1"
    assert (first.revision_id, second.revision_id) == ("1", "2")
    assert first.text == "Rome is old."
    assert first.uri == "https://towns.example/wiki/Citt%C3%A0_di_Roma?oldid=1"
    assert first.origin == file_uri(path)
    assert str(first.date) == "2010-01-04T10:00:00Z"
    assert first.date.precision is Precision.SECOND
    assert first.date.source is DateSource.DUMP_TIMESTAMP
    assert first.order is RevisionOrder.VALID_TIME
    assert isinstance(completed, Completed)
    assert completed.doc_ids is None


def test_a_wiki_with_query_urls_is_cited_by_them(tmp_path: Path) -> None:
    path = _dump(tmp_path, ("A B", _revision(1, "x")), base="http://w.example/i.php?title=Main")
    assert _documents(_scan(path))[0].uri == "http://w.example/i.php?title=A_B&oldid=1"


def _redirect(target: str, year: int) -> Redirect:
    return Redirect("Roma", target, datetime(year, 1, 4, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    ["#REDIRECT [[Rome]]", "#redirect: [[rome#History|x]]\n{{R}}", " #WEITERLEITUNG [[Rome]]",
     "#перенаправление [[Rome]]".upper(), "#重定向 [[Rome]]", "# Redirect[[:Rome]]"],
)  # fmt: skip
def test_a_redirect_is_a_name_and_no_text(tmp_path: Path, text: str) -> None:
    items = _scan(_dump(tmp_path, ("Roma", _revision(1, text))))
    assert [type(item) for item in items] == [Document, Redirect, Completed]
    assert _documents(items)[0].text == ""
    assert items[1] in (_redirect("Rome", 2010), _redirect("ROME", 2010))


@pytest.mark.parametrize("text", ["# First [[Rome]]", "#1 [[Rome]]", "Text #REDIRECT [[Rome]]"])
def test_a_list_is_no_redirect(tmp_path: Path, text: str) -> None:
    items = _scan(_dump(tmp_path, ("Roma", _revision(1, text))))
    assert [type(item) for item in items] == [Document, Completed]


def test_a_page_that_became_a_redirect_ends_its_text_then(tmp_path: Path) -> None:
    page = _revision(1, "Text.") + _revision(2, "#REDIRECT [[Rome]]", parent=1, year=2012)
    items = _scan(_dump(tmp_path, ("Roma", page)))
    text, end = _documents(items)
    assert (text.text, end.text) == ("Text.", "")
    assert str(end.date).startswith("2012")
    assert _redirect("Rome", 2012) in items


def test_a_redirect_holds_since_the_first_revision_that_tells_it(tmp_path: Path) -> None:
    page = (
        _revision(1, "#REDIRECT [[Latium]]")
        + _revision(2, "#REDIRECT [[Rome]]", parent=1, year=2012)
        + _revision(3, "#REDIRECT [[Rome]] {{R}}", parent=2, year=2014)
    )
    assert _redirect("Rome", 2012) in _scan(_dump(tmp_path, ("Roma", page)))


def test_a_redirect_that_became_a_page_is_no_redirect(tmp_path: Path) -> None:
    page = _revision(1, "#REDIRECT [[Rome]]") + _revision(2, "Text.", parent=1, year=2012)
    items = _scan(_dump(tmp_path, ("Roma", page)))
    assert [type(item) for item in items] == [Document, Document, Completed]


def test_the_newest_revision_tells_even_when_it_comes_first(tmp_path: Path) -> None:
    page = _revision(2, "#REDIRECT [[Rome]]", parent=1, year=2012) + _revision(1, "Text.")
    assert _redirect("Rome", 2012) in _scan(_dump(tmp_path, ("Roma", page)))


def test_known_revisions_are_not_cleaned_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _dump(tmp_path, ("Rome", _revision(1, "One.") + _revision(2, "Two.", parent=1)))
    cleaned: list[str] = []

    def count(text: str) -> CleanText:
        cleaned.append(text)
        return CleanText(text, ())

    monkeypatch.setattr("ingest.dumps.cleaning.clean", count)
    items = _scan(path, FakeKnown(revisions={("wiki:townwiki:1", "1")}))
    assert [document.revision_id for document in _documents(items)] == ["2"]
    assert cleaned == ["Two."]


def test_a_dump_with_the_known_fingerprint_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _dump(tmp_path, ("Rome", _revision(1, "One.")))
    completed = _scan(path)[-1]
    assert isinstance(completed, Completed)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("opened"))
    known = FakeKnown(fingerprints={completed.origin: completed.fingerprint})
    assert _scan(path, known) == [Unchanged(file_uri(path))]


def test_revisions_that_cannot_be_used_are_counted_once_a_dump(tmp_path: Path) -> None:
    time = "<timestamp>2010-01-04T10:00:00Z</timestamp>"
    hidden = f'<revision><id>1</id>{time}<text deleted="deleted"/></revision>'
    undated = "<revision><id>3</id><text>x</text></revision>"
    path = _dump(tmp_path, ("A", hidden), ("B", hidden), ("C", undated))
    items = _scan(path)
    assert [type(item) for item in items] == [Skipped, Completed]
    assert items[0] == Skipped(
        file_uri(path),
        "revisions left out: 2 with suppressed text, 1 without a date",
    )


def test_a_page_that_is_not_wikitext_is_its_own_text(tmp_path: Path) -> None:
    data = _revision(4, "{'a': [[b]]}", more="<model>json</model>")
    [document] = _documents(_scan(_dump(tmp_path, ("D", data))))
    assert document.text == "{'a': [[b]]}"


def test_ids_a_dump_does_not_give_are_made_from_what_it_gives(tmp_path: Path) -> None:
    path = tmp_path / "small.xml"
    revision = "<revision><timestamp>2010-01-04T10:00:00Z</timestamp><text>x</text></revision>"
    path.write_text(f"<mediawiki><page><title>Rome</title>{revision}</page></mediawiki>")
    (document,) = _documents(_scan(path))
    assert document.doc_id == "wiki:small:Rome"
    assert len(document.revision_id) == 16
    assert document.uri == "wiki:small:Rome"


def test_what_stands_before_the_damage_is_yielded_and_nothing_is_completed(tmp_path: Path) -> None:
    whole = _dump(tmp_path, ("A", _revision(1, "One.")), ("B", _revision(2, "Two.")))
    cut = tmp_path / "cut.xml.bz2"
    content = whole.read_bytes()
    middle = content.index(b"<title>B")
    cut.write_bytes(bz2.compress(content[:middle]) + bz2.compress(content[middle:])[:40])
    document, skipped = _scan(cut)
    assert isinstance(document, Document)
    assert skipped == Skipped(file_uri(cut), "truncated bz2 after 1 pages")


def test_a_damaged_dump_is_not_read_again_while_it_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = tmp_path / "cut.xml.bz2"
    cut.write_bytes(bz2.compress(_dump(tmp_path, ("A", _revision(1, "One."))).read_bytes())[:-9])
    *_, failed = _scan(cut)
    assert isinstance(failed, Skipped)
    assert failed.is_noted
    assert not failed.is_transient
    known = FakeKnown(failures={failed.uri: (failed.fingerprint, failed.reason)})
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", lambda *_: pytest.fail("opened"))
        assert _scan(cut, known) == [failed]
    cut.write_bytes(cut.read_bytes()[:-1])
    assert _scan(cut, known)[-1].is_noted


def test_a_missing_dump_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no such dump: .*gone\.xml") as caught:
        _scan(tmp_path / "gone.xml")
    assert caught.value.hint


def test_a_dump_that_cannot_be_opened_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _dump(tmp_path, ("A", _revision(1, "One.")))

    def refuse(*_: object, **__: object) -> BytesIO:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert _scan(path) == [Skipped(file_uri(path), "permission denied")]


def test_every_real_dump_is_read_to_its_end() -> None:
    for path in sorted(data_folder("wikidumps").glob("*.xml*")):
        items = _scan(path)
        assert isinstance(items[-1], Completed), path.name
        assert not any(isinstance(item, Skipped) for item in items), path.name


def test_a_real_sample_of_2016_has_106_articles_and_99_redirects() -> None:
    folder = data_folder("wikidumps")
    items = _scan(folder / "gensim_enwiki-latest-pages-articles1-shortened.xml.bz2")
    articles = [document for document in _documents(items) if document.text]
    assert len(articles) == 106
    assert sum(isinstance(item, Redirect) for item in items) == 99
    for article in articles:
        assert not any(mark in article.text for mark in ("{{", "}}", "[[", "]]", "<ref", "&nbsp;"))


def test_a_real_wiki_with_its_history_is_507_pages_and_1307_revisions() -> None:
    path = data_folder("wikidumps") / "dkpro_aawiki-20260101-pages-meta-history.xml.7z"
    events = list(mediawiki.read_dump(path))
    assert sum(isinstance(event, export.PageEnd) for event in events) == 507
    assert sum(isinstance(event, export.Revision) for event in events) == 1307
