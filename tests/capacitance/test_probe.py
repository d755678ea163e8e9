"""The probe: what is attached, what is frozen, what is refused."""

from __future__ import annotations

import sys
import types

import pytest
import torch
from torch import nn

from nsgraph.capacitance import capacitance
from nsgraph.capacitance.probe import attach, base_network, keep_pruned, without_output_layer
from nsgraph.capacitance.tuning import check_probe
from nsgraph.capacitance.zoo import Head
from nsgraph.errors import UserError
from nsgraph.models import build

SHAPE = (1, 8, 8)
SMALL = Head(widths=(12, 9, 7))


@pytest.mark.parametrize(
    ("name", "features"), [("mlp-20-6", 6), ("resnet8-2", 8), ("conv6-2", 8), ("wrn-10-1", 64)]
)
def test_the_output_layer_of_every_architecture_is_replaced(name, features):
    net = build(name, SHAPE, 5)
    images = torch.randn(3, *SHAPE)
    logits = net.eval()(images)
    probe = attach(net, SHAPE, 4, SMALL).eval()
    assert probe(images).shape == (3, 4)
    assert probe.base(images).shape == (3, features)
    torch.testing.assert_close(probe.source(probe.base(images)), logits)


def test_layers_widths_and_what_is_frozen():
    probe = attach(build("mlp-6", SHAPE, 10), SHAPE, 10)
    linear = [m for m in probe.head if isinstance(m, nn.Linear)]
    assert [m.out_features for m in linear] == [256, 128, 128, 10]
    assert [m.p for m in probe.head if isinstance(m, nn.Dropout)] == [0.4] * 3
    assert sum(isinstance(m, nn.BatchNorm1d) for m in probe.head) == 3
    assert not any(p.requires_grad for m in probe.head[:-1] for p in m.parameters())
    assert all(p.requires_grad for p in probe.head[-1].parameters())
    assert all(p.requires_grad for p in probe.base.parameters())


def test_weights_are_kaiming_normal_and_the_seed_decides_them():
    one, same, other = (
        attach(build("mlp-64", SHAPE, 10), SHAPE, 10, seed=seed).head[0].weight
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert float(one.std()) == pytest.approx((2 / 64) ** 0.5, rel=0.03)


def test_the_taken_layer_is_no_part_of_the_probe():
    probe = attach(build("mlp-6", SHAPE, 10), SHAPE, 10, SMALL)
    assert not any(p is probe.source.weight for p in probe.parameters())


class Softmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc(x.flatten(1)).softmax(1)


def test_a_network_that_does_not_end_in_a_linear_layer_is_refused():
    with pytest.raises(UserError, match="Softmax does not end in a linear layer"):
        without_output_layer(Softmax(), SHAPE)


@pytest.mark.parametrize("reading", ["local", "exact"])
def test_the_literal_probe_has_no_capacitance_and_ours_has(reading):
    literal = attach(build("mlp-6", SHAPE, 10), SHAPE, 10, Head(widths=(256, 128)))
    with pytest.raises(UserError, match="three layers of weights"):
        check_probe(literal, [reading])
    ours = attach(build("mlp-6", SHAPE, 10), SHAPE, 10)
    check_probe(ours, [reading])
    features, labels = torch.randn(200, 6), torch.arange(200) % 10
    for probe, known in ((literal, False), (ours, True)):
        found = capacitance(probe.head, [(features, labels)], reading=reading, sign_errors=0)
        assert (found.value is not None) == known


def test_pruned_weights_stay_zero_under_any_optimiser():
    net = build("mlp-8", SHAPE, 10)
    mask = torch.rand(8, 64) < 0.3
    keep_pruned(net, {"fc1": mask.numpy()})
    optimiser = torch.optim.Adam(net.parameters(), lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        net(torch.randn(5, *SHAPE)).square().sum().backward()
        optimiser.step()
    assert torch.equal(net.fc1.weight != 0, mask)


def test_timm_models_when_installed_and_a_sentence_when_not(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match="timm, which is not installed"):
        base_network("timm/resnet18", (3, 32, 32), 10)
    asked = {}

    def create_model(name, **options):
        asked.update(options, name=name)
        return build("mlp-6", SHAPE, 1000)

    monkeypatch.setitem(sys.modules, "timm", types.SimpleNamespace(create_model=create_model))
    net = base_network("timm/resnet18", SHAPE, 10)
    assert asked == {"name": "resnet18", "pretrained": True, "in_chans": 1}
    assert attach(net, SHAPE, 10, SMALL).source.out_features == 1000
