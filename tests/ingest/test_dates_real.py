"""Dates of real files and articles against what was found out about them by other means."""

import gzip
import json
import runpy
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.dates import from_text
from tests.ingest.data import data_folder

_BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "dates.py"
# Its PDF was made nine days before the issue it appeared in, whose date stands on the page.
_KNOWN_WRONG = {"pdf/two_column.pdf", "html/tables.html"}


@pytest.mark.slow
def test_files_of_many_formats_are_dated_as_they_say() -> None:
    folder = data_folder("documents") / "textract" / "tests"
    judged = runpy.run_path(str(_BENCHMARK))["judged_files"](folder)
    wrong = {name for name, (verdict, _) in judged.items() if verdict == "wrong"}
    unknown = {name for name, (verdict, _) in judged.items() if verdict == "unknown"}
    assert wrong <= _KNOWN_WRONG
    assert unknown == set()
    assert Counter(verdict for verdict, _ in judged.values())["right"] >= 25


@pytest.mark.slow
def test_articles_full_of_dates_are_dated_by_their_own_or_not_at_all() -> None:
    path = data_folder("realtimeqa") / "small_docs.jsonl.gz"
    dated, wrong = 0, []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for article in map(json.loads, lines):
            found = from_text(article["text"])
            if found is None:
                continue
            dated += 1
            published = date.fromisoformat(article["timestamp"][:10])
            if abs(found.interval.start.date() - published) > timedelta(days=1):
                wrong.append((article["doc_id"], str(found), str(published)))
    assert dated >= 5
    assert wrong == []
