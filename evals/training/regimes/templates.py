"""Paraphrases and questions for documents of the generated language, by its own sentences; free.

This is the strongest form of augmentation there can be, and favours teaching over retrieval: what a
document says is understood without fault, and asked in the very wordings in which the benchmark
asks. The documents alone are read, never what the benchmark asks or knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from evals.streams.generating.asked_words import QUESTIONS, WORDINGS
from evals.streams.generating.calendar import Window, draw_window, in_month, on_day
from evals.streams.generating.told_words import SENTENCES, in_words
from evals.training.regimes.claims import Claim, claims_of
from evals.training.regimes.drawn import Drawn
from evals.training.samples import Kind, Sample, dated, question_sample
from evals.types import SourceDocument
from rag_lifelong.temporal import Interval

_SAME = {"today": ("today", "began"), "still": ("state",), "first": ("first", "began")}
"""What can be said instead, besides other sentences of the same."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """A question that a claim answers, in any of its wordings."""

    what: str
    answer: str
    value: str = ""
    """The value in its words, where it names one."""
    window: Window | None = None


class TemplateAugmenter:
    """Says and asks what a generated document says in all the ways of its language."""

    def __init__(self, *, paraphrases: int = 1, questions: int = 4) -> None:
        """Say how much.

        Args:
            paraphrases: Most versions of a document in other words.
            questions: Most questions about each thing it says; first each kind of question in one
                wording, then in another.
        """
        self._paraphrases = paraphrases
        self._questions = questions

    def augment(self, document: SourceDocument) -> Drawn:
        """Paraphrases and questions; none of a document in another language."""
        claims = claims_of(document)
        draw = Random(f"{document.doc_id} {document.text}")
        said = dict.fromkeys(_said_again(document, claims, draw) for _ in range(self._paraphrases))
        samples = [
            Sample(
                given=dated(document.published_at),
                learnt=f"{document.title}: {text}",
                kind=Kind.PARAPHRASE,
                doc_ids=(document.doc_id,),
            )
            for text in said
            if text != document.text
        ]
        for claim in claims:
            samples += self._asked(claim, document, draw)
        return Drawn(tuple(samples))

    def _asked(self, claim: Claim, document: SourceDocument, draw: Random) -> list[Sample]:
        askings = [
            one for one in _askings(claim, draw) if one.what in QUESTIONS[claim.relation.style]
        ]
        orders = [draw.sample(range(WORDINGS), k=WORDINGS) for _ in askings]
        some = [
            (asking, order[nth])
            for nth in range(WORDINGS)
            for asking, order in zip(askings, orders, strict=True)
        ]
        return [
            question_sample(
                _in_words(asking, claim, wording),
                asking.answer,
                asked_at=claim.said_at,
                doc_ids=(document.doc_id,),
            )
            for asking, wording in some[: self._questions]
        ]


def _said_again(document: SourceDocument, claims: Sequence[Claim], draw: Random) -> str:
    """A document with each sentence that says something in other words."""
    text = document.text
    for claim in claims:
        ways = SENTENCES[claim.relation.style]
        whats = [what for what in _SAME.get(claim.what, (claim.what,)) if what in ways]
        others = [_filled(words, claim) for what in whats for words in ways[what]]
        if others:
            text = text.replace(claim.sentence, draw.choice(others))
    return text


def _filled(words: str, claim: Claim) -> str:
    return words.format(
        s=claim.subject,
        v=claim.value,
        n=claim.relation.noun,
        d=in_words(claim.day) if claim.day else "",
    )


def _askings(claim: Claim, draw: Random) -> Iterator[_Asking]:
    """The questions that a claim answers, by itself."""
    if claim.what == "ended":
        return
    if claim.what != "announced":
        yield _Asking("now", claim.value)
        yield _Asking("reverse_now", claim.subject, claim.value)
    if claim.what == "first":
        yield _Asking("first", claim.value)
    for window in _windows(claim, draw):
        yield _Asking("as_of", claim.value, window=window)
        yield _Asking("reverse_as_of", claim.subject, claim.value, window)
    if claim.day and claim.what != "since":
        yield _Asking("after", claim.value)
    if claim.before:
        yield _Asking("before", claim.before)
        yield _Asking("before_value", claim.before, claim.value)
        yield _Asking("after_value", claim.value, claim.before)
        yield _Asking("previous", claim.before)


def _windows(claim: Claim, draw: Random) -> Iterator[Window]:
    """Times at which a value holds, as far as the claim tells.

    These are the day and the month it began, the month it was said in, and one time in between. The
    month it began is the best guess that a document allows: another value held before, in it too.
    """
    said = claim.said_at.replace(hour=0, minute=0, second=0, microsecond=0)
    began = claim.day or said
    windows = [on_day(began), in_month(began.replace(day=1))]
    if began < said:
        between = draw_window(draw, Interval(began, said))
        windows += [in_month(said.replace(day=1)), *([between] if between else [])]
    yield from {window.words: window for window in windows}.values()


def _in_words(asking: _Asking, claim: Claim, wording: int) -> str:
    when = asking.window.words if asking.window else ""
    return QUESTIONS[claim.relation.style][asking.what][wording].format(
        s=claim.subject,
        v=asking.value,
        n=claim.relation.noun,
        k=claim.relation.of.value,
        d=in_words(claim.day) if claim.day else "",
        w=when,
        W=when[:1].upper() + when[1:],
    )
