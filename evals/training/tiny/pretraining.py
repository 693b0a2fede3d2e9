"""Pretraining of the tiny model: once, in minutes, to the same weights on the same machine.

Tokens that are given are predicted too, with a smaller weight: names come up in them again and
again, and predicting them there is what teaches to copy (induction heads, arXiv 2209.11895).
"""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import Gemma3ForCausalLM
from transformers.utils.logging import disable_progress_bar

from evals.training.samples import IGNORED, Batch, encode
from evals.training.tiny import course, induction, making, vocabulary
from evals.training.tiny.keeping import whole
from evals.training.tiny.recipe import Recipe

_LIBRARIES = ("tokenizers", "torch", "transformers")
_SHORT = 12
_WARMUP = 0.04
_LAST_RATE = 0.05
"""Of the highest."""
_CLIP = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far pretraining is."""

    step: int
    steps: int
    loss: float
    n_tokens: int
    """Of this step."""


Tell = Callable[[Progress], None]


def say_nothing(progress: Progress) -> None:
    """Tell nobody."""


def pretrain(recipe: Recipe, *, seed: int, cache: Path, tell: Tell = say_nothing) -> Path:
    """The folder of a pretrained model, pretraining it where it is not there yet.

    What was interrupted goes on from its last checkpoint, to the same weights as without.

    Args:
        recipe: How.
        seed: Of its first weights and its worlds.
        cache: Where it is kept, by all that its weights depend on.
        tell: Told of each step.
    """
    folder = cache / "trainable" / f"tiny-{fingerprint(recipe, seed)}"
    if folder.is_dir():
        return folder
    with whole(folder) as unfinished:
        if unfinished is not None:
            checkpoint = folder.with_name(f"{folder.name}.checkpoint")
            _make(recipe, seed, unfinished, checkpoint, tell)
            checkpoint.unlink(missing_ok=True)
    return folder


def fingerprint(recipe: Recipe, seed: int) -> str:
    """Of all that a model's weights depend on: 12 hex digits.

    What it reads is known by the samples of its first world, so that another wording of the
    product's prompt makes another model and a change elsewhere in the program does not.
    """
    some = islice(course.batches(recipe, seed=seed), recipe.steps_per_world)
    read = [[sample.given, sample.learnt] for samples in some for sample in samples]
    files = (__file__, induction.__file__, making.__file__, vocabulary.__file__)
    code = [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in files]
    versions = [version(name) for name in _LIBRARIES]
    depends = json.dumps([asdict(recipe), seed, read, code, versions])
    return hashlib.sha256(depends.encode()).hexdigest()[:_SHORT]


@dataclass(slots=True)
class _State:
    """A model on its way."""

    model: Gemma3ForCausalLM
    optimizer: torch.optim.Optimizer
    losses: list[float] = field(default_factory=list)
    """Of the steps so far."""

    def save(self, path: Path) -> None:
        temporary = path.with_suffix(".tmp")
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save({**state, "losses": self.losses}, temporary)
        temporary.replace(path)

    def load(self, path: Path) -> None:
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.losses = list(state["losses"])


def _make(recipe: Recipe, seed: int, folder: Path, checkpoint: Path, tell: Tell) -> None:
    tokenizer: Any = vocabulary.learn_vocabulary(course.words(recipe), size=recipe.shape.vocabulary)
    model = making.make_model(recipe.shape, tokenizer, seed=seed)
    state = _State(model, _optimizer(model, recipe))
    if checkpoint.is_file():
        state.load(checkpoint)
    for step, samples in enumerate(
        course.batches(recipe, seed=seed, after=len(state.losses)), start=len(state.losses) + 1
    ):
        batch = encode(samples, tokenizer, max_tokens=recipe.shape.context)
        state.losses.append(_step(state, batch, recipe))
        tell(Progress(step, recipe.steps, state.losses[-1], batch.n_tokens))
        if step % recipe.save_every == 0 and step < recipe.steps:
            state.save(checkpoint)
    disable_progress_bar()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "losses.json").write_text(json.dumps(state.losses))


def _step(state: _State, batch: Batch, recipe: Recipe) -> float:
    progress = len(state.losses) / recipe.steps
    for group in state.optimizer.param_groups:
        group["lr"] = recipe.rate * _rate(progress)
    state.optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        logits = state.model(input_ids=batch.tokens, attention_mask=batch.mask).logits
    loss = _loss(logits.float(), batch, given=recipe.given)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), _CLIP)
    state.optimizer.step()
    return float(loss.detach())


def _loss(logits: Tensor, batch: Batch, *, given: float) -> Tensor:
    """Weighted mean cross entropy of all tokens; `logits` are [n, length, vocabulary]."""
    following = batch.tokens[:, 1:]
    losses = functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), following.flatten(), reduction="none"
    )
    weights = torch.where(batch.labels[:, 1:] == IGNORED, given, 1.0) * batch.mask[:, 1:]
    return (losses * weights.flatten()).sum() / weights.sum()


def _rate(progress: float) -> float:
    """Share of the highest learning rate; rises, then falls along a cosine."""
    falling = _LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * progress)) / 2
    return min(1.0, (progress + 1e-9) / _WARMUP) * falling


def _optimizer(model: Gemma3ForCausalLM, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW, which decays what multiplies and neither gains nor embeddings."""
    embedded = {id(p) for p in model.get_input_embeddings().parameters()}
    decayed = [p for p in model.parameters() if p.ndim > 1 and id(p) not in embedded]
    others = [p for p in model.parameters() if p.ndim == 1 or id(p) in embedded]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": others},
    ]
    return torch.optim.AdamW(
        groups,
        lr=recipe.rate,
        betas=(0.9, 0.98),
        weight_decay=0.0,
        fused=True,
    )
