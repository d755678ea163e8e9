"""SparseGPT, OBS and OBD against brute force, least squares and plain definitions, in float64."""

from __future__ import annotations

import heapq
import importlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from nsgraph.models import prunable
from nsgraph.pruning import prune, registry
from nsgraph.pruning.selection import highest


def problem(seed, groups=1, outputs=3, inputs=4, images=12):
    """A layer's weight and its inputs `[groups, in, images]`, correlated and of unlike size."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(shape, dtype=torch.float64, generator=generator)

    mixing = torch.eye(inputs) + normal(groups, inputs, inputs) / inputs**0.5
    sizes = 1 + 3 * torch.rand((inputs, 1), dtype=torch.float64, generator=generator)
    return normal(groups, outputs, inputs), sizes * (mixing @ normal(groups, inputs, images))


def solve(method, weight, x, count, **options):
    return registry.get(method)(weight, x @ x.mT, count, **{"damping": 0.0, **options})


def error(weight, new, x):
    return float(((weight - new) @ x).square().sum())


def refit(row, x, kept):
    """Least squares on the kept inputs, and the error it leaves."""
    new = np.zeros_like(row)
    new[kept] = np.linalg.lstsq(x[kept].T, x.T @ row, rcond=None)[0]
    return new, float((row - new) @ x @ (x.T @ (row - new)))


def obs_by_brute_force(weight, x, count):
    """Each row's removals by trying all; then rows are merged by the next increase of each."""
    weight, x = weight.numpy(), x.numpy()
    traces = {}
    for g, o in np.ndindex(weight.shape[:2]):
        kept, trace, before = list(range(weight.shape[2])), [], 0.0
        while kept:
            after, gone = min(
                (refit(weight[g, o], x[g], [k for k in kept if k != j])[1], j) for j in kept
            )
            kept.remove(gone)
            trace.append((after - before, gone))
            before = after
        traces[g, o] = trace
    heap = [(trace[0][0], row) for row, trace in traces.items()]
    heapq.heapify(heap)
    mask = np.ones(weight.shape, dtype=bool)
    taken = dict.fromkeys(traces, 0)
    for _ in range(weight.size - count):
        _, row = heapq.heappop(heap)
        mask[row][traces[row][taken[row]][1]] = False
        taken[row] += 1
        if taken[row] < weight.shape[2]:
            heapq.heappush(heap, (traces[row][taken[row]][0], row))
    new = np.zeros_like(weight)
    for row in traces:
        new[row] = refit(weight[row], x[row[0]], np.flatnonzero(mask[row]))[0]
    return mask, new


def test_obs_says_when_rounding_takes_over():
    """An inverse that rounding has left without a positive diagonal gives no costs."""
    module = importlib.import_module("nsgraph.pruning.algorithms.obs")
    inverse = torch.tensor([[[1.0, 2.0], [2.0, 1.0]]])
    with pytest.raises(torch.linalg.LinAlgError, match="rounding"):
        module._sweep(torch.ones(3, 2), inverse, torch.zeros(3, dtype=torch.int64))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 2), st.integers(1, 3), st.integers(1, 5), st.data())
def test_obs_is_greedy_removal_by_brute_force(seed, groups, outputs, inputs, data):
    weight, x = problem(seed, groups, outputs, inputs)
    count = data.draw(st.integers(0, weight.numel()))
    mask, new = solve("obs", weight, x, count)
    expected, refitted = obs_by_brute_force(weight, x, count)
    assert np.array_equal(mask.numpy(), expected)
    scale = np.abs(refitted).max() + 1
    assert np.abs(new.numpy() - refitted).max() < 1e-7 * scale


def test_obs_removes_the_single_best_weight_of_a_layer():
    weight, x = problem(3, groups=2, outputs=3, inputs=5)
    _, new = solve("obs", weight, x, weight.numel() - 1)
    errors = []
    for g, o, j in np.ndindex(weight.shape):
        kept = [k for k in range(5) if k != j]
        errors.append(refit(weight[g, o].numpy(), x[g].numpy(), kept)[1])
    assert error(weight, new, x) == pytest.approx(min(errors), rel=1e-8)


def test_obs_in_parts_is_obs_at_once(monkeypatch):
    weight, x = problem(0, groups=2, outputs=5, inputs=6)
    whole = solve("obs", weight, x, 31)
    module = importlib.import_module("nsgraph.pruning.algorithms.obs")
    monkeypatch.setattr(module, "NUMBERS", 3 * 36)
    monkeypatch.setattr(module, "DELAY", 2)
    for a, b in zip(solve("obs", weight, x, 31), whole, strict=True):
        assert torch.allclose(a.double(), b.double(), rtol=1e-12)


def sparsegpt_by_definition(weight, x, count, block):
    """Column by column with the inverse of what is left of the Hessian computed each time."""
    weight, x = weight.clone(), x
    columns = weight.shape[2]
    mask = torch.ones_like(weight, dtype=torch.bool)
    inverses = [torch.linalg.inv(x[:, j:] @ x[:, j:].mT) for j in range(columns)]
    for j in range(columns):
        if j % block == 0:
            stop = min(j + block, columns)
            diagonal = torch.stack([inverses[k][:, 0, 0] for k in range(j, stop)], -1)
            share = count * stop // columns - count * j // columns
            mask[..., j:stop] = highest(weight[..., j:stop] ** 2 / diagonal[:, None], share)
        lost = weight[..., j] * ~mask[..., j]
        direction = inverses[j][:, 0] / inverses[j][:, 0, :1]
        weight[..., j:] -= lost[..., None] * direction[:, None]
    return mask, weight * mask


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**16),
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(1, 7),
    st.integers(1, 8),
    st.data(),
)
def test_sparsegpt_is_its_definition(seed, groups, outputs, inputs, block, data):
    weight, x = problem(seed, groups, outputs, inputs, images=20)
    count = data.draw(st.integers(0, weight.numel()))
    mask, new = solve("sparsegpt", weight, x, count, block=block)
    expected, swept = sparsegpt_by_definition(weight, x, count, block)
    assert torch.equal(mask, expected)
    assert int(mask.sum()) == count
    assert float((new - swept).abs().max()) < 1e-7 * (1 + float(swept.abs().max()))


def test_the_last_column_of_sparsegpt_cannot_be_made_up_for():
    """Two equal inputs: the later one takes over the weight of the earlier."""
    x = torch.tensor([[[1.0, 2.0, -1.0]] * 2], dtype=torch.float64)
    weight = torch.tensor([[[0.5, 2.0]]], dtype=torch.float64)
    mask, new = solve("sparsegpt", weight, x, 1, damping=1e-9)
    assert mask.tolist() == [[[False, True]]]
    assert new[0, 0].tolist() == pytest.approx([0.0, 2.5], rel=1e-8)


@pytest.mark.parametrize(("inputs", "tail"), [(8, 0), (10, 6)])
def test_two_of_four(inputs, tail):
    """Each row keeps two of each four columns; a shorter last group shares what is missing."""
    weight, x = problem(5, groups=2, outputs=3, inputs=inputs, images=30)
    found = registry.get("sparsegpt")
    mask, new = found(weight, x @ x.mT, weight.numel() // 2, "2:4", damping=0.0)
    assert (mask[..., :8].unflatten(-1, (2, 4)).sum(-1) == 2).all()
    assert int(mask[..., 8:].sum()) == tail
    w, seen = weight.clone(), x @ x.mT
    for j in range(inputs):  # by definition, one column at a time
        inverse = torch.linalg.inv(seen[:, j:, j:])
        if j in (0, 4):
            ends = [torch.linalg.inv(seen[:, k:, k:])[:, 0, 0] for k in range(j, j + 4)]
            costs = w[..., j : j + 4] ** 2 / torch.stack(ends, -1)[:, None]
            best = costs.topk(2).indices.sort().values
            assert torch.equal(mask[..., j : j + 4].nonzero()[:, -1].view(2, 3, 2), best)
        lost = (w[..., j] * ~mask[..., j])[..., None]
        w[..., j:] -= lost * (inverse[:, 0] / inverse[:, 0, :1])[:, None]
    assert torch.allclose(new, w * mask, rtol=1e-8, atol=1e-10)


def test_two_of_four_runs_along_the_channels():
    """In masks `[out, in, height, width]` and exactly half of everything."""
    net = nn.Sequential(nn.Conv2d(4, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 5))
    images = torch.randn(40, 4, 6, 6)
    masks = prune(net, "sparsegpt", 0.5, data=[(images, torch.zeros(40))], after=0, pattern="2:4")
    assert (masks["0"].sum(axis=1) == 2).all()
    assert (masks["3"].reshape(5, 12, 4).sum(axis=2) == 2).all()


def mask_by(scores, count, rows):
    if not rows:
        return highest(scores, count)
    each = count // scores.shape[1]
    return torch.stack([torch.stack([highest(row, each) for row in g]) for g in scores])


@pytest.mark.parametrize("density", [0.5, 0.25])
def test_who_leaves_the_smallest_error(density):
    """Mean errors of 20 layers, with the usual damping: sparsegpt is no bound for any one layer."""
    errors = dict.fromkeys(["obs", "sparsegpt", "wanda", "magnitude"], 0.0)
    for seed in range(20):
        weight, x = problem(seed, outputs=8, inputs=16, images=64)
        count = round(density * weight.numel())
        norms = x.square().sum(-1).sqrt()[:, None]
        found = {
            "obs": solve("obs", weight, x, count)[1],
            "sparsegpt": solve("sparsegpt", weight, x, count, damping=0.01)[1],
            "wanda": weight * mask_by(weight.abs() * norms, count, rows=True),
            "magnitude": weight * mask_by(weight.abs(), count, rows=False),
        }
        for name, new in found.items():
            errors[name] += error(weight, new, x) / error(weight, 0 * weight, x)
    assert errors["obs"] < errors["sparsegpt"] < min(errors["wanda"], errors["magnitude"])


@pytest.mark.parametrize("method", ["sparsegpt", "obs"])
def test_inputs_that_are_always_zero(method):
    """Weights on them are never changed, and go before weights that matter as much by size."""
    weight, x = problem(1, outputs=4, inputs=6, images=30)
    x[:, [1, 4]] = 0
    mask, new = solve(method, weight, x, 15, damping=0.01)
    for dead in (1, 4):
        assert torch.equal(new[..., dead], weight[..., dead] * mask[..., dead])
    assert mask[..., [1, 4]].sum() < mask[..., [0, 2, 3, 5]].sum() / 2
    assert not torch.allclose(new, weight * mask)


@pytest.mark.parametrize("method", ["sparsegpt", "obs"])
def test_without_inputs_size_decides(method):
    weight, x = problem(1, outputs=4, inputs=6)
    mask, new = solve(method, weight, 0 * x, 10)
    assert torch.equal(mask, highest(weight.abs(), 10))
    assert torch.allclose(new, weight * mask, rtol=1e-12)


def test_obd_is_the_diagonal_of_the_hessian():
    """One weight of a ReLU network moves the logits linearly: Gauss-Newton is the Hessian there."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    inputs, labels = torch.randn(8, 4, dtype=torch.float64), torch.arange(8) % 3
    scores = registry.get("obd")(net, [(inputs, labels)], {})
    for name, layer in prunable(net).items():

        def loss(weight, name=name):
            found = torch.func.functional_call(net, {f"{name}.weight": weight}, inputs)
            return F.cross_entropy(found, labels, reduction="sum")

        weight = layer.weight.detach()
        hessian = torch.autograd.functional.hessian(loss, weight)
        diagonal = hessian.reshape(weight.numel(), -1).diagonal().view_as(weight)
        assert torch.allclose(scores[name], weight**2 * diagonal, rtol=1e-8, atol=1e-12)
