"""What a report is made of: sections of paragraphs, tables and figures, for any template."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

DASH = "–"
"""Stands where nothing was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table."""

    text: str
    note: str = ""
    """Smaller, beneath: an interval, a count."""
    is_best: bool = False
    is_alarm: bool = False
    shade: float | None = None
    """From 0 to 1, how strongly it is coloured; None: not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's head."""

    label: str
    note: str = ""
    is_text: bool = False
    """Words rather than numbers: aligned to the left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row: its head, and a cell for each further column."""

    label: str
    cells: Sequence[Cell]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first column holds the rows' heads."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""
    terms: Sequence[tuple[str, str]] = ()
    """Names in it, and what they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMaps:
    """Small tables whose shades tell the numbers apart, side by side."""

    tables: Sequence[Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure, with what it shows in words for those who do not see it."""

    title: str
    svg: str
    alternative: str
    caption: str = ""
    numbers: Table | None = None
    """What was drawn, to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the report under a heading."""

    name: str
    """The anchor."""
    title: str
    paragraphs: Sequence[str] = ()
    command: str = ""
    """To be typed, as it stands."""
    parts: Sequence[Table | HeatMaps | Drawing] = ()


def per_cent(share: float, *, digits: int = 1) -> str:
    """A share in per cent without the sign, or a dash where it was not measured.

    >>> per_cent(0.6125), per_cent(float("nan"))
    ('61.3', '–')
    """
    return DASH if math.isnan(share) else _rounded(100 * share, digits)


def signed_points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign.

    >>> signed_points(-0.034), signed_points(0.1), signed_points(0.00001)
    ('−3.4', '+10.0', '0.0')
    """
    return signed(100 * difference)


def decimal(value: float, places: int = 1) -> str:
    """A number with one decimal or more, or a dash where it was not measured.

    >>> decimal(1.26), decimal(0.054, 2), decimal(float("nan"))
    ('1.3', '0.05', '–')
    """
    return DASH if math.isnan(value) else _rounded(value, places)


def signed(value: float) -> str:
    """A number with one decimal and its sign.

    >>> signed(0.26), signed(-2.0), signed(0.0)
    ('+0.3', '−2.0', '0.0')
    """
    text = decimal(value)
    return text if text.startswith("−") or text in {"0.0", DASH} else f"+{text}"


def number(value: float) -> str:
    """A number with three decimals, or a dash where it was not measured.

    >>> number(0.08213), number(-1.0)
    ('0.082', '−1.000')
    """
    return DASH if math.isnan(value) else _rounded(value, 3)


def quantity(amount: float, unit: str = "") -> str:
    """A number with three figures and a decimal prefix.

    >>> quantity(116e12, "FLOP"), quantity(0), quantity(1234, "B"), quantity(0.0123, "s")
    ('116 TFLOP', '0', '1.23 kB', '12.3 ms')
    """
    if not math.isfinite(amount):
        return DASH if math.isnan(amount) else "∞"
    if amount == 0:
        return f"0 {unit}".strip()
    steps = max(-3, min(6, math.floor(math.log10(abs(amount)) / 3)))
    prefix = {-3: "n", -2: "µ", -1: "m", 0: "", 1: "k", 2: "M", 3: "G", 4: "T", 5: "P", 6: "E"}
    return f"{amount / 1000**steps:.3g} {prefix[steps]}{unit}".strip()


def p_value(p: float) -> str:
    """A p value with three decimals.

    >>> p_value(0.0312), p_value(1e-9)
    ('0.031', '< 0.001')
    """
    if math.isnan(p):
        return DASH
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _rounded(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")
