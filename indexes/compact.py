"""Compacting: give back what nothing needs, and build anew what is derived and damaged.

Old embedding generations, files no row names, free pages of the database and a long write-ahead
log go; a damaged sealed range or time index is dropped and rebuilt. Readers keep the files they
have mapped, and their snapshot of the database, until they close.
"""

import logging

from indexes import codes, generations, leftovers, rows
from indexes.columns import vector_column
from indexes.forgetting import Place, empty_log
from indexes.upkeep import Upkeep

logger = logging.getLogger(__name__)


def run(place: Place, upkeep: Upkeep) -> None:
    """Compact a store that is open for writing."""
    _drop_damaged(place)
    _drop_old_generations(place)
    upkeep.rebuild_times()
    upkeep.tend(wait=True)
    place.db.execute("VACUUM")
    empty_log(place.db)
    leftovers.reclaim(place)


def _drop_damaged(place: Place) -> None:
    codes.forget_mapped()
    for generation in generations.every(place.db):
        ranges = codes.stored(place.directory, place.db, generation.number, generation.model.dim)
        for one in list(ranges):
            try:
                one.check()
            except codes.DamagedRangeError as error:
                logger.warning("%s; building it anew", error)
                place.db.execute("DELETE FROM sealed_ranges WHERE file = ?", (one.path.name,))
                place.files.remove(one.path)
    codes.forget_mapped()


def _drop_old_generations(place: Place) -> None:
    """All but the one in use and the one being filled."""
    kept = {rows.get_meta(place.db, "generation"), rows.get_meta(place.db, "filling")}
    for one in generations.every(place.db):
        if one.number in kept:
            continue
        name = vector_column(one.number)
        with rows.transaction(place.db):
            for table in ("generations", "sealed_ranges"):
                place.db.execute(f"DELETE FROM {table} WHERE generation = ?", (one.number,))
            for table in ("columns", "blocks"):
                place.db.execute(f"DELETE FROM {table} WHERE name = ?", (name,))
