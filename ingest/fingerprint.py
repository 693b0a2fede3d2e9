"""Tells whether a file changed without opening it."""

import os

RECIPE = "1"
"""Raise when parsing changes what it yields, so that unchanged files are read again."""


def fingerprint(stat: os.stat_result) -> str:
    """Name the state of a file by recipe, size, time of change and inode.

    An edit that keeps the size is seen by the time, a file moved over another by the inode.
    """
    return f"{RECIPE}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ino}"
