"""The engine: exact counts, an untouched network, seeds, and the definitions of the scores."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models import build, prunable
from nsgraph.pruning import prune, registry
from nsgraph.pruning.engine import prune_by
from nsgraph.pruning.gradients import loss_gradients, weights
from nsgraph.pruning.method import algorithm

STATIC = [n for n in registry.names() if registry.get(n).needs != "training" and n != "dense"]
RANDOM = ["uniform", "random", "er", "erk"]


@pytest.mark.parametrize("method", STATIC)
@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.9, 0.98, 0.999])
def test_exact_counts_and_the_network_stays(net, data, method, sparsity):
    before = copy.deepcopy(net.state_dict())
    first = next(net.parameters())
    first.grad = torch.full_like(first, 3.0)
    state = torch.get_rng_state()
    net.eval()
    masks = prune(net, method, sparsity, data=data, seed=1)
    assert list(masks) == list(prunable(net))
    assert masks.n_kept == round((1 - sparsity) * masks.n_weights)
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    assert (first.grad == 3.0).all()
    assert not net.training
    assert torch.equal(torch.get_rng_state(), state)
    assert prune(net, method, sparsity, data=data, seed=1) == masks


@pytest.mark.parametrize("method", [*RANDOM, "snip", "grasp"])
def test_seeds(data, method):
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    assert prune(net, method, 0.8, data=data, seed=0) != prune(net, method, 0.8, data=data, seed=1)


def test_methods_draw_independently(data):
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    er, erk = prune(net, "er", 0.8), prune(net, "erk", 0.8)
    assert er.layer_densities() == erk.layer_densities()  # the same thing without kernels
    assert er != erk


def test_dense():
    net = build("mlp-5", (1, 2, 2), 2, seed=0)
    assert prune(net, "dense", 0.0).sparsity == 0
    with pytest.raises(UserError, match="sparsity 0"):
        prune(net, "dense", 0.5)


@pytest.mark.parametrize("method", ["magnitude", "set", "rigl"])
def test_methods_that_need_training(method):
    with pytest.raises(UserError, match="needs training"):
        prune(build("mlp-5", (1, 2, 2), 2, seed=0), method, 0.5)


def test_missing_data():
    net = build("resnet8-4", (1, 8, 8), 10, seed=0)
    with pytest.raises(UserError, match="'snip' needs data"):
        prune(net, "snip", 0.5)
    with pytest.raises(UserError, match="'synflow' needs the shape of one image"):
        prune(net, "synflow", 0.5)
    masks = prune(net, "synflow", 0.5, input_shape=(1, 8, 8))
    assert masks.sparsity == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("sparsity", [1.0, -0.5, float("nan")])
def test_sparsity_out_of_range(sparsity):
    with pytest.raises(UserError, match=r"in \[0, 1\)"):
        prune(build("mlp-5", (1, 2, 2), 2, seed=0), "er", sparsity)


def test_own_batches_are_used_as_they_come():
    net = build("mlp-6", (1, 2, 2), 2, seed=0)
    inputs, labels = torch.randn(7, 1, 2, 2), torch.tensor([0, 1, 0, 1, 1, 1, 0])
    masks = prune(net, "snip", 0.5, data=[(inputs, labels)])
    scores = registry.get("snip")(net, [(inputs, labels)], {})
    flat = torch.cat([s.flatten() for s in scores.values()])
    threshold = flat.sort(descending=True).values[masks.n_kept - 1]
    for name, mask in masks.items():
        assert np.array_equal(mask, (scores[name] >= threshold).numpy())


def test_snip_is_weight_times_gradient():
    net = build("resnet8-4", (1, 8, 8), 10, seed=0)
    batch = (torch.randn(16, 1, 8, 8), torch.arange(16) % 10)
    scores = registry.get("snip")(net, [batch], {})
    net.zero_grad()
    F.cross_entropy(net(batch[0]), batch[1]).backward()
    for name, layer in prunable(net).items():
        assert torch.allclose(scores[name], (layer.weight * layer.weight.grad).abs())


def test_grasp_is_the_hessian_gradient_product():
    """Hg against finite differences of the gradient, in float64."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    batch = (torch.randn(12, 6, dtype=torch.float64), torch.arange(12) % 3)
    scores = registry.get("grasp")(net, [batch], {}, temperature=2.0)
    halves = [(batch[0][:6], batch[1][:6]), (batch[0][6:], batch[1][6:])]

    def gradients():
        cooled = nn.Sequential(net, _Over(2.0))
        return {n.removeprefix("0."): g for n, g in loss_gradients(cooled, halves).items()}

    g, step = gradients(), 1e-5
    shifted = {}
    for sign in (1, -1):
        with torch.no_grad():
            for name, weight in weights(net).items():
                weight += sign * step * g[name]
        shifted[sign] = gradients()
        with torch.no_grad():
            for name, weight in weights(net).items():
                weight -= sign * step * g[name]
    for name, weight in weights(net).items():
        product = (shifted[1][name] - shifted[-1][name]) / (2 * step)
        assert torch.allclose(scores[name], weight * product, rtol=1e-4, atol=1e-9)


class _Over(nn.Module):
    def __init__(self, divisor):
        super().__init__()
        self.divisor = divisor

    def forward(self, x):
        return x / self.divisor


def test_grasp_draws_balanced_classes(data):
    from nsgraph.pruning.engine import _batches

    [(_, labels)] = _batches(registry.get("grasp"), build("mlp-5", (1, 8, 8), 10), data, 0, None)
    assert torch.bincount(labels).tolist() == [10] * 10
    assert torch.bincount(labels[:50]).tolist() == [5] * 10  # and so is each half


def test_synflow_conserves_layer_sums():
    layers = [nn.Linear(a, b, bias=False) for a, b in ((9, 8), (8, 7), (7, 4))]
    net = nn.Sequential(
        nn.Flatten(), layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2]
    ).double()
    masks = {"1": torch.ones(8, 9)}
    scores = registry.get("synflow")(net, [(torch.ones(1, 9).double(), None)], masks)
    sums = [float(s.detach().sum()) for s in scores.values()]
    assert sums == pytest.approx([sums[0]] * 3, rel=1e-12)


def test_synflow_at_high_sparsity():
    """ResNet-20 with option A: 5,367 weights stay, and no layer collapses."""
    net = build("resnet20-a", (3, 32, 32), 10, seed=0)
    masks = prune(net, "synflow", 0.98, input_shape=(3, 32, 32), rounds=30)
    assert masks.n_kept == 5367
    assert min(int(m.sum()) for m in masks.values()) > 0


def test_iterative_rounds_reach_the_same_count_by_another_way(data):
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    once, often = (prune(net, "snip", 0.9, data=data, rounds=r) for r in (1, 10))
    assert once.n_kept == often.n_kept
    assert once != often


def test_rounds_see_the_pruned_network_and_never_revive():
    seen = []

    @algorithm("spy", category="pruning at initialisation", rounds=4)
    def spy(net, batches, masks):
        live = {name: weight != 0 for name, weight in weights(net).items()}
        assert all(torch.equal(live[name], masks[name]) for name in masks)
        seen.append(sum(int(m.sum()) for m in masks.values()))
        with torch.no_grad():
            for weight in weights(net).values():
                weight += 1  # what a score does to its copy is undone
        return {name: torch.rand(weight.shape) for name, weight in weights(net).items()}

    net = build("mlp-20", (1, 8, 8), 10, seed=0)
    masks = prune_by(spy, net, 0.9375)
    total = masks.n_weights
    assert seen == [total, round(total / 2), round(total / 4), round(total / 8)]
    assert masks.n_kept == round(total / 16)


def test_reviving_score_may_bring_weights_back():
    turns = iter([1.0, -1.0])

    @algorithm("force-like", category="pruning at initialisation", rounds=2, revives=True)
    def score(net, batches, masks):
        sign = next(turns)
        return {name: sign * weight for name, weight in weights(net).items()}

    net = build("mlp-20", (1, 8, 8), 10, seed=0)
    masks = prune_by(score, net, 0.75)
    kept = torch.cat([w[torch.tensor(masks[n])] for n, w in weights(net).items()])
    assert (kept < 0).all()


@pytest.mark.parametrize("wrong", ["names", "shape", "nan"])
def test_wrong_scores_are_one_sentence(wrong):
    @algorithm("wrong", category="pruning at initialisation")
    def score(net, batches, masks):
        scores = {name: weight.detach().clone() for name, weight in weights(net).items()}
        if wrong == "names":
            scores.pop("fc1")
        elif wrong == "shape":
            scores["fc1"] = scores["fc1"].T
        else:
            scores["fc1"][0, 0] = float("nan")
        return scores

    with pytest.raises(UserError, match="method 'wrong'"):
        prune_by(score, build("mlp-6", (1, 2, 2), 2, seed=0), 0.5)


def test_allocation_is_an_option_of_any_score(data):
    net = build("resnet8-4", (1, 8, 8), 10, seed=0)
    snip = prune(net, "snip", 0.9, data=data, allocation="erk")
    assert snip.layer_densities() == prune(net, "erk", 0.9).layer_densities()


def test_magnitude_at_init_keeps_the_largest():
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    masks = prune(net, "magnitude-at-init", 0.7)
    size = {n: np.abs(w.detach().numpy()) for n, w in weights(net).items()}
    kept = min(size[n][m].min() for n, m in masks.items())
    assert kept >= max(size[n][~m].max() for n, m in masks.items())
