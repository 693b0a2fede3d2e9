"""A stream about a world that never was, made from a seed.

People, companies, towns, clubs and laboratories with made-up names, so that no model can know them
from its training; and every fact with exactly the validity that the documents tell. In each period
facts begin, change, return to what they were, are announced for later, or come to light as having
held for a while; others stay as they are. Short news tell them, in several wordings each, among
reprints of old articles, pages that are revised in place, documents that arrive late, and news of
things with similar names. The questions ask about the present, about days, months and years, about
before and after, first and previous, from value back to subject, and about what no document tells.
"""

from datetime import UTC, date, datetime, time
from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field, validate_call

from evals.streams.generating.asked_words import WORDINGS
from evals.streams.generating.asking import Asker, Questions
from evals.streams.generating.calendar import spans_from
from evals.streams.generating.telling import Library, Teller
from evals.streams.generating.world import World, WorldMaker
from evals.types import Period, Stream
from rag_lifelong.errors import EvalError

_MOST_FACTS = 20_000


@validate_call
def load(  # noqa: PLR0913 - the options of a benchmark are its parameters
    path: Path | None = None,
    *,
    seed: int = 0,
    periods: Annotated[int, Field(ge=3, le=60)] = 6,
    facts: Annotated[int, Field(ge=1, le=_MOST_FACTS)] = 200,
    documents_per_period: Annotated[int, Field(ge=0)] = 160,
    start: Annotated[date, Field(ge=date(1000, 1, 1), le=date(3000, 1, 1))] = date(2019, 1, 1),
    months: Annotated[int, Field(ge=1, le=120)] = 3,
    paraphrases: Annotated[int, Field(ge=1, le=WORDINGS)] = WORDINGS,
) -> Stream:
    """Make the stream of a seed, the same bytes on every machine.

    Args:
        path: Not used: nothing is read.
        seed: Another seed makes another world.
        periods: How many periods.
        facts: How many things are told of: one relation of one subject each, with all its values.
        documents_per_period: How many documents a period has at least; it is filled up with news
            of things that are not asked about but have similar names.
        start: The first day, the first of a month.
        months: How long a period is.
        paraphrases: How many ways there are to ask each question.

    Raises:
        EvalError: If the start is not the first of a month.
    """
    if start.day != 1:
        raise EvalError(
            f"the stream cannot start on {start}: its periods are calendar months",
            hint=f"start={start.replace(day=1)}",
        )
    begin = datetime.combine(start, time(), tzinfo=UTC)
    # A generator each, so that documents do not change with the questions, nor facts with either.
    maker = WorldMaker(Random(f"world {seed}"), spans_from(begin, periods=periods, months=months))
    world = maker.world(facts)
    library = Teller(world, Random(f"documents {seed}")).library(
        maker, documents_per_period=documents_per_period
    )
    asker = Asker(world, library, Random(f"questions {seed}"), paraphrases=paraphrases)
    return Stream(
        name="generated",
        periods=_periods(world, library, asker.questions()),
        notes=f"made from seed {seed}: {facts} facts about invented things",
    )


def _periods(world: World, library: Library, questions: Questions) -> tuple[Period, ...]:
    return tuple(
        Period(
            name=f"{span.start:%Y-%m}",
            start=span.start,
            end=span.end,
            documents=library.documents[i],
            examples=questions.examples[i],
            standing=questions.standing[i],
        )
        for i, span in enumerate(world.spans)
    )
