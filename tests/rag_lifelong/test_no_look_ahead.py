"""Nothing of the future is in an answer: not in its evidence, its prompt, its scores, its report.

Every item of the future carries the word "canary" wherever it has words; besides, the whole answer
must be, but for the time it took, that of a store which never got the future at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag_lifelong.config import load_config
from rag_lifelong.ports import Known, Prompt
from rag_lifelong.prompting import CHECK
from rag_lifelong.system import System
from rag_lifelong.temporal import Interval, parse_when
from rag_lifelong.testing import FakeClock, HashingEmbedder, ScriptedReader
from rag_lifelong.types import (
    Answer,
    Completed,
    Dated,
    DateSource,
    Document,
    Ended,
    Gone,
    Moved,
    Redirect,
    RevisionOrder,
    ScanItem,
    Section,
)

QUESTIONS = (
    "Who is the mayor of Springfield?",
    "Who was the mayor of Springfield in 2012?",
    "Who has been the head of the town since 2011?",
    "Which bridges did Springfield have before 2013?",
    "Who was the mayor of Springfield after the great flood?",
)


def instant(when: str) -> datetime:
    """The start of a date."""
    return parse_when(when)[0].start


def document(
    doc_id: str,
    when: str,
    text: str,
    *,
    canary: str = "",
) -> Document:
    """A page's revision; a canary stands in each of its names."""
    interval, precision = parse_when(when)
    return Document(
        doc_id=doc_id,
        revision_id=f"{when} {canary}",
        origin=f"file:///{doc_id}",
        uri=f"file:///{canary or 'now'}/{doc_id}#{when}",
        title=f"Springfield {canary}".strip(),
        text=text,
        date=Dated(interval, precision, DateSource.FRONT_MATTER),
        order=RevisionOrder.VALID_TIME,
        sections=(Section(0, (f"The town {canary}".strip(),)),),
        kind=canary,
    )


def file(doc_id: str, when: str, text: str, *, canary: str = "") -> Document:
    """A file's content; the one that arrives last is what it says now."""
    revision = document(doc_id, when, text, canary=canary)
    return replace(revision, order=RevisionOrder.ARRIVAL)


SINGS = {"canary": "canary"}
LONG = "Springfield has three bridges over the river. " + " ".join(
    f"Bridge {n} has {n * 7} lamps of brass, and {n * 11} people cross it every day."
    for n in range(40)
)
PAST: tuple[ScanItem, ...] = (
    document("mayor", "2009-05-01", "The mayor of Springfield is Ann Lee."),
    file("note", "2011-02-01", "Ann Lee, the mayor, opened a bridge."),
    file("bridges", "2010", LONG),
    document("head", "2012-03", "The head of the town of Springfield is Bo Cruz."),
    document("mayor", "2012-07-01", "The mayor of Springfield is Bo Cruz."),
    document("flood", "2010-10-05", "The great flood of Springfield was over. Bridges stood."),
    Redirect("head of the town", "mayor", instant("2011")),
)  # fmt: skip

LATER: tuple[ScanItem, ...] = (
    document("mayor", "2019-05-01", "The mayor of Springfield is Canary Finch.", **SINGS),
    file("note", "2018", "Canary Finch, the mayor, sings.", **SINGS),
    document("copy", "2017-01-01", "The mayor of Springfield is Bo Cruz.", **SINGS),
    file("near copy", "2020", f"{LONG} A canary!", **SINGS),
    document("many", "2021", "mayor Springfield bridges head town canary " * 40, **SINGS),
    document("announced", "2016-02", "In 2012 the mayor of Springfield was Canary Finch.", **SINGS),
    document("flood", "2017", "The great flood of Springfield: a canary was saved.", **SINGS),
    document("flood 2", "2015-05", "A great flood of Springfield was a canary's.", **SINGS),
    Redirect("mayor of Springfield", "canary", instant("2016")),
    Redirect("head of the town", "canary"),
    Ended("head", datetime(2019, 1, 1, tzinfo=UTC)),
)  # fmt: skip
"""What tells about a time after those asked about."""

BELATED: tuple[ScanItem, ...] = (
    document("mayor", "2011-01-01", "The mayor of Springfield is Canary Finch.", **SINGS),
    document("old", "2012-01-01", "The mayor of Springfield in 2012: Canary Finch.", **SINGS),
    Redirect("head of the town", "canary", instant("2012")),
    document("flood 0", "2010-10-01", "The great flood of Springfield hit a canary.", **SINGS),
    document("old copy", "2012-08-01", "The mayor of Springfield is Bo Cruz.", **SINGS),
    Redirect("mayor of Springfield", "canary"),
    Redirect("mayor of Springfield", "Ann Lee"),
    Moved("file:///bridges", "file:///canary", "moved"),
    Gone("file:///note"),
    *LATER,
)  # fmt: skip
"""What becomes known after the moment asked about, much of it about times before."""


@dataclass(frozen=True)
class Told:
    """A source that tells items."""

    items: Sequence[ScanItem]

    def scan(self, known: Known) -> Iterator[ScanItem]:
        del known
        for item in self.items:
            yield item
            if isinstance(item, Document):
                yield Completed(item.origin, item.revision_id, frozenset({item.doc_id}))


class World:
    """A store that is told items, one a day, and a reader that says what it is shown."""

    def __init__(self, store: Path) -> None:
        config = load_config(
            flags={"store": store, "retrieval": {"min_support": 0.0, "candidates": 4}}
        )
        self.clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.reader = ScriptedReader(_echo)
        self._system = System(
            config, now=self.clock, embedder=HashingEmbedder(dim=256), reader=self.reader
        )

    def tell(self, *items: ScanItem) -> None:
        """Tell items on the next day."""
        self.clock.advance(days=1)
        if items:
            self._system.update([Told(items)])

    def answers(self, at: datetime, **flags: Any) -> list[Answer]:
        """What each question is answered when it is asked at a time."""
        self.clock.advance(at - self.clock())
        self.reader.prompts.clear()
        return [
            replace(self._system.ask(question, **flags), timings_s={}) for question in QUESTIONS
        ]


def _echo(prompt: Prompt) -> str:
    """The last words of the best line, so that what is shown is what is answered."""
    if prompt.user.endswith(CHECK):
        return "yes"
    return " ".join(prompt.user.splitlines()[-3].split()[-2:])


def shown(world: World, answers: Sequence[Answer]) -> str:
    """All that anybody gets to see."""
    return repr(answers) + repr(world.reader.prompts)


def dated_only(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Answers without what tells how the store was filled, or until when something held.

    A chunk's id counts revisions in the order they came. Its `valid_to` is what is known today of
    the time asked about: without `known_at` an answer about the past may know how it ended.
    """
    found = [asdict(answer) for answer in answers]
    for answer in found:
        anchor = answer["time"]["anchor"]
        for one in [*answer["evidence"], *([anchor] if anchor else [])]:
            del one["chunk"]["chunk_id"], one["chunk"]["valid_to"]
    return found


ASKED = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("n_known", [1, len(PAST)])
@pytest.mark.parametrize(
    "flags", [{}, {"as_of": "2013"}, {"between": "2010"}, {"as_of": "2020"}], ids=str
)
def test_known_at_answers_to_the_byte_as_before_the_rest_was_known(
    tmp_path: Path, n_known: int, flags: dict[str, str]
):
    times = {name: parse_when(value)[0] for name, value in flags.items()}
    world = World(tmp_path / "store")
    world.tell(*PAST[:n_known])
    known_at = world.clock()
    twin = world.answers(ASKED, **times, known_at=known_at)
    prompts = list(world.reader.prompts)
    world.tell(*BELATED[:5])
    world.tell(*BELATED[5:], *PAST[n_known:])
    later = world.answers(datetime(2028, 1, 1, tzinfo=UTC), **times, known_at=known_at)
    assert "canary" not in shown(world, later).casefold()
    assert repr(later) == repr(twin)
    assert world.reader.prompts == prompts


@pytest.mark.parametrize("flag", ["as_of", "between"])
@settings(max_examples=2, deadline=None, derandomize=True)
@example(order=[*range(len(PAST), len(PAST) + len(LATER)), *range(len(PAST))])
@given(order=st.permutations(range(len(PAST) + len(LATER))))
def test_nothing_of_a_later_time_shows_in_whatever_order_it_came(flag: str, order: list[int]):
    times = {flag: Interval(instant("2010"), instant("2014"))}
    with TemporaryDirectory() as folder:
        world, twin = World(Path(folder, "store")), World(Path(folder, "twin"))
        for item in ((PAST + LATER)[n] for n in order):
            world.tell(item)
            twin.tell(*([item] if item in PAST else []))
        given, wanted = world.answers(ASKED, **times), twin.answers(ASKED, **times)
        assert "canary" not in shown(world, given).casefold()
        assert dated_only(given) == dated_only(wanted)
        assert world.reader.prompts == twin.reader.prompts


def test_the_canary_is_seen_where_it_may_be(tmp_path: Path):
    world = World(tmp_path / "store")
    world.tell(*PAST, *LATER)
    seen = shown(world, world.answers(ASKED)).casefold()
    assert "canary finch" in seen
    assert "file:///canary" in seen
