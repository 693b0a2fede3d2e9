"""Prompt tuning: embeddings of tokens that no text has, put before every text."""

import torch
from pydantic import Field
from torch import Tensor, nn

from evals.training.strategy import Strategy, StrategyOptions
from evals.training.student import Student


class PromptTuningOptions(StrategyOptions):
    """Options of `prompt-tuning`."""

    tokens: int = Field(default=10, ge=1)
    lr: float = Field(default=1e-2, gt=0)
    """Few numbers, which have to go far."""


class PromptTuning(Strategy):
    """The embeddings of a few tokens are taught, and nothing else (arXiv 2104.08691).

    They begin as those of tokens drawn from the vocabulary. What it can hold is very little: a
    bound from below of teaching facts by few weights.
    """

    name = "prompt-tuning"
    Options = PromptTuningOptions
    options: PromptTuningOptions

    _prompt: nn.Parameter
    """[1, tokens, width]"""

    def setup(self, student: Student) -> None:
        """Make the tokens, and freeze all else."""
        super().setup(student)
        student.model.requires_grad_(requires_grad=False)
        drawn = random_tokens(student, self.options.tokens, seed=self.seed)
        start = student.base.get_input_embeddings()(drawn)
        self._prompt = nn.Parameter(start.detach().clone())
        student.model.register_parameter("prompt", self._prompt)
        student.decode = self.decode

    def decode(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Last hidden states of texts behind the prompt: [n, length, width]."""
        base = self.student.base
        prompt = self._prompt.expand(len(tokens), -1, -1)
        self.student.count(prompt.shape[0] * prompt.shape[1], n_learnt=0)
        hidden: Tensor = base.get_decoder()(
            inputs_embeds=torch.cat([prompt, base.get_input_embeddings()(tokens)], dim=1),
            attention_mask=behind(mask, prompt.shape[1]),
            use_cache=False,
        )[0]
        return hidden[:, prompt.shape[1] :]


def random_tokens(student: Student, n: int, *, seed: int) -> Tensor:
    """Tokens drawn from the whole vocabulary: [1, n]."""
    n_known = len(student.base.get_input_embeddings().get_parameter("weight"))
    drawn = torch.randint(n_known, (1, n), generator=torch.Generator().manual_seed(seed))
    return drawn.to(student.device)


def behind(mask: Tensor, n: int) -> Tensor:
    """The mask of texts that come behind n tokens: [n_texts, n + length]."""
    return torch.cat([mask.new_ones(len(mask), n), mask], dim=1)
