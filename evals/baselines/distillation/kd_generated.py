"""Distillation on texts that the old model makes up."""

import math
from datetime import datetime

from pydantic import Field

from evals.baselines.distillation.old_texts import OldTexts, OldTextsOptions
from evals.training.samples import Sample, dated
from evals.training.sampling import sample_texts
from evals.training.strategy import Lesson
from evals.training.student import Student

_EACH = 8
"""Texts that are drawn from one beginning."""


class KdGeneratedOptions(OldTextsOptions):
    """How many texts are made up, and how."""

    gamma: float = Field(default=0.2, ge=0)
    """Texts made up before a period, as a share of its samples."""
    top_k: int = Field(default=20, ge=1)
    """From how many of the likeliest tokens each is drawn."""
    text_tokens: int = Field(default=64, ge=1)
    """Most tokens of a text."""


class KdGenerated(OldTexts):
    """KL(old ‖ new) on texts that are sampled from the old model before a period.

    As L2KD (arXiv 2010.02123) distils, without its teacher of the new task; sampled as in LAMOL
    (arXiv 1909.03329): gamma .2, top 20 tokens.

    Nothing is kept of earlier samples but the days they were written on: half of the texts go on
    from such a day, as documents do, half from the word "Question" behind it. In the first period
    they go on from nothing. What a small model makes up is often wrong; distilling it says only
    that the model is to go on saying so.
    """

    name = "kd-generated"
    Options = KdGeneratedOptions
    options: KdGeneratedOptions

    def __init__(self, options: KdGeneratedOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        self.old: list[Sample] = []
        self._days: list[datetime] = []

    def begin_period(self, lesson: Lesson) -> None:
        """Copy the model, and have it make up texts."""
        super().begin_period(lesson)
        assert self.teacher is not None
        self.old = self._made_up(self.teacher, math.ceil(self.options.gamma * len(lesson.samples)))

    def end_period(self, lesson: Lesson) -> None:
        """Forget the texts, and note the days."""
        super().end_period(lesson)
        self.old = []
        told = {document.published_at for document in lesson.documents}
        self._days = sorted({*self._days, *told})

    def state_bytes(self) -> int:
        """The weights, and the days."""
        return super().state_bytes() + sum(len(dated(day)) for day in self._days)

    def _made_up(self, model: Student, n: int) -> list[Sample]:
        made: list[Sample] = []
        while len(made) < n:
            beginning = self._beginning()
            texts = sample_texts(
                model,
                beginning,
                n=min(_EACH, n - len(made)),
                max_tokens=self.options.text_tokens,
                top_k=self.options.top_k,
                seed=self._draw.getrandbits(60),
            )
            made += [Sample(given=beginning, learnt=text) for text in texts]
        return made

    def _beginning(self) -> str:
        if not self._days:
            return ""
        return dated(self._draw.choice(self._days)) + self._draw.choice(("", "Question:"))
