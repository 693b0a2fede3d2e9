"""TemporalWiki (Jang et al., EMNLP 2022, arXiv 2204.14211): what a month changed in Wikipedia.

Layout, as CHLee0801/TemporalWikiDatasets writes it and `Datasets.py` of joeljang/temporalwiki
reads it. The two snapshots that a file compares stand in its name or in that of its folder, as
`20210801_20210901`, `0801-0901` or `0809` (then the year is the option `year`):

* TWiki_Probes: `0801-0901_unchanged.csv`, `_changed.csv`, `_updated.csv`, `_new.csv`, or
  `20210801_20210901/new/final_new_item.csv`; columns `subject`, `relation`, `objective`;
* TWiki_Diffsets: `wikipedia_20210801_20210901_subset.csv` with `id`, `url`, `title`, `text`, or
  `wikipedia_0809_gpt2.csv` with `text` alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, validate_call

from evals.streams.drafts import Drafts
from evals.streams.files import at, read_csv, required
from evals.types import Cohort, Example, Fact, Form, SourceDocument, StandingQuestion, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import Interval

_FULL = re.compile(r"(?<!\d)(20\d{6})[_-](20\d{6})(?!\d)")
_DAYS = re.compile(r"(?<!\d)(\d{4})[_-](\d{4})(?!\d)")
_MONTHS = re.compile(r"(?<!\d)(\d{2})(\d{2})(?!\d)")
_KIND = re.compile(r"(?<![a-z])(unchanged|changed|updated|new)(?![a-z])")
_COHORTS = {
    "unchanged": Cohort.UNCHANGED,
    "updated": Cohort.UPDATED,
    "changed": Cohort.ANY,
    "new": Cohort.NEW,
}
"""`changed` holds updated and new facts together."""
_SECOND = timedelta(seconds=1)
_TITLE_CHARS = 100


@dataclass(frozen=True, slots=True)
class _Probe:
    """A fact that a month left or made."""

    period: Interval
    subject: str
    relation: str
    value: str
    cohort: Cohort

    @property
    def key(self) -> str:
        return f"{self.subject}/{self.relation}"


@validate_call
def load(
    path: Path, *, seed: int = 0, year: Annotated[int, Field(ge=2001, le=2100)] = 2021
) -> Stream:
    """The months as periods, with what changed in them as documents.

    Each probe is asked at the end of its month; a subject and relation of which a later month
    reports another value also stands.

    Args:
        path: A folder with both kinds of files, at any depth.
        seed: Nothing is drawn.
        year: Of names that tell none; that of the paper.

    Raises:
        EvalError: If there are no probes, or a file is not in this layout.
    """
    drafts = Drafts()
    by_key: dict[str, list[_Probe]] = defaultdict(list)
    for file, period, kind in _probe_files(path, year):
        for probe in _probes(file, period, _COHORTS[kind]):
            by_key[probe.key].append(probe)
    if not by_key:
        raise EvalError(
            f"no probes under {path}", hint="unpack TWiki_Probes.zip there; see its layout"
        )
    for probes in by_key.values():
        _ask(drafts, sorted(probes, key=lambda probe: probe.period.start))
    for file, period in _diff_files(path, year):
        drafts[period].documents.extend(_documents(file, period))
    return Stream(
        name="temporalwiki",
        periods=drafts.periods(lambda period: f"{period.start:%Y-%m-%d}..{period.end:%Y-%m-%d}"),
        contamination="Wikipedia and Wikidata, which every model reads",
        notes="diffs dated with the snapshot they lead to; a value holds until a month reports "
        "another of the same subject and relation as changed",
    )


def _probe_files(folder: Path, year: int) -> Iterator[tuple[Path, Interval, str]]:
    for file in sorted(folder.rglob("*.csv")):
        name = f"{file.parent.relative_to(folder)}/{file.stem}"
        kind = _KIND.search(file.stem)
        period = _period(name, year)
        if kind and period:
            yield file, period, kind[1]


def _diff_files(folder: Path, year: int) -> list[tuple[Path, Interval]]:
    """One file a month: the one with titles, where both are there."""
    found: dict[Interval, Path] = {}
    for file in sorted(folder.rglob("*.csv")):
        period = _period(file.stem, year)
        has_titles = file.stem.endswith("_subset")
        if period and (has_titles or (file.stem.endswith("_gpt2") and period not in found)):
            found[period] = file
    return [(file, period) for period, file in found.items()]


def _period(name: str, year: int) -> Interval | None:
    """From one snapshot to the next, as a name tells them.

    >>> [str(_period(n, 2021).end.date()) for n in ("20210801_20210901", "0801-0901_new", "x_0809")]
    ['2021-09-01', '2021-09-01', '2021-09-01']
    """
    if found := _FULL.search(name):
        days = found[1], found[2]
    elif found := _DAYS.search(name):
        days = f"{year}{found[1]}", f"{year}{found[2]}"
    elif found := _MONTHS.search(name):
        days = f"{year}{found[1]}01", f"{year}{found[2]}01"
    else:
        return None
    try:
        start, end = (datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) for day in days)
    except ValueError:
        return None
    if end < start:  # December to January
        end = end.replace(year=end.year + 1)
    return Interval(start, end)


def _probes(file: Path, period: Interval, cohort: Cohort) -> Iterator[_Probe]:
    for line, row in read_csv(file):
        subject, relation, value = (
            required(row, column, at(file, line)).strip()
            for column in ("subject", "relation", "objective")
        )
        yield _Probe(period, subject, relation, value, cohort)


def _ask(drafts: Drafts, probes: list[_Probe]) -> None:
    """Put the questions for one subject and relation into their months."""
    history = _history(probes)
    wordings = _wordings(probes[0])
    for period in dict.fromkeys(probe.period for probe in probes):
        reported = [probe for probe in probes if probe.period == period]
        answers = tuple(dict.fromkeys(probe.value for probe in reported))
        earlier = dict.fromkeys(
            probe.value for probe in probes if probe.period.start < period.start
        )
        example = Example(
            example_id=f"{probes[0].key}@{period.end:%Y-%m-%d}",
            wordings=wordings,
            asked_at=period.end,
            answers=answers,
            superseded=tuple(value for value in earlier if value not in answers),
            cluster=probes[0].key,
            cohort=reported[0].cohort,
            form=Form.NOW,
            facts=history,
        )
        drafts[period].examples.append(example)
    if len({fact.valid_from for fact in history}) > 1:
        question = StandingQuestion(
            question_id=probes[0].key, wordings=wordings, history=history, cluster=probes[0].key
        )
        drafts[probes[0].period].standing.append(question)


def _history(probes: list[_Probe]) -> tuple[Fact, ...]:
    """A fact for each value, from the month that reports it first."""
    by_period: dict[Interval, dict[str, Cohort]] = defaultdict(dict)
    for probe in probes:
        by_period[probe.period][probe.value] = probe.cohort
    done: list[Fact] = []
    open_facts: dict[str, Fact] = {}
    for period, values in by_period.items():
        if any(cohort is not Cohort.UNCHANGED for cohort in values.values()):
            for value in [value for value in open_facts if value not in values]:
                ended = replace(
                    open_facts.pop(value), valid_to=period.start, end_told_at=period.end - _SECOND
                )
                done.append(ended)
        for value in values:
            open_facts.setdefault(value, _fact(probes[0], value, period))
    return tuple(sorted([*done, *open_facts.values()], key=lambda fact: fact.valid_from))


def _fact(probe: _Probe, value: str, period: Interval) -> Fact:
    return Fact(
        subject=probe.subject,
        relation=probe.relation,
        value=value,
        valid_from=period.start,
        told_at=period.end - _SECOND,
        statement=f"{probe.subject} {probe.relation} {value}.",
    )


def _wordings(probe: _Probe) -> tuple[str, ...]:
    subject, relation = probe.subject, probe.relation
    return (
        f"{subject} {relation} _X_",
        f"Fill in the blank: {subject} {relation} _X_.",
        f"What is the {relation} of {subject}?",
    )


def _documents(file: Path, period: Interval) -> Iterator[SourceDocument]:
    for line, row in read_csv(file):
        text = required(row, "text", at(file, line))
        if not text.strip():
            continue
        yield SourceDocument(
            doc_id=f"{row.get('id') or file.stem}:{period.end:%Y%m%d}:{line}",
            title=row.get("title") or text.partition(". ")[0][:_TITLE_CHARS],
            text=text,
            published_at=period.end - _SECOND,
            url=row.get("url", ""),
        )
