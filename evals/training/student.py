"""The model that is taught: its logits where something is learnt, its answers, and what it cost."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from evals.training.samples import IGNORED, Batch, Sample, Tokenizer, encode, prompt_tokens
from rag_lifelong.errors import ModelError


@dataclass(slots=True)
class Meter:
    """Operations counted on paper (arXiv 2001.08361, section 2.1), and tokens that went through."""

    flops: float = 0.0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote."""

    text: str
    logprobs: tuple[float, ...]
    """Of each token it wrote, the mark of the end too."""
    n_read: int

    @property
    def confidence(self) -> float:
        """Probability of the least likely token."""
        return math.exp(min(self.logprobs, default=-math.inf))


@dataclass(slots=True)
class Student:
    """A causal language model that is taught, with its tokenizer.

    Any model of transformers with a decoder and an output layer will do, also one that peft has put
    adapters into. Logits are computed only for the tokens that are learnt, because with a large
    vocabulary they are most of the work.
    """

    model: PreTrainedModel
    tokenizer: Tokenizer
    max_tokens: int = 512
    """Longest sample, in tokens; what is longer is cut."""
    meter: Meter = field(default_factory=Meter)
    decode: Callable[[Tensor, Tensor], Tensor] | None = None
    """From tokens and mask, [n, length] each, to last hidden states [n, length, width]; for models
    that are called in another way than by their tokens."""

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    @property
    def base(self) -> PreTrainedModel:
        """The model of transformers, without what peft has put around it."""
        unwrapped = getattr(self.model, "get_base_model", None)
        return unwrapped() if unwrapped is not None else self.model

    @property
    def layers(self) -> nn.ModuleList:
        """The blocks of the decoder, first to last, whatever the architecture calls them."""
        return blocks(self.base)

    def batch(self, samples: Sequence[Sample]) -> Batch:
        """Samples as tokens, where the model is."""
        return encode(samples, self.tokenizer, max_tokens=self.max_tokens).to(self.device)

    def loss(self, batch: Batch) -> Tensor:
        """Mean cross entropy of the tokens that are learnt."""
        return functional.cross_entropy(self.logits(batch).float(), learnt(batch))

    def losses(self, batch: Batch) -> Tensor:
        """Cross entropy of each token that is learnt: [n_learnt]."""
        return functional.cross_entropy(self.logits(batch).float(), learnt(batch), reduction="none")

    def logits(self, batch: Batch) -> Tensor:
        """Logits of the tokens that are learnt, sample after sample: [n_learnt, vocabulary]."""
        hidden = self.hidden(batch)[:, :-1][_is_learnt(batch)]
        self.count(0, n_learnt=len(hidden))
        return self.head(hidden)

    def hidden(self, batch: Batch) -> Tensor:
        """Last hidden states: [n, length, width]."""
        self.count(batch.n_tokens, n_learnt=0)
        if self.decode is not None:
            return self.decode(batch.tokens, batch.mask)
        decoder = self.base.get_decoder()
        found: Tensor = decoder(input_ids=batch.tokens, attention_mask=batch.mask, use_cache=False)[
            0
        ]
        return found

    def head(self, hidden: Tensor) -> Tensor:
        """Logits of hidden states: [..., width] -> [..., vocabulary]."""
        logits: Tensor = self.base.get_output_embeddings()(hidden)
        cap = getattr(self.base.config, "final_logit_softcapping", None)
        return logits if cap is None else torch.tanh(logits / cap) * cap

    @torch.no_grad()
    def write(self, prompt: str, *, max_tokens: int = 24) -> Written:
        """Go on from a prompt, greedily, to the end of the line.

        Args:
            prompt: What is read.
            max_tokens: Most tokens to write.
        """
        read = prompt_tokens(prompt, self.tokenizer)
        written: list[int] = []
        logprobs: list[float] = []
        self.model.eval()
        for log_probabilities in self._next_tokens(read, written, max_tokens):
            token = int(log_probabilities.argmax())
            logprobs.append(float(log_probabilities[token]))
            if token == self.tokenizer.eos_token_id:
                break
            written.append(token)
            if "\n" in self.tokenizer.decode(written, skip_special_tokens=True).strip():
                break
        lines = self.tokenizer.decode(written, skip_special_tokens=True).strip().splitlines()
        return Written(lines[0].strip() if lines else "", tuple(logprobs), len(read))

    def _next_tokens(
        self, read: list[int], written: list[int], max_tokens: int
    ) -> Iterator[Tensor]:
        """Log probabilities of the next token, [vocabulary], as `written` grows."""
        cache: Any = None
        for _ in range(max_tokens):
            new = [*read, *written] if cache is None else written[-1:]
            row = torch.tensor([new], device=self.device)
            if self.decode is not None:
                hidden = self.decode(row, torch.ones_like(row))
            else:
                found = self.base.get_decoder()(
                    input_ids=row, past_key_values=cache, use_cache=True
                )
                hidden, cache = found.last_hidden_state, found.past_key_values
            yield self.head(hidden[0, -1]).float().log_softmax(-1)

    def count(self, n_tokens: int, *, n_learnt: int | None = None) -> None:
        """Count a pass of tokens: forward, and backward too while gradients are recorded.

        A backward pass costs twice a forward one where all weights are trained, once where few are:
        gradients go back through frozen weights, whose own are not computed.

        Args:
            n_tokens: That went through the blocks.
            n_learnt: That went through the output layer; as many if None.
        """
        blocks, head = self.sizes()
        passes = 2.0
        if torch.is_grad_enabled():
            trained = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
            passes = 6.0 if trained > (blocks + head) / 2 else 4.0
        self.meter.flops += passes * (
            blocks * n_tokens + head * (n_tokens if n_learnt is None else n_learnt)
        )
        self.meter.tokens += n_tokens

    def sizes(self) -> tuple[int, int]:
        """Weights of the blocks, and of the output layer; embeddings are looked up."""
        head = sum(p.numel() for p in self.base.get_output_embeddings().parameters())
        embedded = sum(p.numel() for p in self.base.get_input_embeddings().parameters())
        every = sum(p.numel() for p in self.model.parameters())
        tied = self.base.get_output_embeddings().weight is self.base.get_input_embeddings().weight
        return every - (head if tied else head + embedded), head

    def frozen_copy(self) -> "Student":
        """A copy that no longer changes; what it computes is counted with this one's."""
        model = copy.deepcopy(self.model)
        model.requires_grad_(requires_grad=False)
        model.eval()
        return Student(model, self.tokenizer, self.max_tokens, self.meter, self.decode)


def blocks(model: PreTrainedModel) -> nn.ModuleList:
    """The blocks of a causal language model's decoder, in order, found by what they are.

    Raises:
        ModelError: If its decoder keeps them in another way than as a list.
    """
    decoder = model.get_decoder()
    lists = [child for child in decoder.children() if isinstance(child, nn.ModuleList)]
    if not lists:
        raise ModelError(f"no list of blocks in {type(decoder).__name__}")
    return max(lists, key=len)


def learnt(batch: Batch) -> Tensor:
    """The tokens that are learnt, in the order of their logits: [n_learnt]."""
    return batch.labels[:, 1:][_is_learnt(batch)]


def trainable(module: nn.Module) -> list[nn.Parameter]:
    """The parameters that are trained."""
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def tensor_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes of tensors, each counted once."""
    seen = {tensor.data_ptr(): tensor.numel() * tensor.element_size() for tensor in tensors}
    return sum(seen.values())


def _is_learnt(batch: Batch) -> Tensor:
    """Which position's next token is learnt: [n, length - 1]."""
    return batch.labels[:, 1:] != IGNORED
