"""Tests of editors."""

import pickle
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from evals.baselines.bounds.sequential import Sequential
from evals.baselines.editing.codebook import Codebook
from evals.baselines.editing.editor import Editor, down_projection, facts_of
from evals.baselines.editing.ft_l import FtL, FtLOptions
from evals.baselines.editing.grace import Grace, GraceOptions
from evals.baselines.editing.memit import Memit, MemitOptions, least_squares
from evals.training.loop import begin, teach
from evals.training.samples import Kind, Sample
from evals.training.strategy import Lesson, Regime, Strategy, StrategyOptions
from evals.training.student import Student
from rag_lifelong.errors import EvalError
from tests.evals.baselines.conftest import Letters, learn, weights


def asking(number: int, **answers: str) -> Lesson:
    samples = tuple(
        Sample(given=f"Who leads {name}?", learnt=answer, kind=Kind.QA, doc_ids=(name,))
        for name, answer in answers.items()
    )
    return Lesson(number=number, name=f"period {number}", samples=samples)


KNOWN = asking(0, Orn="A", Kel="B", Zed="U", Umo="W", Pim="E", Lax="K")
FIRST, SECOND = asking(1, Orn="B", Kel="U"), asking(2, Zed="W", Orn="E")
FT_L = FtLOptions(depth=0, steps=50)
GRACE = GraceOptions(depth=0.34)
MEMIT = MemitOptions(first=0, last=0, farthest=3, steps=40, texts=16, max_tokens=48)


@lru_cache(maxsize=1)
def _knowing() -> Student:
    """A small model that knows who leads what: editing changes what models know."""
    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=128,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=12,
        query_pre_attn_scalar=12,
        layer_types=["full_attention"] * 4,
        max_position_embeddings=128,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    student = Student(Gemma3ForCausalLM(config), Letters())
    options = StrategyOptions(epochs=40, batch=6, lr=3e-3)
    return learn(Sequential(options), KNOWN, student=student)


def edited(editor: Strategy, *lessons: Lesson) -> Student:
    return learn(editor, *lessons, student=deepcopy(_knowing()))


def said(student: Student, lesson: Lesson) -> list[str]:
    return [student.write(sample.given).text for sample in lesson.samples]


def everyone() -> list[Editor]:
    return [FtL(FT_L), Grace(GRACE), Memit(MEMIT)]


each = pytest.mark.parametrize("editor", everyone(), ids=lambda one: one.name)


@each
def test_a_fact_that_was_edited_is_said(editor: Strategy) -> None:
    assert said(edited(editor, FIRST), FIRST)[-1] == "U"


@each
def test_a_fact_that_changes_again_is_edited_again(editor: Strategy) -> None:
    assert said(edited(editor, FIRST, SECOND), SECOND)[-1] == "E"


@each
def test_what_was_not_edited_is_said_as_before(editor: Strategy) -> None:
    assert said(edited(editor, FIRST), KNOWN)[2:] == ["U", "W", "E", "K"]


@each
def test_without_steps_nothing_changes(editor: Strategy) -> None:
    editor = type(editor)(editor.options.model_copy(update={"steps": 0}))
    student = edited(editor, FIRST)
    assert torch.equal(weights(student), weights(_knowing()))
    assert said(student, KNOWN) == said(_knowing(), KNOWN)


@each
def test_a_kept_editor_goes_on_as_if_it_had_not_been_kept(editor: Strategy) -> None:
    unbroken = edited(type(editor)(editor.options), FIRST, SECOND)
    editor = type(editor)(editor.options)
    edited(editor, FIRST)
    kept = pickle.loads(pickle.dumps(editor))
    teach(kept, SECOND)
    assert torch.equal(weights(unbroken), weights(kept.student))
    assert said(kept.student, KNOWN) == said(unbroken, KNOWN)


@pytest.mark.parametrize("editor", [FtL, Grace, Memit])
def test_raw_documents_cannot_be_edited(editor: type[Editor]) -> None:
    with pytest.raises(EvalError, match="edits facts"):
        editor(editor.Options(data=Regime.RAW))


def test_a_fact_is_the_first_question_of_an_answer_that_documents_give() -> None:
    one, other = FIRST.samples
    again = replace(one, given="Who is at the head of Orn?")
    text = replace(one, kind=Kind.RAW)
    assert facts_of([text, one, again, other, replace(one, learnt=" U")]) == [
        one, other, replace(one, learnt=" U"),
    ]  # fmt: skip


def test_only_one_matrix_is_tuned_and_no_weight_of_it_far() -> None:
    strategy = FtL(FtLOptions(depth=0, steps=20, step_size=0.1, limit=0.2))
    student, old = edited(strategy, asking(1, Orn="K")), _knowing()
    matrix = down_projection(student.layers[0]).weight.detach()
    before = down_projection(old.layers[0]).weight.detach()
    moved = (matrix - before).abs()
    assert float(moved.max()) == pytest.approx(0.2 * float(before.square().mean().sqrt()))
    assert int((weights(student) != weights(old)).sum()) == int((moved > 0).sum())
    assert strategy.state_bytes() == matrix.numel() * 4


def test_tuning_ends_as_soon_as_the_model_says_the_fact() -> None:
    strategy = FtL(FT_L)
    student = edited(strategy, FIRST)
    before = weights(student).clone()
    strategy.edit([FIRST.samples[-1]])
    assert torch.equal(weights(student), before)


def test_a_codebook_changes_no_weight_and_no_loss_of_texts() -> None:
    student, old = edited(Grace(GRACE), FIRST, SECOND), _knowing()
    assert torch.equal(weights(student), weights(old))
    batch = student.batch(KNOWN.samples)
    assert torch.equal(student.logits(batch), old.logits(batch))


def test_a_codebook_keeps_what_was_edited_before() -> None:
    student = edited(Grace(GRACE), FIRST, SECOND)
    assert said(student, KNOWN) == ["E", "U", "W", "W", "E", "K"]


def test_keys_values_and_answers_count_as_state() -> None:
    strategy = Grace(GRACE)
    edited(strategy, FIRST)
    # Two vectors of 48 and a radius each, and the answers' tokens: a letter, the mark of the end.
    assert strategy.state_bytes() == 2 * (2 * 48 * 4 + 4 + 2 * 4)


def at(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers)


def test_far_from_all_keys_the_layers_own_counts() -> None:
    book = Codebook(radius=0.1)
    assert book.find(at(1, 0)) is None
    book.enter(at(1, 0), (1,)).value = at(7, 7)
    assert book.find(at(1, 0.01)) is not None
    assert book.find(at(5, 0.01)) is not None
    assert book.find(at(1, 0.2)) is None


def test_a_near_entry_of_the_same_answer_grows() -> None:
    book = Codebook(radius=0.2)
    first = book.enter(at(1, 0), (1, 2))
    assert book.enter(at(1, 0.3), (1, 2)) is first
    assert first.radius == pytest.approx(float((at(1, 0) - at(1, 0.3) / 1.09**0.5).norm()))


def test_a_near_entry_of_another_answer_gives_up_half_of_the_way() -> None:
    book = Codebook(radius=0.2)
    first = book.enter(at(1, 0), (1, 4))
    # Of the same mean: tokens are compared one by one.
    second = book.enter(at(1, 0.1), (2, 3))
    assert second is not first
    assert first.radius == second.radius == pytest.approx(0.05, abs=1e-3)


def test_another_answer_at_the_very_key_replaces_the_first() -> None:
    book = Codebook(radius=0.2)
    first = book.enter(at(1, 0), (1,))
    first.value = at(3, 3)
    assert book.enter(at(2, 0), (2,)) is first
    assert (first.answer, first.value, len(book.entries)) == ((2,), None, 1)


@given(
    st.lists(
        st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 2)), min_size=1, max_size=12
    )
)
def test_at_a_key_its_own_answer_is_found(told: list[tuple[float, float, int]]) -> None:
    book = Codebook(radius=0.3)
    for x, y, answer in told:
        book.enter(at(1, x, y), (answer,))
    for entry in book.entries:
        nearest = book.nearest(entry.key)
        assert nearest is not None
        assert nearest[0].answer == entry.answer


def test_least_squares_moves_keys_and_spares_what_others_give() -> None:
    torch.manual_seed(0)
    keys, moves = torch.randn(3, 8), torch.randn(3, 4)
    others = torch.randn(200, 2) @ torch.randn(2, 8)
    change = least_squares(keys, moves, others.T @ others / 200 + 1e-9 * torch.eye(8), preserve=1e3)
    # The others lie in a plane, so that there is room for the keys beside it.
    assert torch.allclose(keys @ change.T, moves, atol=1e-2)
    assert float((others @ change.T).norm()) < 1e-2
    unspared = least_squares(keys, moves, torch.eye(8), preserve=1e-6)
    assert float((others @ unspared.T).norm()) > 1


def test_memit_writes_all_facts_of_a_period_at_once_into_the_matrices_of_its_layers() -> None:
    strategy = Memit(MEMIT.model_copy(update={"last": 0.34}))
    student, old = edited(strategy, FIRST), _knowing()
    assert said(student, FIRST) == ["B", "U"]
    pairs = zip(student.model.named_parameters(), old.model.parameters(), strict=True)
    changed = {name for (name, one), other in pairs if not torch.equal(one, other)}
    assert changed == {f"model.layers.{i}.mlp.down_proj.weight" for i in (0, 1)}
    inner, width = 96, 48
    assert strategy.state_bytes() == 2 * (inner * width + inner * inner) * 4


def test_the_more_what_was_known_weighs_the_less_a_matrix_moves() -> None:
    def moved(preserve: float) -> float:
        student = edited(Memit(MEMIT.model_copy(update={"preserve": preserve})), FIRST)
        return float((weights(student) - weights(_knowing())).norm())

    assert moved(1e9) < moved(1) / 10


def test_values_stay_near_the_models_own() -> None:
    strategy = Memit(MEMIT.model_copy(update={"farthest": 0.5}))
    begin(strategy, deepcopy(_knowing()))
    (values,) = strategy._targets(FIRST.samples)
    (matrix,) = strategy.matrices
    _, own = strategy._keys(FIRST.samples, matrix)
    far = (values - own).norm(dim=-1) / own.norm(dim=-1)
    assert torch.allclose(far, torch.full((2,), 0.5), atol=1e-4)
