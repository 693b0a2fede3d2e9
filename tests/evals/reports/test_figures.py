"""Figures take their colours from the page and are the same each time."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from evals.reports.figures import N_SERIES, Axis, Series, forest, lines, scatter

SERIES = [
    Series(label=f"<learner> {n} & $x$", number=n, x=[0, 1, 2], y=[0.1, 0.5, 0.02 * n])
    for n in range(N_SERIES + 3)
]
SHARE = Axis(label="share", is_share=True)


def drawn(name: str = "one") -> dict[str, str]:
    whiskers = [
        Series(label=one.label, number=one.number, x=[0.5], y=[0], spread=[(0.2, 0.7)])
        for one in SERIES
    ]
    points = [Series(label=SERIES[0].label, number=0, x=[3e9], y=[0.4])]
    return {
        "lines": lines(name, SERIES, x=Axis(label="after", ticks=["a", "b", "c"]), y=SHARE),
        "scatter": scatter(name, points, x=Axis(label="FLOP", is_log=True), y=SHARE),
        "forest": forest(name, whiskers, x=SHARE),
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, str]:
    return drawn()


def test_every_colour_is_the_page_s(figures: dict[str, str]):
    for svg in figures.values():
        assert not re.findall(r"(?:fill|stroke): #", svg)
        assert "var(--ink)" in svg


def test_names_stay_text_and_markup_in_them_stays_data(figures: dict[str, str]):
    for svg in figures.values():
        root = ET.fromstring(svg)
        texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
        assert "<learner> 0 & $x$" in texts


def test_the_same_numbers_give_the_same_bytes(figures: dict[str, str]):
    assert drawn() == figures


def test_identifiers_of_two_figures_never_meet(figures: dict[str, str]):
    other = drawn("two")
    ids = [set(re.findall(r'\bid="([^"]+)"', s)) for s in (figures["lines"], other["lines"])]
    assert ids[0]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', figures["lines"]))
    assert used <= ids[0]


def test_nothing_is_fetched(figures: dict[str, str]):
    for svg in figures.values():
        addresses = set(re.findall(r'(?:href|src)="([^"]*)"', svg))
        assert all(address.startswith("#") for address in addresses)


def test_names_of_any_length_leave_room_for_the_lines():
    long = [Series(label="x" * 120, number=0, x=[0, 1], y=[0, 1])]
    for svg in (
        lines("long", long, x=Axis(label="", ticks=["a" * 40, "b" * 40]), y=SHARE),
        forest("long", long, x=SHARE),
    ):
        assert "x" * 120 in svg
