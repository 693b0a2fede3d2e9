"""How rightly the time in questions is read, and what reading costs.

    python benchmarks/time_grammar.py [--wrong] [--data DIR]

Reads time_questions.toml: precision and recall a category of what is read (window with its
relation, ordinal, anchor, what is asked for) with Wilson's 95 % intervals (Wilson 1927,
doi:10.1080/01621459.1927.10502953), the share of questions read right in all of it, for the halves
the grammar was developed on and not, and the time a question takes.

With `--data` (default: RAG_LIFELONG_DATA) also questions of real sets: those of RealTime QA that
carry a year, by the labels of time_benchmarks.toml, and all of TimeQA, whose published forms say
the time ("from 1811 to 1827"); the odd rest is labelled too. There a time is a relation and its
window, both to be right; what holds now counts as none. `--wrong` prints the questions of the
development halves that are misread.
"""

import argparse
import json
import os
import re
import statistics
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from scipy import stats

sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

from rag_lifelong.retrieval.time_grammar import parse_time_intent
from rag_lifelong.temporal import MAX_TIME, MIN_TIME, Interval
from rag_lifelong.types import AskedFor, TimeIntent, TimeRelation

QUESTIONS = Path(__file__).with_name("time_questions.toml")
LABELS = Path(__file__).with_name("time_benchmarks.toml")
ASKED = datetime(2021, 5, 6, 12, tzinfo=UTC)
TIMEQA_ASKED = datetime(2021, 1, 1, tzinfo=UTC)
"""TimeQA's questions are asked of no day; its pages were read before this one."""


@dataclass(frozen=True)
class Judged:
    """A question and what was read of it, as (what, value)."""

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
    ours = list(judge())
    sets = {"ours": ours}
    if arguments.data:
        sets |= real(Path(arguments.data))
    print_header()
    for category in dict.fromkeys(one.category for one in ours):
        print_row(category, [one for one in ours if one.category == category])
    for name, judged in sets.items():
        print_halves(name, judged)
    if arguments.wrong:
        for judged in sets.values():
            print_wrong(judged)
    print(json.dumps({"latency_us": latency(ours)}))


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
        parts.add(said(f"{entry['relation']} {entry['window']}", ASKED))
    return frozenset(parts)


def said(label: str, at: datetime) -> tuple[str, str]:
    """The part that a label "RELATION START END" is, of a question asked at a time."""
    relation, *ends = label.split()
    instants = {"min": MIN_TIME, "max": MAX_TIME, "asked": at, "asked+1s": at + SECOND}
    start, end = (
        instants.get(word) or datetime.fromisoformat(word).replace(tzinfo=UTC) for word in ends
    )
    return window_of(relation, Interval(start, end))


def window_of(relation: str, window: Interval) -> tuple[str, str]:
    """A window and the relation to it as a part."""
    return "window", f"{relation} {window.start.isoformat()} {window.end.isoformat()}"


def read_of(intent: TimeIntent) -> frozenset[tuple[str, str]]:
    """What was read, as (what, value)."""
    parts = set()
    if intent.window is not None:
        parts.add(window_of(intent.relation, intent.window))
    if intent.ordinal is not None:
        parts.add(("ordinal", f"{intent.ordinal.counted_from} {intent.ordinal.place}"))
    if intent.anchor is not None:
        parts.add(("anchor", f"{intent.anchor.relation}: {intent.anchor.event}"))
    if intent.asks is not AskedFor.FACT:
        parts.add(("asks", str(intent.asks)))
    return frozenset(parts)


def print_header() -> None:
    """What the columns of the table are."""
    print(f"{'questions':23}{'n':>5}{'precision':>29}{'recall':>29}{'right':>7}")


def print_halves(name: str, judged: list[Judged]) -> None:
    """The rows of a set: all of it, and the halves."""
    print_row(name, judged)
    print_row("  development", [one for one in judged if one.number % 2 == 0])
    print_row("  held out", [one for one in judged if one.number % 2])


def print_row(name: str, judged: list[Judged]) -> None:
    """One line of the table."""
    hits = sum(len(one.expected & one.read) for one in judged)
    n_read, n_expected = sum(len(one.read) for one in judged), sum(len(o.expected) for o in judged)
    right = sum(one.expected == one.read for one in judged)
    precision, recall = interval(hits, n_read), interval(hits, n_expected)
    print(f"{name:23}{len(judged):5}{precision:>29}{recall:>29}{right / len(judged):7.3f}")


def interval(part: int, whole: int) -> str:
    """A share of how many, with its 95 % interval; a share of nothing is a dash."""
    if not whole:
        return "-"
    share = stats.binomtest(part, whole).proportion_ci(method="wilson")
    return f"{part / whole:.3f} [{share.low:.3f} {share.high:.3f}] of {whole}"


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


def real(data: Path) -> dict[str, list[Judged]]:
    """Questions of real sets, read; CLARK's carry no year."""
    labels = tomllib.loads(LABELS.read_text(encoding="utf-8"))
    return {
        "realtimeqa": list(realtimeqa(data, labels["realtimeqa"])),
        "timeqa": list(timeqa(data, labels["timeqa"])),
    }


def realtimeqa(data: Path, labels: dict[str, str]) -> Iterator[Judged]:
    """Questions of RealTime QA that carry a year, each asked on its day."""
    rows = (
        row for row in lines(data / "realtimeqa/questions.jsonl") if YEAR.search(row["question"])
    )
    for number, row in enumerate(rows):
        at = datetime.fromisoformat(row["question_time"]).replace(tzinfo=UTC)
        yield judged_by(labels[row["qid"]], number, "realtimeqa", row["question"], at)


def timeqa(data: Path, labels: dict[str, str]) -> Iterator[Judged]:
    """Questions of TimeQA, without the few whose years are mangled."""
    pages = json.loads((data / "timeqa/human_annotated_train.json").read_text(encoding="utf-8"))
    questions = [question for page in pages for question, _ in page["questions"]]
    for number, question in enumerate(questions):
        label = labels.get(str(number)) or published(question)
        if label != "unclear":
            yield judged_by(label, number, "timeqa", question, TIMEQA_ASKED)


def judged_by(label: str, number: int, category: str, question: str, at: datetime) -> Judged:
    """A question and its label, read; what is read as being about now is no time read."""
    intent = parse_time_intent(question, asked_at=at)
    is_dated = intent.window is not None and intent.relation is not TimeRelation.NOW
    return Judged(
        number,
        category,
        question,
        expected=frozenset() if label == "none" else frozenset({said(label, at)}),
        read=frozenset({window_of(intent.relation, intent.window)}) if is_dated else frozenset(),
    )


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL file."""
    with path.open(encoding="utf-8") as rows:
        yield from map(json.loads, rows)


def published(question: str) -> str:
    """The label of a question in one of the two forms TimeQA publishes: "in A?", "from A to B".

    Raises:
        ValueError: If it is in neither.
    """
    if form := IN.search(question):
        start, end = days(form["period"])
        return f"during {start} {end}"
    (form,) = FROM.finditer(question)
    one, two = days(form["one"]), days(form["two"])
    first, last = (one, two) if one[0] < two[1] else (two, one)  # a few are the wrong way round
    return f"during {first[0]} {last[1]}"


def days(period: str) -> tuple[date, date]:
    """The first day of a year, or of a month of one, and the first day after it."""
    *month, year = period.split()
    if not month:
        return date(int(year), 1, 1), date(int(year) + 1, 1, 1)
    first = date(int(year), MONTHS.index(month[0][:3].lower()) + 1, 1)
    return first, (first + timedelta(31)).replace(day=1)


MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
SECOND = timedelta(seconds=1)
YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_PERIOD = r"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* )?\d{4}"
IN = re.compile(rf"\bin (?P<period>{_PERIOD})\W*$", re.IGNORECASE)
FROM = re.compile(rf"\bfrom (?P<one>{_PERIOD}) to (?P<two>{_PERIOD})\b", re.IGNORECASE)

if __name__ == "__main__":
    main()
