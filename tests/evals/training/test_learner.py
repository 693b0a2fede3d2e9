"""A taught model as a learner: what is kept, what is asked again, and what an answer costs."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from evals.baselines.bounds.sequential import Sequential
from evals.running.keys import Keys
from evals.running.runner import run
from evals.running.spec import LearnerSpec, RunSpec
from evals.running.worlds import World
from evals.runs import Run
from evals.training.learner import TaughtLearner
from evals.training.strategy import Lesson
from evals.training.tiny.pretraining import pretrain
from evals.training.tiny.recipe import MICRO
from tests.evals.baselines.conftest import small_student, weights
from tests.evals.learners.benches import FIRST, NOW, SECOND, asked, bench
from tests.evals.running.fakes import equipment, load

SETTINGS = {
    "epochs": "3", "batch": "2", "lr": "5e-3", "data": "raw", "max_tokens": "48", "model": "small",
}  # fmt: skip
MAYOR = asked(NOW, "2022-01-01", key=False)


class Noted(Sequential):
    """Remembers what was taught, by whichever learner; choosing a part costs 1,000 tokens."""

    def begin_period(self, lesson: Lesson) -> None:
        LESSONS_TAUGHT.append(lesson.name)

    def route(self, question: str, asked_at: datetime) -> None:
        with torch.no_grad():
            self.student.count(1_000)


LESSONS_TAUGHT: list[str] = []


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same small model each time one is loaded, and nothing taught yet."""

    def loaded(*_: object, **__: object) -> SimpleNamespace:
        student = small_student()
        return SimpleNamespace(model=student.model, tokenizer=student.tokenizer)

    torch.set_num_threads(1)
    monkeypatch.setattr("evals.training.learner.load_model", loaded)
    LESSONS_TAUGHT.clear()


def learner(folder: Path, **options: str) -> TaughtLearner:
    return TaughtLearner(bench(folder, **{**SETTINGS, **options}), Noted)


def state(one: TaughtLearner, number: int) -> torch.Tensor:
    return weights(one._bring_to(number).student)


def test_every_second_sample_can_be_left_out(tmp_path: Path):
    every, second = (
        learner(tmp_path / n, every=n, data="augmented", epochs="1").observe(FIRST).tokens
        for n in ("1", "2")
    )
    assert 0 < second < every


def test_what_was_killed_between_two_periods_goes_on_to_the_same_weights(tmp_path: Path):
    whole = learner(tmp_path / "whole")
    took = [whole.observe(FIRST), whole.observe(SECOND)]
    learner(tmp_path / "killed").observe(FIRST)
    LESSONS_TAUGHT.clear()

    again = learner(tmp_path / "killed")
    assert [again.observe(FIRST), again.observe(SECOND)] == took
    assert [SECOND.name] == LESSONS_TAUGHT
    assert torch.equal(state(again, 2), state(whole, 2))


def test_what_was_killed_before_a_periods_numbers_were_kept_teaches_it_again(tmp_path: Path):
    one = learner(tmp_path)
    first = one.observe(FIRST)
    numbers = tmp_path / "own" / "taught.json"
    before = tmp_path / "before.json"
    shutil.copy(numbers, before)
    second = one.observe(SECOND)
    end = state(one, 2)
    shutil.copy(before, numbers)

    again = learner(tmp_path)
    assert [again.observe(FIRST), again.observe(SECOND)] == [first, second]
    assert torch.equal(state(again, 2), end)


def test_what_is_kept_is_not_taught_again(tmp_path: Path):
    one = learner(tmp_path)
    one.observe(FIRST)
    said = one.answer(MAYOR)
    LESSONS_TAUGHT.clear()

    again = learner(tmp_path)
    again.observe(FIRST)
    found = again.answer(MAYOR)
    assert LESSONS_TAUGHT == []
    assert (found.said, found.confidence) == (said.said, said.confidence)


def test_asked_about_an_earlier_period_it_is_taught_again_and_says_the_same(tmp_path: Path):
    one = learner(tmp_path)
    one.observe(FIRST)
    early, early_state = one.answer(MAYOR), state(one, 1)
    one.observe(SECOND)
    assert not torch.equal(state(one, 2), early_state)
    kept = (tmp_path / "own" / "strategy.pt").read_bytes()

    again = learner(tmp_path)
    again.observe(FIRST)
    assert again.answer(MAYOR).confidence == early.confidence
    assert torch.equal(state(again, 1), early_state)
    assert (tmp_path / "own" / "strategy.pt").read_bytes() == kept


def test_what_a_period_took_is_told(tmp_path: Path):
    one = learner(tmp_path)
    first = one.observe(FIRST)
    student = one._bring_to(1).student
    blocks, head = student.sizes()
    assert first.tokens == student.meter.tokens > 0
    assert first.flops == student.meter.flops < 6 * (blocks + head) * first.tokens
    assert first.state_bytes == 4 * (blocks + head)


def test_choosing_a_part_of_the_model_is_a_cost_of_the_answer_and_not_of_the_period(
    tmp_path: Path,
):
    one = learner(tmp_path)
    one.observe(FIRST)
    usage = one.answer(MAYOR).usage
    blocks, head = one._bring_to(1).student.sizes()
    writing = blocks * (usage.tokens_in + usage.tokens_out) + head * usage.tokens_out
    assert usage.flops == pytest.approx(2 * writing + 2 * 1_000 * (blocks + head))
    unasked = learner(tmp_path / "unasked")
    unasked.observe(FIRST)
    assert one.observe(SECOND) == unasked.observe(SECOND)


def test_an_answer_is_withheld_that_is_less_sure_than_is_asked_for(tmp_path: Path):
    one = learner(tmp_path)
    one.observe(FIRST)
    sure = one.answer(MAYOR).confidence or 0.0
    assert not one.answer(MAYOR).abstained
    stricter = learner(tmp_path, min_confidence=str(sure + 0.01))
    stricter.observe(FIRST)
    assert stricter.answer(MAYOR).abstained


def test_options_that_were_chosen_before_count_unless_others_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        "evals.training.learner.tuned_options", lambda *_: {"lr": "0.5", "batch": "7"}
    )
    made = TaughtLearner(bench(tmp_path, lr="0.25"), Sequential)
    assert (made.options.lr, made.options.batch) == (0.25, 7)


def test_answers_of_a_taught_model_are_kept_whichever_way_others_read(tmp_path: Path):
    world = World(
        seed=0, stream=load(), fingerprint="f", questions=(), told=("", ""), asked=("", "")
    )
    keys = {
        reading: {
            name: Keys.of(LearnerSpec.parse(name), world, equipment(tmp_path), reading=reading)
            for name in ("sequential", "retrieval-over-frozen")
        }
        for reading in ("llm", "perfect")
    }
    assert keys["llm"]["sequential"].maker == keys["perfect"]["sequential"].maker
    reading = "retrieval-over-frozen"
    assert keys["llm"][reading].maker != keys["perfect"][reading].maker


def test_a_run_teaches_and_asks_a_model_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.undo()
    folder = pretrain(MICRO, seed=0, cache=tmp_path / "models")
    name = "sequential@epochs=1"
    spec = RunSpec(
        stream="generated",
        options={"facts": "8", "periods": "3", "documents_per_period": "0"},
        learners=(LearnerSpec.parse(name, {"model": str(folder)}),),
        seeds=1,
        wordings=1,
        limit=1,
        reading="perfect",
    )
    made = run(spec, tmp_path / "run", equipment=equipment(tmp_path / "cache"))
    found = Run(tmp_path / "run")
    assert made.made == 4
    assert [cell.row for cell in found.cells(name)] == [0, 1, 2, 3]
    assert all(one.flops > 0 for one in found.taught(name, 0))
    assert json.loads((tmp_path / "run" / "run.json").read_text())["learners"] == [name]
    assert run(spec, tmp_path / "run", equipment=equipment(tmp_path / "cache")).made == 0
