"""What a question costs before anything is read, stage by stage.

    python benchmarks/asking.py --store DIR --questions FILE [--set rerank=10 ...]

Asks every question of FILE once (one a line, or JSON lines with a "question"), after the first has
been asked once to load the models and the store. Each is asked now, of a snapshot of its own, as a
command does. `--set` changes a setting of `[retrieval]`. Prints a Markdown table: of each stage the
median and the 95th percentile in milliseconds, and of how many questions it was a part.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

# This folder holds a script with the name of a package, which it would hide.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

import numpy as np

from indexes.snapshot import StoreSnapshot
from rag_lifelong.config import Config, RetrievalConfig, load_config
from rag_lifelong.loading import ModelLoader
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.retrieval.retriever import retrieve


def main() -> None:
    """Ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--set", nargs="*", default=[])
    options = parser.parse_args()
    config = load_config(flags={"store": options.store})
    changes = dict(change.split("=", 1) for change in options.set)
    settings = RetrievalConfig.model_validate(config.retrieval.model_dump() | changes)
    seconds = measure(
        config.model_copy(update={"retrieval": settings}), read_questions(options.questions)
    )
    sys.stdout.write(table(seconds))


def read_questions(path: Path) -> list[str]:
    """The questions of a file, each once and in order."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    asked = (json.loads(line)["question"] if line.startswith("{") else line for line in lines)
    return list(dict.fromkeys(filter(None, asked)))


def measure(config: Config, questions: Sequence[str]) -> dict[str, list[float]]:
    """Seconds of each stage, and of all (`total`), for each question it was a part of."""
    loader = ModelLoader(config)
    seconds = defaultdict(list)
    for number, question in enumerate([questions[0], *questions]):
        started = time.perf_counter()
        with StoreSnapshot(config.store) as snapshot:
            encoders = loader.encoders(snapshot.embedding_model)
            opened = time.perf_counter()
            moment = Moment(asked_at=datetime.now(UTC))
            found = retrieve(question, moment, snapshot, encoders, config.retrieval)
        if number:
            stages = {"open": opened - started, **found.timings_s}
            for stage, spent in {**stages, "total": time.perf_counter() - started}.items():
                seconds[stage].append(spent)
    return dict(seconds)


def table(seconds: dict[str, list[float]]) -> str:
    """The table in Markdown."""
    rows = ["| stage | p50 ms | p95 ms | questions |", "|---|--:|--:|--:|"]
    # A stage that the first question lacks is not to come after the total.
    for stage in sorted(seconds, key=lambda stage: stage == "total"):
        p50, p95 = 1e3 * np.percentile(seconds[stage], [50, 95])
        rows.append(f"| {stage} | {p50:.1f} | {p95:.1f} | {len(seconds[stage])} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
