"""Deep rewiring and Top-KAST inside the loop, against their definitions by hand."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from nsgraph.pruning import registry
from nsgraph.pruning.allocation import ALLOCATIONS
from nsgraph.pruning.selection import select
from nsgraph.training.drivers import driver_for
from nsgraph.training.recipe import Recipe, learning_rate
from nsgraph.training.trainer import Trainer

RECIPE = Recipe(epochs=5, batch=32, lr=0.1, weight_decay=5e-4)
OPTIONS = {"deepr": {"l1": 1e-2, "noise": 1e-2}, "top-kast": {"every": 1}}


def trainer_of(net, data, method, sparsity=0.8, recipe=RECIPE, **options):
    found = registry.get(method).configured(options or OPTIONS[method])
    driver = driver_for(found, sparsity, 0, recipe.epochs)
    trainer = Trainer(copy.deepcopy(net), data, driver, recipe, 0)
    driver.start(trainer)
    return trainer


def masks_of(trainer):
    return {name: mask.clone() for name, mask in trainer.optimiser.masks().items()}


# deep rewiring


def test_deepr_never_flips_a_sign(resnet, data):
    trainer = trainer_of(resnet, data, "deepr")
    signs = {}
    for _ in range(5):
        trainer.run_epoch()
        for name, layer in trainer.optimiser.layers.items():
            now = layer.weight.sign()
            known = signs.setdefault(name, torch.zeros_like(now))
            assert not (known * now < 0).any()
            signs[name] = torch.where(now != 0, now, known)
    assert sum(row["changed_links"] for row in trainer.history) > 100


def test_deepr_step_by_hand(mlp, data):
    trainer = trainer_of(mlp, data, "deepr", l1=0.5, noise=0.0)
    driver, rate = trainer.driver, learning_rate(RECIPE, 0, 3)
    before, weights = masks_of(trainer), {}
    for name, layer in trainer.optimiser.layers.items():
        layer.velocity.normal_().mul_(layer.mask)
        weights[name] = layer.weight.clone()
    assert driver.instead_of_step(trainer) is False
    driver.before_step(trainer)
    for name, layer in trainer.optimiser.layers.items():
        sign = driver.sign[name]
        decayed = weights[name] - rate * 0.5 * sign * before[name]
        stay = before[name] & (decayed * sign >= 0)
        assert 0 < int(stay.sum()) < int(before[name].sum())
        assert torch.equal(layer.weight[stay], decayed[stay])
        grown = (layer.mask != 0) & ~stay
        assert int(grown.sum()) == int((before[name] & ~stay).sum())
        assert torch.equal(layer.weight[grown], sign[grown] * 1e-12)
        assert not layer.velocity[grown].any()
        assert layer.velocity[stay].all()
    once = {name: layer.weight.clone() for name, layer in trainer.optimiser.layers.items()}
    driver.before_evaluation(trainer)  # nothing left to look at
    assert all(torch.equal(once[n], la.weight) for n, la in trainer.optimiser.layers.items())


def test_deepr_noise_has_its_size(mlp, data):
    trainer = trainer_of(mlp, data, "deepr", 0.2, l1=0.0, noise=1e-3)
    driver, rate = trainer.driver, learning_rate(RECIPE, 0, 3)
    before = {n: (la.weight.clone(), la.mask != 0) for n, la in trainer.optimiser.layers.items()}
    driver.instead_of_step(trainer)
    driver.before_evaluation(trainer)
    noise = []
    for name, layer in trainer.optimiser.layers.items():
        weight, mask = before[name]
        stay = mask & (layer.mask != 0) & (layer.weight.abs() > 1e-9)
        noise.append((layer.weight - weight)[stay])
    noise = torch.cat(noise) / rate
    assert len(noise) > 600
    assert float(noise.std()) == pytest.approx(1e-3, rel=0.1)
    assert abs(float(noise.mean())) < 2e-4


def test_deepr_across_layers_keeps_the_total(resnet, data):
    trainer = trainer_of(resnet, data, "deepr", within="network", l1=1e-2)
    start = {name: int(mask.sum()) for name, mask in masks_of(trainer).items()}
    for _ in range(3):
        trainer.run_epoch()
    end = {name: int(mask.sum()) for name, mask in masks_of(trainer).items()}
    assert sum(end.values()) == sum(start.values())
    assert end != start
    assert trainer.driver.counts == end
    within = trainer_of(resnet, data, "deepr", within="layer", l1=1e-2)
    within.run_epoch()
    assert {name: int(mask.sum()) for name, mask in masks_of(within).items()} == start


# Top-KAST


@pytest.mark.parametrize("allocation", ["uniform", "erk", "global"])
def test_top_kast_sets_are_the_largest_weights(resnet, data, allocation):
    trainer = trainer_of(resnet, data, "top-kast", 0.9, every=1, allocation=allocation)
    driver, share = trainer.driver, ALLOCATIONS[allocation]
    total = sum(weight.numel() for weight in driver.dense.values())
    for _ in range(4):
        trainer.run_epoch()
        trainer.driver.before_step(trainer)  # chooses anew
        sizes = {name: weight.abs().double() for name, weight in driver.dense.items()}
        forward, backward = select(sizes, share, 0.1), select(sizes, share, 0.2)
        for name, layer in trainer.optimiser.layers.items():
            assert torch.equal(layer.mask != 0, forward[name])
            assert torch.equal(driver.forward[name], forward[name])
            assert torch.equal(driver.backward[name], forward[name] | backward[name])
            assert torch.equal(layer.weight, driver.dense[name] * forward[name])
        kept = sum(int(mask.sum()) for mask in masks_of(trainer).values())
        assert kept == round(0.1 * total)


def test_top_kast_steps_by_hand(mlp, data):
    """Against all weights in one place, masks applied where the definition says."""
    recipe = Recipe(epochs=2, batch=32, lr=0.1, momentum=0.9, weight_decay=1e-2)
    trainer = trainer_of(mlp, data, "top-kast", 0.75, recipe, every=1, backward=2.0)
    twin = copy.deepcopy(mlp).train()
    layers = {name: twin.get_submodule(name) for name in trainer.optimiser.layers}
    dense = {name: layer.weight.detach().clone() for name, layer in layers.items()}
    moving = {key: torch.zeros_like(p) for key, p in twin.named_parameters()}
    for step, (inputs, labels) in enumerate(trainer.batches.epoch(1)):
        forward = {n: _largest(w, 0.25) for n, w in dense.items()}
        backward = {n: _largest(w, 0.5) for n, w in dense.items()}
        for name, layer in layers.items():
            layer.weight.data = dense[name] * forward[name]
        twin.zero_grad()
        F.cross_entropy(twin(inputs), labels).backward()
        rate = learning_rate(recipe, step, 3)
        for key, parameter in twin.named_parameters():
            name = key.removesuffix(".weight")
            gradient = parameter.grad
            if name in dense:
                pull = dense[name] * torch.where(forward[name], 1.0, 4.0)  # 1 / density outside
                v = (0.9 * moving[key] + gradient + 1e-2 * pull) * backward[name]
                dense[name] = dense[name] - rate * v
            else:
                v = 0.9 * moving[key] + gradient + 1e-2 * parameter.detach()
                parameter.data -= rate * v
            moving[key] = v
    trainer.run_epoch()
    for name in dense:
        assert torch.allclose(trainer.driver.dense[name], dense[name], rtol=1e-5, atol=1e-7)
        assert (dense[name] != mlp.get_submodule(name).weight).any()


def _largest(weight, part):
    count = round(part * weight.numel())
    chosen = torch.zeros(weight.numel(), dtype=torch.bool)
    chosen[weight.abs().flatten().topk(count).indices] = True
    return chosen.view_as(weight)


def test_top_kast_chooses_its_sets_every_few_steps(mlp, data):
    trainer = trainer_of(mlp, data, "top-kast", every=3)
    rows = [trainer.run_epoch() for _ in range(3)]
    assert rows[0]["changed_links"] == 0
    assert rows[1]["changed_links"] > 0


def test_top_kast_leaves_all_other_weights_as_they_were(mlp, data):
    trainer = trainer_of(mlp, data, "top-kast", 0.9, every=1, backward=1.5)
    initial = {name: w.clone() for name, w in trainer.driver.dense.items()}
    ever = {name: m.clone() for name, m in trainer.driver.backward.items()}
    for _ in range(2):
        trainer.run_epoch()
    for name, weight in trainer.driver.dense.items():
        ever[name] |= trainer.driver.backward[name]
        assert (weight == initial[name])[~ever[name]].float().mean() > 0.9
        assert (weight != initial[name])[trainer.driver.forward[name]].all()
