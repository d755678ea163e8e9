"""The scores against their definitions, written out in another way."""

from __future__ import annotations

import copy
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models import build, prunable
from nsgraph.pruning import engine, prune, registry, selection
from nsgraph.pruning.gradients import loss_gradients, weights

CLASSES = 3


def batch_of(n, *shape, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(n, *shape, generator=generator, dtype=dtype)
    return inputs, torch.arange(n) % CLASSES


def everything(net):
    return {name: torch.ones_like(w, dtype=torch.bool) for name, w in weights(net).items()}


def some(net, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {n: torch.rand(w.shape, generator=generator) < 0.6 for n, w in weights(net).items()}


def smooth(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, CLASSES, bias=False)
    ).double()


# SNIP in rounds


@pytest.mark.parametrize("name", ["iterative-snip", "force"])
def test_snip_in_one_round_is_snip(name):
    net, batch = build("resnet8-4", (1, 8, 8), CLASSES, seed=0), batch_of(16, 1, 8, 8)
    once = prune(net, name, 0.9, data=[batch], rounds=1)
    assert once == prune(net, "snip", 0.9, data=[batch])
    assert once != prune(net, name, 0.9, data=[batch], rounds=5)


def test_force_takes_the_dense_weight_and_the_gradient_of_the_pruned_network():
    net, batch = build("resnet8-4", (1, 8, 8), CLASSES, seed=0), batch_of(16, 1, 8, 8)
    masks = some(net)
    pruned = copy.deepcopy(net)
    with torch.no_grad():
        for name, weight in weights(pruned).items():
            weight *= masks[name]
    pruned.zero_grad()
    F.cross_entropy(pruned(batch[0]), batch[1]).backward()
    dense = {name: weight.detach().clone() for name, weight in weights(net).items()}
    scores = registry.get("force")(net, [batch], masks)
    for name, layer in prunable(pruned).items():
        assert torch.allclose(scores[name], (dense[name] * layer.weight.grad).abs())


def test_force_revives_and_iterative_snip_does_not(monkeypatch):
    net, batch = build("mlp-20-15", (1, 8, 8), CLASSES, seed=0), batch_of(32, 1, 8, 8)
    revived = {}
    for name in ("force", "iterative-snip"):
        seen = []

        def select(*arguments, seen=seen):
            seen.append(selection.select(*arguments))
            return seen[-1]

        monkeypatch.setattr(engine, "select", select)
        prune(net, name, 0.95, data=[batch], rounds=10)
        steps = pairwise(seen)
        revived[name] = sum(int((b[n] & ~a[n]).sum()) for a, b in steps for n in a)
    assert revived["iterative-snip"] == 0
    assert revived["force"] > 0


# ProsPR


def test_prospr_without_steps_is_snip():
    net, batch = build("resnet8-4", (1, 8, 8), CLASSES, seed=0), batch_of(16, 1, 8, 8)
    snip = registry.get("snip")(net, [batch], {})
    none = registry.get("prospr")(net, [batch], everything(net), steps=0)
    for name in snip:
        assert torch.allclose(none[name], snip[name], rtol=1e-5, atol=1e-8)
    assert prune(net, "prospr", 0.9, data=[batch], steps=0) == prune(net, "snip", 0.9, data=[batch])


@pytest.mark.parametrize("pruned", [False, True])
def test_prospr_is_the_gradient_through_training(pruned):
    """Against differences of the outer loss after K steps of torch's own SGD from w m."""
    net = smooth()
    inputs, labels = batch_of(24, 6, dtype=torch.float64)
    masks = some(net) if pruned else everything(net)
    with torch.no_grad():
        for name, weight in weights(net).items():
            weight *= masks[name]

    def outer_loss(layer, place, value):
        moved = copy.deepcopy(net)
        with torch.no_grad():
            weights(moved)[layer].view(-1)[place] *= value
        sgd = torch.optim.SGD(moved.parameters(), lr=0.5, momentum=0.9)
        for k in range(3):
            sgd.zero_grad()
            part = slice(6 * k, 6 * k + 6)
            F.cross_entropy(moved(inputs[part]), labels[part]).backward()
            for name, weight in weights(moved).items():
                weight.grad *= masks[name]
            sgd.step()
        return F.cross_entropy(moved(inputs[18:]), labels[18:]).item()

    scores = registry.get("prospr")(net, [(inputs, labels)], masks)
    h = 1e-3
    for layer, values in scores.items():
        for place in range(0, values.numel(), 4):
            near = outer_loss(layer, place, 1 + h) - outer_loss(layer, place, 1 - h)
            far = outer_loss(layer, place, 1 + 2 * h) - outer_loss(layer, place, 1 - 2 * h)
            slope = (8 * near - far) / (12 * h)
            assert float(values.view(-1)[place]) == pytest.approx(abs(slope), abs=1e-9)


def test_prospr_takes_several_batches_as_one():
    net = smooth()
    inputs, labels = batch_of(24, 6, dtype=torch.float64)
    whole = registry.get("prospr")(net, [(inputs, labels)], everything(net))
    parts = [(inputs[:10], labels[:10]), (inputs[10:], labels[10:])]
    assert all(
        torch.equal(whole[n], s)
        for n, s in registry.get("prospr")(net, parts, everything(net)).items()
    )
    with pytest.raises(UserError, match="takes 30 steps on 24 images"):
        registry.get("prospr")(net, parts, everything(net), steps=30)


# GraSP, SynFlow


def test_grasp_against_finite_differences():
    """w (Hg) with its sign; derivatives of g along g by five points, in float64."""
    net, (inputs, labels) = smooth(), batch_of(12, 6, dtype=torch.float64)
    scores = registry.get("grasp")(net, [(inputs, labels)], {}, temperature=2.0)
    halves = [(inputs[:6], labels[:6]), (inputs[6:], labels[6:])]

    class Cooled(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net(x) / 2.0

    def gradients(step, g):
        moved = Cooled()
        moved.net = copy.deepcopy(net)
        with torch.no_grad():
            for name, weight in weights(moved.net).items():
                weight += step * g.get(name, 0)
        found = loss_gradients(moved, halves)
        return {name.removeprefix("net."): value for name, value in found.items()}

    g, h = gradients(0, {}), 5e-3
    at = {k: gradients(k * h, g) for k in (-2, -1, 1, 2)}
    for name, weight in weights(net).items():
        product = (8 * (at[1][name] - at[-1][name]) - (at[2][name] - at[-2][name])) / (12 * h)
        assert torch.allclose(scores[name], weight * product, rtol=1e-8, atol=1e-12)


def test_grasp_needs_two_images():
    with pytest.raises(UserError, match="at least 2 images, found 1"):
        prune(smooth(), "grasp", 0.5, data=[batch_of(1, 6, dtype=torch.float64)])


def test_synflow_is_finite_on_a_deep_network():
    net = build("resnet32", (3, 32, 32), 10, seed=0).double().eval()
    scores = registry.get("synflow")(net, [(torch.ones(1, 3, 32, 32).double(), None)], {})
    assert all(bool(s.isfinite().all()) for s in scores.values())
    assert max(s.max().item() for s in scores.values()) > 1e36  # on the brink in float32


# PX


def test_px_sums_over_paths():
    """Every path written out: gates and squared inputs, times squared weights of the other."""
    torch.manual_seed(1)
    layers = [nn.Linear(3, 4), nn.Linear(4, 3, bias=False), nn.Linear(3, 2)]
    net = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2]).double()
    masks = some(net, 3)
    with torch.no_grad():
        for name, weight in weights(net).items():
            weight *= masks[name]
    inputs = torch.randn(5, 3, dtype=torch.float64)
    gates = [(net[: 2 * k + 1](inputs) > 0).tolist() for k in (0, 1)]
    live = [m.tolist() for m in masks.values()]
    w = [weight.tolist() for weight in weights(net).values()]
    paths = list(product(range(3), range(4), range(3), range(2)))
    g, h = [0.0, 0.0], [0.0, 0.0]
    for a, b, c, d in paths:
        h[d] += (w[0][b][a] * w[1][c][b] * w[2][d][c]) ** 2
        if live[0][b][a] and live[1][c][b] and live[2][d][c]:
            g[d] += sum(
                float(inputs[i, a]) ** 2 * gates[0][i][b] * gates[1][i][c] for i in range(5)
            )
    expected = [np.zeros(np.shape(m)) for m in live]
    for a, b, c, d in paths:
        flow = (w[0][b][a] * w[1][c][b] * w[2][d][c]) ** 2 * g[d]
        expected[0][b, a] += flow
        expected[1][c, b] += flow
        expected[2][d, c] += flow
    scores = registry.get("px")(net, [(inputs, None)], masks)
    for found, values in zip(scores.values(), expected, strict=True):
        assert found.detach().numpy() == pytest.approx(values, rel=1e-12)
        assert values.any()


def test_px_leaves_the_layers_as_they_were():
    net = build("resnet8-4", (1, 8, 8), CLASSES, seed=0).double().eval()
    batch = batch_of(4, 1, 8, 8, dtype=torch.float64)
    registry.get("px")(net, [batch], everything(net))
    assert all("forward" not in vars(layer) for layer in prunable(net).values())


def test_px_reads_gates_of_any_activation():
    """Two images; the second closes a gate that is open for the first."""
    net = nn.Sequential(nn.Linear(1, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0], [-1.0]]))
        net[2].weight.copy_(torch.tensor([[3.0, 2.0]]))
    start = copy.deepcopy(net.state_dict())
    for inputs in ([[2.0]], [[-2.0]], [[2.0], [-5.0]]):
        net.load_state_dict(start)
        scores = registry.get("px")(net, [(torch.tensor(inputs), None)], everything(net))
        g = sum(x**2 for [x] in inputs)  # one path is open for either sign
        assert scores["0"].flatten().tolist() == pytest.approx([9 * g, 4 * g])
        assert scores["2"].flatten().tolist() == pytest.approx([9 * g, 4 * g])
