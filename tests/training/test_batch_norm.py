"""Batch-norm statistics taken anew after a pruning that no training follows."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from nsgraph.pruning import registry
from nsgraph.training import train
from nsgraph.training.batch_norm import recalibrate


def norms(net):
    return [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]


def test_statistics_are_those_of_the_images(data, resnet):
    net = copy.deepcopy(resnet).train()
    whole = len(data.train)
    recalibrate(net, data, whole + 5, 0, "word")
    # The first batch norm reads the first convolution, which no other statistics change.
    with torch.no_grad():
        order = torch.randperm(whole, generator=torch.Generator().manual_seed(0))
        maps = next(m for m in net.modules() if isinstance(m, nn.Conv2d))(
            data.normalise(data.train.images[order])
        )
    assert torch.allclose(norms(net)[0].running_mean, maps.mean((0, 2, 3)), atol=0.02)
    assert torch.allclose(norms(net)[0].running_var, maps.var((0, 2, 3)), rtol=0.05)
    assert all(module.training for module in net.modules())
    assert all(norm.momentum == 0.1 for norm in norms(net))
    before = copy.deepcopy(resnet.state_dict())
    for name, value in net.state_dict().items():
        if "running" not in name and "tracked" not in name:
            assert torch.equal(value, before[name]), name


def test_the_seed_chooses_the_images(data, resnet):
    found = []
    for seed in (0, 0, 1):
        net = copy.deepcopy(resnet)
        recalibrate(net, data, 20, seed, "word")
        found.append(norms(net)[0].running_mean)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_networks_without_batch_norm_stay(data, mlp):
    net = copy.deepcopy(mlp)
    recalibrate(net, data, 20, 0, "word")
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), mlp.parameters(), strict=True))


@pytest.mark.parametrize("method", ["wanda", "sparsegpt"])
def test_post_training_recalibrates_at_the_end_alone(data, resnet, method):
    assert registry.get(method).options["recalibrate"] == 1024
    recipe = {"epochs": 2, "batch": 32, "lr": 0.05}

    def statistics(**options):
        run = train(resnet, data, method, 0.8, 0, options=options, **recipe)
        return norms(run.net)[0].running_mean

    assert not torch.equal(statistics(), statistics(recalibrate=0))
    assert torch.equal(statistics(after=0.5), statistics(after=0.5, recalibrate=0))
