import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from evals.training.tiny.pretraining import Progress, fingerprint, pretrain
from evals.training.tiny.recipe import MICRO


class StoppedError(Exception):
    pass


def interrupt_at(step: int) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if progress.step == step:
            raise StoppedError

    return tell


def refuse(progress: Progress) -> None:
    raise AssertionError(f"pretrained again: {progress}")


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pretrain(MICRO, seed=0, cache=tmp_path_factory.mktemp("cache"))


def test_the_same_recipe_and_seed_make_the_same_weights(made: Path, tmp_path: Path) -> None:
    assert weights(pretrain(MICRO, seed=0, cache=tmp_path)) == weights(made)


def test_what_was_interrupted_goes_on_to_the_same_weights(made: Path, tmp_path: Path) -> None:
    told: list[int] = []
    with pytest.raises(StoppedError):
        pretrain(MICRO, seed=0, cache=tmp_path, tell=interrupt_at(MICRO.save_every + 1))
    again = pretrain(MICRO, seed=0, cache=tmp_path, tell=lambda one: told.append(one.step))
    assert told == list(range(MICRO.save_every + 1, MICRO.steps + 1))
    assert weights(again) == weights(made)


def test_what_is_finished_leaves_no_checkpoint_and_is_not_made_again(made: Path) -> None:
    assert not list(made.parent.glob("*.checkpoint"))
    assert pretrain(MICRO, seed=0, cache=made.parents[1], tell=refuse) == made


def test_loss_falls_from_the_first_step_to_the_last(made: Path) -> None:
    losses = json.loads((made / "losses.json").read_text())
    assert len(losses) == MICRO.steps
    assert losses[-1] < losses[0]


def test_training_moves_the_weights(made: Path, tmp_path: Path) -> None:
    short = pretrain(replace(MICRO, steps=1), seed=0, cache=tmp_path)
    name = "model.layers.0.mlp.up_proj.weight"
    one, six = (load_file(folder / "model.safetensors")[name] for folder in (short, made))
    assert not one.equal(six)


def test_another_recipe_and_another_seed_make_another_model() -> None:
    prints = {
        fingerprint(MICRO, 0),
        fingerprint(MICRO, 1),
        fingerprint(replace(MICRO, rate=1e-3), 0),
        fingerprint(replace(MICRO, shape=replace(MICRO.shape, width=48)), 0),
    }
    assert len(prints) == 4
    assert fingerprint(MICRO, 0) in prints
