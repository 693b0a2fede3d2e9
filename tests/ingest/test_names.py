"""File names as URIs and titles, in any encoding."""

import os
from pathlib import Path

from ingest.names import file_uri, readable_stem


def test_a_relative_path_and_its_absolute_form_have_one_uri() -> None:
    here = Path.cwd()
    assert file_uri(Path("a/../b c.txt")) == file_uri(here / "b c.txt")
    assert file_uri(here / "b c.txt").startswith("file:///")
    assert file_uri(here / "b c.txt").endswith("/b%20c.txt")


def test_a_name_that_is_not_utf8_has_a_uri_and_a_printable_title() -> None:
    path = Path("/x") / os.fsdecode(b"caf\xe9_menu.txt")
    assert file_uri(path) == "file:///x/caf%E9_menu.txt"
    assert readable_stem(path) == "caf\ufffd menu"
    readable_stem(path).encode("utf-8")


def test_a_stem_reads_as_words_and_keeps_its_date() -> None:
    assert readable_stem(Path("city_council-minutes_2015-05-07.txt")) == (
        "city council minutes 2015-05-07"
    )
    assert readable_stem(Path("___.txt")) == "___"
