"""Tests of block expansion."""

from collections.abc import Callable

import pytest
import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Olmo2Config,
    Olmo2ForCausalLM,
)

from evals.baselines.architecture.block_expansion import (
    BlockExpansion,
    BlockExpansionOptions,
    expand,
)
from evals.training.loop import begin, teach
from evals.training.student import Student, blocks
from tests.evals.baselines.conftest import LESSONS, Letters, learn, small_student

SIZE = {
    "vocab_size": 128, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4,
    "num_attention_heads": 2, "max_position_embeddings": 128, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2,
}  # fmt: skip
STEP = BlockExpansionOptions(epochs=1, batch=3, lr=1e-3, warmup=0, every=2)


def gemma() -> Student:
    """A model whose layers are of two kinds, and reach too few tokens back to be mistaken."""
    torch.manual_seed(0)
    config = Gemma3TextConfig(
        **SIZE, num_key_value_heads=1, head_dim=16, sliding_window=4,
        layer_types=["sliding_attention", "full_attention", "full_attention", "sliding_attention"],
    )  # fmt: skip
    return Student(Gemma3ForCausalLM(config).eval(), Letters())


def llama() -> Student:
    torch.manual_seed(0)
    config = LlamaConfig(**SIZE, attention_bias=True, mlp_bias=True)
    model = LlamaForCausalLM(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return Student(model, Letters())


def olmo() -> Student:
    """A model that normalises what it adds, with gains that are their weights."""
    torch.manual_seed(0)
    return Student(Olmo2ForCausalLM(Olmo2Config(**SIZE)).eval(), Letters())


def hidden(student: Student) -> torch.Tensor:
    with torch.no_grad():
        return student.hidden(student.batch(LESSONS[0].samples))


@pytest.mark.parametrize("made", [gemma, llama, olmo])
def test_copies_stand_behind_their_originals_and_change_nothing(
    made: Callable[[], Student],
) -> None:
    before, grown = hidden(made()), made()
    originals = list(blocks(grown.base))
    copies = expand(grown.base, 2)
    found = list(blocks(grown.base))
    assert [found.index(block) for block in originals] == [0, 1, 3, 4]
    assert [found.index(block) for block in copies] == [2, 5]
    assert torch.equal(hidden(grown), before)
    assert grown.base.config.num_hidden_layers == 6
    assert [block.self_attn.layer_idx for block in found] == list(range(6))


def test_a_copy_sees_as_far_back_as_its_original() -> None:
    grown = gemma()
    expand(grown.base, 2)
    kinds = [kind.removesuffix("_attention") for kind in grown.base.config.layer_types]
    assert kinds == ["sliding", "full", "full", "full", "sliding", "sliding"]
    assert [block.self_attn.is_sliding for block in blocks(grown.base)] == [
        kind == "sliding" for kind in kinds
    ]
    assert all(block.self_attn.config is grown.base.config for block in blocks(grown.base))


@pytest.mark.parametrize("made", [gemma, llama, olmo])
def test_writing_token_by_token_is_as_reading_at_once(made: Callable[[], Student]) -> None:
    student = learn(BlockExpansion(STEP.model_copy(update={"epochs": 20})), student=made())
    written = student.write("mayor?", max_tokens=8)
    decoder = student.base.get_decoder()
    student.decode = lambda tokens, _: decoder(input_ids=tokens, use_cache=False)[0]
    assert student.write("mayor?", max_tokens=8).logprobs == pytest.approx(written.logprobs, 1e-3)


@pytest.mark.parametrize("made", [gemma, llama, olmo])
def test_one_step_changes_outputs_by_about_the_size_of_the_step(
    made: Callable[[], Student],
) -> None:
    before = hidden(made())
    strategy = BlockExpansion(STEP)
    change = hidden(learn(strategy, LESSONS[0], student=made())) - before
    assert 0 < change.norm() / before.norm() < 0.05


def test_zero_outputs_would_come_to_full_size_in_one_step_behind_a_norm() -> None:
    """Why the gains are set instead."""
    strategy = BlockExpansion(STEP)
    begin(strategy, gemma())
    for copied in (blocks(strategy.student.base)[i] for i in (2, 5)):
        for norm in (copied.post_attention_layernorm, copied.post_feedforward_layernorm):
            torch.nn.init.zeros_(norm.weight)
        for layer in (copied.self_attn.o_proj, copied.mlp.down_proj):
            torch.nn.init.zeros_(layer.weight)
    before = hidden(strategy.student)
    teach(strategy, LESSONS[0])
    assert (hidden(strategy.student) - before).norm() / before.norm() > 0.2


def test_only_the_copies_are_taught_and_kept() -> None:
    before = small_student().model
    strategy = BlockExpansion(STEP)
    model = learn(strategy).model
    first, second, added = blocks(model)
    assert all(
        torch.equal(a, b)
        for x, y in zip(blocks(before), (first, second), strict=True)
        for a, b in zip(x.parameters(), y.parameters(), strict=True)
    )
    assert torch.equal(before.get_input_embeddings().weight, model.get_input_embeddings().weight)
    assert strategy.state_bytes() == sum(p.nbytes for p in added.parameters())
    assert added.post_feedforward_layernorm.weight.ne(-1).any()


def test_a_model_of_fewer_blocks_than_are_counted_does_not_grow() -> None:
    assert expand(small_student().base, 3) == []
