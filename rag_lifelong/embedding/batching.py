"""Makes texts ready for a model: valid, and in batches of like length, to pad little."""

from collections.abc import Iterator, Sequence


def batches(lengths: Sequence[int], *, max_tokens: int) -> Iterator[list[int]]:
    """Yield the indices of all texts, longest first, in batches of at most `max_tokens` padded.

    A text longer than that is a batch of its own. Longest first, so that memory that does not
    suffice is found at once.

    >>> list(batches([3, 9, 4, 5], max_tokens=10))
    [[1], [3, 2], [0]]
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        size = max(1, max_tokens // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def encodable(texts: Sequence[str]) -> list[str]:
    r"""The texts, with halves of surrogate pairs replaced: tokenizers refuse them.

    >>> encodable(["half a \ud83d character"])
    ['half a ? character']
    """
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
