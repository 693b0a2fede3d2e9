"""Which questions are asked when not all are: a sample that hangs on nothing but ids and a seed.

Proportionate stratified sampling: every stratum keeps its share. The order is fixed, so that a
larger sample holds every smaller one, and what was asked before need not be asked anew.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")


def sample(
    items: Sequence[T],
    limit: int | None,
    *,
    seed: int,
    name: Callable[[T], str],
    stratum: Callable[[T], Hashable],
) -> list[T]:
    """At most `limit` of the items, in the order given; None: all.

    Args:
        items: What is drawn from.
        limit: How many.
        seed: Another one draws others.
        name: Of an item; different for each.
        stratum: What share is kept of.

    >>> sample(range(8), 4, seed=0, name=str, stratum=lambda n: n % 2)
    [0, 1, 4, 5]
    """
    if limit is None or limit >= len(items):
        return list(items)
    strata: dict[Hashable, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        strata[stratum(item)].append(index)
    places = []
    for members in strata.values():
        members.sort(key=lambda index: _lot(name(items[index]), seed))
        for rank, index in enumerate(members):
            # Where in [0, 1] a member stands among its own; the lot decides between equals.
            share = (rank + 0.5) / len(members)
            places.append((share, _lot(name(items[index]), seed), index))
    return [items[index] for index in sorted(index for _, _, index in sorted(places)[:limit])]


def _lot(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{name}".encode()).digest()
