"""Gradual pruning meets its curve exactly, update by update."""

from __future__ import annotations

import copy
import logging
import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.pruning import prune, registry
from nsgraph.pruning.allocation import kept
from nsgraph.pruning.gradual import Gradual
from nsgraph.training import train
from nsgraph.training.drivers import GradualPruning
from nsgraph.training.recipe import Recipe
from nsgraph.training.trainer import Trainer


def counts_of(monkeypatch, net, data, method, sparsity, options, **recipe):
    """Live weights when each step is taken, by the number of steps done, and the run."""
    seen = {}
    original = GradualPruning.instead_of_step

    def watch(self, trainer):
        original(self, trainer)
        masks = trainer.optimiser.masks().values()
        seen[trainer.step] = sum(int(mask.sum()) for mask in masks)
        return False

    monkeypatch.setattr(GradualPruning, "instead_of_step", watch)
    return seen, train(net, data, method, sparsity, options=options, batch=32, **recipe)


@pytest.mark.parametrize("model", ["mlp", "resnet"])
def test_gmp_meets_its_schedule(request, monkeypatch, data, model):
    """24 steps, pruned after 6, 9, 12, ... 18 of them; the curve is written out here."""
    options = {"begin": 3, "end": 0.75, "every": 3}
    net = request.getfixturevalue(model)
    seen, run = counts_of(monkeypatch, net, data, "gmp", 0.9, options, epochs=8)
    n = run.masks.n_weights
    for step, live in seen.items():
        updates = min(max(step - 3, 0) // 3, 5)
        assert live == round(n * (0.1 + 0.9 * (1 - updates / 5) ** 3)), step
    assert seen[17] > seen[18] == run.masks.n_kept == round(0.1 * n)


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),  # a tenth of 12 steps is one
        ({"every": 5}, [11, 16, 18]),
        ({"every": 100}, [18]),
        ({"begin": "1 epoch", "end": "2 epochs", "every": "1 epoch"}, [6]),
        ({"end": 1.0, "every": "epoch"}, [9, 12, 15, 18, 21]),  # and after the last step
        ({"begin": 22, "end": 1}, [23]),
    ],
)
def test_updates_come_when_they_should(monkeypatch, mlp, data, options, steps):
    """8 epochs of 3 steps; the default is from step 6 to step 18."""
    options = {**options, "power": 1}  # a straight line: each update has weights to prune
    seen, run = counts_of(monkeypatch, mlp, data, "gmp", 0.9, options, epochs=8)
    assert [step for step in range(1, 24) if seen[step] < seen[step - 1]] == steps
    assert run.masks.n_kept == kept(0.1, run.masks.n_weights)


@given(
    begin=st.integers(2, 300),
    duration=st.integers(1, 300),
    every=st.integers(1, 400) | st.just("auto"),
    initial=st.floats(0, 0.99),
    sparsity=st.floats(0, 0.99),
    power=st.floats(0.1, 6),
)
def test_counts_fall_to_the_final_one(begin, duration, every, initial, sparsity, power):
    method = Gradual(begin=begin, end=begin + duration, every=every, initial=initial, power=power)
    table = method.timetable(700, 10)
    steps = [step for step in range(701) if table.prunes(step)]
    densities = [method.density(sparsity, table.progress(step)) for step in steps]
    assert steps[-1] == begin + duration
    assert steps[0] > begin
    assert all(b - a <= table.every for a, b in pairwise([begin, *steps]))
    assert len(steps) >= min(10, duration) or every != "auto"
    assert densities == sorted(densities, reverse=True)
    assert densities[-1] == 1 - sparsity
    assert method.density(sparsity, 0) == 1 - min(initial, sparsity)


def test_long_trainings_are_pruned_every_hundred_steps():
    table = registry.get("gmp").timetable(10_000, 500)
    assert (table.begin, table.end, table.every) == (2500, 7500, 100)
    assert sum(table.prunes(step) for step in range(10_001)) == 50


@pytest.mark.parametrize(("end", "before"), [("2 epochs", 2), (7, 2), (9, 3), (11, 3), (1.0, 4)])
def test_only_epochs_of_final_sparsity_can_be_the_best(mlp, data, end, before):
    """4 epochs of 3 steps; where pruning ends after the last step, the last epoch counts."""
    options = {"begin": 0, "end": end}
    run = train(mlp, data, "gmp", 0.8, options=options, epochs=4, batch=32)
    assert run.epochs_before == before
    eligible = [row["epoch"] for row in run.history if row["eligible"]]
    assert eligible == (list(range(before + 1, 5)) or [4])
    assert run.best_epoch in eligible
    final = {row["epoch"] for row in run.history if row["density"] == run.masks.layer_densities()}
    assert final == set(eligible)


def test_pruned_weights_are_the_smallest_of_the_whole_network(mlp, data):
    trainer = trainer_of(mlp, data, "gmp", begin=0, end=4, every=1)
    weights = {name: layer.weight.clone() for name, layer in trainer.optimiser.layers.items()}
    trainer.step = 1
    trainer.driver.before_step(trainer)
    masks = trainer.optimiser.masks()
    live = torch.cat([weights[name][mask].abs() for name, mask in masks.items()])
    gone = torch.cat([weights[name][~mask].abs() for name, mask in masks.items()])
    assert len(gone) > 0
    assert gone.max() <= live.min()
    trainer.step = 2
    trainer.driver.before_step(trainer)
    for name, mask in trainer.optimiser.masks().items():
        assert not (mask & ~masks[name]).any()  # what was pruned does not return


def trainer_of(net, data, method, sparsity=0.8, **options):
    recipe = Recipe(epochs=4, batch=32, lr=0.1)
    driver = GradualPruning(registry.get(method).configured(options), sparsity, 0, recipe.epochs)
    trainer = Trainer(copy.deepcopy(net), data, driver, recipe, 0)
    driver.start(trainer)
    return trainer


@pytest.mark.parametrize("model", ["mlp", "resnet"])
def test_granet_replaces_the_smallest_by_the_largest_dense_gradient(request, data, model):
    trainer = trainer_of(request.getfixturevalue(model), data, "granet", every=1, regrowth=0.2)
    trainer.net.train()
    trainer.step = 1
    trainer.driver.before_step(trainer)
    inputs, labels = next(trainer.batches.epoch(1))
    trainer.optimiser.clear()
    F.cross_entropy(trainer.net(inputs), labels).backward()
    layers = trainer.optimiser.layers
    old = {n: (x.mask != 0, x.weight.clone(), x.gradient.clone()) for n, x in layers.items()}
    assert trainer.driver.instead_of_step(trainer) is False  # the optimiser's step follows
    part = 0.002 + (0.2 - 0.002) * (1 + math.cos(math.pi / 12)) / 2  # after 1 of 12 steps
    grown_in_all = 0
    for name, (mask, weight, gradient) in old.items():
        new = layers[name].mask != 0
        if mask.all():
            assert new.all()
            continue
        live = mask.flatten().nonzero()[:, 0].tolist()
        w, g = weight.abs().flatten().tolist(), gradient.abs().flatten().tolist()
        count = int(part * len(live))
        stay = set(sorted(live, key=lambda i, w=w: w[i])[count:])
        others = sorted(set(range(mask.numel())) - stay, key=lambda i, g=g: -g[i])
        grown = others[:count]
        assert set(new.flatten().nonzero()[:, 0].tolist()) == stay | set(grown)
        assert not layers[name].weight.flatten()[grown].any()
        assert not layers[name].velocity.flatten()[grown].any()
        grown_in_all += len(set(grown) - set(live))
    assert trainer.driver.row() == {"regrown_links": grown_in_all}
    assert grown_in_all > 0


def test_granet_counts(monkeypatch, resnet, data):
    """From half of the links along the curve; regrowth goes on after its end, counts stay."""
    options = {"every": 2, "end": 12}
    seen, run = counts_of(monkeypatch, resnet, data, "granet", 0.9, options, epochs=8)
    n = run.masks.n_weights
    for step, live in seen.items():
        assert live == round(n * (0.1 + 0.4 * (1 - min(step // 2, 6) / 6) ** 3)), step
    assert [row["regrown_links"] > 0 for row in run.history] == [True] * 8
    start = prune(resnet, "erk", 0.5).layer_densities()
    for name, density in run.history[0]["density"].items():
        assert density <= start[name]


def test_granet_never_starts_sparser_than_it_ends(monkeypatch, mlp, data):
    seen, run = counts_of(monkeypatch, mlp, data, "granet", 0.3, {}, epochs=2)
    assert set(seen.values()) == {run.masks.n_kept} == {kept(0.7, run.masks.n_weights)}


def test_without_regrowth_granet_is_gmp_from_a_sparse_start(mlp, data):
    options = {"begin": 0.0, "end": 0.5}
    still = train(mlp, data, "granet", 0.8, options={**options, "regrowth": 0}, epochs=3, batch=32)
    gmp = train(mlp, data, "gmp", 0.8, options={**options, "initial": 0.5}, epochs=3, batch=32)
    assert [r["regrown_links"] for r in still.history] == [0, 0, 0]
    assert still.history[0]["density"].keys() == gmp.history[0]["density"].keys()
    assert still.masks.n_kept == gmp.masks.n_kept


def test_sparsity_zero_is_dense_training(mlp, data):
    dense = train(mlp, data, epochs=3, batch=32)
    for method in ("gmp", "granet"):
        run = train(mlp, data, method, 0.0, epochs=3, batch=32)
        assert [r["loss"] for r in run.history] == [r["loss"] for r in dense.history]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"begin": 0.5, "end": 0.5}, "begins at step 6 and ends at step 6; expected an end after"),
        ({"end": "5 epochs"}, "ends at step 15; .* among the 12 steps"),
        ({"end": "late"}, "end is 'late'; expected a part of the training"),
        ({"begin": -0.5}, "begin is -0.5"),
        ({"every": 0}, "every is 0; expected a number of steps, 'epoch'"),
        ({"every": "now"}, "every is 'now'"),
        ({"every": 2.5}, "'every' of method 'gmp' is 2.5"),
        ({"initial": 1.0}, "initial is 1.0"),
        ({"power": 0}, "power is 0"),
        ({"regrowth": 1.5}, "regrowth is 1.5"),
        ({"start": "nowhere"}, "'start' of method 'gmp': 'nowhere' is no start; expected one of"),
        ({"rate": 1}, "no option 'rate'"),
    ],
)
def test_wrong_options(mlp, data, options, sentence):
    with pytest.raises(UserError, match=sentence):
        train(mlp, data, "gmp", 0.8, options=options, epochs=4, batch=32)


def test_options_are_plain_and_come_back():
    method = registry.get("granet")
    assert method.options["start"] == "erk"
    assert method.options["regrowth"] == {"cosine": [0.5, 0.005]}
    assert method.configured(method.options).options == method.options
    assert method.configured({"regrowth": 0.1}).regrowth(1.0) == pytest.approx(0.001)
    assert registry.get("gmp").configured({"regrowth": 0.1}).regrowth(0.7) == 0.1


def test_prune_says_that_they_need_training(mlp, data):
    for method in ("gmp", "granet", "lottery-ticket"):
        with pytest.raises(UserError, match="needs training"):
            prune(mlp, method, 0.5)


@pytest.mark.parametrize("method", sorted(set(registry.names()) - {"dense"}))
def test_a_sparsity_that_leaves_nothing_is_refused_at_once(mlp, data, method):
    seen = []
    with pytest.raises(UserError, match=r"of 0.9999 leaves none of the network's 928 weights"):
        train(mlp, data, method, 0.9999, progress=seen.append, epochs=2, batch=32)
    assert seen == []


@pytest.mark.parametrize(
    ("method", "options"), [("gmp", {}), ("granet", {}), ("lottery-ticket", {"rounds": 1})]
)
def test_an_emptied_layer_is_said(data, caplog, method, options):
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 10))
    with torch.no_grad():
        net[3].weight.mul_(1e-6)
    recipe = {"epochs": 2, "batch": 32, "lr": 1e-9}
    with caplog.at_level(logging.WARNING):
        train(net, data, method, 0.9, options=options, **recipe)
    assert caplog.messages == [f"{method} at sparsity 0.9 empties the layer '3'."]
