"""Wanda: activations of convolutions place by place, even rows, and its way through training."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models import build
from nsgraph.pruning import prune, registry
from nsgraph.pruning.gradients import weights
from nsgraph.training import train


def batch_of(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 1, 7, 6, generator=generator), torch.arange(n) % 3


def everything(net):
    return {name: torch.ones_like(w, dtype=torch.bool) for name, w in weights(net).items()}


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(4, 6, 3, padding=1),
        nn.Conv2d(4, 6, (3, 2), stride=2, dilation=(1, 2)),
        nn.Conv2d(4, 6, 3, groups=2, padding=2, padding_mode="reflect"),
        nn.Conv2d(4, 4, 3, groups=4, padding="same", bias=False),
    ],
)
def test_wanda_on_convolutions(conv):
    """Norms of the patches that the kernel sees, one place after another."""
    net = nn.Sequential(nn.Conv2d(1, 4, 1), nn.ReLU(), conv)
    batches = [batch_of(3, s) for s in (0, 1)]
    scores = registry.get("wanda")(net, batches, everything(net))
    squares = torch.zeros_like(conv.weight)
    for inputs, _ in batches:
        x = net[:2](inputs).detach()
        for place in range(conv.weight[0].numel()):
            probe = copy.deepcopy(conv)
            with torch.no_grad():
                probe.weight.zero_()
                probe.weight.flatten(1)[:, place] = 1
                probe.bias = None
                squares.flatten(1)[:, place] += probe(x).square().sum((0, 2, 3))
    assert torch.allclose(scores["2"], conv.weight.abs() * squares.sqrt(), rtol=1e-4)


def test_wanda_on_linear_layers_keeps_rows_even():
    net, batch = build("mlp-20-15", (1, 7, 6), 3, seed=0), batch_of(30)
    scores = registry.get("wanda")(net, [batch], everything(net))
    hidden = F.relu(net.get_submodule("fc1")(batch[0].flatten(1)))
    expected = net.get_submodule("fc2").weight.abs() * hidden.norm(dim=0)
    assert torch.allclose(scores["fc2"], expected, rtol=1e-5)
    masks = prune(net, "wanda", 0.7, data=[batch], after=0)
    assert masks.n_kept == round(0.3 * masks.n_weights)
    for mask in masks.values():
        assert np.ptp(mask.sum(1)) <= 1
    with pytest.raises(UserError, match=r"needs training; .* with after=0 it prunes"):
        prune(net, "wanda", 0.7, data=[batch])


@pytest.mark.parametrize(
    ("name", "options", "category"),
    [
        ("wanda", {}, "post-training"),
        ("wanda", {"pattern": "2:4"}, "post-training"),
        ("magnitude-redrawn", {}, "layer-wise random"),
    ],
)
def test_within_training(data, name, options, category):
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    run = train(net, data, name, 0.5, epochs=2, options=options)
    assert run.masks.n_kept == round(0.5 * run.masks.n_weights)
    assert run.best_epoch == 2
    for layer, weight in weights(run.net).items():
        assert not weight[torch.tensor(~run.masks[layer])].any()
    assert registry.get(name).category == category
    if options == {}:
        even = all(np.ptp(mask.sum(1)) <= 1 for mask in run.masks.values())
        assert even == (name == "wanda")
