"""Choosing a source by looking at the path."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.contents import ContentRules
from ingest.documents import DateRules
from ingest.sources import SourceRules, open_source
from ingest.sources.folder import FolderSource
from ingest.sources.walk import WalkRules
from ingest.sources.wikipedia import WikipediaSource
from rag_lifelong.errors import SourceError


def _now() -> datetime:
    return datetime(2024, 6, 1, tzinfo=UTC)


_RULES = SourceRules(contents=ContentRules(dates=DateRules(now=_now)), walk=WalkRules())


def test_the_path_decides(tmp_path: Path) -> None:
    dump, text = tmp_path / "d.xml", tmp_path / "a.txt"
    dump.write_text("<mediawiki></mediawiki>")
    text.write_text("text")
    assert isinstance(open_source(str(dump), _RULES), WikipediaSource)
    assert isinstance(open_source(str(text), _RULES), FolderSource)
    assert isinstance(open_source(str(tmp_path), _RULES), FolderSource)


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing") as caught:
        open_source(str(tmp_path / "nothing"), _RULES)
    assert caught.value.hint


def test_a_path_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xml"
    path.write_text("x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match=r"cannot read .*a\.xml: permission denied"):
        open_source(str(path), _RULES)
