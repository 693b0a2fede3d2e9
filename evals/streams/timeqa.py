"""TimeQA: questions over Wikipedia pages whose answers depend on the time asked about.

Chen et al., "A Dataset for Answering Time-Sensitive Questions", arXiv 2108.06314.

Read from the questions written by people (`human_annotated_*.json`, a list of pages), or the
generated ones (`{train,dev,test}.{easy,hard}.json`, one JSON object a line, some of them packed as
`.json.gzip`), with their texts as published: split into tokens.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import pydantic

from evals.streams.files import at, read_json, read_jsonl, required, required_texts
from evals.types import Cohort, Example, Form, Period, SourceDocument, Stream
from rag_lifelong.errors import EvalError
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, month_interval, year_interval

_CONTAMINATION = "Wikipedia pages of 2021 and before: models may have read them in training"
_DAY = timedelta(days=1)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    rf"(?:(?:{_NTH}\s+)?(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?\s+(?:{_NTH}\s*,?\s+)?)?"
    r"(?P<year>\d{3,4})(?P<decade>s\b)?"
)
_DATES = re.compile(rf"(?<![\w-]){_DATE}(?![\d-])", re.IGNORECASE)
_OPEN = re.compile(
    rf"\b(?P<word>before|prior to|until|till|by|after|since)\s+(?:the\s+)?{_DATE}", re.IGNORECASE
)
_SHORT_YEAR = re.compile(
    r"\b(?:in|from|to|between|and|until|before|after|since)\s+$", re.IGNORECASE
)
"""What stands before a year of three digits; else they are the number of something."""
_LAST_YEAR = 2100
_BESIDE = 40
"""Characters beside an answer by which its place is known."""
_ANY_DATE = _DATE.replace("?P<month>", "?:").replace("?P<year>", "?:").replace("?P<decade>", "?:")
_PHRASE = re.compile(
    rf"\b(?:from|in|between|during|on)\s+(?:in\s+)?{_ANY_DATE}"
    rf"(?:\s*(?:to|until|till|and|-)\s*(?:in\s+)?{_ANY_DATE})?(?![\w-])",
    re.IGNORECASE,
)
"""The time of a question that can be exchanged for another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question and the page that it is asked about."""

    page: str
    """The link of the page: `/wiki/Marie_Curie`."""
    text: str
    example_id: str
    fact: str
    """The page and the relation: what questions about the same values share."""
    question: str
    answers: tuple[str, ...]
    """None: the page does not say."""
    said: tuple[str, ...] = ()
    """The answers with what stands before and after each, where that is told."""


@pydantic.validate_call
def load(
    path: Path,
    *,
    seed: int = 0,
    files: str = "human_annotated_*.json",
    as_of: date = date(2021, 1, 1),
    periods: Annotated[int, pydantic.Field(ge=1)] = 1,
    perturb: Literal["nothing", "dates"] = "nothing",
) -> Stream:
    """The stream of TimeQA: each page is one document.

    Args:
        path: A file, or a folder with such files.
        seed: Draws which page is told in which period, where there is more than one.
        files: Which files of the folder, as a pattern: `test.hard.json`.
        as_of: When the pages are taken to be published: they have no date of their own.
        periods: In how many periods the pages are told. They follow one another day by day, since
            all pages are of the same time.
        perturb: `dates`: only the questions that stay questions of the same relation with the date
            of another of its values, each followed by itself with that date.

    Raises:
        EvalError: If a file is missing, or not as published.
    """
    asked = [one for file in _files(path, files) for one in _read(file)]
    pages = list(dict.fromkeys(one.page for one in asked))
    if len(pages) < periods:
        raise EvalError(f"{len(pages)} pages do not fill {periods} periods")
    if periods > 1:
        random.Random(seed).shuffle(pages)
    start = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    examples = _perturbed(asked) if perturb == "dates" else [(one, _example(one)) for one in asked]
    return Stream(
        name="timeqa",
        periods=tuple(
            _period(start + index * _DAY, pages[index::periods], asked, examples)
            for index in range(periods)
        ),
        contamination=_CONTAMINATION,
        notes=_notes(asked, as_of)
        + (f"; {len(examples) // 2} questions with another date" if perturb == "dates" else ""),
    )


def _files(path: Path, files: str) -> list[Path]:
    found = [path] if path.is_file() else sorted(path.glob(files))
    if not found:
        raise EvalError(f"{path}: no file {files}", hint="name others with the option files")
    return found


def _read(path: Path) -> Iterator[_Asked]:
    """The questions of a file, which is a list of pages or one question a line."""
    if "annotated" not in path.name:
        for line, row in read_jsonl(path):
            yield _line(row, at(path, line))
        return
    pages = read_json(path)
    if not isinstance(pages, list) or not all(isinstance(page, dict) for page in pages):
        raise EvalError(f"{path}: must hold a list of pages")
    for number, page in enumerate(pages, start=1):
        yield from _page(page, f"{path}: page {number}")


def _line(row: Mapping[str, Any], where: str) -> _Asked:
    """A generated question; its `idx` is page, relation and number: `/wiki/Marie_Curie#P108#0`."""
    name = required(row, "idx", where)
    fact, _, _ = name.rpartition("#")
    return _Asked(
        page=fact.partition("#")[0],
        text=required(row, "context", where),
        example_id=name,
        fact=fact,
        question=required(row, "question", where),
        answers=tuple(filter(None, required_texts(row, "targets", where))),
    )


def _page(page: Mapping[str, Any], where: str) -> Iterator[_Asked]:
    """The questions that people wrote about a page."""
    index = required(page, "index", where)
    paragraphs = required(page, "paras", where, list)
    if not all(isinstance(paragraph, str) for paragraph in paragraphs):
        raise EvalError(f"{where}: 'paras' must be a list of texts: {paragraphs!r:.60}")
    for number, entry in enumerate(required(page, "questions", where, list)):
        try:
            question, spans = entry
            spans = [span for span in spans if span["answer"]]
            answers = tuple(dict.fromkeys(span["answer"] for span in spans))
            said = tuple(chain.from_iterable(_around(span, paragraphs) for span in spans))
        except (TypeError, ValueError, KeyError, IndexError) as error:
            raise EvalError(f"{where}: no question with its answers: {entry!r:.60}") from error
        if not isinstance(question, str):
            raise EvalError(
                f"{where}: no words of a question, but {question!r:.60}",
                hint="annotated_*.json holds times only; take the easy or hard files made of it",
            )
        yield _Asked(
            page=required(page, "link", where),
            text="\n\n".join(paragraphs),
            example_id=f"{index}#{number}",
            fact=index,
            question=question,
            answers=answers,
            said=said,
        )


def _around(span: Mapping[str, Any], paragraphs: Sequence[str]) -> tuple[str, str]:
    """An answer where it stands, with the words before it and with those after it.

    Each is enough to know the place, and a chunk may end on either side.
    """
    paragraph, start, end = paragraphs[span["para"]], span["from"], span["end"]
    before, after = paragraph[max(0, start - _BESIDE) : end], paragraph[start : end + _BESIDE]
    return " ".join(before.split()), " ".join(after.split())


def _period(
    start: datetime,
    pages: Sequence[str],
    asked: Sequence[_Asked],
    examples: Sequence[tuple[_Asked, Example]],
) -> Period:
    chosen = set(pages)
    documents = {one.page: _document(one, start) for one in asked if one.page in chosen}
    return Period(
        name=f"{start:%Y-%m-%d}",
        start=start,
        end=start + _DAY,
        documents=tuple(documents.values()),
        examples=tuple(example for one, example in examples if one.page in chosen),
    )


def _document(one: _Asked, published_at: datetime) -> SourceDocument:
    return SourceDocument(
        doc_id=one.page,
        title=unquote(one.page.removeprefix("/wiki/")).replace("_", " "),
        text=one.text,
        published_at=published_at,
        url=f"https://en.wikipedia.org{one.page}",
    )


def _example(one: _Asked) -> Example:
    form, window = time_asked_about(one.question)
    return Example(
        example_id=one.example_id,
        wordings=(one.question,),
        answers=one.answers,
        cluster=one.fact,
        cohort=Cohort.ANY if one.answers else Cohort.UNANSWERABLE,
        form=form,
        window=window,
        gold_docs=(one.page,) if one.answers else (),
        gold_texts=one.said,
    )


def _perturbed(asked: Sequence[_Asked]) -> list[tuple[_Asked, Example]]:
    """The questions whose date can be exchanged, each followed by itself with another's date."""
    by_fact: dict[str, list[tuple[_Asked, Example]]] = {}
    for one in asked:
        if one.answers and _exchangeable(one.question):
            by_fact.setdefault(one.fact, []).append((one, _example(one)))
    found = []
    for same in by_fact.values():
        for place, (one, example) in enumerate(same):
            others = (other for _, other in (*same[place + 1 :], *same[:place]))
            other = next((other for other in others if _are_apart(example, other)), None)
            if other is not None:
                found += [(one, example), (one, _with_date_of(other, example))]
    return found


def _exchangeable(question: str) -> re.Match[str] | None:
    """Where the time of a question stands, if it is one phrase and there is no other date."""
    phrases = list(_PHRASE.finditer(question))
    dates = [match for match in _DATES.finditer(question) if _is_date(match)]
    if len(phrases) != 1 or _OPEN.search(question):
        return None
    (phrase,) = phrases
    inside = all(phrase.start() < d.start() and d.end() <= phrase.end() for d in dates)
    return phrase if dates and inside else None


def _are_apart(one: Example, other: Example) -> bool:
    """Whether two questions of one fact share neither time nor answer."""
    if one.window is None or other.window is None:
        return False
    answers = {answer.casefold() for answer in one.answers}
    return answers.isdisjoint(answer.casefold() for answer in other.answers) and (
        one.window.end <= other.window.start or other.window.end <= one.window.start
    )


def _with_date_of(other: Example, example: Example) -> Example:
    """A question in its own words, of the time that another asks about, with its answer."""
    here, there = _exchangeable(example.question), _exchangeable(other.question)
    if here is None or there is None:
        raise ValueError("a question whose date cannot be exchanged")
    first = there[0][0].lower() if here.start() else there[0][0].upper()
    return replace(
        other,
        example_id=f"{example.example_id}~{other.example_id}",
        wordings=(
            f"{example.question[: here.start()]}{first}{there[0][1:]}"
            f"{example.question[here.end() :]}",
        ),
        perturbs=example.example_id,
    )


def time_asked_about(question: str) -> tuple[Form, Interval | None]:
    """The form and the time of a question by the dates written in it, for reporting.

    A single date after "before", "after" and the like is open on one side, and "until" and "since"
    take in the date itself; else the time is from the first to the last date named: of one date, or
    between two. Days are not told apart.

    >>> form, window = time_asked_about("Who ran the mill from Sep 1905 to 1907?")
    >>> form.value, str(window.start.date()), str(window.end.date())
    ('between', '1905-09-01', '1908-01-01')
    >>> form, window = time_asked_about("Who ran the mill after 1907?")
    >>> form.value, str(window.start.date())
    ('after', '1908-01-01')
    """
    dates = [_interval(match) for match in _DATES.finditer(question) if _is_date(match)]
    if not dates:
        return Form.TIMELESS, None
    start, end = min(date.start for date in dates), max(date.end for date in dates)
    opening = _OPEN.search(question) if len(dates) == 1 else None
    match opening and opening["word"].lower():
        case "before" | "prior to":
            return Form.BEFORE, Interval(MIN_TIME, start)
        case "until" | "till" | "by":
            return Form.BEFORE, Interval(MIN_TIME, end)
        case "after":
            return Form.AFTER, Interval(end, MAX_TIME)
        case "since":
            return Form.AFTER, Interval(start, MAX_TIME)
        case _:
            return Form.BETWEEN if len(dates) > 1 else Form.AS_OF, Interval(start, end)


def _is_date(match: re.Match[str]) -> bool:
    if len(match["year"]) == len("0000"):
        return 1000 <= int(match["year"]) <= _LAST_YEAR
    before = match.string[: match.start()]
    return int(match["year"]) > 0 and _SHORT_YEAR.search(before) is not None


def _interval(match: re.Match[str]) -> Interval:
    year = int(match["year"])
    if match["decade"]:
        return Interval(year_interval(year).start, year_interval(year + 9).end)
    if match["month"]:
        return month_interval(year, _MONTHS.index(match["month"].lower()[:3]) + 1)
    return year_interval(year)


def _notes(asked: Sequence[_Asked], as_of: date) -> str:
    unanswerable = sum(not one.answers for one in asked)
    return (
        f"pages have no date and are taken as published on {as_of} or in the days after; "
        f"{unanswerable} of {len(asked)} questions have no answer in their page; the time asked "
        "about is read from the dates that the question names, and serves the report alone"
    )
