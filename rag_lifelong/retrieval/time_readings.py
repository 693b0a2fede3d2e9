"""What the slots of a pattern mean: from their values and the time of the question to an interval.

A reading raises ValueError or OverflowError where the calendar has no such date. Knows nothing of
words, so it serves every language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rag_lifelong.retrieval import time_calendar as cal
from rag_lifelong.retrieval.time_calendar import Unit
from rag_lifelong.temporal import Interval, Precision, day_interval, instant_interval

Values = Mapping[str, int]
"""Value of each slot that was filled."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of slots.

    Attributes:
        span: From the values and the time of the question to an interval.
        fixed: How exactly it tells a time; None leaves it to the slot `unit`.
    """

    span: Callable[[Values, datetime], Interval]
    fixed: Precision | None = None

    def precision(self, values: Values) -> Precision:
        """How exactly these values tell a time."""
        return self.fixed or _OF_UNIT[Unit(values["unit"])]


_OF_UNIT = {
    Unit.MINUTE: Precision.SECOND,
    Unit.HOUR: Precision.SECOND,
    Unit.DAY: Precision.DAY,
    Unit.WEEK: Precision.WEEK,
    Unit.MONTH: Precision.MONTH,
    Unit.QUARTER: Precision.QUARTER,
    Unit.YEAR: Precision.YEAR,
    Unit.DECADE: Precision.DECADE,
    Unit.CENTURY: Precision.CENTURY,
}


_MONTHS = 12
_FUTURE_YEARS = 10
"""A year of two digits lies at most so far ahead, else in the past."""


def _day(v: Values, _at: datetime) -> Interval:
    return day_interval(v["year"], v["month"], v["day"])


def _either_day(v: Values, _at: datetime) -> Interval:
    """A day and a month in the order that makes a date, if only one does."""
    one, two = v["one"], v["two"]
    if one <= _MONTHS and two <= _MONTHS and one != two:
        raise ValueError(f"two dates: {one}/{two}")
    return day_interval(v["year"], min(one, two), max(one, two))


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


def _short_year(v: Values, at: datetime) -> Interval:
    year = at.year // 100 * 100 + v["year"]
    year -= 100 if year > at.year + _FUTURE_YEARS else 0
    return cal.years_interval(year, year)


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


def _century_decade(v: Values, _at: datetime) -> Interval:
    first = 100 * v["century"] - 100 + v["decade"]
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


def _yearly_season(v: Values, at: datetime) -> Interval:
    return cal.season_interval(v["season"], at.year + v["which"])


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


def _weekly_day(v: Values, at: datetime) -> Interval:
    week = cal.unit_around(cal.shift(at, Unit.WEEK, v["which"]), Unit.WEEK)
    return cal.unit_around(cal.shift(week.start, Unit.DAY, v["weekday"]), Unit.DAY)


def _weekend(v: Values, at: datetime) -> Interval:
    week = cal.unit_around(cal.shift(at, Unit.WEEK, v["which"]), Unit.WEEK)
    return Interval(cal.shift(week.start, Unit.DAY, 5), week.end)


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
    "day": Reading(_day, Precision.DAY),
    "either_day": Reading(_either_day, Precision.DAY),
    "days": Reading(_days, Precision.DAY),
    "month": Reading(_month, Precision.MONTH),
    "quarter": Reading(_quarter, Precision.QUARTER),
    "half": Reading(_half, Precision.QUARTER),
    "season": Reading(_season, Precision.QUARTER),
    "year": Reading(_year, Precision.YEAR),
    "short_year": Reading(_short_year, Precision.YEAR),
    "years": Reading(_years, Precision.YEAR),
    "decade": Reading(_decade, Precision.DECADE),
    "short_decade": Reading(_short_decade, Precision.DECADE),
    "century_decade": Reading(_century_decade, Precision.DECADE),
    "century": Reading(_century, Precision.CENTURY),
    "ago": Reading(_ago),
    "ahead": Reading(_ahead),
    "trailing": Reading(_trailing),
    "coming": Reading(_coming),
    "unit": Reading(_unit),
    "yearly_month": Reading(_yearly_month, Precision.MONTH),
    "yearly_season": Reading(_yearly_season, Precision.QUARTER),
    "which_month": Reading(_which_month, Precision.MONTH),
    "which_season": Reading(_which_season, Precision.QUARTER),
    "which_weekday": Reading(_which_weekday, Precision.DAY),
    "weekly_day": Reading(_weekly_day, Precision.DAY),
    "weekend": Reading(_weekend, Precision.DAY),
    "day_word": Reading(_day_word, Precision.DAY),
    "month_day": Reading(_month_day, Precision.DAY),
    "bare_month": Reading(_bare_month, Precision.MONTH),
    "bare_quarter": Reading(_bare_quarter, Precision.QUARTER),
    "bare_weekday": Reading(_bare_weekday, Precision.DAY),
    "now": Reading(_now, Precision.SECOND),
}
"""Each reading by its name in a pattern."""
