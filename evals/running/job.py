"""One learner on one world: its cells, those kept from before, and those that have to be made."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

from pydantic import TypeAdapter, ValidationError

from evals.cost import inference_flops
from evals.ports import Bench, Learner
from evals.running.asking import put_question
from evals.running.cells import Cell, CellCache
from evals.running.equipment import Equipment
from evals.running.folder import RunFolder
from evals.running.keys import Keys
from evals.running.lines import to_line, to_lines
from evals.running.measuring import Observing
from evals.running.spec import LearnerSpec, RunSpec
from evals.running.worlds import World
from evals.runs import Answered, Observed, Question, Used
from evals.runs import Cell as Place
from evals.types import Prediction
from rag_lifelong.errors import EvalError

_DIGITS = 6
_OBSERVED = TypeAdapter(Observed)
_USED = TypeAdapter(Used)

Tell = Callable[[int, str], None]
"""Is told how many cells were made, and what is being done."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a run has to do with one learner and one seed."""

    spec: RunSpec
    learner: LearnerSpec
    world: World
    equipment: Equipment
    cache: CellCache
    folder: RunFolder

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Its cells, in the order they are made."""
        rows = range(len(self.world.told)) if self.spec.rows is None else sorted({*self.spec.rows})
        return tuple(
            Place(self.world.seed, wording, row)
            for row in rows
            for wording in range(self.spec.wordings)
        )

    def place_kept(self) -> tuple[Place, ...]:
        """Put the cells that are kept into the run's folder; return those that are missing.

        Raises:
            EvalError: If the disk fails.
        """
        missing = []
        for place in self.places:
            kept = self.cache.cell(self._keys.cell(place))
            if kept is None:
                # One that an earlier state of the program made must not pass for this one's.
                self.folder.drop_cell(self.learner.text, place)
                missing.append(place)
            else:
                self.folder.put_cell(self.learner.text, place, kept)
        return tuple(missing)

    def make(
        self, missing: tuple[Place, ...], *, observing: Callable[[], Observing], tell: Tell
    ) -> None:
        """Make the cells that are missing; without any, the learner is not made either.

        Each is kept as soon as it is complete. Every period is observed, in order, whichever rows
        are asked.

        Args:
            missing: What `place_kept` returned.
            observing: Gives what measures; called when it is needed.
            tell: Told what is being done.

        Raises:
            EvalError: If the learner cannot be made or its answer cannot be right, or the disk
                fails.
            ModelError: If a model is missing or fails.
        """
        if missing or None in self._observed():
            learner = self.learner.entry.make(self._bench())
            for row in range(len(self.world.told)):
                if row:
                    made = sum(place.row < row for place in missing)
                    tell(made, f"observing {self.world.stream.periods[row - 1].name}")
                    self._observe(learner, row, observing())
                for made, place in enumerate(missing):
                    if place.row == row:
                        self._make_cell(learner, place, partial(tell, made))
        self._put_taught()

    def _observe(self, learner: Learner, row: int, observing: Observing) -> None:
        """Observe a period; what counts is what that took the first time."""
        observed = observing.observe(learner, self.world.stream.periods[row - 1], row)
        key = self._keys.observed(row)
        if _observed_in(self.cache.text(key)) is None:
            self.cache.keep_text(key, to_line(observed))

    def _make_cell(self, learner: Learner, place: Place, tell: Callable[[str], None]) -> None:
        questions = self.world.of_row(place.row)
        answered, used = [], []
        for done, question in enumerate(questions):
            tell(f"row {place.row}, wording {place.wording}: {done}/{len(questions)} asked")
            prediction = self._answer(learner, question, place)
            answered.append(_answered(question.q, prediction))
            used.append(_used(question.q, prediction))
        cell = Cell(to_lines(answered), to_lines(used))
        self.cache.keep_cell(self._keys.cell(place), cell)
        self.folder.put_cell(self.learner.text, place, cell)

    def _answer(self, learner: Learner, question: Question, place: Place) -> Prediction:
        asked = put_question(
            question,
            moment=self.world.stream.row_times[place.row],
            wording=place.wording,
            # Perfect reading looks up what a document says; never which answer is right.
            with_key=self.learner.entry.is_bound or self.spec.reading == "perfect",
        )
        prediction = learner.answer(asked)
        if wrong := _what_is_wrong(prediction):
            example_id = question.example.example_id
            raise EvalError(f"{self.learner.text}, answering {example_id!r}: {wrong}")
        return prediction

    def _put_taught(self) -> None:
        observed = (one for one in self._observed() if one is not None)
        self.folder.put_taught(
            self.learner.text,
            self.world.seed,
            [
                replace(one, answer_flops_per_question=self._answer_flops(one.period))
                for one in observed
            ],
        )

    def _answer_flops(self, row: int) -> float | None:
        """Operations of the language model for a question of a row, on average."""
        cells = [self.cache.cell(self._keys.cell(one)) for one in self.places if one.row == row]
        lines = [line for cell in cells if cell for line in cell.usage.splitlines()]
        used = [_USED.validate_json(line) for line in lines]
        if any(one.flops for one in used):
            return sum(one.flops for one in used) / len(used)
        reads = self.learner.entry.has_reader and self.spec.reading == "llm"
        parameters = self.equipment.reader_parameters() if reads and used else None
        if parameters is None:
            return None
        tokens = sum(one.tokens_in + one.tokens_out for one in used) / len(used)
        return inference_flops(parameters, tokens)

    def _observed(self) -> list[Observed | None]:
        rows = range(1, len(self.world.told))
        return [_observed_in(self.cache.text(self._keys.observed(row))) for row in rows]

    def _bench(self) -> Bench:
        equipment = self.equipment
        return Bench(
            folder=equipment.cache / "learners" / self._keys.folder,
            shared=equipment.cache / "stores" / self._keys.store,
            start=self.world.stream.row_times[0],
            embedder=equipment.embedder,
            reader=equipment.reader,
            config=equipment.config,
            seed=self.world.seed,
            reading=self.spec.reading,
            options=self.learner.options,
        )

    @cached_property
    def _keys(self) -> Keys:
        return Keys.of(self.learner, self.world, self.equipment, reading=self.spec.reading)


def _what_is_wrong(prediction: Prediction) -> str:
    """Why a prediction cannot be kept; empty if it can."""
    sure = prediction.confidence
    if sure is not None and not 0 <= sure <= 1:
        return f"a confidence of {sure} does not lie in [0, 1]"
    if any(not math.isfinite(line.score) for line in prediction.evidence):
        return "the score of its evidence is not a number"
    return ""


def _answered(q: int, prediction: Prediction) -> Answered:
    """What was answered, without the last digits, which differ between machines."""
    sure, signals = prediction.confidence, prediction.signals
    return Answered(
        q=q,
        said=prediction.said,
        abstained=prediction.abstained,
        confidence=None if sure is None else round(sure, _DIGITS),
        evidence=tuple(
            replace(line, score=round(line.score, _DIGITS)) for line in prediction.evidence
        ),
        signals=signals and {name: round(value, _DIGITS) for name, value in signals.items()},
    )


def _used(q: int, prediction: Prediction) -> Used:
    usage = prediction.usage
    return Used(
        q=q,
        seconds=round(usage.seconds, _DIGITS),
        calls=usage.calls,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        flops=usage.flops,
    )


def _observed_in(text: str | None) -> Observed | None:
    try:
        return None if text is None else _OBSERVED.validate_json(text)
    except ValidationError:
        return None
