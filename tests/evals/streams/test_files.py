"""Benchmark files are read as published, and what is wrong with one is said with file and line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evals.streams.files import (
    read_csv,
    read_json,
    read_jsonl,
    required,
    required_date,
    required_texts,
)
from rag_lifelong.errors import EvalError


def test_jsonl_lines_keep_their_numbers_past_blank_lines(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n\n  \n{"a": 2}\n')

    assert list(read_jsonl(path)) == [(1, {"a": 1}), (4, {"a": 2})]


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.json.gzip", "rows.jsonl"])
def test_a_packed_file_is_read_whatever_its_name(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(gzip.compress('{"town": "Zürich"}\n'.encode()))

    assert list(read_jsonl(path)) == [(1, {"town": "Zürich"})]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1}\n{"a": \n', r"rows\.jsonl:2: not JSON"),
        ('{"a": 1}\n[1, 2]\n', r"rows\.jsonl:2: not a JSON object: \[1, 2\]"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, said: str):
    path = tmp_path / "rows.jsonl"
    path.write_text(text)

    with pytest.raises(EvalError, match=said):
        list(read_jsonl(path))


def test_lines_before_a_bad_one_are_given(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\nbroken\n')

    assert next(read_jsonl(path)) == (1, {"a": 1})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(b'{"a": 1}\n' * 50)[:-12], "cannot be read"),
        (gzip.compress(b'{"a": 1}\n')[:12] + b"xxxxxxxxxxxxxxxx", "cannot be read"),
        (b'{"a": "\xff\xfe"}\n', "not UTF-8 text"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes, said: str):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(data)

    with pytest.raises(EvalError, match=rf"rows\.jsonl: {said}"):
        list(read_jsonl(path))


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(EvalError, match=r"no\.json: cannot be read"):
        read_json(tmp_path / "no.json")


def test_json_is_read_whole_and_its_bad_line_named(tmp_path: Path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('[\n {"a": 1}\n]')
    bad.write_text('[\n {"a": 1},\n oops\n]')

    assert read_json(good) == [{"a": 1}]
    with pytest.raises(EvalError, match=r"bad\.json:3: not JSON"):
        read_json(bad)


def test_csv_fields_may_hold_commas_and_line_ends(tmp_path: Path):
    path = tmp_path / "rows.csv"
    path.write_text('\ufeffid,question\n1,"Who, now?"\n2,"two\nlines"\n')

    assert list(read_csv(path)) == [
        (2, {"id": "1", "question": "Who, now?"}),
        (4, {"id": "2", "question": "two\nlines"}),
    ]


def test_csv_lines_before_the_columns_are_skipped_and_counted(tmp_path: Path):
    path = tmp_path / "rows.csv"
    path.write_text('a warning, of two\n"quoted"\nid\n7\n\n8\n')

    assert list(read_csv(path, skip=2)) == [(4, {"id": "7"}), (6, {"id": "8"})]


def test_a_csv_field_may_hold_a_page(tmp_path: Path):
    path = tmp_path / "rows.csv"
    path.write_text("page\n" + "word " * 40_000 + "\n")

    ((_, row),) = read_csv(path)
    assert len(row["page"]) == 200_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n3\n", r"rows\.csv:3: 1 fields, not 2"),
        ('a,b\n1,"2" x\n', r"rows\.csv:2: not csv"),
    ],
)
def test_a_bad_csv_row_is_named(tmp_path: Path, text: str, said: str):
    path = tmp_path / "rows.csv"
    path.write_text(text)

    with pytest.raises(EvalError, match=said):
        list(read_csv(path))


def test_an_empty_file_has_no_rows(tmp_path: Path):
    path = tmp_path / "empty"
    path.write_text("")

    assert list(read_csv(path)) == []
    assert list(read_jsonl(path)) == []


def test_a_required_value_is_of_its_type():
    row = {"text": "word", "number": 3, "flag": True}

    assert required(row, "text", "f:1") == "word"
    assert required(row, "number", "f:1", int) == 3
    assert required(row, "flag", "f:1", bool) is True


@pytest.mark.parametrize(
    ("key", "kind", "said"),
    [
        ("missing", str, r"f:1: no 'missing'"),
        ("number", str, r"f:1: 'number' must be str, not int: 3"),
        ("flag", int, r"f:1: 'flag' must be int, not bool: True"),
    ],
)
def test_a_missing_or_wrong_value_is_named(key: str, kind: type, said: str):
    with pytest.raises(EvalError, match=said):
        required({"number": 3, "flag": True}, key, "f:1", kind)


def test_required_texts_are_each_given_once():
    assert required_texts({"answers": ["a", "b", "a"]}, "answers", "f:1") == ("a", "b")
    with pytest.raises(EvalError, match=r"f:1: 'answers' must be a list of texts"):
        required_texts({"answers": ["a", 1]}, "answers", "f:1")


def test_a_required_date_is_the_interval_it_names():
    day = required_date({"date": "2021-02-28"}, "date", "f:1")

    assert (day.start.isoformat(), day.end.isoformat()) == (
        "2021-02-28T00:00:00+00:00",
        "2021-03-01T00:00:00+00:00",
    )
    with pytest.raises(EvalError, match=r"f:1: 'date': not a date: 'soon'"):
        required_date({"date": "soon"}, "date", "f:1")
    with pytest.raises(EvalError, match=r"f:1: 'date': "):
        required_date({"date": "2021-02-30"}, "date", "f:1")
