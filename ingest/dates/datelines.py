"""The date that a text gives for itself, in its title, its first lines or its last ones.

A date counts only where it stands as dates of documents do: after a label (`Published`), alone on
a line, behind a byline, before a news agency's dash, after the name of a kind of document
(`Minutes of the meeting of`), or at the head of a changelog's entry. A date in running text is
what the text talks about. Where two such dates disagree there is none: no date is better than a
wrong one. A dateline without a year (`LONDON, June 3 (Reuters) -`) is none either.

Only so many characters are looked at, and every pattern repeats a bounded number of times.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import islice

from ingest.dates.labels import AGENCIES, EVENT_WORDS, KINDS, PUBLISHED, UPDATED
from ingest.dates.segments import CUT, MARKUP, Segment, segments_of
from rag_lifelong.temporal import Interval
from rag_lifelong.types import Dated, DateSource

_HEAD_CHARACTERS = 2_000
_HEAD_LINES = 15
_TAIL_CHARACTERS = 600
_TAIL_LINES = 4
_N_HEADINGS = 500
_TOP_HEADINGS = 2
_BARE_LINES = 4
"""A line that is only a date counts so near the top; further down it heads an entry."""
_LOG_CHARACTERS = 50_000
_LOG_ENTRIES = 100

_ENTRY = re.compile(r"^[^\n]{0,24}\d{4}[^\n]{0,4}$", re.MULTILINE)


class _Rank(IntEnum):
    """How directly a place tells of the document, best first."""

    PUBLISHED = 0
    PLACED = 1
    BARE = 2
    UPDATED = 3


def from_text(text: str, *, title: str = "", headings: Sequence[str] = ()) -> Dated | None:
    r"""Return the date that a text gives for itself.

    Args:
        text: What the document says.
        title: Its title, read as a first line.
        headings: Its headings in order. The first are read as lines; of a changelog's, the newest
            dates it.

    >>> str(from_text("Town council\n\nMinutes of the meeting of 12 May 2021\n\nPresent: ..."))
    '2021-05-12'
    >>> from_text("On 3 June 1940 the army reached the coast.") is None
    True
    """
    lines = [line for line in (title, *headings[:_TOP_HEADINGS]) if line] + _opening(text)
    segments = [one for number, line in enumerate(lines) for one in segments_of(line, number)]
    release = _newest_release(segments, headings[_TOP_HEADINGS:_N_HEADINGS])
    if release is not None:
        return _dated(release)
    found = list(_placed(segments, _AT_HEAD))
    for line in _closing(text):
        found.extend(_placed(segments_of(line, _HEAD_LINES), _AT_END))
    if not found:
        return None
    rank, segment = min(found, key=lambda one: (one[0], not one[1].is_exact))
    rivals = [other.interval for other_rank, other in found if other_rank == rank]
    if not all(segment.interval.intersects(rival) for rival in rivals):
        return None
    if rank is _Rank.BARE and _is_log(text, headings, segment.interval):
        return None
    return _dated(segment)


def _dated(segment: Segment) -> Dated:
    return Dated(segment.interval, segment.precision, DateSource.DATELINE)


def _opening(text: str) -> list[str]:
    is_whole = len(text) <= _HEAD_CHARACTERS
    return _lines(text if is_whole else text[:_HEAD_CHARACTERS] + CUT)[:_HEAD_LINES]


def _closing(text: str) -> list[str]:
    rest = text[_HEAD_CHARACTERS:]
    return _lines(CUT + rest[-_TAIL_CHARACTERS:])[-_TAIL_LINES:] if rest else []


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.split("\n"))
    # Quoted lines are another document's.
    return [line for line in stripped if line and not line.startswith(">")]


def _is_log(text: str, headings: Sequence[str], date: Interval) -> bool:
    """Whether entries of other dates follow: a diary, a timeline, a page of running news."""
    short = islice(_ENTRY.finditer(text, 0, _LOG_CHARACTERS), _LOG_ENTRIES)
    for line in (*(match[0] for match in short), *headings[:_LOG_ENTRIES]):
        for segment in segments_of(line.strip(), 0):
            is_entry = not segment.before and segment.n_segments == 1 and segment.is_closed
            if is_entry and not segment.interval.intersects(date):
                return True
    return False


# How dates stand there


_LABEL_END = r"\s?[:：–—-]?\s?(?:on|the|am|vom|le|el|il|em|op|den|в)?:?"
_PUBLISHED = re.compile(rf"(?:{PUBLISHED}){_LABEL_END}", re.IGNORECASE)
_UPDATED = re.compile(rf"(?:{UPDATED}){_LABEL_END}", re.IGNORECASE)
_KIND = re.compile(
    rf"(?:[^\W\d_]+\s){{0,2}}?(?:{KINDS})(?:\s?[:,–—-]|$|\s(?:of|for|from|on|held|no|nr|vom|zur|der|du|de|del"
    r"|des|della|van|z)\b)[^.!?;]{0,80}",
    re.IGNORECASE,
)
_KIND_AFTER = re.compile(r"(?:[,(–—-]|at\s|in\s|um\s|à\s).{0,60}")
_NAME = r"[A-ZÀ-ÖØ-ÞА-Я][\w.'’-]{0,20}"
_WROTE = r"(?:[Pp]osted|[Ww]ritten|[Pp]ublished|[Uu]pdated|[Ss]ubmitted)"
_BYLINE = re.compile(
    rf"{_WROTE} by @?[\w.-]{{1,30}}\s?(?:[,:–—-]|\s?\bon)?"
    rf"|(?:{_WROTE} )?(?:[Bb]y|BY|[Vv]on|[Pp]ar|[Pp]or)"
    rf" (?:{_NAME}(?:,?\s(?:and |und |et |y |e |de |van |von |the )?{_NAME}){{1,6}})"
    r"\s?(?:[,:–—-]|\s?\bon|am|le|el)?"
)
_CAPITAL_PLACE = re.compile(
    r"[A-ZÀ-ÖØ-ÞА-Я][A-ZÀ-ÖØ-ÞА-Я.'’ -]{2,30}(?:,\s?[A-Z][\w. ]{1,20}){0,2}"
)
_PLACE = re.compile(rf"{_NAME}(?:[ -](?:de |la |am |sur )?{_NAME}){{0,2}}")
_SIGNED = re.compile(r"(?:Done|Signed|Dated|Executed|Given)\b[^.!?;]{0,60}", re.IGNORECASE)
_DASHED = re.compile(r"(?:\s?\([^)]{1,30}\))?\s?(?:/[^/]{2,30}/)?\s?[-–—]{1,2}(?:\s.*)?")
_WIRED = re.compile(rf"\s?[(/](?:{AGENCIES})[^)/]{{0,20}}[)/]\s?(?:[-–—]{{0,2}}|:)(?:\s.*)?")
_TODAY = re.compile(r"(?:.{0,80}\b)?today(?:'s date)? is", re.IGNORECASE)
_EVENT = re.compile(rf"\b(?:{EVENT_WORDS})", re.IGNORECASE)


def _published(segment: Segment) -> _Rank | None:
    if segment.is_closed and _PUBLISHED.fullmatch(segment.before):
        return _Rank.PUBLISHED
    return None


def _updated(segment: Segment) -> _Rank | None:
    if segment.is_closed and _UPDATED.fullmatch(segment.before):
        return _Rank.UPDATED
    return None


def _bare(segment: Segment) -> _Rank | None:
    """A line, or a part of a line of a few, that is only a date, perhaps after a place."""
    is_near_top = segment.line <= _BARE_LINES if segment.n_segments == 1 else segment.line <= 2
    if not (is_near_top and segment.is_closed) or _EVENT.search(segment.left):
        return None
    if segment.n_segments > 4:
        return None  # a table
    place = re.sub(r"(?:^|,)(?: ?(?:le|den))?$", "", segment.before)
    is_letter = place != segment.before and segment.is_exact and _PLACE.fullmatch(place)
    return _Rank.BARE if not place or is_letter else None


def _byline(segment: Segment) -> _Rank | None:
    is_one = segment.is_exact and segment.is_closed and _BYLINE.fullmatch(segment.before)
    return _Rank.PLACED if is_one else None


def _kind(segment: Segment) -> _Rank | None:
    if segment.line > _BARE_LINES or not _KIND.fullmatch(segment.before):
        return None
    follows = segment.is_closed or _KIND_AFTER.fullmatch(segment.after)
    return _Rank.PLACED if follows else None


def _press(segment: Segment) -> _Rank | None:
    """`BRUSSELS, 3 March 2019 —`, `London, June 3, 2022 (Reuters) -`."""
    if not segment.is_exact or segment.line > _BARE_LINES:
        return None
    place = segment.before.rstrip(" ,:–—-(")
    if _CAPITAL_PLACE.fullmatch(place) and segment.before.endswith(","):
        return _Rank.PLACED if segment.is_closed or _DASHED.fullmatch(segment.after) else None
    is_wired = _WIRED.fullmatch(segment.after) and (not place or len(place) <= 40)
    return _Rank.PLACED if is_wired else None


def _signed(segment: Segment) -> _Rank | None:
    is_one = segment.is_exact and segment.is_closed and _SIGNED.fullmatch(segment.before)
    return _Rank.PLACED if is_one else None


def _today(segment: Segment) -> _Rank | None:
    """`today is Monday, June 3rd, 2024`, of transcripts."""
    return _Rank.PLACED if segment.is_exact and _TODAY.fullmatch(segment.before) else None


_Reader = Callable[[Segment], _Rank | None]
_AT_HEAD: tuple[_Reader, ...] = (_published, _updated, _bare, _byline, _kind, _press, _today)
_AT_END: tuple[_Reader, ...] = (_published, _updated, _signed)


def _placed(
    segments: Iterable[Segment], readers: tuple[_Reader, ...]
) -> Iterator[tuple[_Rank, Segment]]:
    for segment in segments:
        rank = next((rank for reader in readers if (rank := reader(segment)) is not None), None)
        if rank is not None:
            yield rank, segment


# Changelogs


_RELEASE = re.compile(
    r"(?:version\s|release\s|v\.?\s?)?\d{1,4}(?:\.\d{1,5}){1,3}[\w.+-]{0,20}\]?\s?[-–—(:,/@]{0,2}\s?",
    re.IGNORECASE,
)


def _newest_release(opening: Iterable[Segment], headings: Sequence[str]) -> Segment | None:
    """The newest of the entries `1.2.0 (2021-03-04)`."""
    entries = (*opening, *(one for heading in headings for one in segments_of(heading, 0)))
    releases = [
        one
        for one in entries
        if one.is_exact
        and one.is_closed
        and one.n_segments <= 2
        and _RELEASE.fullmatch(MARKUP.sub("", one.before or one.left))
    ]
    return max(releases, key=lambda one: one.interval, default=None)
