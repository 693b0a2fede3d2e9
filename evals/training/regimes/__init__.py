"""What a period's documents are made into to teach them: as they are, or said and asked besides.

Taught a document once as it is, a model can repeat it and not answer from it; saying it in several
ways and asking about it is what makes facts usable (arXiv 2309.14316, 2409.07431). Leaving that out
would make the comparison with retrieval unfair, so both regimes are there, and what the second
costs is counted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from evals.ports import Bench
from evals.training.regimes.drawn import Augmenter, Drawn, united
from evals.training.regimes.llm import LlmAugmenter
from evals.training.regimes.pieces import pieces
from evals.training.regimes.reading import reading_prompt, reading_sample
from evals.training.regimes.templates import TemplateAugmenter
from evals.training.samples import Kind, document_sample
from evals.training.strategy import Regime
from evals.types import SourceDocument
from rag_lifelong.errors import EvalError
from rag_lifelong.ports import Reader

__all__ = [
    "Augmenter",
    "Drawn",
    "LlmAugmenter",
    "TemplateAugmenter",
    "augmenter_of",
    "draw_samples",
    "reading_prompt",
    "reading_sample",
    "samples_of",
]

_CHARS_PER_TOKEN = 3
"""Fewer than tokenizers make of most texts, so that pieces are rather too short."""


def draw_samples(
    documents: Sequence[SourceDocument],
    *,
    regime: Regime,
    augmenter: str,
    period: int,
    bench: Bench,
    max_tokens: int = 192,
) -> Drawn:
    """What a period teaches, augmented by whom a name says.

    Args:
        documents: As for `samples_of`.
        regime: As for `samples_of`.
        augmenter: `templates`, for generated streams, or `llm`, for any.
        period: As for `samples_of`.
        bench: Whose frozen language model is asked, if any.
        max_tokens: As for `samples_of`.

    Raises:
        EvalError: If there is no such augmenter.
        ModelError: If its language model fails.
    """
    made = augmenter_of(augmenter, bench.reader)
    return samples_of(
        documents, regime=regime, augmenter=made, period=period, max_tokens=max_tokens
    )


def samples_of(
    documents: Sequence[SourceDocument],
    *,
    regime: Regime,
    augmenter: Augmenter,
    period: int,
    max_tokens: int = 192,
) -> Drawn:
    """What a period teaches.

    Args:
        documents: The period's.
        regime: Whether each document is also said in other words and asked about, or asked alone.
        augmenter: Who does that; not asked where the regime is `raw`.
        period: Its number, from 1.
        max_tokens: Longest sample, roughly; longer documents are cut at borders of sentences.

    Raises:
        ModelError: If the augmenter's language model fails.
    """

    def parts() -> Iterator[Drawn]:
        for document in documents:
            for piece in pieces(document, max_tokens=max_tokens, count=_count):
                yield Drawn((document_sample(piece),))
                if regime is not Regime.RAW:
                    yield augmenter.augment(piece)

    drawn = united(parts(), period=period)
    if regime is not Regime.QUESTIONS:
        return drawn
    return replace(drawn, samples=tuple(one for one in drawn.samples if one.kind is Kind.QA))


def augmenter_of(name: str, reader: Callable[[], Reader]) -> Augmenter:
    """Who paraphrases and asks: `templates`, for generated streams, or `llm`, for any.

    Args:
        name: Which.
        reader: Gives the frozen language model; called when it is first asked.

    Raises:
        EvalError: If there is none of that name.
    """
    if name == "templates":
        return TemplateAugmenter()
    if name == "llm":
        return LlmAugmenter(reader)
    raise EvalError(f"no augmenter {name!r}", hint="templates or llm")


def _count(text: str) -> int:
    return -(-len(text) // _CHARS_PER_TOKEN)
