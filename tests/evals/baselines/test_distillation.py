"""Tests of distillation."""

import pickle
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import torch

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.distillation.divergence import divergence
from evals.baselines.distillation.kd_buffer import KdBuffer, KdBufferOptions
from evals.baselines.distillation.kd_generated import KdGenerated, KdGeneratedOptions
from evals.baselines.distillation.lwf import Lwf, LwfOptions
from evals.baselines.distillation.sdft import Sdft, SdftOptions
from evals.training.loop import begin, teach
from evals.training.samples import Kind, Sample, document_sample, question_sample
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import Student
from evals.types import SourceDocument
from tests.evals.baselines.conftest import LESSONS, learn, lesson, small_student, weights

BRIEF = {"epochs": 4, "batch": 3, "lr": 5e-3}
DAY = datetime(2021, 3, 4, tzinfo=UTC)
DOCUMENTS = tuple(
    SourceDocument(doc_id=f"d{i}", title=title, text=text, published_at=DAY)
    for i, (title, text) in enumerate([("Orn votes", "Ada leads."), ("Kel", "Bo leads Kel.")])
)
TOLD = Lesson(
    number=1,
    name="told",
    samples=(
        document_sample(DOCUMENTS[0]),
        question_sample("Who leads?", "Ada", asked_at=DAY, doc_ids=("d0",)),
        question_sample("Who leads Kel?", "Bo", asked_at=DAY, doc_ids=("d1",)),
    ),
    documents=DOCUMENTS,
)


def distance(old: Student, new: Student, samples: tuple[Sample, ...]) -> float:
    batch = new.batch(samples)
    with torch.no_grad():
        return float(divergence(old.logits(batch), new.logits(batch)))


def test_divergence_is_counted_as_if_logits_were_not_softened() -> None:
    # For small differences KL falls with the square of the temperature, which the factor undoes.
    told, said = torch.tensor([[0.0, 0.01, 0.02]]), torch.tensor([[0.02, 0.0, 0.01]])
    plain, softened = divergence(told, said), divergence(told, said, temperature=4)
    assert float(softened) == pytest.approx(float(plain), rel=0.02)
    assert float(divergence(told, told)) == 0
    assert float(divergence(told[:0], said[:0])) == 0


@pytest.mark.parametrize(
    "strategy",
    [
        Lwf(LwfOptions(alpha=0, **BRIEF)),
        KdBuffer(KdBufferOptions(alpha=0, **BRIEF)),
        KdGenerated(KdGeneratedOptions(alpha=0, text_tokens=4, **BRIEF)),
        Sdft(SdftOptions(weight=0, **BRIEF)),
    ],
    ids=lambda one: one.name,
)
def test_without_weight_it_is_sequential_fine_tuning(strategy: Strategy) -> None:
    lessons = (TOLD, LESSONS[1])
    plain = learn(Sequential(StrategyOptions(**BRIEF)), *lessons)
    assert torch.equal(weights(learn(strategy, *lessons)), weights(plain))


def test_lwf_stays_nearer_to_the_old_model_on_new_texts() -> None:
    def drift(alpha: float) -> float:
        options = LwfOptions(alpha=alpha, spare_changed=False, **BRIEF)
        return distance(small_student(), learn(Lwf(options), LESSONS[0]), LESSONS[0].samples)

    assert drift(50) < drift(0) / 2


def test_lwf_spares_what_the_old_model_would_not_have_said() -> None:
    # Random weights say none of the answers' tokens, so that nothing is left to be distilled.
    new = lesson(1, ("mayor?", "Bo"))
    old = small_student()
    batch = old.batch(new.samples)
    assert not (old.logits(batch).argmax(-1) == batch.labels[batch.labels != -100]).any()
    spared = learn(Lwf(LwfOptions(alpha=50, **BRIEF)), new)
    assert torch.equal(weights(spared), weights(learn(Sequential(StrategyOptions(**BRIEF)), new)))


def test_a_teacher_is_the_model_of_the_periods_start_and_kept_no_longer() -> None:
    strategy = Lwf(LwfOptions(**BRIEF))
    learn(strategy, LESSONS[0])
    before = weights(strategy.student).clone()
    strategy.begin_period(LESSONS[1])
    assert strategy.teacher is not None
    assert torch.equal(weights(strategy.teacher), before)
    strategy.end_period(LESSONS[1])
    assert strategy.teacher is None
    assert strategy.state_bytes() == before.numel() * 4


def test_a_buffer_keeps_the_old_model_on_old_questions() -> None:
    def drift(alpha: float) -> float:
        strategy = KdBuffer(KdBufferOptions(alpha=alpha, share=1, epochs=20, batch=3))
        learn(strategy, LESSONS[0])
        after_first = strategy.student.frozen_copy()
        teach(strategy, LESSONS[1])
        return distance(after_first, strategy.student, LESSONS[0].samples)

    assert drift(20) < drift(0) / 2


def test_every_sample_is_in_the_buffer_with_the_same_chance() -> None:
    counts: Counter[str] = Counter()
    for seed in range(400):
        strategy = KdBuffer(KdBufferOptions(buffer=2), seed=seed)
        for one in LESSONS:
            strategy.end_period(one)
        assert len(strategy.old) == 2
        counts.update(f"{sample.period} {sample.given}" for sample in strategy.old)
    # Six samples, two places: 400 · 2 / 6 = 133 each, with a standard deviation of 9.
    assert len(counts) == 6
    assert all(100 < n < 170 for n in counts.values())


def test_the_buffers_texts_count_as_state() -> None:
    strategy = KdBuffer(KdBufferOptions(**BRIEF))
    student = learn(strategy, LESSONS[0])
    texts = sum(len(one.given + one.learnt) for one in LESSONS[0].samples)
    assert strategy.state_bytes() == weights(student).numel() * 4 + texts


def test_texts_are_made_up_by_the_old_model_of_days_it_was_told_of() -> None:
    strategy = KdGenerated(KdGeneratedOptions(gamma=4, text_tokens=5, **BRIEF))
    begin(strategy, small_student())
    strategy.begin_period(TOLD)
    assert {one.given for one in strategy.old} == {""}
    strategy.end_period(TOLD)
    assert strategy.old == []
    strategy.begin_period(replace(LESSONS[1], number=2))
    assert len(strategy.old) == 12
    assert {one.given for one in strategy.old} == {"[2021-03-04] ", "[2021-03-04] Question:"}
    assert len({one.learnt for one in strategy.old}) > 6


def test_what_is_made_up_keeps_the_old_model() -> None:
    def drift(alpha: float) -> float:
        strategy = KdGenerated(
            KdGeneratedOptions(alpha=alpha, gamma=3, share=2, text_tokens=6, **BRIEF)
        )
        learn(strategy, LESSONS[0])
        held_out = tuple(Sample(given="", learnt=text) for text in ("Zq", "Bbn", "mw"))
        return distance(small_student(), strategy.student, held_out)

    assert drift(20) < drift(0) / 2


def test_the_teacher_reads_a_questions_document_as_models_are_taught_to_read() -> None:
    strategy = Sdft(SdftOptions(**BRIEF))
    begin(strategy, small_student())
    strategy.begin_period(TOLD)
    _, question, _ = TOLD.samples
    assert strategy.with_documents(question).given == (
        "Answer from the passages.\nPassages:\n[2021-03-04] Orn votes: Ada leads.\n\n"
        "Question: Who leads?\nAnswer:"
    )
    paraphrase = Sample(given="[2021-03-04] ", learnt="x", kind=Kind.PARAPHRASE, doc_ids=("d1",))
    assert strategy.with_documents(paraphrase).given == "Kel: Bo leads Kel.\n[2021-03-04] "


def test_the_student_comes_to_say_without_the_document_what_it_said_with_it() -> None:
    options = SdftOptions(epochs=40, batch=3, lr=5e-3)
    strategy = Sdft(options)
    begin(strategy, small_student())
    strategy.begin_period(TOLD)
    with_documents = tuple(strategy.with_documents(one) for one in TOLD.samples)
    old = small_student()
    told = old.logits(old.batch(with_documents))

    def apart(student: Student) -> float:
        with torch.no_grad():
            return float(divergence(told, student.logits(student.batch(TOLD.samples))))

    before = apart(old)
    # Learning the answers themselves goes elsewhere: random weights say other words.
    assert apart(learn(Sdft(options), TOLD)) < before / 4
    assert apart(learn(Sequential(options), TOLD)) > before


def test_a_text_that_is_cut_is_compared_where_it_is_learnt() -> None:
    strategy = Sdft(SdftOptions(max_tokens=20, **BRIEF))
    begin(strategy, small_student())
    strategy.begin_period(TOLD)
    batch = strategy.student.batch(TOLD.samples)
    told, is_told = strategy._teach(batch)
    assert len(told) == int(is_told.sum()) == int((batch.labels != -100).sum())
    n_first = int((batch.labels[0] != -100).sum())
    assert n_first < len(TOLD.samples[0].learnt)
    strategy.student.max_tokens = 512
    uncut = strategy.student.batch([strategy.with_documents(TOLD.samples[0])])
    assert torch.allclose(told[:n_first], strategy.student.logits(uncut)[:n_first], atol=1e-5)


def test_samples_without_their_documents_are_learnt_from_their_words() -> None:
    student = learn(Sdft(SdftOptions(epochs=60, batch=3, lr=5e-3)))
    assert student.write("bridge?").text == "Kel"


@pytest.mark.parametrize(
    "strategy",
    [
        Lwf(LwfOptions(spare_changed=False, **BRIEF)),
        KdBuffer(KdBufferOptions(**BRIEF)),
        KdGenerated(KdGeneratedOptions(text_tokens=4, **BRIEF)),
        Sdft(SdftOptions(**BRIEF)),
    ],
    ids=lambda one: one.name,
)
def test_a_kept_strategy_goes_on_as_if_it_had_not_been_kept(strategy: Strategy) -> None:
    unbroken = learn(pickle.loads(pickle.dumps(strategy)), TOLD, LESSONS[1])
    learn(strategy, TOLD)
    kept = pickle.loads(pickle.dumps(strategy))
    teach(kept, LESSONS[1])
    assert torch.equal(weights(unbroken), weights(kept.student))
