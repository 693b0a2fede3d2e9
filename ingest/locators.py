"""Which place of a file a position in its text belongs to."""

from bisect import bisect_right
from collections.abc import Sequence

from rag_lifelong.types import Locator


def fragment_at(locators: Sequence[Locator], position: int) -> str:
    """Return the fragment of the last locator at or before a position, or nothing.

    >>> fragment_at([Locator(0, "page=1"), Locator(90, "page=2")], 100)
    'page=2'
    """
    index = bisect_right(locators, position, key=lambda locator: locator.start)
    return locators[index - 1].fragment if index else ""
