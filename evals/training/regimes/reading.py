"""Questions asked over evidence, as text to be learnt or gone on from.

The lines are the product's own prompt; only what a small model must be told is shorter.
"""

from collections.abc import Sequence

from evals.training.samples import Kind, Sample
from rag_lifelong.prompting import build_prompt
from rag_lifelong.types import Evidence

INSTRUCTION = "Answer from the passages."


def reading_prompt(question: str, evidence: Sequence[Evidence]) -> str:
    """How a model is asked over evidence, which is given best first and shown best last."""
    prompt = build_prompt(question, evidence, instruction=INSTRUCTION)
    return f"{prompt.system}\n{prompt.user}\nAnswer:"


def reading_sample(question: str, answer: str, evidence: Sequence[Evidence]) -> Sample:
    """A question over evidence, and its answer, which alone is learnt."""
    return Sample(
        given=reading_prompt(question, evidence),
        learnt=f" {answer}",
        kind=Kind.QA,
        doc_ids=tuple(one.chunk.doc_id for one in evidence),
    )
