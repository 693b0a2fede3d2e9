"""TempLAMA (Dhingra et al., TACL 2022, arXiv 2106.15110): yearly cloze questions from Wikidata.

Layout: `train.json`, `val.json`, `test.json`, one JSON object a line, as google-research/language
writes them (language/templama/templama.py): `query` with `_X_` for the answer, `answer` (one
`{"name", "wikidata_id"}` or a list of them), `date` (a year), `id` and `relation`. Queries of the
same subject and relation share their `id` but for the year at its end.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import validate_call

from evals.streams.asking import ask_as_of
from evals.streams.drafts import Drafts, Every
from evals.streams.files import at, read_jsonl, required
from evals.types import Fact, StandingQuestion, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import year_interval

_PARTS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class _Query:
    """One line: the right names in one year."""

    text: str
    fact_id: str
    relation: str
    year: int
    names: tuple[str, ...]


@validate_call
def load(
    path: Path, *, seed: int = 0, part: Literal["train", "val", "test", "all"] = "test"
) -> Stream:
    """The years as periods; there are no documents.

    Each line is asked of its year ("In 2015, ..."), and each query that has several years is asked
    again after each of them as it stands, in the present tense.

    Args:
        path: The folder of the three files, or one such file.
        seed: Nothing is drawn.
        part: Which of the files in the folder.

    Raises:
        EvalError: If a file is missing or not in this layout.
    """
    by_fact: dict[str, dict[int, _Query]] = defaultdict(dict)
    for file in _files(path, part):
        for query in _queries(file):
            by_fact[query.fact_id][query.year] = query
    if not by_fact:
        raise EvalError(f"{path}: no questions")
    last_year = max(max(years) for years in by_fact.values())
    drafts = Drafts()
    for years in by_fact.values():
        _ask(drafts, years, last_year)
    return Stream(
        name="templama",
        periods=drafts.periods(Every.YEAR.name_of),
        contamination="Wikidata of 2010 to 2020; models of later years have read most of it",
        notes="cloze questions without documents; a value holds for whole years",
    )


def _files(path: Path, part: str) -> list[Path]:
    if path.is_file():
        return [path]
    files = [path / f"{name}.json" for name in _PARTS if part in (name, "all")]
    for file in files:
        if not file.exists():
            raise EvalError(f"no such file: {file}", hint="or name one file with --data")
    return files


def _queries(file: Path) -> Iterator[_Query]:
    for line, row in read_jsonl(file):
        where = at(file, line)
        line_id = required(row, "id", where)
        date = required(row, "date", where)
        if not (date.isdecimal() and len(date) == 4):
            raise EvalError(f"{where}: 'date' must be a year, not {date!r}")
        yield _Query(
            text=required(row, "query", where),
            fact_id=line_id.removesuffix(f"_{date}"),
            relation=required(row, "relation", where),
            year=int(date),
            names=_names(row, where),
        )


def _names(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    answer = row.get("answer")
    found: list[Any] = answer if isinstance(answer, list) else [answer]
    if not found or not all(isinstance(each, dict) for each in found):
        raise EvalError(f"{where}: 'answer' must be an object or a list of them: {answer!r:.60}")
    return tuple(dict.fromkeys(required(each, "name", where) for each in found))


def _ask(drafts: Drafts, years: Mapping[int, _Query], last_year: int) -> None:
    """Put the questions for one fact into the years they are about."""
    history = _history(years, last_year)
    for year, query in sorted(years.items()):
        window = year_interval(year)
        example = ask_as_of(
            history,
            window,
            since=window.start,
            example_id=f"{query.fact_id}_{year}",
            wordings=(
                f"In {year}, {query.text}",
                f"Fill in the blank as of {year}: {query.text}",
                f"{year}: {query.text}",
            ),
        )
        drafts[window].examples.append(example)
    first = years[min(years)]
    if len(years) > 1:
        question = StandingQuestion(
            question_id=first.fact_id,
            wordings=(first.text, f"Fill in the blank: {first.text}", f"Currently, {first.text}"),
            history=history,
            cluster="/".join(history[0].key),
        )
        drafts[year_interval(first.year)].standing.append(question)


def _history(years: Mapping[int, _Query], last_year: int) -> tuple[Fact, ...]:
    """A fact for each stretch of years in which a name is right; open if it reaches the last.

    What a year tells is known by its end, when it is asked about, and not as the year before ends.
    """
    facts = []
    for year, query in sorted(years.items()):
        for name in query.names:
            if year - 1 in years and name in years[year - 1].names:
                continue
            last = year
            while last + 1 in years and name in years[last + 1].names:
                last += 1
            facts.append(
                Fact(
                    subject=query.fact_id,
                    relation=query.relation,
                    value=name,
                    valid_from=year_interval(year).start,
                    valid_to=None if last == last_year else year_interval(last).end,
                    told_at=_told_in(year),
                    end_told_at=None if last == last_year else _told_in(last + 1),
                    statement=query.text.replace("_X_", name),
                )
            )
    return tuple(facts)


def _told_in(year: int) -> datetime:
    return year_interval(year).end - timedelta(seconds=1)
