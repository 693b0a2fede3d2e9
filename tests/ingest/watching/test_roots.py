"""Roots are known again, and network file systems are told from local ones."""

from pathlib import Path

import pytest

from ingest.watching.roots import identity, is_remote

_TABLE = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
40 22 0:50 / /srv/team\\040notes rw - nfs4 host:/notes rw
41 40 8:2 / /srv/team\\040notes/local rw - ext4 /dev/sdb rw
42 22 0:51 / /mnt rw shared:7 - fuse.sshfs me@host: rw
"""


def test_a_root_put_in_place_of_another_is_another(tmp_path: Path) -> None:
    root = tmp_path / "root"
    assert identity(root) is None
    root.mkdir()
    first = identity(root)
    assert first == identity(root)
    root.rename(tmp_path / "away")
    root.mkdir()
    assert identity(root) not in (None, first)


@pytest.mark.parametrize(
    ("root", "remote"),
    [("/home/me", False), ("/srv/team notes", True), ("/srv/team notes/deep/x", True),
     ("/srv/team notes/local/x", False), ("/srv/team notes2", False), ("/mnt/x", True)],
)  # fmt: skip
def test_the_nearest_mount_decides(tmp_path: Path, root: str, remote: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(_TABLE)
    assert is_remote(Path(root), table) is remote


def test_without_a_table_of_mounts_events_are_trusted(tmp_path: Path) -> None:
    assert not is_remote(tmp_path, tmp_path / "none")
