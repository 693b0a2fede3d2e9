"""Figures as SVG that takes its colours from the page, so that one drawing serves every theme.

matplotlib draws with stand-in colours, and each becomes a CSS variable of the page (`--ink`,
`--series-1`): the same figure is right on light and dark screens and on paper. Text stays text, in
the page's font. Identifiers are salted with the figure's name and carry it, so that the bytes
depend on nothing but the numbers and figures do not meet in one page.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    LogLocator,
    NullFormatter,
    PercentFormatter,
)

N_SERIES = 7
"""Colours of learners; more learners share a colour and differ by marker and dashes."""
_LEAST_CHANGE = 0.2
_NOTHING = 1e-9
_LEGEND_LINE, _CHARACTER = 0.235, 0.09
"""Inches that a name takes, down and across."""
_LONGEST_TICKS = 60
"""Characters of all ticks that fit beside each other."""
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h", "<", ">")
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 1.5, 1, 1.5)))
_NAMES = ("ink", "muted", "rule", "surface", *(f"series-{i}" for i in range(N_SERIES)))
_STAND_INS = {name: f"#fe{number:02x}fe" for number, name in enumerate(_NAMES, start=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What one learner is drawn with."""

    label: str
    number: int
    """Chooses colour, marker and dashes; 0 is the learner that the others are compared to."""
    x: Sequence[float]
    y: Sequence[float]
    spread: Sequence[tuple[float, float]] = ()
    """Ends of the interval at each point; none: points alone."""
    has_markers: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What an axis shows."""

    label: str
    ticks: Sequence[str] = ()
    """Names of 0, 1, 2...; none: numbers."""
    is_share: bool = False
    """From 0 to 1, written in per cent."""
    is_change: bool = False
    """A difference of shares, written in percentage points around 0."""
    is_log: bool = False


def lines(name: str, series: Sequence[Series], *, x: Axis, y: Axis) -> str:
    """Lines over an ordered axis, with the legend beside them."""
    with _drawing(name, series, height=_LEGEND_LINE * len(series) + 0.7) as (figure, axes):
        for one in series:
            style = _stroke(one.number) | ({} if one.has_markers else {"marker": ""})
            axes.plot(one.x, one.y, **style, label=one.label)
        _finish(axes, x, y)
        axes.legend(**_LEGEND)
    return _svg(figure, name)


def scatter(name: str, series: Sequence[Series], *, x: Axis, y: Axis) -> str:
    """Points that are told apart by colour and marker."""
    with _drawing(name, series, height=_LEGEND_LINE * len(series) + 0.7) as (figure, axes):
        for one in series:
            axes.plot(one.x, one.y, **_stroke(one.number) | {"ls": "", "ms": 8}, label=one.label)
        _finish(axes, x, y)
        axes.legend(**_LEGEND)
    return _svg(figure, name)


def forest(name: str, series: Sequence[Series], *, x: Axis) -> str:
    """A point and its interval for each learner, one a row, the first on top."""
    with _drawing(name, series, height=0.34 * len(series) + 0.9, least=1.0) as (figure, axes):
        for place, one in enumerate(series):
            style = _stroke(one.number)
            for low, high in one.spread:
                axes.plot([low, high], [place, place], color=style["color"], lw=2)
            axes.plot(one.x, [place] * len(one.x), **style | {"ls": "", "ms": 7})
        _finish(axes, x, Axis(label="", ticks=[one.label for one in series]))
        axes.set_ylim(len(series) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0, pad=10)
        axes.spines["left"].set_visible(False)
    return _svg(figure, name)


_LEGEND: dict[str, Any] = {
    "loc": "upper left",
    "bbox_to_anchor": (1.01, 1.02),
    "frameon": False,
    "handlelength": 3,
}
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": ["sans-serif"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _STAND_INS["rule"],
    "axes.labelcolor": _STAND_INS["muted"],
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": _STAND_INS["rule"],
    "grid.linewidth": 0.6,
    "xtick.color": _STAND_INS["muted"],
    "ytick.color": _STAND_INS["muted"],
    "xtick.labelcolor": _STAND_INS["ink"],
    "ytick.labelcolor": _STAND_INS["ink"],
    "text.color": _STAND_INS["ink"],
    "figure.facecolor": "none",
}


@contextmanager
def _drawing(
    name: str, series: Sequence[Series], *, height: float, least: float = 3.4
) -> Iterator[tuple[Figure, Axes]]:
    longest = max(len(one.label) for one in series)
    size = (max(7.6, 5.2 + _CHARACTER * longest), max(least, height))
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained")
        yield figure, figure.add_subplot()


def _stroke(number: int) -> dict[str, Any]:
    round_ = number // N_SERIES
    return {
        "color": _STAND_INS[f"series-{number % N_SERIES}"],
        "marker": _MARKERS[number % len(_MARKERS)],
        "ms": 6,
        "markeredgecolor": _STAND_INS["surface"],
        "markeredgewidth": 0.8,
        "ls": _DASHES[round_ % len(_DASHES)],
        "lw": 2.6 if number == 0 else 1.6,
        "zorder": 4 if number == 0 else 3,
        "clip_on": False,
    }


def _finish(axes: Axes, x: Axis, y: Axis) -> None:
    _finish_axis(axes, axes.xaxis, x)
    _finish_axis(axes, axes.yaxis, y)


def _finish_axis(axes: Axes, axis: XAxis | YAxis, what: Axis) -> None:
    is_x = axis is axes.xaxis
    axis.set_label_text(what.label)
    if what.ticks:
        axis.set_ticks(range(len(what.ticks)), list(what.ticks))
        if is_x and sum(map(len, what.ticks)) > _LONGEST_TICKS:
            axes.tick_params(axis="x", labelrotation=35)
            for label in axes.get_xticklabels():
                label.set(ha="right", rotation_mode="anchor")
    elif what.is_log:
        (axes.set_xscale if is_x else axes.set_yscale)("log")
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(EngFormatter(sep=" "))
        axis.set_minor_formatter(NullFormatter())
    elif what.is_share:
        (axes.set_xlim if is_x else axes.set_ylim)(0, 1)
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    elif what.is_change:
        low, high = axis.get_view_interval()
        room = max(_LEAST_CHANGE, abs(low), abs(high))
        (axes.set_xlim if is_x else axes.set_ylim)(min(low, -room / 4), max(high, room / 4))
        axis.set_major_formatter(FuncFormatter(lambda share, _: _change(share)))


def _change(share: float) -> str:
    return "0" if abs(share) < _NOTHING else f"{100 * share:+.4g}".replace("-", "−")


def _svg(figure: Figure, name: str) -> str:
    file = io.StringIO()
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    drawn = file.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r'\bid="', f'id="{name}-', drawn)
    drawn = re.sub(r'(url\(#|href="#)', rf"\1{name}-", drawn)
    drawn = re.sub(r' (?:width|height)="[\d.]+pt"', "", drawn)
    for variable, colour in _STAND_INS.items():
        drawn = drawn.replace(colour, f"var(--{variable})")
    return drawn.strip()
