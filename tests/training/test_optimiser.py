"""Masked SGD against torch's own, and what a mask means for weight and momentum."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models import build, prunable
from nsgraph.training.optimiser import MaskedSGD
from nsgraph.training.recipe import Recipe

INPUTS, LABELS = torch.randn(8, 1, 4, 4), torch.arange(8)


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("channels_last", [False, True])
def test_dense_steps_are_those_of_torch(nesterov, channels_last):
    net = build("resnet8-4", (1, 4, 4), 10, seed=0)
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
    twin = copy.deepcopy(net)
    ours = MaskedSGD([net], Recipe(momentum=0.9, nesterov=nesterov, weight_decay=0.01))
    theirs = torch.optim.SGD(
        twin.parameters(), lr=0.05, momentum=0.9, nesterov=nesterov, weight_decay=0.01
    )
    for _ in range(4):
        for module, clear in ((net, ours.clear), (twin, theirs.zero_grad)):
            clear()
            F.cross_entropy(module(INPUTS), LABELS).backward()
        ours.step(0.05)
        theirs.step()
    for a, b in zip(net.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("nesterov", [False, True])
def test_pruned_weights_stay_zero(nesterov):
    net = build("mlp-12", (1, 4, 4), 10, seed=0)
    optimiser = MaskedSGD([net], Recipe(momentum=0.9, nesterov=nesterov, weight_decay=0.1))
    for _ in range(3):  # momentum everywhere
        step(net, optimiser)
    masks = {name: torch.rand(layer.weight.shape) < 0.3 for name, layer in prunable(net).items()}
    optimiser.of(net).set_masks(masks)
    for _ in range(3):
        step(net, optimiser)
        for name, layer in prunable(net).items():
            off = ~masks[name]
            assert not layer.weight[off].any()
            assert not optimiser.of(net).layers[name].velocity[off].any()
            assert layer.weight[masks[name]].all()
            assert layer.weight.grad[off].any()  # the gradient stays dense


def step(net, optimiser):
    optimiser.clear()
    F.cross_entropy(net(INPUTS), LABELS).backward()
    optimiser.step(0.1)


def test_released_parameters_are_their_own():
    net = build("mlp-12", (1, 4, 4), 10, seed=0)
    before = copy.deepcopy(net.state_dict())
    MaskedSGD([net], Recipe()).of(net).release()
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    pointers = {p.untyped_storage().data_ptr() for p in net.parameters()}
    assert len(pointers) == len(list(net.parameters()))
    assert all(p.grad is None for p in net.parameters())


def test_shared_and_frozen_weights_are_refused():
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    net[0].weight.requires_grad_(False)
    with pytest.raises(UserError, match="'0' are frozen"):
        MaskedSGD([net], Recipe())
    net[0].weight = net[1].weight
    with pytest.raises(UserError, match="'0' and '1' share"):
        MaskedSGD([net], Recipe())
