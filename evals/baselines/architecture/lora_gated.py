"""A LoRA for each period, and a gate that chooses one by the question's words."""

import re
from collections.abc import Sequence
from datetime import datetime

import torch
from pydantic import Field
from torch import Tensor

from evals.baselines.architecture.gate import Gate
from evals.baselines.architecture.lora_layers import LoraOptions, without_lora
from evals.baselines.architecture.period_loras import PeriodLoras
from evals.training.samples import Sample, question_prompt
from evals.training.strategy import Lesson

_DAY = re.compile(r"^\[\d{4}-\d\d-\d\d\] ")


class LoraGatedOptions(LoraOptions):
    """Options of `lora-gated`."""

    gate_shrinkage: float = Field(default=0.1, gt=0, le=1)
    """Share of the mean variance in the gate's covariance."""


class LoraGated(PeriodLoras):
    """One LoRA per period; the one whose period's texts are most like the question answers.

    As in MEGa (arXiv 2504.21239) the gate reads what the untouched model makes of the text: the
    mean of its last hidden states. There the one most similar memory is taken, out of one per
    passage; here a period has many passages, so what is compared is its mean, in the metric of the
    spread within periods (`Gate`). The day a text begins with is left out: a question begins with
    the day it is asked, which says nothing of the day that what it asks was told.

    The gate reads every question once more than other strategies do: `Student.meter` counts it.
    """

    name = "lora-gated"
    Options = LoraGatedOptions
    options: LoraGatedOptions

    def __init__(self, options: LoraGatedOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self._gate = Gate(options.gate_shrinkage)

    def end_period(self, lesson: Lesson) -> None:
        """Keep the layers, and tell the gate of the period."""
        super().end_period(lesson)
        if lesson.samples:
            words = [_words(sample) for sample in lesson.samples]
            self._gate.learn(self._embeddings(words), lesson.number)

    def route(self, question: str, asked_at: datetime) -> None:
        """Choose the layers of the period the question's words are most like."""
        if self.experts:
            asked = _words(Sample(given=question_prompt(question, asked_at), learnt=""))
            self.use(self._gate.choose(self._embeddings([asked]))[0])

    def state_bytes(self) -> int:
        """The layers of all periods, and the gate."""
        return super().state_bytes() + self._gate.n_bytes

    @torch.no_grad()
    def _embeddings(self, texts: Sequence[str]) -> Tensor:
        """Mean of the untouched model's last hidden states over each text: [n, width]."""
        found = []
        self.student.model.eval()
        with without_lora(self.student.model):
            for start in range(0, len(texts), self.options.batch):
                part = texts[start : start + self.options.batch]
                batch = self.student.batch([Sample(given=text, learnt="") for text in part])
                mask = batch.mask[..., None]
                found.append((self.student.hidden(batch) * mask).sum(1) / mask.sum(1))
        return torch.cat(found).float()


def _words(sample: Sample) -> str:
    """What a sample asks, or else says, without its day."""
    return _DAY.sub("", sample.given) or sample.learnt
