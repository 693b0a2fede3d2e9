"""A MediaWiki history dump as a benchmark: what its revisions changed becomes questions.

Any pages-meta-history dump will do (https://www.mediawiki.org/wiki/Help:Export), compressed or not.
A value of an infobox or of a first sentence holds from the revision that brings it to the revision
that changes it; what was undone within a day never held.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, validate_call

from evals.streams.asking import ask_as_of
from evals.streams.drafts import Drafts, Every
from evals.streams.wiki_pages import Page, Told, read_pages
from evals.streams.wiki_questions import Relation, relation_of, when_of
from evals.types import Fact, StandingQuestion, Stream
from ingest.dumps.thinning import Keep
from rag_lifelong.errors import EvalError
from rag_lifelong.retrieval.time_calendar import Unit, unit_around
from rag_lifelong.temporal import Interval

_ARTICLES = frozenset({0})


def _parts(value: object) -> object:
    """What commas divide, on the command line."""
    return [part.strip().lower() for part in value.split(",")] if isinstance(value, str) else value


Count = Annotated[int, Field(ge=1)]
Names = Annotated[frozenset[str], BeforeValidator(_parts)]
Numbers = Annotated[frozenset[int], BeforeValidator(_parts)]


@dataclass(slots=True)
class _Run:
    """A value over revisions that follow one another; None where they state none."""

    value: str | None
    start: datetime
    doc_ids: list[str]


@dataclass(frozen=True, slots=True)
class _Line:
    """A relation of a page, and its values over time."""

    name: str
    """Of the page and the relation, in this dump."""
    title: str
    relation: Relation
    history: tuple[Fact, ...]

    @property
    def changes(self) -> bool:
        """Whether it has had more than one value, or the same again."""
        return len(self.history) > 1


@validate_call
def load(  # noqa: PLR0913  each is an option of the command line
    path: Path,
    *,
    seed: int = 0,
    every: Every = Every.YEAR,
    settle: timedelta = timedelta(days=1),
    relations: Names | None = None,
    namespaces: Numbers = _ARTICLES,
    revisions: Keep = Keep.ALL,
    max_pages: Count | None = None,
    max_questions: Count = 1000,
) -> Stream:
    """Calendar periods of revisions, and questions about what they state.

    Args:
        path: A dump, or a folder of the files of one.
        seed: Of which pages and questions are drawn.
        every: How long a period is.
        settle: A value that gave way to an earlier one in less time never held: `1 day`, `PT12H`.
        relations: Infobox parameters to ask about, divided by commas, as words (`population
            total`), and `description` for first sentences; None for all.
        namespaces: Numbers of the namespaces whose pages are read, divided by commas.
        revisions: Which revisions of a page are read.
        max_pages: The most pages told; those with changes come first. None for all.
        max_questions: The most relations asked about; those with changes come first.

    Raises:
        EvalError: If there is no dump, or nothing in it to ask about.
    """
    counts: Counter[str] = Counter()
    pages: Iterable[tuple[Page, list[_Line]]] = (
        (page, [line for line in _lines(page, settle, counts) if _is_wanted(line, relations)])
        for page in read_pages(path, namespaces=namespaces, keep=revisions, counts=counts)
    )
    if max_pages is not None:
        pages = heapq.nlargest(
            max_pages, pages, key=lambda each: _page_rank(each[0], each[1], seed)
        )
        counts["pages not told"] = counts["pages"] - len(pages)
    drafts = Drafts()
    lines: list[_Line] = []
    for page, found in pages:
        lines += found
        for told in page.revisions:
            drafts[every.around(told.document.published_at)].documents.append(told.document)
    if not lines:
        raise EvalError(f"nothing to ask about in {path}", hint="try other relations")
    ranked = heapq.nlargest(max_questions, lines, key=lambda line: _line_rank(line, seed))
    asked = {line.name for line in ranked}
    for line in lines:
        if line.name in asked:
            _ask(drafts, line, every)
    counts["relations not asked about"] = len(lines) - len(asked)
    return Stream(
        name="history",
        periods=drafts.periods(every.name_of),
        contamination="Wikipedia and its like, which every model reads",
        notes="pages are named as when the dump was made; a value holds from the revision that "
        "states it; " + ", ".join(f"{n} {what}" for what, n in sorted(counts.items())),
    )


def _is_wanted(line: _Line, relations: Names | None) -> bool:
    return relations is None or line.history[0].relation in relations


def _page_rank(page: Page, lines: Sequence[_Line], seed: int) -> tuple[bool, int]:
    return any(line.changes for line in lines), _draw(page.page_id, seed)


def _line_rank(line: _Line, seed: int) -> tuple[bool, int]:
    return line.changes, _draw(line.name, seed)


def _draw(name: str, seed: int) -> int:
    """A number that a name and a seed always have together."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _lines(page: Page, settle: timedelta, counts: Counter[str]) -> Iterator[_Line]:
    """The relations that a page has ever stated and that can be asked about."""
    for name in dict.fromkeys(name for told in page.revisions for name in told.says):
        relation = relation_of(name)
        if relation is None:
            continue
        settled = _settled(_runs(page.revisions, name), settle)
        n_settled = sum(len(run.doc_ids) for run in settled)
        counts["statements undone"] += len(page.revisions) - n_settled
        facts = tuple(_facts(settled, page.title, name, relation))
        if facts:
            yield _Line(f"{page.page_id}/{name}", page.title, relation, facts)


def _runs(revisions: Sequence[Told], name: str) -> list[_Run]:
    runs: list[_Run] = []
    for told in revisions:
        document, value = told.document, told.says.get(name)
        if runs and runs[-1].value == value:
            runs[-1].doc_ids.append(document.doc_id)
        else:
            runs.append(_Run(value, document.published_at, [document.doc_id]))
    return runs


def _settled(runs: Sequence[_Run], settle: timedelta) -> list[_Run]:
    """The runs without what was undone: left, and come back to in less than `settle`."""
    kept: list[_Run] = []
    for run in runs:
        index = _restored(kept, run, settle)
        if index is None:
            kept.append(run)
        else:
            kept[index].doc_ids.extend(run.doc_ids)
            del kept[index + 1 :]
    return kept


def _restored(kept: Sequence[_Run], run: _Run, settle: timedelta) -> int | None:
    """Which run a later one goes on from, if it was left less than `settle` before."""
    for index in range(len(kept) - 1, -1, -1):
        if kept[index].value == run.value:
            return index
        if run.start - kept[index].start >= settle:
            return None
    return None


def _facts(runs: Sequence[_Run], title: str, name: str, relation: Relation) -> Iterator[Fact]:
    ends = [*(run.start for run in runs[1:]), None]
    for run, end in zip(runs, ends, strict=True):
        if run.value is not None:
            yield Fact(
                subject=title,
                relation=name,
                value=run.value,
                valid_from=run.start,
                valid_to=end,
                statement=relation.statement(title, run.value),
                doc_ids=tuple(run.doc_ids),
            )


def _ask(drafts: Drafts, line: _Line, every: Every) -> None:
    """Put the questions for one relation into the periods that tell its values."""
    history = line.history
    question = StandingQuestion(
        question_id=line.name,
        wordings=line.relation.now(line.title),
        history=history,
        cluster="/".join(history[0].key),
    )
    drafts[every.around(history[0].valid_from)].standing.append(question)
    for fact in history:
        period = every.around(fact.valid_from)
        window = _window(fact, period)
        if window is not None:
            example = ask_as_of(
                history,
                window,
                since=period.start,
                example_id=f"{line.name}@{window.start:%Y-%m-%d}",
                wordings=line.relation.then(line.title, *when_of(window)),
            )
            drafts[period].examples.append(example)


def _window(fact: Fact, period: Interval) -> Interval | None:
    """The middle one of the months, or else of the days, all through which a value held.

    It lies in the period that tells the value; None if the value did not hold for a whole day.
    """
    end = period.end if fact.valid_to is None else min(fact.valid_to, period.end)
    for unit in (Unit.MONTH, Unit.DAY):
        whole = []
        window = unit_around(fact.valid_from, unit)
        while window.end <= end:
            if window.start >= fact.valid_from:
                whole.append(window)
            window = unit_around(window.end, unit)
        if whole:
            return whole[len(whole) // 2]
    return None
