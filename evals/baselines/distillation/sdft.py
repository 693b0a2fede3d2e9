"""Self-distillation: the model without a document learns to say what it says with it."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from evals.baselines.distillation.divergence import divergence
from evals.baselines.distillation.teacher import Distilled
from evals.learners.passages import as_evidence
from evals.training.regimes.reading import reading_prompt
from evals.training.samples import IGNORED, Batch, Kind, Sample, encode
from evals.training.strategy import Lesson, StrategyOptions
from evals.training.student import Student, learnt
from evals.types import SourceDocument

_ASKED, _ANSWER = "Question: ", "\nAnswer:"
_UNCUT = 1 << 20


class SdftOptions(StrategyOptions):
    """What counts, and how much the teacher reads."""

    weight: float = Field(default=1.0, ge=0, le=1)
    """Of the teacher's opinion; the rest is that of the samples' own words."""
    document_chars: int = Field(default=1_200, ge=1)
    """Most characters of a document that the teacher is shown."""


class Sdft(Distilled):
    """Self-distillation fine-tuning (SDFT, arXiv 2601.19897): the teacher has the document.

    It is the same model with the document in its context, and the student, which is shown the
    question alone, is drawn to it.

    The teacher reads the documents that a question was made from in the form the model was taught
    to read in; of a text about a document it reads the document in front of it. The loss is
    KL(teacher ‖ student) on the tokens of the period's own answers and texts. In the paper the
    student writes each answer itself and the divergence is the reverse one; here answers are a few
    words, whose first token both forms compare behind the same prompt, and writing at every step
    would cost a multiple of teaching. The teacher is the model of the period's start and not a
    moving average: a model that is taught without evidence unlearns to read it. Samples whose
    documents are not at hand are learnt from their own words.
    """

    name = "sdft"
    Options = SdftOptions
    options: SdftOptions
    _documents: Mapping[str, SourceDocument]

    def begin_period(self, lesson: Lesson) -> None:
        """Copy the model, and lay out the documents."""
        super().begin_period(lesson)
        self._documents = {document.doc_id: document for document in lesson.documents}

    def end_period(self, lesson: Lesson) -> None:
        """Put all away."""
        super().end_period(lesson)
        self._documents = {}

    def loss(self, batch: Batch) -> Tensor:
        """The distance from the teacher where there is one, else that of the words."""
        said, words = self.student.logits(batch).float(), learnt(batch)
        told, is_told = self._teach(batch)
        n_told = int(is_told.sum())
        untold = functional.cross_entropy(said[~is_told], words[~is_told], reduction="sum")
        taught = (divergence(told, said[is_told]) * n_told + untold) / len(words)
        weight = self.options.weight
        return (1 - weight) * functional.cross_entropy(said, words) + weight * taught

    @torch.no_grad()
    def _teach(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The teacher's logits, [n_told, vocabulary], and which learnt tokens they are of."""
        assert self.teacher is not None
        of_each = (batch.labels[:, 1:] != IGNORED).sum(1)
        has_document = torch.tensor(
            [any(one in self._documents for one in sample.doc_ids) for sample in batch.samples],
            device=of_each.device,
        )
        is_told = has_document.repeat_interleave(of_each)
        shown = [
            self.with_documents(sample)
            for sample, has in zip(batch.samples, has_document.tolist(), strict=True)
            if has
        ]
        if not shown:
            return torch.empty(0, self.student.base.config.vocab_size), is_told
        return self.teacher.logits(_first(shown, of_each[has_document], self.student)), is_told

    def with_documents(self, sample: Sample) -> Sample:
        """A sample behind the documents it was made from."""
        documents = [self._documents[one] for one in sample.doc_ids if one in self._documents]
        limit = self.options.document_chars
        if sample.kind is Kind.QA:
            question = sample.given.partition(_ASKED)[2].removesuffix(_ANSWER)
            evidence = [as_evidence(document, document.text[:limit]) for document in documents]
            return replace(sample, given=reading_prompt(question, evidence))
        texts = [f"{document.title}: {document.text[:limit]}\n" for document in documents]
        return replace(sample, given="".join([*texts, sample.given]))


def _first(samples: list[Sample], n_learnt: Tensor, student: Student) -> Batch:
    """Samples as tokens, of each of which only so many are learnt: as many as elsewhere."""
    batch = encode(samples, student.tokenizer, max_tokens=_UNCUT).to(student.device)
    is_learnt = batch.labels != IGNORED
    surplus = is_learnt.cumsum(1) > n_learnt[:, None]
    return replace(batch, labels=batch.labels.masked_fill(surplus, IGNORED))
