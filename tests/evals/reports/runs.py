"""Run folders made by hand: three learners of known behaviour on invented facts.

Twelve people of an invented town change posts. `ours` is told every change and answers rightly,
`lagging` goes on giving the first value it heard, and `mute` abstains always and shows nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from evals.runs import Answered, Question
from evals.types import Cohort, EvidenceLine, Example, Fact, Form, StandingQuestion
from rag_lifelong.temporal import Interval

T = 3
START = datetime(2031, 1, 1, tzinfo=UTC)
ROW_TIMES = tuple(START + timedelta(days=90 * i) for i in range(T + 1))
LEARNERS = ("lagging", "ours", "mute")
POSTS = ("lamplighter", "ferryman", "glazier", "beadle", "cooper", "chandler")
Behave = Callable[[Question, int, datetime], Answered]
"""Answers a question in a row that is asked at a time."""


def facts_of(person: int) -> tuple[Fact, ...]:
    """A person's post over time: told in period 1 + person mod 3, changed once a period later."""
    first = person % T
    name = f"Person {person}"
    began = ROW_TIMES[first] + timedelta(days=10)
    moved = began + timedelta(days=90)
    old, new = POSTS[person % 6], POSTS[(person + 1) % 6]
    return (
        Fact(
            subject=name, relation="post", value=old, valid_from=began,
            valid_to=moved if first < T - 1 else None, doc_ids=(f"d{person}-old",),
        ),
        *(
            (Fact(subject=name, relation="post", value=new, valid_from=moved,
                  doc_ids=(f"d{person}-new",)),)
            if first < T - 1 else ()
        ),
    )  # fmt: skip


def asof(person: int, facts: tuple[Fact, ...], which: int) -> Example:
    """Who held the post on the twentieth day of a value: its answer never changes."""
    fact = facts[which]
    day = fact.valid_from + timedelta(days=10)
    others = tuple(f for f in facts if f is not fact)
    return Example(
        example_id=f"asof-{person}-{which}",
        wordings=(f"What was the post of {fact.subject} on {day:%d %B %Y}?",),
        answers=(fact.value,),
        superseded=tuple(f.value for f in others if f.valid_from < fact.valid_from),
        later=tuple(f.value for f in others if f.valid_from > fact.valid_from),
        cluster=f"{fact.subject}/post",
        cohort=Cohort.UPDATED if which else Cohort.NEW,
        form=Form.AS_OF,
        window=Interval(day, day + timedelta(days=1)),
        gold_docs=fact.doc_ids,
        stale_docs=tuple(
            doc for f in others if f.valid_from < fact.valid_from for doc in f.doc_ids
        ),
        facts=facts,
    )


def questions(n_people: int = 12) -> list[Question]:
    """Of every person: the post as of a day of each value, and now in every row that knows it."""
    found: list[Question] = []
    for person in range(n_people):
        facts = facts_of(person)
        period = person % T + 1
        standing = StandingQuestion(
            question_id=f"now-{person}",
            wordings=(f"What is the post of Person {person}?",),
            history=facts,
            cluster=f"Person {person}/post",
        )
        for which in range(len(facts)):
            example = asof(person, facts, which)
            found.append(
                Question(
                    q=len(found), kind="asof", row=None, period=period + which, example=example
                )
            )
        for row, time in enumerate(ROW_TIMES):
            since = ROW_TIMES[row - 1] if row else None
            put = standing.at(time, since=since)
            if put is not None:
                found.append(
                    Question(q=len(found), kind="now", row=row, period=period, example=put)
                )
    nobody = Example(
        example_id="nobody", wordings=("What is the post of <b>Nobody</b> & Sons?",),
        cohort=Cohort.UNANSWERABLE, cluster="nobody",
    )  # fmt: skip
    found.append(Question(q=len(found), kind="asof", row=None, period=1, example=nobody))
    return found


def right(question: Question, row: int, time: datetime) -> Answered:
    """Right as soon as it has been told, and silent before."""
    told = [fact for fact in question.example.facts if fact.is_told_by(time)]
    values = {fact.value for fact in told} & set(question.example.answers)
    lines = _lines([*question.example.gold_docs, *question.example.stale_docs], told)
    if not values:
        return Answered(q=question.q, said="", abstained=True, confidence=0.2, evidence=lines)
    return Answered(q=question.q, said=min(values), confidence=0.9, evidence=lines)


def lagging(question: Question, row: int, time: datetime) -> Answered:
    """The first value it was told, for ever."""
    told = [fact for fact in question.example.facts if fact.is_told_by(time)]
    if not told:
        return Answered(q=question.q, said="beadle", abstained=True, confidence=0.3)
    lines = _lines([doc for fact in told for doc in fact.doc_ids], told)
    return Answered(q=question.q, said=told[0].value, confidence=0.7, evidence=lines)


def mute(question: Question, row: int, time: datetime) -> Answered:
    """Nothing at all."""
    return Answered(q=question.q, said="", abstained=True)


BEHAVIOURS: Mapping[str, Behave] = {"ours": right, "lagging": lagging, "mute": mute}


def write_run(
    folder: Path,
    behaviours: Mapping[str, Behave] = BEHAVIOURS,
    *,
    contamination: str = "",
    asked: list[Question] | None = None,
) -> Path:
    """A whole run folder: every learner, two seeds, two wordings, rows 0 to T."""
    asked = questions() if asked is None else asked
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(_json(_about(tuple(behaviours), contamination)))
    for seed in (0, 1):
        _write(folder / f"questions-{seed}.jsonl", [asdict(question) for question in asked])
        _write(folder / f"documents-{seed}.jsonl", _told(asked))
        for learner, behave in behaviours.items():
            _write(folder / "taught" / learner / f"seed-{seed}.jsonl", _taught(learner))
            for wording in (0, 1):
                for row, time in enumerate(ROW_TIMES):
                    put = [question for question in asked if question.row in (None, row)]
                    cell = Path(learner, f"seed-{seed}-wording-{wording}", f"row-{row}.jsonl")
                    said = [behave(question, row, time) for question in put]
                    _write(folder / "predictions" / cell, [asdict(one) for one in said])
                    _write(folder / "usage" / cell, [_used(one) for one in said])
    return folder


def swapped(question: Question, **changes: Any) -> Question:
    """The question with some of its example's fields changed."""
    return replace(question, example=replace(question.example, **changes))


def _lines(doc_ids: list[str], told: list[Fact]) -> tuple[EvidenceLine, ...]:
    known = {doc: fact for fact in told for doc in fact.doc_ids}
    return tuple(
        EvidenceLine(
            doc_id=doc,
            date=f"{known[doc].valid_from:%Y-%m-%d}",
            text=f"{known[doc].subject} is {known[doc].value} </script><b>now</b>.",
            score=round(1 / rank, 6),
        )
        for rank, doc in enumerate(dict.fromkeys(doc_ids), start=1)
        if doc in known
    )


def _about(learners: tuple[str, ...], contamination: str) -> dict[str, Any]:
    return {
        "stream": {
            "name": "posts", "data": None, "options": {"people": "12"}, "seeds": [0, 1],
            "fingerprint": "0" * 64, "contamination": contamination, "notes": "invented",
        },
        "learners": list(learners),
        "seeds": [0, 1],
        "wordings": [0, 1],
        "limit": None,
        "reading": "perfect",
        "rows": T + 1,
        "row_times": [time.isoformat() for time in ROW_TIMES],
        "periods": [f"quarter {i}" for i in range(1, T + 1)],
        "reader": None,
        "embedder": "hashing",
        "versions": {"python": "3.11", "rag-lifelong": "0.1.0"},
        "machine": {"cpu": "two cores", "system": "Linux"},
        "config": {},
    }  # fmt: skip


def _told(asked: list[Question]) -> list[dict[str, Any]]:
    """Every fact's documents, published when it began and told in the period of that day."""
    facts = {fact for question in asked for fact in question.example.facts}
    return [
        {
            "doc_id": doc_id,
            "period": sum(fact.valid_from >= time for time in ROW_TIMES),
            "published_at": fact.valid_from,
        }
        for fact in sorted(facts, key=lambda fact: fact.doc_ids)
        for doc_id in fact.doc_ids
    ]


def _taught(learner: str) -> list[dict[str, Any]]:
    cost = {"ours": 2e9, "lagging": 5e8}.get(learner, 0.0)
    return [
        {
            "period": period, "flops": cost, "tokens": int(cost / 1e6),
            "state_bytes": int(cost / 1e3) * period, "seconds": 1.5 * period,
            "peak_rss_bytes": 3 * 10**8, "energy_j": 12.5 if cost else None,
        }
        for period in range(1, T + 1)
    ]  # fmt: skip


def _used(answered: Answered) -> dict[str, Any]:
    said = len(answered.said)
    seconds = 0.25 + said / 100
    return {"q": answered.q, "seconds": seconds, "calls": 1, "tokens_in": 200, "tokens_out": said}


def _write(file: Path, lines: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(_json(line) + "\n" for line in lines), encoding="utf-8")


def _json(value: object) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"),
        default=lambda one: one.isoformat(),
    )  # fmt: skip
