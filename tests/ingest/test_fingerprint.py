"""Fingerprints: a change is seen without opening the file."""

import os
from pathlib import Path

from ingest.fingerprint import fingerprint


def test_an_edit_of_the_same_size_changes_the_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one")
    before = fingerprint(file.stat())
    assert fingerprint(file.stat()) == before
    file.write_text("two")
    os.utime(file, ns=(1, 1))
    assert fingerprint(file.stat()) != before


def test_another_file_of_the_same_size_and_time_has_another_fingerprint(tmp_path: Path) -> None:
    one, two = tmp_path / "a", tmp_path / "b"
    for file in (one, two):
        file.write_text("same")
        os.utime(file, ns=(1, 1))
    assert fingerprint(one.stat()) != fingerprint(two.stat())
