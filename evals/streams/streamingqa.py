"""StreamingQA (Liška et al., ICML 2022, arXiv 2205.11388): 14 years of news, asked about by date.

Layout, as the README of google-deepmind/streamingqa describes it: `streaminqa_{train,valid,
eval}.jsonl(.gz)` (spelled so), one object a line with `qa_id`, `question`, `answers` (three in
eval), `question_ts` and `evidence_ts` (UTC seconds), `evidence_id`, `recent_or_past`,
`written_or_generated`. The articles are not part of it; whoever has extracted them with its
`extraction.py` puts them beside as any other `*.jsonl(.gz)`, one object a line with the fields of
its `WMTDoc`: `sorting_key` (the `evidence_id`), `publication_ts`, `text`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, validate_call

from evals.streams.drafts import Drafts, Every
from evals.streams.files import at, read_jsonl, required, required_texts
from evals.types import Cohort, Example, SourceDocument, Stream
from rag_lifelong.errors import EvalError

_MAX_TITLE_CHARS = 100
_COHORTS = {"recent": Cohort.NEW}
"""Questions of the past are about articles of any of the years before: nothing tells whether what
they ask about has changed since."""


@validate_call
def load(
    path: Path,
    *,
    seed: int = 0,
    part: Literal["train", "valid", "eval"] = "eval",
    every: Every = Every.QUARTER,
    kind: Literal["written", "generated", "all"] = "all",
    share: Annotated[float, Field(ge=0, le=1)] = 1.0,
) -> Stream:
    """Periods by the date of the question; every question is asked at its own date.

    Args:
        path: The folder of the files, or one file of questions.
        seed: Of which articles are told, where not all are.
        part: Which file of questions in the folder.
        every: How long a period is.
        kind: Questions written by people, generated, or all.
        share: How many of the articles that no question is about are told, in [0, 1]; all eleven
            million of them take more memory than most machines have.

    Raises:
        EvalError: If a file is missing or not in this layout.
    """
    file = _questions_file(path, part)
    drafts = Drafts()
    evidence: set[str] = set()
    for asked_at, example in _examples(file, kind):
        drafts[every.around(asked_at)].examples.append(example)
        evidence.update(example.gold_docs)
    if not evidence:
        raise EvalError(f"{file}: no questions of the kind {kind}")
    told = (
        article
        for article in _articles([] if path.is_file() else path.glob("*.jsonl*"))
        if article.doc_id in evidence or _draw(article.doc_id, seed) < share
    )
    n_older = _tell(drafts, told, every)
    periods = drafts.periods(every.name_of)
    n_documents = sum(len(period.documents) for period in periods)
    return Stream(
        name="streamingqa",
        periods=periods,
        contamination="news of 2007 to 2020; later models have read much of it",
        notes=f"{n_documents} articles, {n_older} of them older than the first question and told "
        "in the first period; the fourth reference (answers_additional) is not used, as published",
    )


def _questions_file(path: Path, part: str) -> Path:
    if path.is_file():
        return path
    found = sorted(path.glob(f"stream*qa_{part}.jsonl*"))
    if not found:
        raise EvalError(f"no streaminqa_{part}.jsonl(.gz) in {path}", hint="see its README")
    return found[0]


def _examples(file: Path, kind: str) -> Iterator[tuple[datetime, Example]]:
    """Each question and when it is asked."""
    for line, row in read_jsonl(file):
        where = at(file, line)
        if kind not in ("all", required(row, "written_or_generated", where)):
            continue
        evidence = required(row, "evidence_id", where)
        asked_at = _moment(row, "question_ts", where)
        example = Example(
            example_id=required(row, "qa_id", where),
            wordings=(required(row, "question", where),),
            asked_at=asked_at,
            answers=required_texts(row, "answers", where),
            cluster=evidence,
            cohort=_COHORTS.get(required(row, "recent_or_past", where), Cohort.ANY),
            gold_docs=(evidence,),
        )
        yield asked_at, example


def _tell(drafts: Drafts, articles: Iterable[SourceDocument], every: Every) -> int:
    """Put the articles into their periods; return how many are older than the first question.

    Those are told in the first period: one for each quarter since 2007 would be asked about
    nothing. Articles after the last question are left out.
    """
    first, last = drafts.stretches[0], drafts.stretches[-1]
    n_older = 0
    for article in articles:
        if article.published_at >= last.end:
            continue
        n_older += article.published_at < first.start
        around = every.around(max(first.start, article.published_at))
        drafts[around].documents.append(article)
    return n_older


def _articles(files: Iterable[Path]) -> Iterator[SourceDocument]:
    for file in sorted(files):
        if file.match("stream*qa_*"):
            continue
        for line, row in read_jsonl(file):
            where = at(file, line)
            text = required(row, "text", where)
            yield SourceDocument(
                doc_id=required(row, "sorting_key", where),
                title=text.strip().split("\n", 1)[0][:_MAX_TITLE_CHARS],
                text=text,
                published_at=_moment(row, "publication_ts", where),
            )


def _draw(doc_id: str, seed: int) -> float:
    """A number in [0, 1) that an article and a seed always have together."""
    digest = hashlib.blake2b(f"{seed}/{doc_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _moment(row: dict[str, Any], key: str, where: str) -> datetime:
    seconds = required(row, key, where, int)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise EvalError(f"{where}: {key!r} is no time: {seconds}") from error
