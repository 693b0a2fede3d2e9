from pathlib import Path

import pytest

from evals.training.regimes import TemplateAugmenter, augmenter_of, draw_samples, samples_of
from evals.training.regimes.drawn import Drawn
from evals.training.samples import Kind, document_sample
from evals.training.strategy import Regime
from evals.types import SourceDocument, Usage
from rag_lifelong.errors import EvalError
from rag_lifelong.testing import ScriptedReader
from tests.evals.learners.benches import bench
from tests.evals.training.regimes.documents import document


class Counting:
    """An augmenter that makes a paraphrase of everything, with one call."""

    def augment(self, document: SourceDocument) -> Drawn:
        return Drawn((document_sample(document),), Usage(calls=1, tokens_in=10))


DOCUMENTS = [document("The mayor of Ulm Bay is Ada Brisk."), document("Rain.", doc_id="d2")]


def test_raw_documents_are_taught_as_they_are() -> None:
    drawn = samples_of(DOCUMENTS, regime=Regime.RAW, augmenter=Counting(), period=3)
    assert [sample.learnt for sample in drawn.samples] == [
        f"{one.title}: {one.text}" for one in DOCUMENTS
    ]
    assert {sample.period for sample in drawn.samples} == {3}
    assert drawn.usage == Usage()


def test_augmented_documents_are_taught_as_they_are_and_otherwise() -> None:
    drawn = samples_of(DOCUMENTS, regime=Regime.AUGMENTED, augmenter=Counting(), period=1)
    assert len(drawn.samples) == 2 * len(DOCUMENTS)
    assert drawn.usage == Usage(calls=2, tokens_in=20)


def test_questions_can_be_taught_alone(tmp_path: Path) -> None:
    both, alone = (
        draw_samples(
            DOCUMENTS, regime=regime, augmenter="templates", period=1, bench=bench(tmp_path)
        ).samples
        for regime in (Regime.AUGMENTED, Regime.QUESTIONS)
    )
    assert alone == tuple(one for one in both if one.kind is Kind.QA)
    assert alone


def test_a_long_document_is_taught_in_pieces() -> None:
    long = document("The mayor of Ulm Bay is Ada Brisk. " * 40)
    drawn = samples_of([long], regime=Regime.RAW, augmenter=Counting(), period=1, max_tokens=96)
    assert len(drawn.samples) > 1
    assert all(len(sample.given + sample.learnt) < 96 * 3 for sample in drawn.samples)
    assert all(sample.learnt.startswith("News of Orn Mills: The") for sample in drawn.samples)


def test_the_augmenter_is_found_by_its_name(tmp_path: Path) -> None:
    drawn = draw_samples(
        DOCUMENTS, regime=Regime.AUGMENTED, augmenter="templates", period=1, bench=bench(tmp_path)
    )
    assert {sample.kind for sample in drawn.samples} == {Kind.RAW, Kind.QA}


def test_an_unknown_augmenter_is_told_with_those_there_are() -> None:
    with pytest.raises(EvalError) as caught:
        augmenter_of("parrot", lambda: ScriptedReader([]))
    assert caught.value.hint == "templates or llm"
    assert isinstance(augmenter_of("templates", lambda: ScriptedReader([])), TemplateAugmenter)
