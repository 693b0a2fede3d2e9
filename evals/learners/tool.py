"""The frozen language model searches for itself: it is told of a dated search and asked to use it.

Reason and act in turns, as in ReAct (arXiv 2210.03629), in a line protocol that a small model can
follow and without its written thoughts. Its words and days are the model's; the search behind them
is the hybrid that the other learners have, over the same store. What it found is read by the
reading line that all share, so that its answers are checked and withheld by the same rule; the
answer it writes only ends the search.
"""

import re
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from pydantic import Field

from evals.learners.closed_book import question_alone
from evals.learners.options import Options, read_options
from evals.learners.reading import as_retrieved, evidence_reader
from evals.learners.retrievers import Search
from evals.learners.stream_store import StreamStore
from evals.learners.wordings import FIRST_SEARCH, NEXT_SEARCH, chosen
from evals.metering import MeteredReader, add_usage
from evals.ports import Bench
from evals.types import Asked, Period, Prediction, Taught, Usage
from rag_lifelong.ports import Prompt
from rag_lifelong.prompting import build_prompt
from rag_lifelong.retrieval.focus import focus
from rag_lifelong.retrieval.fusion import reciprocal_rank_fusion
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.types import Evidence, Retrieved

_SEARCH = re.compile(r"^\W*SEARCH\b[\s:=*]*([^\n]*)", re.IGNORECASE | re.MULTILINE)
_QUOTES = " \t\"'“”‘’<>[]()."
_REPLY_TOKENS = 48
_DAY = timedelta(days=1)


class ToolOptions(Options):
    """`tool@steps=2,k=3`."""

    steps: int = Field(default=3, ge=1, le=10)
    """Most searches."""
    k: int = Field(default=5, ge=1, le=20)
    """Most lines shown to the model, and read in the end."""
    candidates: int = Field(default=200, ge=1)
    """Chunks taken from each search before its first day is applied."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the model searches for: words, and the days between which it was published."""

    words: str
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""


class ToolUser:
    """Lets the model search up to `steps` times, then reads what was found."""

    def __init__(self, bench: Bench) -> None:
        self._options = read_options(ToolOptions, bench, learner="tool")
        self._bench = bench
        self._store = StreamStore(bench)
        self._line = evidence_reader(bench)

    def observe(self, period: Period) -> Taught:
        """Add the period to the store, unless it is in."""
        return self._store.add(period)

    def answer(self, asked: Asked) -> Prediction:
        """Search, and read what was found; without anything observed there is nothing.

        Raises:
            EvalError: If there is no such wording.
            ModelError: If the model fails.
        """
        known_at = self._store.known_at
        moment = Moment(asked_at=asked.asked_at, known_at=known_at or self._bench.start)
        if known_at is None:
            return self._line.read(asked, as_retrieved([], asked=asked.question, support=0), moment)
        quote_chars = self._bench.config.retrieval.quote_chars
        lookup = _Lookup(self._search(asked.question, moment), self._options, quote_chars)
        reader = MeteredReader(self._bench.reader)
        for _ in range(self._options.steps):
            query = self._ask(asked, lookup, reader)
            if query is None or query in lookup.queries:
                break
            lookup.search(query)
        prediction = self._line.read(asked, lookup.found(), moment)
        finding = add_usage(Usage(seconds=lookup.seconds), reader.spent)
        return replace(prediction, usage=add_usage(finding, prediction.usage))

    def _search(self, question: str, moment: Moment) -> Search:
        embedder = self._bench.embedder()
        return Search(question, moment, self._store.snapshot, embedder, self._options.candidates)

    def _ask(self, asked: Asked, lookup: "_Lookup", reader: MeteredReader) -> Query | None:
        """The model's next search, or None if it has enough.

        A first reply that is no search is taken for one with the question's own words: a model
        that does not follow the protocol is not to be measured by that.
        """
        prompt = question_alone(asked, chosen(FIRST_SEARCH, asked.wording))
        if lookup.queries:
            seen = build_prompt(
                asked.question,
                lookup.found().evidence,
                instruction=chosen(NEXT_SEARCH, asked.wording),
            )
            today = asked.asked_at.date().isoformat()
            words = "; ".join(query.words for query in lookup.queries)
            prompt = Prompt(seen.system, f"{seen.user}\nToday is {today}. Searched: {words}")
        reply = "".join(t.text for t in reader.read(prompt, max_tokens=_REPLY_TOKENS))
        query = parse_reply(reply, asked)
        return query or (None if lookup.queries else Query(asked.question))


class _Lookup:
    """The searches made for one question, and what they found together.

    Attributes:
        queries: The searches, in order.
        seconds: What searching took, without the model.
    """

    def __init__(self, base: Search, options: ToolOptions, quote_chars: int) -> None:
        self._base = base
        self._options = options
        self._quote_chars = quote_chars
        self._rankings: list[list[int]] = []
        self._support = 0.0
        self.queries: list[Query] = []
        self.seconds = 0.0

    def search(self, query: Query) -> None:
        """Search for a query's words among what was published on its days."""
        started = time.perf_counter()
        asked_at = self._base.moment.asked_at
        if query.until is not None:
            asked_at = min(asked_at, query.until - datetime.resolution)
        moment = replace(self._base.moment, asked_at=asked_at)
        search = replace(self._base, question=query.words, moment=moment)
        numbers = list(search.hybrid())
        since = query.since
        if since is not None:
            published = zip(numbers, search.published(numbers), strict=True)
            numbers = [number for number, when in published if when >= since]
        best = numbers[: self._options.k]
        self._support = max(self._support, *self._base.cosines(numbers).tolist(), 0.0)
        self._rankings.append(best)
        self.queries.append(query)
        self.seconds += time.perf_counter() - started

    def found(self) -> Retrieved:
        """The best lines of all searches, by reciprocal rank fusion."""
        started = time.perf_counter()
        fused = reciprocal_rank_fusion(self._rankings)
        best = dict(islice(fused.items(), self._options.k))
        chunks = self._base.chunks(list(best))
        evidence = [
            # Under the id that the stream's document has.
            Evidence(replace(chunk, doc_id=chunk.revision_id), score)
            for chunk, score in zip(chunks, best.values(), strict=True)
        ]
        evidence = focus(
            evidence, self._base.vector, self._base.embedder, max_chars=self._quote_chars
        )
        self.seconds += time.perf_counter() - started
        return as_retrieved(evidence, asked=self._base.question, support=self._support)


def parse_reply(reply: str, asked: Asked) -> Query | None:
    """The search in a reply, or None where there is none.

    Small models vary the form: quoted words, months in words, other lines around it. A month or
    year alone is both ends; a day alone is the last one, since it mostly is today's, copied. What
    is no date is left out, and so are two in the wrong order.

    >>> from datetime import UTC
    >>> asked = Asked(question="Who won?", asked_at=datetime(2021, 6, 1, tzinfo=UTC))
    >>> query = parse_reply('SEARCH: "mayor of Ulm" | 2020-02', asked)
    >>> query.words, str(query.since.date()), str(query.until.date())
    ('mayor of Ulm', '2020-02-01', '2020-03-01')
    >>> parse_reply("ANSWER: Ann Lee", asked) is None
    True
    """
    found = _SEARCH.search(reply)
    if found is None:
        return None
    words, *fields = (field.strip(_QUOTES) for field in found[1].split("|"))
    days = [parse_time_intent(field, asked_at=asked.asked_at).window for field in fields[:2]]
    if len(days) == 1 and days[0] and days[0].end - days[0].start <= _DAY:
        days.insert(0, None)
    since = days[0].start if days and days[0] else None
    until = days[-1].end if days and days[-1] else None
    if since and until and since >= until:
        since = until = None
    return Query(words or asked.question, since, until)
