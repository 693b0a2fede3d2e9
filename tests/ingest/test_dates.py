"""Dates of metadata and the choice of one: provenance, precision, refusing what is uncertain."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ingest.dates import choose, from_mtime, from_office, from_pdf, from_value
from rag_lifelong.temporal import Precision
from rag_lifelong.types import Dated, DateSource

_NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def _now() -> datetime:
    return _NOW


def _dated(text: str, source: DateSource) -> Dated:
    dated = from_value(text, source)
    assert dated is not None
    return dated


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2015", "2015"),
        (2015, "2015"),
        (2015.0, "2015"),
        ("2015-05", "2015-05"),
        ("2015-05-07", "2015-05-07"),
        (date(2015, 5, 7), "2015-05-07"),
        (datetime(2015, 5, 7, 10, 30), "2015-05-07T10:30:00Z"),  # noqa: DTZ001
        (datetime(2015, 5, 7, 1, tzinfo=timezone(timedelta(hours=2))), "2015-05-06T23:00:00Z"),
        ("2015-05-07T10:30:00+02:00", "2015-05-07T08:30:00Z"),
        ("20150507", "2015-05-07"),
        ("2015/5/7", "2015-05-07"),
        ("2015.05", "2015-05"),
        ("31/12/2015", "2015-12-31"),
        ("12/31/2015", "2015-12-31"),
        ("5/5/2015", "2015-05-05"),
        ("7 May 2015", "2015-05-07"),
        ("May 7th, 2015", "2015-05-07"),
        ("Sept. 2015", "2015-09"),
        ("Thu, 07 May 2015 10:30:00 GMT", "2015-05-07T10:30:00Z"),
        (1431000000, "2015-05-07T12:00:00Z"),
        (1431000000123, "2015-05-07T12:00:00Z"),
        ("1431000000", "2015-05-07T12:00:00Z"),
    ],
)
def test_a_value_is_read_with_its_own_precision(value: object, expected: str) -> None:
    assert str(from_value(value, DateSource.FRONT_MATTER)) == expected


@pytest.mark.parametrize(
    "value",
    ["05/07/2015", "soon", "", "2015-13-01", "30 Feb 2015", "7 Foo 2015", "20151345", True, 12,
     1e300, float("nan"), float("inf"), None, [], "9" * 50],
)  # fmt: skip
def test_an_ambiguous_or_impossible_value_is_no_date(value: object) -> None:
    assert from_value(value, DateSource.FRONT_MATTER) is None


def test_a_year_is_the_whole_year() -> None:
    dated = _dated("2019", DateSource.RECORD_FIELD)
    assert dated.precision is Precision.YEAR
    assert dated.interval.start == datetime(2019, 1, 1, tzinfo=UTC)
    assert dated.interval.end == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D:2015", "2015"),
        ("D:201505", "2015-05"),
        ("D:20150507", "2015-05-07"),
        ("D:20150507103000", "2015-05-07T10:30:00Z"),
        ("D:20150507103000Z", "2015-05-07T10:30:00Z"),
        ("D:20150507103000+02'00'", "2015-05-07T08:30:00Z"),
        ("D:20150507103000-05'30", "2015-05-07T16:00:00Z"),
        ("20150507103000", "2015-05-07T10:30:00Z"),
    ],
)
def test_a_pdf_date_is_read_in_its_zone(text: str, expected: str) -> None:
    assert str(from_pdf(text)) == expected


@pytest.mark.parametrize("text", ["", "D:", "yesterday", "D:20151345", "D:19700101000000Z"])
def test_a_broken_or_default_pdf_date_is_none(text: str) -> None:
    assert from_pdf(text) is None


def test_the_date_of_a_word_template_is_refused() -> None:
    assert from_office(datetime(2013, 12, 23, 23, 15, tzinfo=UTC)) is None
    assert from_office(datetime(2013, 12, 23, 23, 15)) is None  # noqa: DTZ001
    assert from_office(None) is None
    assert str(from_office(datetime(2015, 5, 7, 9, tzinfo=UTC))) == "2015-05-07T09:00:00Z"


def test_metadata_beats_the_file_name_and_the_name_beats_the_file_time() -> None:
    mtime = from_mtime(1_700_000_000 * 10**9)
    assert mtime is not None
    name = _dated("2015", DateSource.FILENAME)
    front = _dated("2010-01-01", DateSource.FRONT_MATTER)
    assert choose([mtime, name, front], now=_now)[0] is front
    assert choose([mtime, name], now=_now)[0] is name
    assert choose([mtime], now=_now)[0] is mtime


def test_of_two_dates_of_one_kind_the_first_wins() -> None:
    first = _dated("2010", DateSource.FRONT_MATTER)
    assert choose([first, _dated("2009", DateSource.FRONT_MATTER)], now=_now)[0] is first


@pytest.mark.parametrize("text", ["2031-01-01", "0999-05-05"])
def test_a_date_in_the_future_or_before_the_year_1000_is_refused(text: str) -> None:
    name = _dated("2015", DateSource.FILENAME)
    assert choose([_dated(text, DateSource.FRONT_MATTER), name], now=_now)[0] is name


def test_the_current_year_is_not_in_the_future() -> None:
    assert str(choose([_dated("2024", DateSource.FILENAME)], now=_now)[0]) == "2024"


def test_without_any_date_the_answer_is_now() -> None:
    assert str(choose([], now=_now)[0]) == "2024-06-01T12:00:00Z"


def test_a_file_time_of_zero_is_a_placeholder() -> None:
    assert from_mtime(0) is None
    assert from_mtime(10**30) is None


@pytest.mark.parametrize("value", ["7. Mai 2015", "7 mai 2015", "7 maggio 2015", "7 мая 2015 г."])
def test_months_are_known_in_other_languages(value: str) -> None:
    assert str(from_value(value, DateSource.HTML_META)) == "2015-05-07"


def test_a_more_exact_date_that_agrees_is_the_date_and_keeps_its_provenance() -> None:
    year = _dated("2015", DateSource.FRONT_MATTER)
    name = _dated("2015-05-07", DateSource.FILENAME)
    assert choose([year, name], now=_now) == (name, ())
    month = _dated("2015-05", DateSource.FRONT_MATTER)
    assert choose([month, name], now=_now) == (name, ())


def test_a_more_exact_date_that_disagrees_is_a_contradiction() -> None:
    year = _dated("2014", DateSource.FRONT_MATTER)
    name = _dated("2015-05-07", DateSource.FILENAME)
    assert choose([year, name], now=_now) == (year, (name,))


def test_a_day_is_exact_enough() -> None:
    day = _dated("2015-05-07", DateSource.FRONT_MATTER)
    second = _dated("2015-05-07T10:30:00Z", DateSource.PDF_INFO)
    assert choose([day, second], now=_now) == (day, ())


def test_the_time_of_a_copy_makes_no_date_more_exact() -> None:
    year = _dated("2015", DateSource.FRONT_MATTER)
    mtime = _dated("2015-05-07T10:30:00Z", DateSource.MTIME)
    assert choose([year, mtime], now=_now) == (year, ())


def test_days_next_to_each_other_may_be_one_in_two_zones() -> None:
    front = _dated("2015-05-07", DateSource.FRONT_MATTER)
    assert choose([front, _dated("2015-05-08", DateSource.DATELINE)], now=_now)[1] == ()
    later = _dated("2015-05-09", DateSource.DATELINE)
    assert choose([front, later], now=_now)[1] == (later,)


def test_the_name_of_a_file_of_records_says_nothing_of_one_of_them() -> None:
    record = _dated("2015", DateSource.RECORD_FIELD)
    inside = _dated("2015-05-07", DateSource.FILENAME)
    assert choose([record, inside], now=_now) == (record, ())
    assert choose([record, _dated("2020", DateSource.FILENAME)], now=_now) == (record, ())


def test_the_order_of_places_is_the_users() -> None:
    front, name = _dated("2010", DateSource.FRONT_MATTER), _dated("2015", DateSource.FILENAME)
    mtime = _dated("2020-01-01", DateSource.MTIME)
    order = [DateSource.FILENAME, DateSource.FRONT_MATTER]
    assert choose([front, name, mtime], now=_now, date_from=order) == (name, (front,))
    assert choose([front, mtime], now=_now, date_from=[DateSource.MTIME]) == (mtime, ())


def test_who_knows_a_date_is_asked_only_when_nothing_better_is_known() -> None:
    asked: list[str] = []
    committed = _dated("2012-03-04", DateSource.VERSION_CONTROL)

    def ask() -> Dated:
        asked.append("asked")
        return committed

    who = {DateSource.VERSION_CONTROL: ask}
    name, mtime = _dated("2015", DateSource.FILENAME), _dated("2020", DateSource.MTIME)
    assert choose([name, mtime], now=_now, ask=who)[0] is name
    assert choose([mtime], now=_now, date_from=[DateSource.MTIME], ask=who)[0] is mtime
    assert asked == []
    assert choose([mtime], now=_now, ask=who) == (committed, ())
    assert asked == ["asked"]
    first = [DateSource.VERSION_CONTROL, DateSource.FILENAME]
    assert choose([name], now=_now, date_from=first, ask=who) == (committed, (name,))


def test_who_does_not_know_is_passed_over() -> None:
    mtime = _dated("2020", DateSource.MTIME)
    assert choose([mtime], now=_now, ask={DateSource.VERSION_CONTROL: lambda: None})[0] is mtime
    future = _dated("2031", DateSource.VERSION_CONTROL)
    assert choose([mtime], now=_now, ask={DateSource.VERSION_CONTROL: lambda: future})[0] is mtime
