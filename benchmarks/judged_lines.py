"""Reads lines of evidence one by one and judges what is read, for `benchmarks/calibrate.py`.

    python benchmarks/judged_lines.py STREAM --data DIR [-o KEY=VALUE …] [--but KEY=VALUE …]
        [--rows 1,3,5] [--n 60] [--seed 7] --out ANSWERS.json

Of what a benchmark asks in the rows named (by default the last), `--n` questions are drawn. Each
is put to the product, and the lines that it would read where none gave an answer are all read. An
answer is right if it lies within one of the question's or one of these within it, and not so with
one that is superseded. With `--but sample=400` the questions that the benchmark asks with that
option too are left out, so that what is reported is not what was fitted on.

The settings are those of the program; `RAG_LIFELONG_READER__ATTEMPTS=3` reads three lines.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

from evals.learners.ours import Ours
from evals.metrics.answers import part_match
from evals.ports import Bench
from evals.running.asking import put_question
from evals.running.equipment import Equipment, configured_equipment
from evals.running.keys import Keys
from evals.running.spec import LearnerSpec, RunSpec
from evals.running.worlds import World, load_worlds
from evals.runs import Question
from rag_lifelong.answering.grounds import why_not_read
from rag_lifelong.answering.reading import readings
from rag_lifelong.config import load_config
from rag_lifelong.stopwatch import Stopwatch

LEARNER = LearnerSpec.parse("ours")


def main(arguments: argparse.Namespace) -> None:
    """Draw, read, judge, and write."""
    world = _world(arguments, arguments.option)
    last = len(world.stream.periods)
    rows = [last] if arguments.rows is None else [int(row) for row in arguments.rows.split(",")]
    left_out = set()
    if arguments.but:
        named = _world(arguments, [*arguments.option, *arguments.but])
        left_out = {question.example.example_id for question in named.questions}
    asked = [
        (row, question)
        for row in rows
        for question in world.of_row(row)
        if question.example.example_id not in left_out
    ]
    random.Random(arguments.seed).shuffle(asked)
    drawn = sorted(asked[: arguments.n], key=lambda one: (one[0], one[1].q))
    judged = list(_judged(world, drawn, configured_equipment(load_config())))
    arguments.out.write_text(json.dumps(judged, indent=1), encoding="utf-8")
    right = sum(one["right"] for one in judged)
    print(f"{len(drawn)} questions, {len(judged)} answers, {right} right: {arguments.out}")


def _world(arguments: argparse.Namespace, options: list[str]) -> World:
    given = dict(option.split("=", 1) for option in options)
    spec = RunSpec(
        stream=arguments.stream, data=arguments.data, options=given, learners=(LEARNER,), seeds=1
    )
    return load_worlds(spec)[0]


def _judged(
    world: World, drawn: list[tuple[int, Question]], equipment: Equipment
) -> Iterator[dict[str, Any]]:
    """Each answer that the words of its line do not rule out."""
    keys = Keys.of(LEARNER, world, equipment, reading="llm")
    learner = Ours(
        Bench(
            folder=equipment.cache / "learners" / keys.folder,
            shared=equipment.cache / "stores" / keys.store,
            start=world.stream.row_times[0],
            embedder=equipment.embedder,
            reader=equipment.reader,
            config=equipment.config,
        )
    )
    reader, told = equipment.reader(), 0
    settings = equipment.config.reader
    for number, (row, question) in enumerate(drawn, start=1):
        for period in world.stream.periods[told:row]:
            learner.observe(period)
        told = max(told, row)
        example = question.example
        asked = put_question(question, moment=world.stream.row_times[row], wording=0)
        found, moment = learner.retrieved(asked)
        print(f"{number}/{len(drawn)} {asked.question}", file=sys.stderr)
        if why_not_read(found, moment, equipment.config.retrieval.min_support):
            continue
        for reading in readings(asked.question, found, reader, settings, Stopwatch()):
            said = reading.said
            if said is not None and said.signals is not None:
                yield {
                    "signals": asdict(said.signals),
                    "right": part_match(said.text, example.answers, example.superseded),
                    "cluster": f"{world.stream.name}/{example.cluster or example.example_id}",
                }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stream", help="a benchmark that `eval list` names")
    parser.add_argument("--data", type=Path, help="where its files lie")
    parser.add_argument("-o", "--option", action="append", default=[], help="KEY=VALUE")
    parser.add_argument("--but", action="append", default=[], help="KEY=VALUE")
    parser.add_argument("--rows", help="as 1,3,5; by default the last")
    parser.add_argument("--n", type=int, default=60, help="how many questions")
    parser.add_argument("--seed", type=int, default=7, help="draws them")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    main(parser.parse_args())
