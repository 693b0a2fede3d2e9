import math

import pytest
import torch
from torch.nn import functional
from transformers import Gemma3ForCausalLM

from evals.training.tiny.making import make_model
from evals.training.tiny.recipe import Shape
from evals.training.tiny.vocabulary import learn_vocabulary

LENGTH = 20


@pytest.fixture(scope="module")
def model() -> Gemma3ForCausalLM:
    tokenizer = learn_vocabulary(["Ada Brisk leads Orn Mills."], size=300)
    made = make_model(Shape(), tokenizer, seed=0)
    made.set_attn_implementation("eager")
    return made.eval()


@pytest.fixture(scope="module")
def repeated(model: Gemma3ForCausalLM) -> torch.Tensor:
    """Tokens in random order, twice: [8, 1 + 2 * LENGTH]."""
    draw = torch.Generator().manual_seed(0)
    once = torch.stack([torch.randperm(200, generator=draw)[:LENGTH] + 10 for _ in range(8)])
    return torch.cat([torch.ones(8, 1, dtype=torch.long), once, once], dim=1)


@torch.no_grad()
def test_the_first_head_looks_at_the_token_before(
    model: Gemma3ForCausalLM, repeated: torch.Tensor
) -> None:
    seen = model(input_ids=repeated, output_attentions=True).attentions[0]
    before = seen[:, 0].diagonal(offset=-1, dim1=1, dim2=2)
    assert before.mean() > 0.4


@torch.no_grad()
def test_copying_heads_look_behind_where_their_token_came_before(
    model: Gemma3ForCausalLM, repeated: torch.Tensor
) -> None:
    seen = model(input_ids=repeated, output_attentions=True).attentions[2]
    places = torch.arange(LENGTH + 1, 2 * LENGTH + 1)
    found = seen[:, :2, places, places - LENGTH + 1]
    assert found.mean() > 5 / LENGTH


@torch.no_grad()
def test_untrained_weights_expect_what_followed_before(
    model: Gemma3ForCausalLM, repeated: torch.Tensor
) -> None:
    logits = model(input_ids=repeated).logits[:, LENGTH + 1 : -1]
    loss = functional.cross_entropy(logits.flatten(0, 1), repeated[:, LENGTH + 2 :].flatten())
    assert loss < 0.75 * math.log(model.config.vocab_size)
