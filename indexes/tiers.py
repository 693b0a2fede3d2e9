"""Which ranges of vector rows are sealed: small ones first, merged as they fill larger ones."""

SIZES = (524_288, 65_536, 8_192)
"""Rows of a range, by tier: each is eight of the next smaller, aligned to its own size."""


def cover(n_rows: int) -> list[tuple[int, int]]:
    """The ranges that should be sealed of `n_rows` rows: the same for the same number, always.

    >>> cover(8_191), cover(8_192 * 9 + 5)
    ([], [(0, 65536), (65536, 73728)])
    """
    found: list[tuple[int, int]] = []
    lo = 0
    while True:
        size = next((s for s in SIZES if lo % s == 0 and lo + s <= n_rows), None)
        if size is None:
            return found
        found.append((lo, lo + size))
        lo += size
