"""The questions behind the numbers, for looking at them one by one in the page."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.runs import Answered, Cell, Question, Run
from evals.scoring import Scores

LIMIT = 1500
"""Most answers a page holds, all learners together; more make it slow to open."""
_TEXT = 600
"""Most characters of a line of evidence."""
_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsed:
    """What the page's browser of questions holds."""

    notice: str
    """Which questions these are."""
    data: Mapping[str, Any]
    """`learners`, `questions` with each learner's answer, and the `texts` of the evidence."""


def browsed(run: Run, scores: Mapping[str, Scores], *, limit: int = LIMIT) -> Browsed:
    """The questions after the last period, of the first seed in the first wording.

    Where there are more than the page can hold, those of the least hashes of their names are taken:
    the same for every learner, whatever was answered.
    """
    cell = _last_cell(run)
    asked = [q for q in run.questions(cell.seed).values() if q.row in (None, cell.row)]
    kept = _fewer(asked, max(1, limit // max(1, len(run.learners))))
    texts: dict[tuple[str, str, str], int] = {}
    answered = [_answered(run, scores[name], cell, kept, texts) for name in run.learners]
    questions = [
        _question(question, run, cell) | {"answered": [one.get(question.q) for one in answered]}
        for question in kept
    ]
    part = "All" if len(kept) == len(asked) else f"{len(kept)} of the"
    notice = (
        f"{part} {len(asked)} questions asked after the last period, of seed {cell.seed} and "
        f"wording {cell.wording}"
    )
    if len(kept) < len(asked):
        notice += ", drawn by a hash of their names; the run's files hold the others"
    return Browsed(
        notice=f"{notice}.",
        data={"learners": run.learners, "questions": questions, "texts": list(texts)},
    )


def _last_cell(run: Run) -> Cell:
    cells = [cell for learner in run.learners for cell in run.cells(learner)]
    row = max((cell.row for cell in cells), default=0)
    return min((cell for cell in cells if cell.row == row), default=Cell(run.seeds[0], 0, 0))


def _fewer(asked: Sequence[Question], most: int) -> list[Question]:
    def place(question: Question) -> str:
        return hashlib.sha256(question.example.example_id.encode()).hexdigest()

    return sorted(sorted(asked, key=place)[:most], key=lambda question: question.q)


def _question(question: Question, run: Run, cell: Cell) -> dict[str, Any]:
    example = question.example
    wording = cell.wording % len(example.wordings)
    return {
        "id": example.example_id,
        "question": example.wordings[wording],
        "answers": example.answers,
        "superseded": example.superseded,
        "asked_at": f"{example.asked_at or run.row_times[cell.row]:%Y-%m-%d}",
        "period": run.periods[question.period - 1],
        "kind": {"asof": "as of a time", "now": "of the present"}[question.kind],
        "cohort": example.cohort.value,
        "form": example.form.value.replace("_", " "),
        "gold_docs": example.gold_docs,
        "stale_docs": example.stale_docs,
    }


def _answered(
    run: Run,
    scores: Scores,
    cell: Cell,
    kept: Sequence[Question],
    texts: dict[tuple[str, str, str], int],
) -> dict[int, dict[str, Any]]:
    if cell not in run.cells(scores.learner):
        return {}
    answers = run.answers(scores.learner, cell)
    here = scores.only(seed=cell.seed, wording=cell.wording, row=cell.row)
    verdicts = {
        q: _verdict(em=em, stale=stale, abstained=abstained)
        for q, em, stale, abstained in zip(
            here.labels["q"], here["em"], here["stale"], here["abstained"], strict=True
        )
    }
    return {
        question.q: {
            "said": answers[question.q].said,
            "confidence": answers[question.q].confidence,
            "verdict": verdicts[question.q],
            "evidence": _evidence(answers[question.q], texts),
        }
        for question in kept
    }


def _verdict(*, em: float, stale: float, abstained: float) -> str:
    if em == 1:
        return "right"
    if abstained == 1:
        return "abstained"
    return "stale" if stale == 1 else "wrong"


def _evidence(
    answered: Answered, texts: dict[tuple[str, str, str], int]
) -> list[tuple[int, float]]:
    return [
        (texts.setdefault((line.doc_id, line.date, line.text[:_TEXT]), len(texts)), line.score)
        for line in answered.evidence[:_LINES]
    ]
