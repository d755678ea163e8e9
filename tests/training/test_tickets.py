"""Lottery tickets: rounds, exact landing, rewinding to the bit, controls."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.models import network_arrays, prunable
from nsgraph.pruning import registry
from nsgraph.pruning.allocation import kept
from nsgraph.pruning.tickets import Tickets
from nsgraph.training import train
from nsgraph.training.drivers import TicketRounds
from nsgraph.training.recipe import Recipe, learning_rate
from nsgraph.training.trainer import Trainer

RECIPE = {"epochs": 2, "batch": 32, "lr": 0.1}  # 3 steps an epoch


class Watch(TicketRounds):
    """Notes the network when a step is taken, as (round, step of the recipe): state."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.seen = {}

    def before_step(self, trainer):
        super().before_step(trainer)
        self.seen[self.round, trainer.step] = copy.deepcopy(trainer.net.state_dict())


def watched(net, data, sparsity=0.5, **options):
    method = registry.get("lottery-ticket").configured(options)
    recipe = Recipe(**RECIPE)
    driver = Watch(method, sparsity, 0, recipe.epochs)
    trainer = Trainer(copy.deepcopy(net), data, driver, recipe, 0)
    driver.start(trainer)
    while trainer.epoch < trainer.epochs:
        trainer.run_epoch()
    return trainer


def size_of(trainer):
    return sum(layer.mask.numel() for layer in trainer.optimiser.layers.values())


@pytest.mark.parametrize("rewind", [0, 1, 3, 4, "1 epoch"])
@pytest.mark.parametrize("model", ["mlp", "resnet"])
def test_rewinding_is_exact(request, data, model, rewind):
    """Weights, biases and batch-norm state are those that a plain run has at that step."""
    net = request.getfixturevalue(model)
    step = 3 if rewind == "1 epoch" else rewind
    plain = watched(net, data, sparsity=0.0).driver.seen[0, step]
    trainer = watched(net, data, sparsity=0.5, rounds=2, rewind=rewind)
    seen = trainer.driver.seen
    for turn in (1, 2):
        rewound = seen[turn, step]
        assert [key for key in seen if key[0] == turn] == [(turn, s) for s in range(step, 6)]
        for name, value in rewound.items():
            pruned = value == 0 if name.removesuffix(".weight") in prunable(net) else None
            expected = plain[name] if pruned is None else plain[name].masked_fill(pruned, 0.0)
            assert torch.equal(value, expected), name
        live = sum(int(rewound[f"{name}.weight"].count_nonzero()) for name in prunable(net))
        assert live == kept(0.5 ** (turn / 2), size_of(trainer))


def test_a_round_without_pruning_repeats_the_first(mlp, data):
    """Same weights, batches and learning rates from the start: the same run, to the bit."""
    net = mlp
    trainer = Trainer(
        copy.deepcopy(net), data, Unpruned(Tickets(rounds=1), 0.5, 0, 2), Recipe(**RECIPE), 0
    )
    trainer.driver.start(trainer)
    rows = [trainer.run_epoch() for _ in range(4)]
    for key in ("loss", "train_accuracy", "validation_accuracy", "learning_rate"):
        assert [row[key] for row in rows[2:]] == [row[key] for row in rows[:2]]
    assert [row["round"] for row in rows] == [0, 0, 1, 1]
    assert [row["eligible"] for row in rows] == [False, False, True, True]


class Unpruned(TicketRounds):
    """Two rounds at density 1."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.densities = [1.0]


def test_what_is_pruned_is_smallest_after_training(mlp, data):
    trainer = watched(mlp, data, sparsity=0.5, rounds=2)
    last = trainer.driver.seen
    trained = Trainer(
        copy.deepcopy(mlp), data, TicketRounds(Tickets(rounds=2), 0.5, 0, 2), Recipe(**RECIPE), 0
    )
    for _ in range(2):
        trained.run_epoch()
    weights = {name: layer.weight.abs() for name, layer in trained.optimiser.layers.items()}
    masks = {name: last[1, 0][f"{name}.weight"] != 0 for name in weights}
    live = torch.cat([weights[name][mask] for name, mask in masks.items()])
    gone = torch.cat([weights[name][~mask] for name, mask in masks.items()])
    assert len(live) == kept(math.sqrt(0.5), size_of(trainer))
    assert gone.max() <= live.min()


@pytest.mark.parametrize("sparsity", [0.0, 0.2, 0.36, 0.5, 0.9, 0.98])
@pytest.mark.parametrize("options", [{}, {"even": False}, {"rate": 0.5}, {"rounds": 3}])
def test_rounds_land_exactly(sparsity, options):
    densities = registry.get("lottery-ticket").configured(options).densities(sparsity)
    if sparsity == 0:
        assert densities == []
        return
    assert densities[-1] == 1 - sparsity
    rates = [1 - b / a for a, b in zip([1.0, *densities], densities, strict=False)]
    assert all(rate > 0 for rate in rates)
    if "rounds" in options:
        assert len(densities) == 3
    else:
        rate = options.get("rate", 0.2)
        assert max(rates) <= rate + 1e-9
        assert len(densities) == math.ceil(math.log(1 - sparsity) / math.log(1 - rate) - 1e-9)
    if options.get("even", True):
        assert rates == pytest.approx([rates[0]] * len(rates))
    else:
        assert rates[:-1] == pytest.approx([0.2] * (len(rates) - 1))


@pytest.mark.parametrize("sparsity", [0.9, 0.98])
def test_counts_of_every_round(resnet, data, sparsity):
    run = train(resnet, data, "lottery-ticket", sparsity, options={"rate": 0.6}, **RECIPE)
    n = run.masks.n_weights
    rounds = math.ceil(math.log(1 - sparsity) / math.log(0.4))
    sizes = {name: mask.size for name, mask in run.masks.items()}
    for row in run.history:
        live = sum(round(row["density"][name] * size) for name, size in sizes.items())
        assert live == round(n * (1 - sparsity) ** (row["round"] / rounds))
        assert row["rounds"] == rounds
    assert run.masks.n_kept == kept(1 - sparsity, n)
    assert [row["round"] for row in run.history] == [r for r in range(rounds + 1) for _ in (1, 2)]
    assert run.epochs_before == 2 * rounds < run.best_epoch


def test_rounds_follow_the_recipe_from_the_step_they_rewind_to(mlp, data):
    """4 epochs of 3 steps, rewound to step 4: rounds after the first begin in the second epoch."""
    recipe = {"epochs": 4, "batch": 32, "lr": 0.1, "warmup": 1}
    run = train(mlp, data, "lottery-ticket", 0.5, options={"rewind": 4, "rounds": 2}, **recipe)
    assert [row["round"] for row in run.history] == [0] * 4 + [1] * 3 + [2] * 3
    assert run.epochs_before == 7
    rates = [learning_rate(Recipe(**recipe), 3 * epoch - 1, 3) for epoch in (1, 2, 3, 4)]
    expected = rates + rates[1:] + rates[1:]
    assert [row["learning_rate"] for row in run.history] == expected
    assert [row["eligible"] for row in run.history] == [False] * 7 + [True] * 3


@given(
    epochs=st.integers(1, 6),
    steps=st.integers(1, 7),
    rounds=st.integers(1, 4),
    control=st.sampled_from(["none", "reinitialise", "redrawn"]),
    data=st.data(),
)
def test_every_round_takes_the_steps_from_the_one_it_rewinds_to(
    epochs, steps, rounds, control, data
):
    rewind = data.draw(st.integers(0, epochs * steps - 1))
    method = Tickets(rounds=rounds, rewind=rewind, control=control)
    driver = TicketRounds(method, 0.5, 0, epochs)
    total = driver.total_epochs(epochs, steps)
    taken, turn = {}, 0
    for epoch in range(1, total + 1):
        number, skipped = driver.place(epoch, steps)
        assert 1 <= number <= epochs
        assert 0 <= skipped < steps
        taken.setdefault(turn, []).extend(range((number - 1) * steps + skipped, number * steps))
        assert driver.eligible(epoch) == (turn == rounds)
        if driver.label(epoch) is not None:
            assert driver.label(epoch) == f"round-{turn}"
            turn += 1
    assert turn == rounds + 1
    for turn, numbers in taken.items():
        afresh = turn == 0 or (control == "reinitialise" and turn == rounds)
        assert numbers == list(range(0 if afresh else rewind, epochs * steps))


@pytest.mark.parametrize("control", ["reinitialise", "redrawn"])
@pytest.mark.parametrize("rewind", [0, 4])
def test_controls(resnet, data, control, rewind):
    options = {"rounds": 2, "rewind": rewind}
    ticket = watched(resnet, data, **options)
    other = watched(resnet, data, **options, control=control)
    for key, state in ticket.driver.seen.items():  # all but the last round are the same
        if key[0] < 2:
            assert all(torch.equal(state[k], v) for k, v in other.driver.seen[key].items())
    first = min(step for turn, step in other.driver.seen if turn == 2)
    assert first == (0 if control == "reinitialise" else rewind)
    ours, theirs = ticket.driver.seen[2, rewind], other.driver.seen[2, first]
    start = ticket.driver.seen[0, 0]
    own, masks = ticket.optimiser.masks(), other.optimiser.masks()
    for name, mask in masks.items():
        weight = theirs[f"{name}.weight"]
        assert mask.sum() == own[name].sum()
        if control == "reinitialise":
            assert torch.equal(mask, own[name])
            live = mask & own[name]
            initial = set(start[f"{name}.weight"].flatten().tolist())
            assert set(weight[live].tolist()) <= initial
            assert not torch.equal(weight, ours[f"{name}.weight"]) or not live.any()
        else:
            rewound = ticket.driver.seen[0, rewind][f"{name}.weight"]
            assert torch.equal(weight, rewound.masked_fill(~mask, 0.0))
    if control == "redrawn":
        assert any(not torch.equal(mask, own[name]) for name, mask in masks.items())
    for name, value in theirs.items():  # batch norm is rewound in either case
        if "running" in name or "num_batches" in name:
            expected = ticket.driver.seen[0, first][name]
            assert torch.equal(value, expected)


def test_controls_follow_the_seed(mlp, data):
    for control in ("reinitialise", "redrawn"):
        options = {"rounds": 1, "control": control}
        runs = [
            train(mlp, data, "lottery-ticket", 0.5, seed, options=options, **RECIPE)
            for seed in (0, 0, 1)
        ]
        weights = [network_arrays(run.net)[0] for run in runs]
        for name, weight in weights[0].items():
            assert np.array_equal(weight, weights[1][name])
            assert not np.array_equal(weight, weights[2][name])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rate": 1.0}, "rate is 1.0; expected a part in"),
        ({"rounds": 0}, "rounds is 0; expected at least 1"),
        ({"rounds": 2, "even": False}, "leave out even or rounds"),
        ({"rewind": 6}, "rewind is 6, step 6; expected one before .* which has 6 steps"),
        ({"rewind": "2 epochs"}, "step 6; expected one before"),
        ({"rewind": "early"}, "rewind is 'early'; expected a number of steps"),
        ({"rewind": -1}, "rewind is -1"),
        ({"control": "shuffle"}, "'control' of method 'lottery-ticket' is 'shuffle'"),
    ],
)
def test_wrong_options(mlp, data, options, sentence):
    with pytest.raises(UserError, match=sentence):
        train(mlp, data, "lottery-ticket", 0.5, options=options, **RECIPE)


def test_options_come_back():
    method = registry.get("lottery-ticket").configured({"rewind": "2 epochs", "rounds": 4})
    assert method.configured(method.options) == method
    assert method.category == "magnitude"
