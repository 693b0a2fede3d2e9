"""Tests of orthogonal subspace fine-tuning."""

import pytest
import torch

from evals.baselines.architecture.osf import Kept, Osf, OsfOptions
from evals.training.loop import begin, teach
from evals.training.strategy import Strategy
from evals.training.student import Student
from tests.evals.baselines.conftest import LESSONS, learn, small_student, weights

FEW = {"epochs": 3, "batch": 3, "lr": 1e-2}


class LinearLayers(Strategy):
    """Fine-tuning of the linear layers with nothing kept."""

    name = "linear-layers"

    def setup(self, student: Student) -> None:
        super().setup(student)
        student.model.requires_grad_(requires_grad=False)
        for name, parameter in student.model.named_parameters():
            if "proj" in name:
                parameter.requires_grad_()


def test_only_directions_outside_those_kept_are_free() -> None:
    kept = Kept.of(torch.diag(torch.tensor([3.0, 2.0, 1.0])), 2 / 3)
    changed = kept.free(torch.ones(3, 3))
    assert torch.allclose(changed, torch.diag(torch.tensor([0.0, 0.0, 1.0])), atol=1e-6)
    restored = kept.restored(torch.full((3, 3), 7.0))
    assert torch.allclose(restored, torch.diag(torch.tensor([3.0, 2.0, 7.0])), atol=1e-5)


def test_what_a_period_changes_is_orthogonal_to_the_largest_directions() -> None:
    before = small_student().model.state_dict()
    after = learn(Osf(OsfOptions(**FEW)), LESSONS[0]).model.state_dict()
    for name in (name for name in before if "proj" in name):
        left, _, right = torch.linalg.svd(before[name], full_matrices=False)
        k = len(right) // 2
        change = after[name] - before[name]
        assert change.norm() > 1e-2
        assert (left[:, :k].T @ change).norm() < 1e-5
        assert (change @ right[:k].T).norm() < 1e-5


def test_gradients_keep_only_what_is_free_before_they_are_clipped() -> None:
    taught = Osf(OsfOptions(**FEW))
    begin(taught, small_student())
    taught.begin_period(LESSONS[0])
    taught.loss(taught.student.batch(LESSONS[0].samples)).backward()
    taught.after_backward()
    for weight, kept in zip(taught._weights(), taught._kept, strict=True):
        assert weight.grad.norm() > 0
        assert (kept.left.T @ weight.grad).norm() < 1e-5
        assert (weight.grad @ kept.right.T).norm() < 1e-5


def test_what_projecting_takes_is_counted() -> None:
    def flops(kept: float) -> float:
        return learn(Osf(OsfOptions(kept=kept, **FEW)), LESSONS[0]).meter.flops

    halves = [
        18 * len(w) * w.shape[1] * (min(w.shape) // 2)
        for name, w in small_student().model.named_parameters()
        if "proj" in name
    ]
    n_steps = len(list(Osf(OsfOptions(**FEW)).batches(LESSONS[0])))
    assert flops(0.5) - flops(0.0) == n_steps * sum(halves)


def test_nothing_but_the_linear_layers_is_changed() -> None:
    before = small_student().model.state_dict()
    taught = Osf(OsfOptions(**FEW))
    after = learn(taught).model.state_dict()
    assert all(torch.equal(after[n], before[n]) for n in before if "proj" not in n)
    assert taught.state_bytes() == sum(after[n].nbytes for n in after if "proj" in n)


def test_with_nothing_kept_it_is_plain_fine_tuning() -> None:
    options = OsfOptions(kept=0.0, rise=0.0, **FEW)
    assert torch.equal(weights(learn(Osf(options))), weights(learn(LinearLayers(options))))


def test_with_everything_kept_nothing_is_learnt() -> None:
    student = learn(Osf(OsfOptions(kept=1.0, **FEW)))
    assert torch.allclose(weights(student), weights(small_student()), atol=1e-5)


@pytest.mark.parametrize(("number", "n_kept"), [(1, 8), (2, 12), (9, 16)])
def test_more_is_kept_in_each_period(number: int, n_kept: int) -> None:
    taught = Osf(OsfOptions(kept=0.5, rise=0.25))
    begin(taught, small_student())
    taught.begin_period(LESSONS[0].__class__(number=number, name="", samples=()))
    keys = taught._kept[1]
    assert keys.right.shape == (n_kept, 32)


def test_directions_are_found_anew_before_each_period() -> None:
    taught = Osf(OsfOptions(rise=0.0, **FEW))
    learn(taught, LESSONS[0])
    before = {n: w.clone() for n, w in taught.student.model.state_dict().items()}
    teach(taught, LESSONS[1])
    name = "model.layers.0.mlp.down_proj.weight"
    left, _, _ = torch.linalg.svd(before[name], full_matrices=False)
    change = taught.student.model.state_dict()[name] - before[name]
    assert (left[:, :16].T @ change).norm() < 1e-5 < change.norm()
