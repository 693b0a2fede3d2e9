"""How rightly the time in questions is read, and what reading costs.

    python benchmarks/time_grammar.py [--wrong] [--data DIR]

Reads time_questions.toml: precision and recall a category of what is read (window with its
relation, ordinal, anchor, what is asked for), the share of questions read right in all of it, for
the halves the grammar was developed on and not, and the time a question takes. With `--data`
(default: RAG_LIFELONG_DATA) also questions of real sets: the share of those with a year whose
window holds that year, and for TimeQA, whose questions end in a few fixed forms, the share whose
window is the one its form says. `--wrong` prints the questions of the development half that are
misread.
"""

import argparse
import json
import os
import re
import statistics
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

from rag_lifelong.retrieval.time_calendar import months_interval
from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval, year_interval
from rag_lifelong.types import AskedFor, TimeIntent, TimeRelation

QUESTIONS = Path(__file__).with_name("time_questions.toml")
ASKED = datetime(2021, 5, 6, 12, tzinfo=UTC)
INSTANTS = {
    "min": MIN_TIME,
    "max": MAX_TIME,
    "asked": ASKED,
    "asked+1s": ASKED + timedelta(seconds=1),
}


@dataclass(frozen=True)
class Judged:
    """A question of ours and what was read of it."""

    number: int
    category: str
    question: str
    expected: frozenset[tuple[str, str]]
    read: frozenset[tuple[str, str]]


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true", help="print those of development misread")
    parser.add_argument("--data", type=Path, default=os.environ.get("RAG_LIFELONG_DATA"))
    arguments = parser.parse_args()
    judged = list(judge())
    print_table(judged)
    if arguments.wrong:
        print_wrong(judged)
    print(json.dumps({"latency_us": latency(judged)}))
    if arguments.data:
        print(json.dumps(real(Path(arguments.data)), indent=2))


def judge() -> Iterator[Judged]:
    """Every question of ours, read; its language is found from the question alone."""
    number = 0
    for category, asked in tomllib.loads(QUESTIONS.read_text(encoding="utf-8")).items():
        for entry in asked["questions"]:
            intent = parse_time_intent(entry["q"], asked_at=ASKED)
            yield Judged(number, category, entry["q"], expected_of(entry), read_of(intent))
            number += 1


def expected_of(entry: dict[str, str]) -> frozenset[tuple[str, str]]:
    """What should be read, as (what, value)."""
    parts = {(key, entry[key]) for key in ("ordinal", "anchor", "asks") if key in entry}
    if "window" in entry:
        start, end = (
            INSTANTS.get(word) or datetime.fromisoformat(word).replace(tzinfo=UTC)
            for word in entry["window"].split()
        )
        parts.add(("window", f"{entry['relation']} {start.isoformat()} {end.isoformat()}"))
    return frozenset(parts)


def read_of(intent: TimeIntent) -> frozenset[tuple[str, str]]:
    """What was read, as (what, value)."""
    parts = set()
    if intent.window is not None:
        start, end = intent.window.start.isoformat(), intent.window.end.isoformat()
        parts.add(("window", f"{intent.relation} {start} {end}"))
    if intent.ordinal is not None:
        parts.add(("ordinal", f"{intent.ordinal.counted_from} {intent.ordinal.place}"))
    if intent.anchor is not None:
        parts.add(("anchor", f"{intent.anchor.relation}: {intent.anchor.event}"))
    if intent.asks is not AskedFor.FACT:
        parts.add(("asks", str(intent.asks)))
    return frozenset(parts)


def print_table(judged: list[Judged]) -> None:
    """Precision, recall and share read right, by category and half."""
    print(f"{'category':20}{'n':>4}{'precision':>11}{'recall':>8}{'right':>7}")
    for category in dict.fromkeys(one.category for one in judged):
        print_row(category, [one for one in judged if one.category == category])
    print_row("all", judged)
    print_row("development", [one for one in judged if one.number % 2 == 0])
    print_row("held out", [one for one in judged if one.number % 2])


def print_row(name: str, judged: list[Judged]) -> None:
    """One line of the table; a share of nothing is a dash."""
    hits = sum(len(one.expected & one.read) for one in judged)
    n_read, n_expected = sum(len(one.read) for one in judged), sum(len(o.expected) for o in judged)
    right = sum(one.expected == one.read for one in judged)
    precision, recall = share(hits, n_read), share(hits, n_expected)
    print(f"{name:20}{len(judged):4}{precision:>11}{recall:>8}{share(right, len(judged)):>7}")


def share(part: int, whole: int) -> str:
    """A share in three digits."""
    return f"{part / whole:.3f}" if whole else "-"


def print_wrong(judged: list[Judged]) -> None:
    """Each question of the development half misread: what is missing and what is too much."""
    for one in judged:
        if one.expected != one.read and one.number % 2 == 0:
            print(f"{one.category}: {one.question}")
            print(f"    missing {sorted(one.expected - one.read)}")
            print(f"    too much {sorted(one.read - one.expected)}")


def latency(judged: list[Judged], rounds: int = 5) -> dict[str, float]:
    """Processor time a question, of our questions, in microseconds."""
    taken = []
    for one in judged:
        start = time.process_time_ns()
        for _ in range(rounds):
            parse_time_intent(one.question, asked_at=ASKED)
        taken.append((time.process_time_ns() - start) / rounds / 1000)
    quantiles = statistics.quantiles(taken, n=20)
    return {"p50": round(quantiles[9]), "p95": round(quantiles[18]), "max": round(max(taken))}


def real(data: Path) -> dict[str, Any]:
    """Shares of real questions read right."""
    asked = {name: list(read(data)) for name, read in SETS.items()}
    shares: dict[str, Any] = {name: year_share(rows) for name, rows in asked.items()}
    shares["timeqa_forms"] = form_shares(asked["timeqa"])
    return shares


def realtimeqa(data: Path) -> Iterator[tuple[str, datetime]]:
    """Questions of RealTime QA, each asked on its day."""
    for row in lines(data / "realtimeqa/questions.jsonl"):
        yield row["question"], moment(row["question_time"])


def clark(data: Path) -> Iterator[tuple[str, datetime]]:
    """Questions of CLARK, each asked at its date."""
    for row in lines(data / "clark/questions.jsonl"):
        yield row["question"], moment(row["question_time"])


def timeqa(data: Path) -> Iterator[tuple[str, datetime]]:
    """Questions of TimeQA, which are asked of no day."""
    pages = json.loads((data / "timeqa/human_annotated_train.json").read_text(encoding="utf-8"))
    for page in pages:
        for question, _ in page["questions"]:
            yield question, datetime(2021, 1, 1, tzinfo=UTC)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL file."""
    with path.open(encoding="utf-8") as rows:
        yield from map(json.loads, rows)


def moment(text: str) -> datetime:
    """A day or instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def year_share(asked: list[tuple[str, datetime]]) -> dict[str, Any]:
    """Of questions with a year: those whose window begins or ends in one, or next to it."""
    n = hits = 0
    for question, at in asked:
        years = {int(year) for year in YEAR.findall(question)}
        if not years:
            continue
        n += 1
        window = parse_time_intent(question, asked_at=at).window
        if window is not None:
            edges = {window.start.year, (window.end - timedelta(seconds=1)).year}
            edges |= {window.start.year - 1, window.end.year}
            hits += bool(edges & years)
    return {"questions": len(asked), "with_year": n, "read": share(hits, n)}


def form_shares(asked: list[tuple[str, datetime]]) -> dict[str, str]:
    """Of each form TimeQA's questions end in, the share whose relation and window it says."""
    counts: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for question, at in asked:
        if form := FORM.search(question):
            name = "from to" if form["lead"] == "from" else form["lead"]
            counts[name] += 1
            intent = parse_time_intent(question, asked_at=at)
            right[name] += (intent.relation, intent.window) == meaning(form, at)
    return {name: f"{share(right[name], n)} of {n}" for name, n in counts.most_common()}


def meaning(form: re.Match[str], at: datetime) -> tuple[TimeRelation, Interval]:
    """The relation and window of a form, in the terms of the grammar."""
    one = period(form["one"])
    match form["lead"]:
        case "before":
            return TimeRelation.BEFORE, Interval(MIN_TIME, one.start)
        case "after":
            return TimeRelation.AFTER, Interval(one.end, at if one.end <= at else MAX_TIME)
        case "in":
            return TimeRelation.DURING, one
    two = period(form["two"])  # A few are the wrong way round.
    return TimeRelation.DURING, Interval(min(one.start, two.start), max(one.end, two.end))


def period(text: str) -> Interval:
    """A year, or a month of one."""
    *month, year = text.split()
    if not month:
        return year_interval(int(year))
    return months_interval(int(year), MONTHS.index(month[0][:3].lower()) + 1, 1)


SETS = {"realtimeqa": realtimeqa, "clark": clark, "timeqa": timeqa}
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
YEAR = re.compile(r"(?<![\d.,-])(?:1\d|20)\d\d(?![\d.,-]\d|\d)")
_PERIOD = r"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* )?\d{4}"
FORM = re.compile(
    rf"\b(?:(?P<lead>from|between|in|before|after) )(?P<one>{_PERIOD})"
    rf"(?: (?:to|and) (?P<two>{_PERIOD}))?\?$"
)

if __name__ == "__main__":
    main()
