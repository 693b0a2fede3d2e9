"""What a model is taught: dated texts and questions, as tokens of which some are to be predicted.

Everything begins with its day, so that a model can tell what was said when (Dhingra et al.,
arXiv 2106.15110); the day itself, and a question, are read and not learnt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import torch
from torch import Tensor

from evals.types import SourceDocument

IGNORED = -100
"""Label of a token that is not learnt; PyTorch's cross entropy leaves it out."""


class Kind(StrEnum):
    """Where a sample comes from."""

    RAW = "raw"
    """A document as it was published."""
    PARAPHRASE = "paraphrase"
    """A document in other words."""
    QA = "qa"
    """A question and its answer, made from a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text to learn."""

    given: str
    """What comes first and is not learnt."""
    learnt: str
    """What is predicted, from its first token to the end mark after it."""
    kind: Kind = Kind.RAW
    doc_ids: tuple[str, ...] = ()
    """Documents it was made from."""
    period: int = 0
    """Number of the period it was told in, from 1; 0: before the stream."""


class Tokenizer(Protocol):
    """What is needed of a tokenizer of transformers."""

    eos_token_id: int
    pad_token_id: int

    def __call__(self, text: str, *, add_special_tokens: bool) -> Any:
        """Encode; `input_ids` of what it returns are the tokens."""
        ...

    def decode(self, tokens: Sequence[int], *, skip_special_tokens: bool) -> str:
        """Text of tokens."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Samples as tokens, padded at the end: all [n, length]."""

    tokens: Tensor
    mask: Tensor
    """1 where there is a token."""
    labels: Tensor
    """The token itself where it is learnt, else `IGNORED`; not shifted."""
    samples: tuple[Sample, ...] = ()

    @property
    def n_tokens(self) -> int:
        """Tokens without padding."""
        return int(self.mask.sum())

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        tokens, mask, labels = (t.to(device) for t in (self.tokens, self.mask, self.labels))
        return Batch(tokens=tokens, mask=mask, labels=labels, samples=self.samples)


def document_sample(document: SourceDocument, *, period: int = 0) -> Sample:
    """A document as it was published."""
    return Sample(
        given=dated(document.published_at),
        learnt=f"{document.title}: {document.text}",
        doc_ids=(document.doc_id,),
        period=period,
    )


def question_sample(question: str, answer: str, *, asked_at: datetime, **about: Any) -> Sample:
    """A question asked on a day, and its answer.

    Args:
        question: The question.
        answer: What is learnt.
        asked_at: The day it is asked on.
        about: Further fields of the sample.
    """
    about.setdefault("kind", Kind.QA)
    return Sample(given=question_prompt(question, asked_at), learnt=f" {answer}", **about)


def question_prompt(question: str, asked_at: datetime) -> str:
    """How a model is asked without evidence: as questions were learnt."""
    return f"{dated(asked_at)}Question: {' '.join(question.split())}\nAnswer:"


def dated(day: datetime) -> str:
    """How a text begins that was written on a day.

    >>> from datetime import UTC
    >>> dated(datetime(2019, 3, 4, tzinfo=UTC))
    '[2019-03-04] '
    """
    return f"[{day:%Y-%m-%d}] "


def text_bytes(samples: Iterable[Sample]) -> int:
    """Bytes of the texts of samples."""
    return sum(len((one.given + one.learnt).encode()) for one in samples)


def encode(samples: Sequence[Sample], tokenizer: Tokenizer, *, max_tokens: int = 512) -> Batch:
    """Samples as one batch; what is longer than `max_tokens` is cut at the end.

    A tokenizer may join the last letters given with the first learnt, so the two are encoded apart,
    as they are when a model is asked.
    """
    rows = [_row(sample, tokenizer, max_tokens) for sample in samples]
    length = max(len(tokens) for tokens, _ in rows)
    tokens = torch.full((len(rows), length), tokenizer.pad_token_id, dtype=torch.long)
    labels = torch.full((len(rows), length), IGNORED, dtype=torch.long)
    mask = torch.zeros((len(rows), length), dtype=torch.long)
    for i, (row, n_given) in enumerate(rows):
        tokens[i, : len(row)] = torch.tensor(row)
        labels[i, n_given : len(row)] = tokens[i, n_given : len(row)]
        mask[i, : len(row)] = 1
    return Batch(tokens=tokens, mask=mask, labels=labels, samples=tuple(samples))


def prompt_tokens(text: str, tokenizer: Tokenizer) -> list[int]:
    """Tokens of what a model is to go on from; with its mark of the beginning, if it has one."""
    bos = getattr(tokenizer, "bos_token_id", None)
    begin = [] if bos is None else [bos]
    return begin + list(tokenizer(text, add_special_tokens=False).input_ids)


def _row(sample: Sample, tokenizer: Tokenizer, max_tokens: int) -> tuple[list[int], int]:
    """Tokens of a sample, and how many of them are given."""
    given = prompt_tokens(sample.given, tokenizer)
    learnt = list(tokenizer(sample.learnt, add_special_tokens=False).input_ids)
    row = [*given, *learnt, tokenizer.eos_token_id][:max_tokens]
    return row, min(len(given), len(row))
