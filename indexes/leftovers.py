"""What a crash left, rows that no commit counts and files that no row names: reclaimed at opening.

A range or an index whose file was written but not yet named is lost work, not lost data: upkeep
makes it again.
"""

import logging
from pathlib import Path

from indexes import schema, times
from indexes.columns import n_rows
from indexes.forgetting import Place

logger = logging.getLogger(__name__)

_SUFFIXES = {".column", ".sq8", ".index", ".tmp", ".new"}


def reclaim(place: Place) -> None:
    """Cut columns to the rows that count and remove the files that nothing refers to."""
    named = set()
    for stored in schema.all_columns(place.db, place.directory):
        named.add(stored.path.name)
        size = n_rows(place.db, stored.name) * stored.dtype.itemsize
        if stored.path.exists() and stored.path.stat().st_size > size:
            place.files.cut(stored.path, size)
    named |= {file for (file,) in place.db.execute("SELECT file FROM sealed_ranges")}
    index = times.stored(place.db)
    named |= set() if index is None else {index[0]}
    for path in sorted(place.directory.iterdir()):
        if _is_ours(path) and path.name not in named:
            logger.info("removing %s, which nothing refers to", path)
            place.files.remove(path)


def _is_ours(path: Path) -> bool:
    return path.suffix in _SUFFIXES and path.is_file()
