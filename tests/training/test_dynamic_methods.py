"""Each dynamic method does what it is defined to do, in the loop, on small networks."""

from __future__ import annotations

import copy
import logging

import numpy as np
import pytest
import torch

from nsgraph.pruning import registry
from nsgraph.training import train
from nsgraph.training.drivers import FixedMasks, driver_for, rewiring
from nsgraph.training.members import Member, carry_out
from nsgraph.training.recipe import Recipe
from nsgraph.training.trainer import Trainer

# 3 steps an epoch: every method changes links several times in 5 epochs
OPTIONS = {
    "set": {},
    "rigl": {"every": 2},
    "set-itop": {"every": 2},
    "rigl-itop": {"every": 2},
    "snfs": {},
    "dsr": {"every": 1, "threshold": 0.02},
    "mest": {"every": "epoch"},
    "deepr": {"l1": 1e-2, "noise": 1e-2},
    "top-kast": {"every": 1},
}
RECIPE = Recipe(epochs=5, batch=32, lr=0.1, weight_decay=5e-4)


def trainer_of(net, data, method, sparsity=0.8, recipe=RECIPE, **options):
    found = registry.get(method).configured(options or OPTIONS[method])
    driver = driver_for(found, sparsity, 0, recipe.epochs)
    trainer = Trainer(copy.deepcopy(net), data, driver, recipe, 0)
    driver.start(trainer)
    return trainer


def masks_of(trainer):
    return {name: mask.clone() for name, mask in trainer.optimiser.masks().items()}


def kept_of(trainer):
    return sum(int(mask.sum()) for mask in trainer.optimiser.masks().values())


# what holds for all


@pytest.mark.parametrize("method", OPTIONS)
@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.9])
def test_finished_networks_have_exactly_their_links(resnet, data, method, sparsity):
    trainer = trainer_of(resnet, data, method, sparsity)
    total = sum(mask.numel() for mask in trainer.optimiser.masks().values())
    rows = []
    for _ in range(RECIPE.epochs):
        row = trainer.run_epoch()
        rows.append(row)
        if row["eligible"]:
            assert kept_of(trainer) == round((1 - sparsity) * total)
        assert row["exploration"] <= 1
        assert row["drop_overlap"] is None or 0 <= row["drop_overlap"] <= 1
    assert rows[-1]["eligible"]
    tried = [row["exploration"] for row in rows]
    assert tried == sorted(tried)
    if sparsity:
        assert sum(row["changed_links"] for row in rows) > 0
        assert tried[-1] > tried[0] >= round((1 - sparsity) * total) / total
    else:
        assert tried[-1] == 1


@pytest.mark.parametrize("method", OPTIONS)
def test_pruned_weights_stay_zero_under_momentum_and_decay(resnet, data, method):
    trainer = trainer_of(resnet, data, method)
    for _ in range(4):
        trainer.run_epoch()
        for layer in trainer.optimiser.layers.values():
            assert not layer.weight[layer.mask == 0].any()
            if method != "top-kast":  # its velocity is that of the larger set
                assert not layer.velocity[layer.mask == 0].any()


@pytest.mark.parametrize("method", OPTIONS)
def test_same_seed_same_masks_other_seed_other_masks(mlp, data, method):
    runs = [
        train(mlp, data, method, 0.8, seed, options=OPTIONS[method], **RECIPE.as_dict())
        for seed in (0, 0, 1)
    ]
    assert runs[0].masks == runs[1].masks
    assert runs[0].masks != runs[2].masks


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("method", OPTIONS)
def test_resumed_is_uninterrupted_bit_for_bit(tmp_path, resnet, data, method):
    def go(**more):
        return train(resnet, data, method, 0.8, options=OPTIONS[method], **RECIPE.as_dict(), **more)

    def stop(row):
        if row["epoch"] == 4:  # the checkpoint after epoch 3 is there
            raise Interrupted

    path = tmp_path / "run.safetensors"
    whole = go()
    with pytest.raises(Interrupted):
        go(checkpoint=path, checkpoint_every=0, progress=stop)
    seen = []
    resumed = go(checkpoint=path, checkpoint_every=0, progress=seen.append)
    assert [row["epoch"] for row in seen] == [4, 5]
    for a, b in zip(resumed.history, whole.history, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    assert resumed.masks == whole.masks
    for a, b in zip(resumed.net.parameters(), whole.net.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.cuda
@pytest.mark.parametrize("method", OPTIONS)
def test_on_cuda(resnet, data, method):
    given = {"options": OPTIONS[method], "device": "cuda", **RECIPE.as_dict()}
    run = train(resnet, data, method, 0.8, **given)
    assert run.masks.n_kept == round(0.2 * run.masks.n_weights)
    assert run.history[-1]["exploration"] > 0.2


@pytest.mark.parametrize("method", ["set-itop", "rigl-itop"])
def test_exploration_is_the_union_of_all_masks(monkeypatch, mlp, data, method):
    seen = []
    original = rewiring.Rewiring._update

    def update(self, trainer):
        original(self, trainer)
        seen.append(masks_of(trainer))

    monkeypatch.setattr(rewiring.Rewiring, "_update", update)
    trainer = trainer_of(mlp, data, method)
    seen.append(masks_of(trainer))
    for _ in range(5):
        row = trainer.run_epoch()
        union = [torch.stack([m[name] for m in seen]).any(0) for name in seen[0]]
        expected = sum(int(u.sum()) for u in union) / sum(u.numel() for u in union)
        assert row["exploration"] == expected
    assert len(seen) == 8  # the start and every second of 15 steps


def test_drop_overlap_is_the_part_that_returned(mlp, data):
    trainer = trainer_of(mlp, data, "set", every=2, fraction=0.5)
    driver = trainer.driver
    trainer.step = 2
    before = masks_of(trainer)
    driver.before_step(trainer)
    after = masks_of(trainer)
    row = driver.row()
    dropped = {n: trainer.optimiser.layers[n].weight == 0 for n in before}  # new ones are zero
    returned = sum(int((before[n] & after[n] & dropped[n]).sum()) for n in before)
    gone = sum(int((before[n] & ~after[n]).sum()) for n in before)
    assert row["changed_links"] == gone > 0
    assert row["drop_overlap"] == returned / (returned + gone) > 0


def test_set_at_zeta_0_is_static_training_bit_for_bit(resnet, data):
    trainer = trainer_of(resnet, data, "set", fraction=0.0)
    masks = {name: mask.numpy() for name, mask in masks_of(trainer).items()}
    member = Member(resnet, FixedMasks(masks), 0)
    static = carry_out([member], data, RECIPE, torch.device("cpu"))[0]
    still = train(resnet, data, "set", 0.8, options={"fraction": 0}, **RECIPE.as_dict())
    assert still.masks == static.masks
    assert [r["loss"] for r in still.history] == [r["loss"] for r in static.history]
    for a, b in zip(still.net.parameters(), static.net.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("method", "options", "times"),
    [
        ("set-itop", {}, "never"),
        ("mest", {}, "never"),
        ("rigl", {"every": 20}, "never"),
        ("rigl", {"every": 5}, "2 times"),
        ("set", {}, "4 times"),
    ],
)
def test_short_trainings_say_how_often_links_change(mlp, data, caplog, method, options, times):
    rewiring._say.cache_clear()
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            trainer_of(mlp, data, method, **(options or {"start": "uniform"}))
    (record,) = caplog.records  # once
    assert times in record.message
    assert f"{method!r}" in record.message
    assert (record.levelno == logging.WARNING) == (times == "never")


# redistribution


def test_dsr_keeps_the_total_while_layers_move(resnet, data):
    trainer = trainer_of(resnet, data, "dsr")
    rows = [trainer.run_epoch() for _ in range(4)]
    sizes = {name: mask.numel() for name, mask in trainer.optimiser.masks().items()}
    totals = {sum(round(d * sizes[n]) for n, d in row["density"].items()) for row in rows}
    assert totals == {round(0.2 * sum(sizes.values()))}
    moved = [n for n in sizes if rows[0]["density"][n] != rows[-1]["density"][n]]
    assert len(moved) > len(sizes) / 2
    assert all(not row["drop_overlap"] for row in rows)  # none returned at once


def test_dsr_adapts_its_threshold(mlp, data):
    trainer = trainer_of(mlp, data, "dsr", every=1, threshold=1e-6)
    trainer.run_epoch()
    assert trainer.driver.threshold == pytest.approx(4e-6)  # after steps 1 and 2: both too few


def test_layers_dense_at_the_start_take_no_part(resnet, data):
    trainer = trainer_of(resnet, data, "dsr", 0.5, every=1, threshold=0.05)
    assert masks_of(trainer)["linear"].all()
    for _ in range(4):
        assert trainer.run_epoch()["density"]["linear"] == 1
    assert trainer.run_epoch()["exploration"] > 0.55


def test_snfs_grows_by_the_momentum_of_the_dense_gradient(mlp, data):
    trainer = trainer_of(mlp, data, "snfs")
    gradients = []
    original = trainer.driver.instead_of_step

    def spy(given):
        gradients.append({n: la.gradient.clone() for n, la in given.optimiser.layers.items()})
        return original(given)

    trainer.driver.instead_of_step = spy
    trainer.run_epoch()
    assert trainer.driver.row()["changed_links"] == 0
    trainer.epoch, trainer.step = 1, 3
    before = masks_of(trainer)
    weights = {n: la.weight.clone() for n, la in trainer.optimiser.layers.items()}
    trainer.driver.before_step(trainer)
    after = masks_of(trainer)
    decayed = {n: sum(0.9 ** (2 - k) * gradients[k][n] for k in range(3)) for n in before}
    shares = {n: float(decayed[n][before[n]].abs().mean()) for n in before}
    fraction = trainer.driver.method.fraction(3 / 15)
    gone = {n: int(fraction * int(before[n].sum()) + 1e-9) for n in before}
    for name in before:
        score = weights[name].abs().masked_fill(~before[name], np.inf).flatten()
        stay = before[name].clone()
        stay.view(-1)[score.topk(gone[name], largest=False).indices] = False
        grown = int(after[name].sum()) - int(stay.sum())
        proportional = sum(gone.values()) * shares[name] / sum(shares.values())
        assert 0 < proportional < int((~stay).sum())  # all of it fits
        assert abs(grown - proportional) < 1
        wanted = decayed[name].abs().masked_fill(stay, -1).flatten()
        best = set(wanted.topk(grown).indices.tolist())
        assert set((after[name] & ~stay).flatten().nonzero()[:, 0].tolist()) == best
    assert sum(int(m.sum()) for m in after.values()) == sum(int(m.sum()) for m in before.values())


# surplus


def test_mest_carries_a_surplus_between_updates_and_ends_without(resnet, data):
    trainer = trainer_of(resnet, data, "mest")
    total = sum(mask.numel() for mask in trainer.optimiser.masks().values())
    kept = round(0.2 * total)
    numbers, eligible = [], []
    for _ in range(5):
        eligible.append(trainer.run_epoch()["eligible"])
        numbers.append(kept_of(trainer) - kept)
    # updates at progress .2, .4, .6, .8: surplus .02, .02, .01, 0
    assert numbers == [0, *(round(part * total) for part in (0.02, 0.02, 0.01)), 0]
    assert eligible == [True, False, False, False, True]


def test_surplus_is_dropped_at_the_end_in_any_case(resnet, data):
    run = train(
        resnet,
        data,
        "mest",
        0.8,
        options={"every": "epoch", "surplus": {"constant": 0.05}, "fraction": 0.2},
        **RECIPE.as_dict(),
    )
    assert [row["eligible"] for row in run.history] == [True, False, False, False, True]
    last = run.history[-1]["density"]
    sizes = {name: mask.size for name, mask in run.masks.items()}
    kept = sum(round(last[name] * size) for name, size in sizes.items())
    assert kept == round(0.2 * sum(sizes.values()))
