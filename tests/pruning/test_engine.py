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
from nsgraph.pruning.gradients import weights
from nsgraph.pruning.images import batches_for
from nsgraph.pruning.method import algorithm

STATIC = [n for n in registry.names() if registry.get(n).needs != "training" and n != "dense"]
STATIC += ["snip-redrawn", "random-redrawn"]
RANDOM = ["uniform", "random", "er", "erk", "igq", "phew", "snip-redrawn", "synflow-redrawn"]
QUICK = {name: {"rounds": 4} for name in ("synflow", "iterative-snip", "force", "px")}
QUICK["prospr"] = {"batch": 40}
QUICK["synflow-redrawn"] = QUICK["synflow"]


@pytest.mark.parametrize("method", [name for name in STATIC if name != "uniform-plus"])
@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.9, 0.98, 0.999])
def test_exact_counts_and_the_network_stays(net, data, method, sparsity):
    before = copy.deepcopy(net.state_dict())
    first = next(net.parameters())
    first.grad = torch.full_like(first, 3.0)
    state = torch.get_rng_state()
    net.eval()
    options = QUICK.get(method, {})
    masks = prune(net, method, sparsity, data=data, seed=1, **options)
    assert list(masks) == list(prunable(net))
    assert masks.n_kept == round((1 - sparsity) * masks.n_weights)
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    assert (first.grad == 3.0).all()
    assert not net.training
    assert torch.equal(torch.get_rng_state(), state)
    assert prune(net, method, sparsity, data=data, seed=1, **options) == masks


@pytest.mark.cuda
@pytest.mark.parametrize("method", STATIC)
def test_on_a_gpu(data, method):
    net, options = build("resnet8-4", (1, 8, 8), 10, seed=0), QUICK.get(method, {})
    masks = prune(net.cuda(), method, 0.6, data=data, seed=1, **options)
    assert masks.n_kept == round(0.4 * masks.n_weights)
    if method in RANDOM[:5] or method == "phew":
        assert masks == prune(net.cpu(), method, 0.6, data=data, seed=1, **options)


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.6, 0.8])
def test_uniform_plus_counts(sparsity):
    for name in ("mlp-20-15", "resnet8-4"):
        net = build(name, (1, 8, 8), 10, seed=0)
        masks = prune(net, "uniform-plus", sparsity)
        assert masks.n_kept == round((1 - sparsity) * masks.n_weights)
        assert masks == prune(net, "uniform-plus", sparsity)
    with pytest.raises(UserError, match="uniform-plus keeps"):
        prune(net, "uniform-plus", 0.999)


@pytest.mark.parametrize(
    "method", [*RANDOM, "uniform-plus", "snip", "grasp", "force", "prospr", "px"]
)
def test_seeds(data, method):
    net, options = build("mlp-20-15", (1, 8, 8), 10, seed=0), QUICK.get(method, {})
    one, other = (prune(net, method, 0.8, data=data, seed=s, **options) for s in (0, 1))
    assert one != other


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


def test_grasp_draws_balanced_classes(data):
    [(_, labels)] = batches_for(registry.get("grasp"), build("mlp-5", (1, 8, 8), 10), data, 0, None)
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


def test_density_is_handed_to_a_score_that_asks():
    seen = []

    @algorithm("curious", category="pruning at initialisation", rounds=2)
    def score(net, batches, masks, density, *, scale: float = 1.0):
        seen.append(density)
        return {name: scale * weight for name, weight in weights(net).items()}

    assert list(score.options) == ["scale", "allocation", "pattern", "rounds"]
    prune_by(score, build("mlp-6", (1, 2, 2), 2, seed=0), 0.75)
    assert seen == pytest.approx([0.5, 0.25])


@pytest.mark.parametrize("method", ["snip", "magnitude-at-init", "synflow", "er"])
def test_redrawn_keeps_the_layer_counts_and_nothing_else(data, method):
    net, options = build("resnet8-4", (1, 8, 8), 10, seed=0), QUICK.get(method, {})
    masks = prune(net, method, 0.9, data=data, seed=4, **options)
    redrawn = prune(net, f"{method}-redrawn", 0.9, data=data, seed=4, **options)
    assert redrawn.layer_densities() == masks.layer_densities()
    kept = sum(int((redrawn[name] & masks[name]).sum()) for name in masks)
    by_chance = sum(mask.sum() ** 2 / mask.size for mask in masks.values())
    assert abs(kept - by_chance) < 5 * np.sqrt(by_chance)
    again = prune(net, f"{method}-redrawn", 0.9, data=data, seed=4, **options)
    assert again == redrawn


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
