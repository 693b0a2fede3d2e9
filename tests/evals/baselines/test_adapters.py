"""Tests of bottleneck adapters."""

import torch

from evals.baselines.architecture.adapters import AdapterOptions, Adapters, Bottleneck
from tests.evals.baselines.conftest import learn, small_student

OPTIONS = AdapterOptions(width=8, epochs=3, batch=3)


def test_an_adapter_adds_a_network_of_what_its_layer_gives() -> None:
    layer = torch.nn.Linear(3, 2)
    adapter = Bottleneck(layer, 1)
    with torch.no_grad():
        adapter.down.weight.copy_(torch.tensor([[1.0, -1.0]]))
        adapter.down.bias.fill_(0.5)
        adapter.up.weight.copy_(torch.tensor([[2.0], [3.0]]))
        inputs = torch.randn(5, 3)
        given = layer(inputs)
        pressed = (given[:, 0] - given[:, 1] + 0.5).clamp_min(0)
        expected = given + torch.stack([2 * pressed, 3 * pressed], dim=1)
        assert torch.allclose(adapter(inputs), expected, atol=1e-6)


def test_each_block_has_one_behind_its_feed_forward_layer() -> None:
    model = learn(Adapters(OPTIONS)).model
    names = [name for name, part in model.named_modules() if isinstance(part, Bottleneck)]
    assert names == ["model.layers.0.mlp.down_proj", "model.layers.1.mlp.down_proj"]


def test_nothing_but_the_adapters_is_changed() -> None:
    before = list(small_student().model.parameters())
    taught = Adapters(OPTIONS)
    model = learn(taught).model
    adapters = [p for n, p in model.named_parameters() if ".down." in n or ".up." in n]
    others = [p for n, p in model.named_parameters() if ".down." not in n and ".up." not in n]
    assert all(torch.equal(a, b) for a, b in zip(before, others, strict=True))
    assert all(p.any() for p in adapters)
    assert taught.state_bytes() == 4 * 2 * (32 * 8 + 8 + 8 * 32 + 32)
