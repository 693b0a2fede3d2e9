"""The main job on real input: ingest `examples/corpus`, then ask six questions about it.

Prints each answer with its dated citations and times, and exits with 1 if one is not right.

    python examples/demo.py [--store DIR] [--questions FILE]
"""

import argparse
import json
import sys
from pathlib import Path

from evals.metrics.answers import exact_match
from rag_lifelong.cli.console import err, out
from rag_lifelong.cli.show import answer_card
from rag_lifelong.config import load_config
from rag_lifelong.system import System
from rag_lifelong.temporal import parse_when
from rag_lifelong.types import Answer

HERE = Path(__file__).parent


def main() -> int:
    """Run the demo; return the number of questions not answered right."""
    arguments = argparse.ArgumentParser(description="Ingest the example corpus and ask about it.")
    arguments.add_argument("--store", type=Path, default=HERE.parent / ".rag-lifelong" / "demo")
    arguments.add_argument("--questions", type=Path, default=HERE / "questions.jsonl")
    options = arguments.parse_args()

    system = System(load_config(flags={"store": options.store}))
    out.print("[bold]Ingesting examples/corpus[/bold]")
    with err.status("ingesting …"):
        report = system.ingest([HERE / "corpus"])
    out.print(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.closed} closed, {len(report.skipped)} skipped; "
        f"{report.chunks_embedded} chunks embedded in {report.seconds:.1f} s"
    )

    lines = options.questions.read_text(encoding="utf-8").splitlines()
    n_right = 0
    for number, case in enumerate(map(json.loads, lines), start=1):
        as_of = None if case["as_of"] is None else parse_when(case["as_of"])[0]
        flag = f"  --as-of {case['as_of']}" if case["as_of"] else ""
        out.rule(f"{number}. {case['question']}{flag}", align="left")
        with err.status("thinking …"):
            given = system.ask(case["question"], as_of=as_of)
        answer_card(given, now=system.now())
        if is_right(given, case["answers"], abstain=case["abstain"]):
            n_right += 1
            out.print("[green]✓ right[/green]")
        else:
            out.print(f"[red]✗ expected {case['answers'] or 'an abstention'}[/red]")
    out.rule()
    out.print(f"{n_right} of {len(lines)} right")
    return len(lines) - n_right


def is_right(given: Answer, golds: list[str], *, abstain: bool) -> bool:
    """Whether the answer equals a right one, or abstains where it must."""
    if given.abstained or abstain:
        return given.abstained and abstain
    return exact_match(given.text, golds)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
