"""Random walks: which way they go, what they take, and networks that are more than a chain."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from nsgraph.models import build, prunable, trace
from nsgraph.pruning import prune
from nsgraph.pruning.algorithms import phew as module
from nsgraph.pruning.gradients import weights


def test_links_of_a_convolutional_network_by_hand():
    """One channel of two pixels, two channels, flattened to four, one output."""
    net = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.Flatten(), nn.Linear(4, 1))
    wiring = trace(net, (1, 1, 2))
    source, target, weight = module._edges(wiring, {"0": (2, 1, 1, 1), "2": (1, 4)})
    start = {s.id: module._units(wiring, [s])[0] for s in wiring.sets}
    names = {start[s.id] + c: f"{s.id}.{c}" for s in wiring.sets for c in range(s.channels)}
    found = {
        (names[a], names[b], w) for a, b, w in zip(source, target, weight.tolist(), strict=True)
    }
    x, conv, flat, out = (s.id for s in wiring.sets)
    assert found == {
        *((f"{x}.0", f"{conv}.{c}", c) for c in (0, 1)),
        *((f"{conv}.{f // 2}", f"{flat}.{f}", -1) for f in range(4)),
        *((f"{flat}.{f}", f"{out}.0", 2 + f) for f in range(4)),
    }


def test_grouped_convolutions_read_their_own_channels():
    net = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Conv2d(4, 6, (1, 2), groups=2))
    wiring = trace(net, (4, 2, 2))
    source, target, weight = module._edges(wiring, {"0": (4, 4, 1, 1), "1": (6, 2, 1, 2)})
    inside = weight >= 16
    reads = {(int(t) - 8, int(s) - 4) for s, t in zip(source[inside], target[inside], strict=True)}
    assert reads == {(o, i) for o in range(6) for i in ((0, 1) if o < 3 else (2, 3))}
    assert sorted(weight) == list(range(16 + 24))


def test_steps_are_drawn_in_proportion():
    torch.manual_seed(0)
    here, there = np.array([0, 0, 0, 1, 2, 3]), np.array([1, 2, 3, 4, 4, 4])
    chance = np.array([1.0, 2.0, 0.0, 1.0, 1.0, 1.0])
    walks = module._Walks(here, there, chance, np.arange(6), np.array([0]))
    steps = np.concatenate([walks.take(0) for _ in range(40)], axis=1)
    n = steps.shape[1]
    counts = np.bincount(steps[0], minlength=6)
    assert counts[2:].sum() == 0
    assert abs(counts[0] - n / 3) < 5 * np.sqrt(n * 2 / 9)
    assert ((steps[0] == 0) == (steps[1] == 3)).all()


def test_walks_follow_the_only_weights_there_are():
    """A permutation in every layer, all else zero: the walks take it whole, then the rest."""
    net = build("mlp-5-5", (1, 1, 5), 5, seed=0)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in weights(net).values():
            weight.copy_(torch.eye(5)[torch.randperm(5, generator=generator)])
    masks = prune(net, "phew", 0.8)
    for name, weight in weights(net).items():
        assert np.array_equal(masks[name], weight.detach().numpy() == 1)
    assert prune(net, "phew", 0.4).n_kept == 45  # more than walks can find


def test_walks_start_at_both_ends_and_at_every_unit():
    """From the inputs all walks end in output 0; output 1 and its small weight need one of its own.

    Two inputs, two hidden units, three outputs; output 2 reads hidden unit 0, which never goes
    there.
    """
    net = nn.Sequential(
        nn.Flatten(), nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 3, bias=False)
    )
    with torch.no_grad():
        net[1].weight.copy_(torch.tensor([[1.0, 1.0], [0.0, 1e-12]]))
        net[3].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1e-3], [1e-12, 0.5e-12]]))
    masks = prune(net, "phew", 0.4, seed=1)  # 6 of 10
    assert masks["1"].tolist() == [[True, True], [False, True]]
    assert masks["3"][:2].tolist() == [[True, False], [False, True]]
    assert masks["3"][2].sum() == 1


@pytest.mark.parametrize(
    ("model", "shape"), [("mlp-20-15", (1, 8, 8)), ("conv6", (1, 8, 8)), ("resnet8-4-a", (1, 8, 8))]
)
def test_whole_paths_are_kept(model, shape):
    """Of every unit inside, some input is kept where some output is, but for one cut walk."""
    net = build(model, shape, 10, seed=0)
    masks = prune(net, "phew", 0.99, input_shape=shape, seed=3)
    assert masks.n_kept == round(0.01 * masks.n_weights)
    assert all(mask.any() for mask in masks.values())
    if model == "mlp-20-15":
        names = list(prunable(net))
        halves = [masks[a].any(1) != masks[b].any(0) for a, b in itertools.pairwise(names)]
        assert sum(int(h.sum()) for h in halves) <= 1


def test_large_weights_are_preferred(data):
    net = build("resnet8-4", (1, 8, 8), 10, seed=0)
    masks = prune(net, "phew", 0.9, data=data)
    sizes = {n: w.abs().detach().numpy() for n, w in weights(net).items()}
    for name, mask in masks.items():
        assert sizes[name][mask].mean() > sizes[name].mean()


def test_density_near_one_is_reached():
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    for sparsity in (0.0, 0.01, 0.3):
        masks = prune(net, "phew", sparsity)
        assert masks.n_kept == round((1 - sparsity) * masks.n_weights)


@pytest.mark.parametrize("dead", [["fc1"], ["fc1", "fc2", "fc3"]])
def test_walks_that_go_nowhere(dead):
    net = build("mlp-5-5", (1, 1, 5), 5, seed=0)
    with torch.no_grad():
        for name in dead:
            weights(net)[name].zero_()
    masks = prune(net, "phew", 0.5)
    assert masks.n_kept == round(0.5 * 75)
    assert masks["fc1"].sum() <= masks["fc3"].sum() or len(dead) == 3
