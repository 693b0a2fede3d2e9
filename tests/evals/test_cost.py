"""Operations reckoned on paper are those that torch counts; when teaching pays is explained."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig, BertModel

from evals.cost import break_even, inference_flops, lora_flops, training_flops
from evals.running.parameters import parameters_of
from rag_lifelong.embedding.bert import Encoder

WIDTH, BATCH, LENGTH = 96, 4, 8
TOKENS = BATCH * LENGTH


class Block(nn.Module):
    """A transformer's layer whose every product is with a weight, but for attention."""

    def __init__(self) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        query, key, value = self.query_key_value(hidden).chunk(3, dim=-1)
        weights = (query @ key.transpose(1, 2) / WIDTH**0.5).softmax(-1)
        hidden = hidden + self.out(weights @ value)
        return hidden + self.down(self.up(hidden).relu())


class Adapted(nn.Module):
    """A frozen product with an adapter of rank 1 beside it."""

    def __init__(self, frozen: nn.Linear) -> None:
        super().__init__()
        self.frozen = frozen.requires_grad_(False)
        self.narrow = nn.Linear(frozen.in_features, 1, bias=False)
        self.widen = nn.Linear(1, frozen.out_features, bias=False)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.frozen(hidden) + self.widen(self.narrow(hidden))


def model(layers: int = 6) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*(Block() for _ in range(layers)))


def size(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def counted(act) -> int:
    with FlopCounterMode(display=False) as counter:
        act()
    return counter.get_total_flops()


def test_reading_takes_two_operations_a_weight_and_token():
    transformer, batch = model(), torch.randn(BATCH, LENGTH, WIDTH)
    with torch.no_grad():
        measured = counted(lambda: transformer(batch))
    assert inference_flops(size(transformer), TOKENS) == pytest.approx(measured, rel=0.03)


def test_training_takes_six():
    transformer, batch = model(), torch.randn(BATCH, LENGTH, WIDTH)
    measured = counted(lambda: transformer(batch).sum().backward())
    assert training_flops(size(transformer), TOKENS) == pytest.approx(measured, rel=0.05)


def test_training_adapters_takes_four():
    transformer, batch = model(), torch.randn(BATCH, LENGTH, WIDTH)
    frozen = size(transformer)
    for block in transformer:
        for name, product in list(block.named_children()):
            setattr(block, name, Adapted(product))
    measured = counted(lambda: transformer(batch).sum().backward())
    assert lora_flops(frozen, TOKENS) == pytest.approx(measured, rel=0.1)


def test_the_embedder_takes_what_its_files_say(tmp_path: Path):
    config = BertConfig(
        vocab_size=500,
        hidden_size=WIDTH,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=4 * WIDTH,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    parameters = parameters_of(tmp_path, writes=False)
    assert parameters is not None
    encoder = Encoder(tmp_path, torch.device("cpu"), torch.float32)
    token_ids = torch.randint(0, 500, (BATCH, LENGTH))
    with torch.inference_mode():
        measured = counted(lambda: encoder(token_ids, torch.ones_like(token_ids, dtype=bool)))
    assert inference_flops(parameters, TOKENS) == pytest.approx(measured, rel=0.05)


@pytest.mark.parametrize(
    ("update", "retrieval", "closed", "questions", "words"),
    [
        (1000.0, 30.0, 10.0, 50.0, "below 50 questions per period looking up costs less"),
        (1000.0, 10.0, 10.0, math.inf, "looking up costs no more per period, and no more per"),
        (1000.0, 5.0, 10.0, math.inf, "looking up costs no more per period, and no more per"),
        (0.0, 30.0, 10.0, 0.0, "teaching costs no more per period, and no more per"),
        (-100.0, 30.0, 10.0, 0.0, "teaching costs no more per period, and no more per"),
        (-100.0, 5.0, 10.0, 20.0, "above 20 questions per period looking up costs less"),
        (-100.0, 10.0, 10.0, 0.0, "teaching costs no more per period, and no more per"),
    ],
)
def test_the_break_even_is_told_with_what_it_means(update, retrieval, closed, questions, words):
    found = break_even(update, retrieval_query_flops=retrieval, closed_query_flops=closed)
    assert found.questions == questions
    assert words in found.reading
