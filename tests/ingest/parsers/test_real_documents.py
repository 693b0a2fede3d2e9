"""The one known sentence in every format that is read."""

from pathlib import Path

import pytest

from ingest.parsers import parse
from tests.ingest.data import data_folder

_SENTENCE = "the quick brown fox jumps over the lazy dog"


@pytest.mark.parametrize("name", ["txt", "html", "pdf", "docx"])
def test_the_known_sentence_is_read(name: str) -> None:
    folder = data_folder("documents") / "textract" / "tests"
    (parsed,) = parse(folder / name / f"standardized_text.{name}")
    assert " ".join(parsed.text.split()).lower() == _SENTENCE


@pytest.mark.parametrize("suffix", ["csv", "tsv", "psv", "json"])
def test_every_word_of_the_known_sentence_is_read(suffix: str) -> None:
    path = data_folder("documents") / "textract" / "tests" / suffix / f"standardized_text.{suffix}"
    text = " ".join(parsed.text for parsed in parse(path))
    assert all(word in text for word in _SENTENCE.split())


def test_real_rows_are_dated_month_first_and_real_documents_by_their_metadata() -> None:
    folder = data_folder("documents") / "textract" / "tests"

    def first_date(path: Path) -> str:
        return str(next(iter(parse(path))).dates[0])

    assert first_date(folder / "csv" / "raw_text.csv") == "2014-08-28"
    assert first_date(folder / "pdf" / "raw_text.pdf") == "2014-07-07T21:18:21Z"
    assert first_date(folder / "docx" / "raw_text.docx") == "2014-07-04T10:10:00Z"
