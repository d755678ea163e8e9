"""Dynamic sparse training inside the loop: SET and RigL do what they are defined to do."""

from __future__ import annotations

import copy
import sys

import pytest
import torch
from torch.nn import functional as F

from nsgraph.pruning import algorithms, registry
from nsgraph.pruning.rules import gradient
from nsgraph.training import train
from nsgraph.training.drivers import Rewiring
from nsgraph.training.recipe import Recipe
from nsgraph.training.trainer import Trainer


def trainer_of(net, data, method, sparsity=0.8, recipe=None, **options):
    recipe = recipe or Recipe(epochs=4, batch=32, lr=0.1)
    found = registry.get(method).configured(options)
    driver = Rewiring(found, sparsity, 0, recipe.epochs)
    trainer = Trainer(copy.deepcopy(net), data, driver, recipe, 0)
    driver.start(trainer)
    return trainer


def layers_of(trainer):
    return {
        name: {
            "mask": layer.mask.bool().clone(),
            "weight": layer.weight.clone(),
            "velocity": layer.velocity.clone(),
        }
        for name, layer in trainer.optimiser.layers.items()
    }


@pytest.mark.parametrize("model", ["mlp", "resnet"])
def test_rigl_grows_the_argmax_of_the_dense_gradient(request, data, model):
    """The gradient is computed by a twin without masks on the gradient, optimiser or hooks."""
    trainer = trainer_of(request.getfixturevalue(model), data, "rigl", every=1, may_return=False)
    trainer.net.train()
    twin = copy.deepcopy(trainer.net)
    trainer.step = 1
    inputs, labels = next(trainer.batches.epoch(1))
    dense = torch.autograd.grad(
        F.cross_entropy(twin(inputs), labels),
        [twin.get_submodule(name).weight for name in trainer.optimiser.layers],
    )
    trainer.optimiser.clear()
    F.cross_entropy(trainer.net(inputs), labels).backward()
    before = layers_of(trainer)
    assert trainer.driver.instead_of_step(trainer)
    after = layers_of(trainer)
    grown_in_all = 0
    for (name, old), g in zip(before.items(), dense, strict=True):
        new = after[name]
        grown = new["mask"] & ~old["mask"]
        expected = (old["mask"] & ~new["mask"]).sum()
        absent = g.abs().masked_fill(old["mask"], -1).flatten()
        best = set(absent.topk(int(expected)).indices.tolist())
        assert set(grown.flatten().nonzero()[:, 0].tolist()) == best
        assert new["mask"].sum() == old["mask"].sum()
        assert not new["weight"][grown].any()
        assert not new["velocity"][grown].any()
        stayed = old["mask"] & new["mask"]
        assert torch.equal(new["weight"][stayed], old["weight"][stayed])  # no optimiser step
        grown_in_all += int(grown.sum())
    assert grown_in_all > 0


def test_rigl_updates_on_its_steps_only(mlp, data, monkeypatch):
    called = []
    original = Rewiring._update
    monkeypatch.setattr(
        Rewiring, "_update", lambda self, t: (called.append(t.step), original(self, t))
    )
    train(mlp, data, "rigl", 0.8, options={"every": 2}, epochs=4, batch=32)  # 12 steps
    assert called == [2, 4, 6, 8]  # until 75 %


def test_set_updates_after_each_epoch_but_the_last(mlp, data, monkeypatch):
    called = []
    original = Rewiring._update
    monkeypatch.setattr(
        Rewiring, "_update", lambda self, t: (called.append(t.step), original(self, t))
    )
    run = train(mlp, data, "set", 0.8, epochs=4, batch=32)
    assert called == [3, 6, 9]
    assert [row["changed_links"] > 0 for row in run.history] == [False, True, True, True]


def test_set_takes_the_nearest_zero_of_each_sign(mlp, data):
    trainer = trainer_of(mlp, data, "set", every=1, may_return=False)
    trainer.step = 1
    before = layers_of(trainer)
    trainer.driver.before_step(trainer)
    after = layers_of(trainer)
    for name, old in before.items():
        new = after[name]
        dropped = old["mask"] & ~new["mask"]
        for group in (old["mask"] & (old["weight"] > 0), old["mask"] & (old["weight"] < 0)):
            assert int((dropped & group).sum()) == int(0.3 * int(group.sum()))
            stayed = group & ~dropped
            assert old["weight"][dropped & group].abs().max() <= old["weight"][stayed].abs().min()
        grown = new["mask"] & ~old["mask"]
        assert grown.sum() == dropped.sum()
        assert not new["weight"][grown].any()


def test_set_without_turnover_is_static_training(mlp, data):
    still = train(mlp, data, "set", 0.8, options={"fraction": 0.0}, epochs=3, batch=32)
    never = train(mlp, data, "set", 0.8, options={"every": 10_000}, epochs=3, batch=32)
    assert still.masks == never.masks
    assert [r["loss"] for r in still.history] == [r["loss"] for r in never.history]
    assert [r["changed_links"] for r in still.history] == [0, 0, 0]


@pytest.mark.parametrize("method", ["set", "rigl"])
def test_layer_counts_never_change(resnet, data, method):
    run = train(resnet, data, method, 0.9, options={"every": 2}, epochs=4, batch=32)
    assert all(row["density"] == run.history[0]["density"] for row in run.history)
    assert sum(row["changed_links"] for row in run.history) > 0


def test_rigl_can_start_uniformly(resnet, data):
    run = train(resnet, data, "rigl", 0.9, options={"start": "uniform"}, epochs=1, batch=32)
    assert max(run.masks.layer_densities().values()) < 0.2


def test_growth_by_gradient_is_the_dense_one_for_every_later_step(mlp, data):
    """The optimiser never masks the gradient that growth reads."""
    trainer = trainer_of(mlp, data, "rigl")
    trainer.run_epoch()
    for layer in trainer.optimiser.layers.values():
        links = type("Links", (), {"gradient": layer.gradient})
        assert gradient(links)[layer.mask == 0].any()


NEW_COMPOSITION = '''
"""Grows where the product of degrees is largest (nobody, never)."""

from nsgraph.pruning import Dynamic
from nsgraph.pruning.rules import magnitude
from nsgraph.pruning.starts import uniform
from nsgraph.schedules import linear


def degrees(links):
    flat = links.mask.flatten(1).double()
    return (flat.sum(1, keepdim=True) * flat.sum(0)).view_as(links.weight)


HUBS = Dynamic(
    start=uniform, drop=magnitude, grow=degrees, fraction=linear(0.4, 0.1), every="epoch"
)
'''


def test_a_new_composition_is_one_file(tmp_path, monkeypatch, resnet, data):
    (tmp_path / "hubs.py").write_text(NEW_COMPOSITION)
    monkeypatch.setattr(algorithms, "__path__", [*algorithms.__path__, str(tmp_path)])
    try:
        method = registry.get("hubs")
        assert method.category == "dynamic sparse training"
        assert method.options["grow"] == "degrees"
        assert method.configured(method.options).options == method.options
        run = train(resnet, data, "hubs", 0.9, options={"fraction": 0.2}, epochs=3, batch=32)
        assert run.masks.n_kept == round(0.1 * run.masks.n_weights)
        assert run.history[1]["changed_links"] > 0
    finally:
        sys.modules.pop(f"{algorithms.__name__}.hubs", None)
