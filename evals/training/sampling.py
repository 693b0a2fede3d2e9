"""Texts that a model makes up: what it would say if nobody asked for the likeliest."""

from typing import Any

import torch
from torch import Tensor

from evals.training.samples import prompt_tokens
from evals.training.student import Student

_AT_ONCE = 64
"""Texts of a batch: what is remembered of each token takes memory."""


@torch.no_grad()
def sample_texts(
    student: Student, prompt: str, *, n: int, max_tokens: int, top_k: int, seed: int
) -> list[str]:
    """Go on from a prompt by chance, as often as is wanted; what it takes is counted.

    Args:
        student: The model.
        prompt: What is read; may be empty.
        n: How many texts.
        max_tokens: Most tokens of each.
        top_k: From how many of the likeliest tokens each is drawn (Fan et al., arXiv 1805.04833).
        seed: Of the draws.
    """
    generator = torch.Generator().manual_seed(seed)
    read = prompt_tokens(prompt, student.tokenizer)
    student.model.eval()
    texts: list[str] = []
    while len(texts) < n:
        begun = torch.tensor([read] * min(_AT_ONCE, n - len(texts)), device=student.device)
        rows = _gone_on(student, begun, max_tokens, top_k, generator)
        texts.extend(_text(student, row) for row in rows[:, len(read) :].tolist())
    return texts


def _gone_on(
    student: Student, begun: Tensor, max_tokens: int, top_k: int, generator: torch.Generator
) -> Tensor:
    """Rows of tokens with more behind them, until each has ended: [n, up to max_tokens more]."""
    written = begun
    ended = torch.zeros(len(begun), dtype=torch.bool)
    cache: Any = None
    for _ in range(max_tokens):
        hidden, cache = _step(student, written, cache)
        top = student.head(hidden).float().topk(top_k)
        drawn = torch.multinomial(top.values.softmax(-1).cpu(), 1, generator=generator)
        token = top.indices.gather(1, drawn.to(student.device))
        written = torch.cat([written, token], dim=1)
        ended |= (token[:, 0] == student.tokenizer.eos_token_id).cpu()
        if ended.all():
            break
    return written


def _step(student: Student, written: Tensor, cache: Any) -> tuple[Tensor, Any]:
    """Last hidden states, [n, width], and what need not be computed again."""
    if student.decode is not None:
        student.count(written.numel(), n_learnt=len(written))
        return student.decode(written, torch.ones_like(written))[:, -1], None
    new = written if cache is None else written[:, -1:]
    student.count(new.numel(), n_learnt=len(new))
    found = student.base.get_decoder()(input_ids=new, past_key_values=cache, use_cache=True)
    return found.last_hidden_state[:, -1], found.past_key_values


def _text(student: Student, tokens: list[int]) -> str:
    eos = student.tokenizer.eos_token_id
    end = tokens.index(eos) if eos in tokens else len(tokens)
    return student.tokenizer.decode(tokens[:end], skip_special_tokens=True)
