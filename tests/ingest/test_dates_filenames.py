"""Dates in names of files and folders: what is one, how exact, and what only looks like one."""

from datetime import UTC, datetime
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import from_filename
from rag_lifelong.temporal import Precision
from rag_lifelong.types import DateSource


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2015-05-07-x.txt", "2015-05-07"),
        ("2015-05-07 x.md", "2015-05-07"),
        ("2015.05.07 x.md", "2015-05-07"),
        ("2015-5-7.md", "2015-05-07"),
        ("20150507", "2015-05-07"),
        ("20150507_x.txt", "2015-05-07"),
        ("report20150507.pdf", "2015-05-07"),
        ("IMG_20150507_1030.txt", "2015-05-07"),
        ("IMG_20190301_123456.jpg", "2019-03-01"),
        ("PXL_20190301123456.jpg", "2019-03-01"),
        ("backup-2015-05-07T10-30-00.txt", "2015-05-07"),
        ("Screenshot 2019-03-01 at 12.34.56.png", "2019-03-01"),
        ("x-7-may-2015.txt", "2015-05-07"),
        ("7May2015.txt", "2015-05-07"),
        ("May 7, 2015.txt", "2015-05-07"),
        ("Protokoll 7. Mai 2015.pdf", "2015-05-07"),
        ("2015年5月7日.txt", "2015-05-07"),
        ("31-12-2015.txt", "2015-12-31"),
        ("12_31_2015 party.txt", "2015-12-31"),
        ("report 2019 of 2015-05-07.md", "2015-05-07"),
        ("2015-05-07_2015-05-14.txt", "2015-05-14"),
        ("2015_05", "2015-05"),
        ("2015.05", "2015-05"),
        ("minutes-2015-05.txt", "2015-05"),
        ("May 2015 minutes.pdf", "2015-05"),
        ("report_may2015.pdf", "2015-05"),
        ("août_2022.txt", "2022-08"),
        ("x-2019.csv", "2019"),
        ("from-2015-to-2019.md", "2019"),
        ("2015-2019 plan.md", "2019"),
        ("2019.md", "2019"),
        ("minutes 1954.txt", "1954"),
        ("05-07-2015.txt", "2015"),
        ("mars 2020.txt", "2020"),
    ],
)
def test_a_file_name_gives_its_date(name: str, expected: str) -> None:
    dated = from_filename(Path(name))
    assert dated is not None
    assert (str(dated), dated.source) == (expected, DateSource.FILENAME)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2015/05/07/x.txt", "2015-05-07"),
        ("2015/05/07.md", "2015-05-07"),
        ("2015/05-07.md", "2015-05-07"),
        ("2015/05/x.txt", "2015-05"),
        ("2015/05/12-monkeys.txt", "2015-05"),
        ("2015-05/x.txt", "2015-05"),
        ("2015-05-07 trip/x.txt", "2015-05-07"),
        ("May 2015/x.txt", "2015-05"),
        ("2015-05/2015-05-07.txt", "2015-05-07"),
        ("2015-05-07/report 2015.txt", "2015-05-07"),
        ("2014-05-07/report 2015.txt", "2015"),
    ],
)
def test_folders_give_a_date_more_exact_than_a_year(name: str, expected: str) -> None:
    assert str(from_filename(PurePath(name))) == expected


def test_only_the_nearest_folders_count() -> None:
    assert from_filename(PurePath("/2015-05-07/a/b/c/x.txt")) is None


def test_a_quarter_and_a_week_are_that_interval() -> None:
    for name in ("report_2019Q3.pdf", "2019-q3.txt", "Q3 2019.txt", "3Q2019 results.txt"):
        quarter = from_filename(PurePath(name))
        assert quarter is not None
        assert quarter.precision is Precision.YEAR
        assert quarter.interval.start == datetime(2019, 7, 1, tzinfo=UTC)
        assert quarter.interval.end == datetime(2019, 10, 1, tzinfo=UTC)
    week = from_filename(PurePath("2015-W21.md"))
    assert week is not None
    assert week.precision is Precision.MONTH
    assert week.interval.start == datetime(2015, 5, 18, tzinfo=UTC)
    assert week.interval.end == datetime(2015, 5, 25, tzinfo=UTC)
    between = from_filename(PurePath("2015W18.md"))
    assert between is not None
    assert between.precision is Precision.YEAR
    assert str(from_filename(PurePath("2015-W21-4.md"))) == "2015-05-21"


@pytest.mark.parametrize(
    "name",
    ["x.txt", "version-201505.txt", "1234567.txt", "2019/x.txt", "v2.2019.1", "app-2019.1.2.txt",
     "release 2019.1.txt", "+49 2012 345678.vcf", "555-2019-1234.txt", "1984.txt", "1080x1920.png",
     "wallpaper 1920x1080.jpg", "1920 x 1080.jpg", "1920×1080.jpg", "rfc2119.txt", "RFC 1918.txt",
     "port-1984.log", "IMG_2019.jpg", "DSC 2015.jpg", "ISBN 978-0-2019-1234-7.pdf",
     "6f9619ff-8b86-2015-0507-00cf4fc964ff.txt", "d41d8cd98f00b20420150507ecf8427e.txt",
     "20151345.txt", "2015-13-45.txt", "99-99-2015.txt", "report2019.pdf",
     "192.168.20.15.txt", "training set 2.txt", "2015-16 season.txt"],
)  # fmt: skip
def test_a_number_that_is_no_date_gives_none(name: str) -> None:
    assert from_filename(PurePath(name)) is None


@given(st.text(max_size=60) | st.text(alphabet="0129-_. QWxmay/", max_size=60))
def test_any_name_has_a_date_or_none(name: str) -> None:
    dated = from_filename(PurePath("/folder") / name)
    assert dated is None or dated.source is DateSource.FILENAME
