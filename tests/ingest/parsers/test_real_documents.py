"""Real documents of every format that is read: the known sentence, and texts known to be theirs."""

import re
from collections import Counter
from pathlib import Path

import pytest

from ingest.parsers import parse, parser_for
from ingest.parsers.sniffing import sniff
from rag_lifelong.errors import ParseError
from tests.ingest.data import data_folder

_SENTENCE = "the quick brown fox jumps over the lazy dog"


@pytest.mark.parametrize("name", ["txt", "html", "pdf", "docx", "rtf", "epub"])
def test_the_known_sentence_is_read(name: str) -> None:
    folder = data_folder("documents") / "textract" / "tests"
    (parsed,) = parse(folder / name / f"standardized_text.{name}")
    assert " ".join(parsed.text.split()).lower() == _SENTENCE


@pytest.mark.parametrize(
    "suffix", ["csv", "tsv", "psv", "json", "xls", "xlsx", "ods", "odt", "eml"]
)
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


# What is missed, and why: most words of the page's navigation, cells whose expected text is the
# number of Excel's error (15 for #VALUE!), and a text that is a picture.
_MISSED = {"html/tables.html", "xls/raw_text.xls", "pdf/ocr_text.pdf"}


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


def test_the_expected_words_of_real_documents_are_read() -> None:
    folder = data_folder("documents") / "textract" / "tests"
    files = [
        path
        for path in sorted(folder.glob("*/*.*"))
        if parser_for(path.suffix) is not None
        and path.suffix not in {".txt", ".gif", ".jpg", ".png", ".tiff"}
    ]
    assert len(files) > 30
    missed = set()
    for path in files:
        expected_file = path.with_suffix(".txt")
        has_text = expected_file.exists() and "standardized" not in path.name
        expected = _words(expected_file.read_text() if has_text else _SENTENCE)
        try:
            documents = list(parse(path))
        except ParseError:
            documents = []
        parts = [text for parsed in documents for text in (parsed.title, parsed.text)]
        for parsed in documents:
            parts += [heading for section in parsed.sections for heading in section.headings]
        n_missed = (expected - _words("\n".join(parts))).total()
        if n_missed > 0.05 * expected.total():
            missed.add(f"{path.parent.name}/{path.name}")
    assert missed == _MISSED


def test_real_pictures_without_a_description_are_named_skips() -> None:
    folder = data_folder("documents") / "textract" / "tests"
    for suffix in ("gif", "jpg", "png", "tiff"):
        with pytest.raises(ParseError, match="a picture without text"):
            list(parse(folder / suffix / f"raw_text.{suffix}"))


def test_real_files_without_a_suffix_are_told_by_their_bytes() -> None:
    folder = data_folder("documents") / "textract" / "tests" / "no_ext"
    for path in folder.iterdir():
        suffix = sniff(path)
        assert suffix == f".{path.name.split('_')[0]}"
        assert list(parse(path, name=path.with_name(path.name + suffix)))
