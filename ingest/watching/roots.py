"""What lies under a watched root: is it there, is it the same, and can its events be trusted.

A root that is unmounted leaves an empty folder behind; taken for the truth it would end every
document. So a root whose device changed, or that is gone, is waited for instead.
"""

import os
from dataclasses import dataclass
from pathlib import Path

# File systems that others write to, whose changes the kernel here is not told of.
_REMOTE = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse.s3fs", "fuse.sshfs", "fuse.rclone",
        "fuse.gcsfuse", "fuse.glusterfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3",
        "smbfs", "vboxsf", "virtiofs", "vmhgfs", "drvfs",
    }
)  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class RootIdentity:
    """Which file system object a root is."""

    device: int
    inode: int


def identity(root: Path) -> RootIdentity | None:
    """Which object lies at a root now; None if nothing does, or it may not be looked at."""
    try:
        status = root.stat()
    except OSError:
        return None
    return RootIdentity(status.st_dev, status.st_ino)


def is_remote(root: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether a root lies on a file system that others write to, as far as the system tells.

    Reads the table of mounts (proc_pid_mountinfo(5)); where there is none, the answer is no.
    """
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return False
    place = os.fsencode(os.path.realpath(root))
    best = (-1, "")
    for line in lines:
        fields, _, rest = line.partition(b" - ")
        point = _unescaped(fields.split(b" ")[4])
        if place == point or place.startswith(point.rstrip(b"/") + b"/"):
            best = max(best, (len(point), rest.split(b" ")[0].decode(errors="replace")))
    return best[1] in _REMOTE


def _unescaped(name: bytes) -> bytes:
    """Spaces, tabs, line feeds and backslashes of a name are written as octal numbers."""
    for code in (b"\\040", b"\\011", b"\\012", b"\\134"):
        name = name.replace(code, bytes([int(code[1:], 8)]))
    return name
