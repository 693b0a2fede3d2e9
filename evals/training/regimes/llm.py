"""Paraphrases and questions by the frozen language model, for documents of any kind.

It is asked once for each piece of a document. What it writes is used only where it keeps to the
form and to the document: answers have to be written in it, and so has every number of a paraphrase.
"""

import re
from collections.abc import Callable, Iterator

from evals.learners.passages import holds_answer
from evals.metering import MeteredReader
from evals.training.regimes.drawn import Drawn
from evals.training.samples import Kind, Sample, dated, question_sample
from evals.types import SourceDocument
from rag_lifelong.ports import Prompt, Reader
from rag_lifelong.prompting import as_data

INSTRUCTION = (
    "You are given a dated news passage. First say what it says in other words, each time as one "
    "sentence with all names, numbers and dates, in {k} lines of this form:\n"
    "P: sentence\n"
    "Then write {k} questions that can be understood without the passage, if it gives a date one "
    "of them with the date in it, and the answer of each as it is written there, a name, place, "
    "number or phrase, in {k} lines of this form:\n"
    "Q: question | A: answer"
)
_TOKENS_A_LINE = 48
_PARAPHRASE = re.compile(r"^\W*(?:\d+\W+)?P\s*\d*\s*[:.]\s*(?P<said>\S.*)$", re.MULTILINE)
_QUESTION = re.compile(
    r"^\W*(?:\d+\W+)?Q\s*\d*\s*[:.]\s*(?P<question>\S[^|\n]*?)\s*(?:\||\n)\s*A\s*\d*\s*[:.]"
    r"\s*(?P<answer>\S.*)$",
    re.MULTILINE,
)
_AROUND = " .\"'"
"""What may stand around an answer."""
_NUMBER = re.compile(r"\d+")


class LlmAugmenter:
    """Asks the frozen language model."""

    def __init__(self, reader: Callable[[], Reader], *, k: int = 3) -> None:
        """Name the model.

        Args:
            reader: Gives it; called when it is first asked.
            k: Paraphrases of a document that are asked for, and questions.
        """
        self._reader = reader
        self._k = k

    def augment(self, document: SourceDocument) -> Drawn:
        """What the model wrote that keeps to the form and the document.

        Raises:
            ModelError: If the model fails.
        """
        reader = MeteredReader(self._reader)
        passage = f"{dated(document.published_at)}{as_data(document.title)}: "
        prompt = Prompt(INSTRUCTION.format(k=self._k), passage + as_data(document.text))
        tokens = reader.read(prompt, max_tokens=2 * self._k * _TOKENS_A_LINE)
        written = "".join(token.text for token in tokens)
        samples = [*_paraphrases(written, document), *_questions(written, document)]
        return Drawn(tuple(samples), reader.spent)


def _paraphrases(written: str, document: SourceDocument) -> Iterator[Sample]:
    known = set(_NUMBER.findall(f"{document.title} {document.text} {document.published_at:%Y %d}"))
    known |= {number.lstrip("0") for number in known}
    for said in dict.fromkeys(found["said"].strip() for found in _PARAPHRASE.finditer(written)):
        if said != document.text and known.issuperset(_NUMBER.findall(said)):
            yield Sample(
                given=dated(document.published_at),
                learnt=f"{document.title}: {said}",
                kind=Kind.PARAPHRASE,
                doc_ids=(document.doc_id,),
            )


def _questions(written: str, document: SourceDocument) -> Iterator[Sample]:
    for found in _QUESTION.finditer(written):
        answer = found["answer"].strip(_AROUND)
        if answer and holds_answer(f"{document.title}. {document.text}", [answer]):
            yield question_sample(
                found["question"],
                answer,
                asked_at=document.published_at,
                doc_ids=(document.doc_id,),
            )
