"""Runs an evaluation: every learner on every seed, into a folder; what was made is kept."""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from evals.running.asking import telling
from evals.running.cells import CellCache
from evals.running.choosing import Choice, choose_learners
from evals.running.equipment import Equipment
from evals.running.folder import RunFolder
from evals.running.identity import settings_of, this_program
from evals.running.job import Job
from evals.running.measuring import Observing
from evals.running.spec import RunSpec
from evals.running.worlds import World, load_worlds


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is."""

    done: int
    """Cells."""
    total: int
    doing: str
    """What is being done, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a run."""

    learners: tuple[str, ...]
    left_out: dict[str, str]
    """Learners that do not apply, and why."""
    cells: int
    made: int
    """Cells that were not kept from before."""


def run(
    spec: RunSpec,
    folder: Path,
    *,
    equipment: Equipment,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Ran:
    """Evaluate: let every learner observe each period and ask it everything before and after.

    A run that was stopped in any way goes on where it was when it is run again, and ends with the
    same questions, predictions and `run.json` as one that was not.

    Args:
        spec: What is run.
        folder: Where it is written; `evals.runs` reads it.
        equipment: Models, settings, and where what was made is kept.
        progress: Told while it goes on.

    Raises:
        EvalError: If it cannot run as asked, or a learner fails.
        ModelError: If a model is missing or fails.
    """
    worlds = load_worlds(spec)
    choice = choose_learners(spec, worlds[0].stream)
    out = RunFolder(folder)
    with out.locked():
        out.begin(_about(spec, worlds, choice, equipment))
        for world in worlds:
            out.put_questions(world.seed, world.questions)
            out.put_documents(world.seed, telling(world.stream, world.questions))
        cache = CellCache(equipment.cache / "cells")
        jobs = [
            Job(
                spec=spec,
                learner=learner,
                world=world,
                equipment=equipment,
                cache=cache,
                folder=out,
            )
            for world in worlds
            for learner in choice.learners
        ]
        cells, made = _work_off(jobs, equipment, progress)
    names = tuple(learner.text for learner in choice.learners)
    return Ran(learners=names, left_out=choice.left_out, cells=cells, made=made)


def _work_off(
    jobs: list[Job], equipment: Equipment, progress: Callable[[Progress], None]
) -> tuple[int, int]:
    """Do the jobs one after another; how many cells there are, and how many were made."""
    observing = lru_cache(maxsize=1)(lambda: Observing(has_energy_meter=equipment.has_energy_meter))
    missing = [job.place_kept() for job in jobs]
    total = sum(len(job.places) for job in jobs)
    to_make = sum(len(places) for places in missing)
    done = total - to_make
    for job, places in zip(jobs, missing, strict=True):
        who = f"{job.learner.text}, seed {job.world.seed}"

        def tell(made: int, doing: str, who: str = who, done: int = done) -> None:
            progress(Progress(done=done + made, total=total, doing=f"{who}, {doing}"))

        job.make(places, observing=observing, tell=tell)
        done += len(places)
    progress(Progress(done=total, total=total, doing="all are there"))
    return total, to_make


def _about(
    spec: RunSpec, worlds: tuple[World, ...], choice: Choice, equipment: Equipment
) -> dict[str, Any]:
    """What `run.json` tells; the same each time the same is run."""
    stream = worlds[0].stream
    rows = list(range(len(stream.row_times)))
    return {
        "stream": {
            "name": spec.stream,
            "data": None if spec.data is None else str(spec.data),
            "options": dict(spec.options),
            "seeds": [world.seed for world in worlds],
            "fingerprints": [world.fingerprint for world in worlds],
            "fingerprint": worlds[0].fingerprint,
            "contamination": stream.contamination,
            "notes": stream.notes,
        },
        "learners": [learner.text for learner in choice.learners],
        "learner_options": {
            learner.text: dict(learner.options) for learner in choice.learners if learner.options
        },
        "left_out": choice.left_out,
        "seeds": [world.seed for world in worlds],
        "wordings": list(range(spec.wordings)),
        "limit": spec.limit,
        "reading": spec.reading,
        "rows": len(rows),
        "rows_asked": rows if spec.rows is None else sorted({*spec.rows}),
        "row_times": list(stream.row_times),
        "periods": [period.name for period in stream.periods],
        "reader": equipment.reader_id if spec.reading == "llm" else None,
        "embedder": equipment.embedder_id,
        "config": settings_of(equipment.config),
        "code": this_program().code,
        "versions": this_program().libraries,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
        },
    }
