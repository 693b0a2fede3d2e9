"""A file is read when it is at rest, once."""

import os
from pathlib import Path

from ingest.watching.settling import Settling


def _settling() -> Settling:
    return Settling(debounce_s=0.1, settle_s=2.0)


def test_a_closed_file_is_soon_at_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text")
    settling = _settling()
    settling.touch(path, 0.0, is_closed=True)
    assert settling.take(0.05) == []
    assert settling.due_s(0.05) == 0.05
    assert settling.take(0.1) == [path]
    assert settling.due_s(0.1) is None
    assert len(settling) == 0


def test_a_file_still_written_to_waits(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    settling = _settling()
    for second in range(5):
        path.write_text("x" * second)
        settling.touch(path, float(second))
        assert settling.take(float(second)) == []
    assert settling.take(6.0) == [path]


def test_a_change_that_nobody_told_of_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    settling = _settling()
    settling.touch(path, 0.0, is_closed=True)
    path.write_text("one more")
    assert settling.take(1.0) == []
    assert settling.take(2.9) == []
    assert settling.take(3.0) == [path]


def test_a_change_of_time_alone_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    settling = _settling()
    settling.touch(path, 0.0)
    os.utime(path, (1, 1))
    assert settling.take(2.0) == []
    assert settling.take(4.0) == [path]


def test_a_folder_is_soon_at_rest_and_what_is_gone_may_turn_up_elsewhere(tmp_path: Path) -> None:
    settling = _settling()
    settling.touch(tmp_path / "gone.txt", 0.0)
    settling.touch(tmp_path, 0.0)
    assert settling.take(0.1) == [tmp_path]
    assert settling.take(2.9) == []
    assert settling.take(3.0) == [tmp_path / "gone.txt"]


def test_a_file_that_comes_back_within_the_debounce_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    settling = _settling()
    settling.touch(path, 0.0)
    path.write_text("back")
    settling.touch(path, 0.05, is_closed=True)
    assert settling.take(0.1) == []
    assert settling.take(0.2) == [path]
