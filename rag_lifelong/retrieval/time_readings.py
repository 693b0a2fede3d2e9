"""What the slots of a pattern mean: from their values and the time of the question to an interval.

A reading raises ValueError or OverflowError where the calendar has no such date. Knows nothing of
words, so it serves every language.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from rag_lifelong.retrieval import time_calendar as cal
from rag_lifelong.retrieval.time_calendar import Unit
from rag_lifelong.temporal import Interval, day_interval, instant_interval

Values = Mapping[str, int]
"""Value of each slot that was filled."""
Reading = Callable[[Values, datetime], Interval]


def _day(v: Values, _at: datetime) -> Interval:
    return day_interval(v["year"], v["month"], v["day"])


def _days(v: Values, _at: datetime) -> Interval:
    first = day_interval(v["year"], v["month"], v["day"])
    return Interval(first.start, day_interval(v["year"], v["month"], v["last_day"]).end)


def _month(v: Values, _at: datetime) -> Interval:
    return cal.months_interval(v["year"], v["month"], 1)


def _quarter(v: Values, _at: datetime) -> Interval:
    return cal.months_interval(v["year"], 3 * v["quarter"] - 2, 3)


def _half(v: Values, _at: datetime) -> Interval:
    return cal.months_interval(v["year"], 6 * v["half"] - 5, 6)


def _season(v: Values, _at: datetime) -> Interval:
    return cal.season_interval(v["season"], v["year"])


def _year(v: Values, _at: datetime) -> Interval:
    return cal.years_interval(v["year"], v["year"])


def _years(v: Values, _at: datetime) -> Interval:
    first, last = v["year"], v["to_year"]
    if last < 100:
        last += first // 100 * 100 + (100 if first % 100 == 99 and last == 0 else 0)
    if last <= first:
        raise ValueError(f"not a range of years: {first} to {last}")
    return cal.years_interval(first, last)


def _decade(v: Values, _at: datetime) -> Interval:
    first = v["decade"]
    is_century = first % 100 == 0 and first != 2000
    return cal.years_interval(first, first + (99 if is_century else 9))


def _short_decade(v: Values, at: datetime) -> Interval:
    first = at.year // 100 * 100 + v["decade"]
    first -= 100 if first > at.year else 0
    return cal.years_interval(first, first + 9)


def _century(v: Values, _at: datetime) -> Interval:
    return cal.years_interval(max(1, 100 * v["century"] - 100), 100 * v["century"] - 1)


def _ago(v: Values, at: datetime) -> Interval:
    unit = Unit(v["unit"])
    return cal.unit_around(cal.shift(at, unit, -v["number"]), unit)


def _ahead(v: Values, at: datetime) -> Interval:
    unit = Unit(v["unit"])
    return cal.unit_around(cal.shift(at, unit, v["number"]), unit)


def _trailing(v: Values, at: datetime) -> Interval:
    return Interval(cal.shift(at, Unit(v["unit"]), -v.get("number", 1)), at)


def _coming(v: Values, at: datetime) -> Interval:
    return Interval(at, cal.shift(at, Unit(v["unit"]), v.get("number", 1)))


def _unit(v: Values, at: datetime) -> Interval:
    unit = Unit(v["unit"])
    return cal.unit_around(cal.shift(at, unit, v["which"]), unit)


def _yearly_month(v: Values, at: datetime) -> Interval:
    return cal.months_interval(at.year + v["which"], v["month"], 1)


def _which_month(v: Values, at: datetime) -> Interval:
    return cal.occurrence(lambda y: cal.months_interval(y, v["month"], 1), v["which"], at)


def _which_season(v: Values, at: datetime) -> Interval:
    return cal.occurrence(lambda y: cal.season_interval(v["season"], y), v["which"], at)


def _which_weekday(v: Values, at: datetime) -> Interval:
    days = v["weekday"] - at.weekday()
    if v["which"] < 0:
        days = (days % 7 or 7) - 7
        days = days or -7
    elif v["which"] > 0:
        days = days % 7 or 7
    return cal.unit_around(cal.shift(at, Unit.DAY, days), Unit.DAY)


def _day_word(v: Values, at: datetime) -> Interval:
    return cal.unit_around(cal.shift(at, Unit.DAY, v["day"]), Unit.DAY)


def _month_day(v: Values, at: datetime) -> Interval:
    return cal.latest_day(v["month"], v["day"], at)


def _bare_month(v: Values, at: datetime) -> Interval:
    return cal.latest(lambda y: cal.months_interval(y, v["month"], 1), at)


def _bare_quarter(v: Values, at: datetime) -> Interval:
    return cal.latest(lambda y: cal.months_interval(y, 3 * v["quarter"] - 2, 3), at)


def _bare_weekday(v: Values, at: datetime) -> Interval:
    days = (at.weekday() - v["weekday"]) % 7
    return cal.unit_around(cal.shift(at, Unit.DAY, -days), Unit.DAY)


def _now(_v: Values, at: datetime) -> Interval:
    return instant_interval(at)


READINGS: Mapping[str, Reading] = {
    "day": _day,
    "days": _days,
    "month": _month,
    "quarter": _quarter,
    "half": _half,
    "season": _season,
    "year": _year,
    "years": _years,
    "decade": _decade,
    "short_decade": _short_decade,
    "century": _century,
    "ago": _ago,
    "ahead": _ahead,
    "trailing": _trailing,
    "coming": _coming,
    "unit": _unit,
    "yearly_month": _yearly_month,
    "which_month": _which_month,
    "which_season": _which_season,
    "which_weekday": _which_weekday,
    "day_word": _day_word,
    "month_day": _month_day,
    "bare_month": _bare_month,
    "bare_quarter": _bare_quarter,
    "bare_weekday": _bare_weekday,
    "now": _now,
}
"""Each reading by its name in a pattern."""
