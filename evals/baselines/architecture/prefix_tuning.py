"""Prefix tuning: keys and values of tokens that no text has, in every layer."""

import torch
from pydantic import Field
from torch import Tensor, nn
from transformers import DynamicCache

from evals.baselines.architecture.prompt_tuning import behind, random_tokens
from evals.training.strategy import Strategy, StrategyOptions
from evals.training.student import Student
from rag_lifelong.errors import EvalError


class PrefixTuningOptions(StrategyOptions):
    """Options of `prefix-tuning`."""

    tokens: int = Field(default=10, ge=1)
    lr: float = Field(default=1e-2, gt=0)
    """Few numbers, which have to go far."""


class PrefixTuning(Strategy):
    """Keys and values that every token can attend to are taught (arXiv 2101.00190).

    They begin as those of tokens drawn from the vocabulary: the paper found that activations of
    real words begin better than random numbers. Its network behind the numbers is left out, as in
    peft and in P-tuning v2 (arXiv 2110.07602). Attention that reaches only so many tokens back
    loses sight of them in longer texts.
    """

    name = "prefix-tuning"
    Options = PrefixTuningOptions
    options: PrefixTuningOptions

    _prefix: nn.ParameterList
    """Keys, then values of each layer: [1, heads, tokens, width of a head]."""

    def setup(self, student: Student) -> None:
        """Make the keys and values, and freeze all else.

        Raises:
            EvalError: With `checkpointing`, in which transformers drops what is cached.
        """
        super().setup(student)
        if self.options.checkpointing:
            raise EvalError(f"{self.name} cannot be taught with checkpointing=true")
        student.model.requires_grad_(requires_grad=False)
        drawn = random_tokens(student, self.options.tokens, seed=self.seed)
        with torch.no_grad():
            cache = student.base.get_decoder()(input_ids=drawn, use_cache=True).past_key_values
        self._prefix = nn.ParameterList(
            start.clone() for layer in cache.layers for start in (layer.keys, layer.values)
        )
        student.model.add_module("prefix", self._prefix)
        student.decode = self.decode

    def decode(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Last hidden states of texts behind the prefix: [n, length, width]."""
        hidden: Tensor = self.student.base.get_decoder()(
            input_ids=tokens,
            attention_mask=behind(mask, self.options.tokens),
            past_key_values=self._cache(len(tokens)),
        )[0]
        return hidden

    def _cache(self, n: int) -> DynamicCache:
        """The prefix as if n texts had begun with it."""
        prefix = [one.expand(n, -1, -1, -1) for one in self._prefix]
        cache = DynamicCache(config=self.student.base.config)
        for layer, (keys, values) in enumerate(zip(prefix[::2], prefix[1::2], strict=True)):
            cache.update(keys, values, layer)
        return cache
