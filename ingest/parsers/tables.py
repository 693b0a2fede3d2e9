"""A table's rows as lines of text."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from rag_lifelong.errors import ParseError

_JUDGED_ROWS = 20
_MAX_NAME_CHARS = 80
_MAX_SHEET_CHARS = 100_000_000


def row_line(cells: Sequence[str]) -> str:
    r"""Return a row as a line, empty if all its cells are.

    >>> row_line(["Year", " 20\n15", ""])
    '| Year | 20 15 |'
    """
    written = [" ".join(cell.split()) for cell in cells]
    while written and not written[-1]:
        written.pop()
    return f"| {' | '.join(written)} |" if written else ""


def named_line(names: Sequence[str], cells: Sequence[str]) -> str:
    """Return a row with the names of its columns, without what is empty.

    >>> named_line(["Year", "Euro"], ["2015", "7", "extra"])
    'Year: 2015; Euro: 7; extra'
    """
    written = [" ".join(cell.split()) for cell in cells]
    named = [f"{name}: {cell}" for name, cell in zip(names, written, strict=False) if cell]
    return "; ".join([*named, *(cell for cell in written[len(names) :] if cell)])


def sheet_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a sheet's rows, with the names of their columns where the first row gives them.

    A row alone says nothing ("France; 2019; 67"), and in a long sheet its header is far away.

    Raises:
        ParseError: If they are too much text.
    """
    filled = (row for row in rows if any(cell.strip() for cell in row))
    sample = list(islice(filled, _JUDGED_ROWS))
    if not sample:
        return
    rows = chain(sample, filled)
    if _is_header(sample):
        names = [" ".join(cell.split()) for cell in next(rows)]
        yield from _bounded(named_line(names, row) for row in rows)
    else:
        yield from _bounded(map(row_line, rows))


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    """The lines, unless they are too many: a cell may be said to be repeated without end."""
    n_chars = 0
    for line in lines:
        n_chars += len(line)
        if n_chars > _MAX_SHEET_CHARS:
            raise ParseError(f"a sheet of more than {_MAX_SHEET_CHARS // 1_000_000} MB of text")
        yield line


def _is_header(sample: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns of those below it."""
    first, *others = ([cell.strip() for cell in row] for row in sample)
    while first and not first[-1]:
        first.pop()
    return (
        len(first) > 1
        and len(set(first)) == len(first)
        and all(cell and len(cell) <= _MAX_NAME_CHARS and not _is_number(cell) for cell in first)
        and len(others) > 1
        # A header stands over a table, not over lines of their own lengths.
        and sum(_width(row) > len(first) / 2 for row in others) > len(others) / 2
    )


def _width(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell)


def _is_number(cell: str) -> bool:
    return not any(character.isalpha() for character in cell)
