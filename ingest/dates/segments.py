"""Parts of lines that hold a date, and what stands around it.

A line is cut at bars and gaps; of each part the first date is taken, weekdays, times and markup
beside it aside. Of a long line, a paragraph, only the beginning is looked at. Every pattern repeats
a bounded number of times.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.dates.values import from_value
from ingest.dates.words import find_worded, weekday_of
from rag_lifelong.temporal import Interval, Precision
from rag_lifelong.types import DateSource

_LINE_CHARACTERS = 200
_PARAGRAPH_CHARACTERS = 80
"""Of a longer line so much is looked at: enough for what comes before a news agency's dash."""
CUT = "…"
"""Stands for what is not looked at."""

_SEPARATOR = re.compile(r"\s?[|·•‧∙]\s?|\t|\s{3,10}|\s/\s")
MARKUP = re.compile(r"^[#*_=\-–—\s\[({<]{0,12}|[*_=\s\])}>]{0,12}$")
_HAS_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_NUMERIC = re.compile(
    r"(?<![\w./-])(?:\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}\.\d{1,2}\.\d{1,2}"
    r"|\d{1,2}[/.-]\d{1,2}[/.-]\d{4})(?![\w/-])"
    # An ISO instant: the day is its own, what follows is told by _TIME.
    r"|(?<![\w./-])\d{4}-\d{2}-\d{2}(?=T\d{2}:)"
)
_TIME = (
    r"(?:T|(?:at|um|à|om|o godz\.|kl\.|alle|a las|às)\s)?\d{1,2}"
    r"(?:[:.h]\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?[ap]\.?m\.?)?|\s?[ap]\.?m\.?)(?:\s?Uhr)?"
    r"(?:\s?(?:Z|[+-]\d{2}:?\d{2}|\(?[A-Z]{2,4}T?\)?))?"
)
_TIME_BEFORE = re.compile(rf"(?:^|(?<=[\s:]))(?:at\s)?{_TIME},?\s?(?:on\s)?$", re.IGNORECASE)
_WEEKDAY_BEFORE = re.compile(
    r"(?:^|(?<=[\s,(:–—-]))([^\W\d_][\w-]{1,12})\.?,?\s?(?:den\s|the\s|le\s)?$"
)
_WEEKDAY_AFTER = re.compile(r"^,?\s?\(?([^\W\d_]{2,12})\)?$")
_CLOSING = re.compile(
    rf"\s*[.,;]?\s*[\])}}]?\s*(?:[-–—,]?\s*{_TIME})?\s*[\])}}.]?\s*"
    r"(?:[-–—,]?\s*(?:by|von|par|por)\s[^.!?]{2,60})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a line up to the next bar or gap, with a date in it."""

    before: str
    after: str
    interval: Interval
    precision: Precision
    line: int
    n_segments: int
    left: str
    """What stands before it on the line."""

    @property
    def is_exact(self) -> bool:
        """Whether the date is a day."""
        return self.precision is Precision.DAY

    @property
    def is_closed(self) -> bool:
        """Whether nothing that reads on follows the date."""
        return not self.after or bool(_CLOSING.fullmatch(self.after))


def segments_of(line: str, number: int) -> Iterator[Segment]:
    """The dates of a line, each with what stands around it in its part of the line."""
    if len(line) > _LINE_CHARACTERS:
        line = line[:_PARAGRAPH_CHARACTERS] + CUT
    if not _HAS_YEAR.search(line):
        return
    parts = [part for part in _SEPARATOR.split(line) if part.strip()]
    for index, part in enumerate(parts):
        part = MARKUP.sub("", part)  # noqa: PLW2901
        found = _first_date(part)
        if found is None:
            continue
        start, end, interval, precision = found
        before, after = _TIME_BEFORE.sub("", part[:start]), part[end:].strip()
        before, weekday = _without_weekday(before.rstrip(" *_"))
        if (after_day := _WEEKDAY_AFTER.match(after)) and weekday_of(after_day[1]) is not None:
            weekday, after = weekday_of(after_day[1]), ""
        if weekday is not None and weekday != interval.start.weekday():
            continue  # no such day: the date of something else, or wrong
        yield Segment(
            before=_TIME_BEFORE.sub("", before).strip(" *_"),
            after=after,
            interval=interval,
            precision=precision,
            line=number,
            n_segments=len(parts),
            left=" ".join(parts[:index]),
        )


def _first_date(part: str) -> tuple[int, int, Interval, Precision] | None:
    worded = next(find_worded(part), None)
    for match in _NUMERIC.finditer(part, 0, worded.start if worded else len(part)):
        dated = from_value(match[0], DateSource.DATELINE)
        if dated is not None:
            return match.start(), match.end(), dated.interval, dated.precision
    if worded is None:
        return None
    return worded.start, worded.end, worded.interval, worded.precision


def _without_weekday(before: str) -> tuple[str, int | None]:
    match = _WEEKDAY_BEFORE.search(before)
    weekday = weekday_of(match[1]) if match else None
    if match is None or weekday is None:
        return before, None
    return before[: match.start()].rstrip(), weekday
