"""Post-training pruning against brute force, least squares and plain definitions, in float64."""

from __future__ import annotations

import copy
import heapq

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models import build, prunable
from nsgraph.pruning import prune, registry
from nsgraph.pruning.engine import prune_with_weights
from nsgraph.pruning.post_training import reconstruction
from nsgraph.pruning.reconstruction import damped, gram_matrix, reconstruct
from nsgraph.pruning.selection import highest

METHODS = ["sparsegpt", "obs", "obd"]


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
    module = __import__("nsgraph.pruning.algorithms.obs", fromlist=["NUMBERS"])
    monkeypatch.setattr(module, "NUMBERS", 3 * 36)
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


LAYERS = {
    "linear": (nn.Linear(6, 4), (9, 6)),
    "linear on a sequence": (nn.Linear(6, 4), (3, 5, 6)),
    "convolution": (nn.Conv2d(2, 4, 3), (3, 2, 6, 5)),
    "stride and padding": (nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 2)), (3, 2, 6, 5)),
    "dilation": (nn.Conv2d(2, 4, 2, dilation=2), (3, 2, 6, 5)),
    "same": (nn.Conv2d(2, 4, 3, padding="same"), (3, 2, 6, 5)),
    "circular": (nn.Conv2d(2, 4, 3, padding=1, padding_mode="circular"), (3, 2, 6, 5)),
    "groups": (nn.Conv2d(4, 6, 3, groups=2), (3, 4, 6, 5)),
    "depthwise": (nn.Conv2d(4, 8, 3, groups=4, padding=1), (3, 4, 6, 5)),
    "one image": (nn.Conv2d(2, 4, 3), (2, 6, 5)),
}


@pytest.mark.parametrize("case", LAYERS)
def test_the_gram_matrix_gives_the_squared_outputs(case, monkeypatch):
    """sum of w G w' over rows = sum of squared outputs without bias, whatever the weights."""
    monkeypatch.setattr("nsgraph.pruning.reconstruction.NUMBERS", 200)  # some images at a time
    layer, shape = copy.deepcopy(LAYERS[case][0]).double(), LAYERS[case][1]
    generator = torch.Generator().manual_seed(0)
    images = [torch.randn(shape, dtype=torch.float64, generator=generator) for _ in range(2)]
    gram = gram_matrix(nn.Sequential(layer), layer, images)
    assert torch.allclose(gram, gram.mT, rtol=1e-12)
    nn.init.zeros_(layer.bias)
    for _ in range(3):
        with torch.no_grad():
            nn.init.normal_(layer.weight, generator=generator)
            squares = sum(float(layer(x).square().sum()) for x in images)
        rows = layer.weight.detach().movedim(1, -1).reshape(len(gram), -1, gram.shape[1])
        assert float((rows @ gram * rows).sum()) == pytest.approx(squares, rel=1e-10)


def test_a_layer_that_is_called_twice_sees_both_inputs():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3, bias=False)

        def forward(self, x):
            return self.layer(input=torch.relu(self.layer(x)))

    net = Twice().double()
    x = torch.randn(7, 3, dtype=torch.float64)
    inner = torch.relu(net.layer(x)).detach()
    expected = x.T @ x + inner.T @ inner
    assert torch.allclose(gram_matrix(net, net.layer, [x])[0], expected)


def spy(seen):
    """Keeps the first weights and doubles them; notes the Gram matrices it is given."""

    @reconstruction("spy")
    def solution(weight, gram, count):
        seen.append(gram)
        mask = torch.zeros_like(weight, dtype=torch.bool)
        mask.view(-1)[:count] = True
        return mask, 2 * weight * mask

    return solution


class Backwards(nn.Module):
    """Defined in another order than that of the calls; one layer is never called."""

    def __init__(self):
        super().__init__()
        self.never = nn.Linear(4, 4)
        self.last = nn.Linear(6, 2)
        self.first = nn.Linear(4, 6)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        return self.last(self.dropout(torch.relu(self.first(x))))


def test_each_layer_sees_what_the_pruned_ones_before_it_give():
    net = Backwards().double().train()
    x = torch.randn(300, 4, dtype=torch.float64)
    seen = []
    masks, new = reconstruct(spy(seen), net, 0.5, [(x[:200], None), (x[200:], None)])
    assert list(masks) == list(new) == ["never", "last", "first"]
    assert [int(m.sum()) for m in masks.values()] == [8, 6, 12]
    first, last, never = seen  # in the order of the calls
    hidden = torch.relu(F.linear(x, new["first"], net.first.bias))
    assert torch.allclose(first[0], x.T @ x)
    assert torch.allclose(last[0], hidden.T @ hidden)  # without dropout
    assert not never.any()
    for name, layer in prunable(net).items():
        assert torch.equal(new[name], 2 * layer.weight * masks[name])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.98])
def test_exact_counts_and_the_network_stays(net, data, method, sparsity):
    before = copy.deepcopy(net.state_dict())
    state = torch.get_rng_state()
    masks = prune(net, method, sparsity, data=data, seed=1, after=0, batch=20)
    assert list(masks) == list(prunable(net))
    assert masks.n_kept == round((1 - sparsity) * masks.n_weights)
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    assert net.training
    assert torch.equal(torch.get_rng_state(), state)
    assert prune(net, method, sparsity, data=data, seed=1, after=0, batch=20) == masks


def test_nothing_to_prune_changes_no_weight(net, data):
    for method in ("sparsegpt", "obs"):
        found = registry.get(method)
        _, new = prune_with_weights(found, net, 0.0, data)
        assert all(torch.equal(new[n], layer.weight) for n, layer in prunable(net).items())


@pytest.mark.parametrize("method", METHODS)
def test_seeds_draw_the_calibration_images(data, method):
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0)
    a, b = (prune(net, method, 0.7, data=data, seed=s, after=0, batch=20) for s in (0, 1))
    assert a != b


def test_layers_share_by_allocation(data):
    net = build("resnet8-4", (1, 8, 8), 10, seed=0)
    uniform = prune(net, "sparsegpt", 0.8, data=data, after=0)
    assert uniform.layer_densities() == prune(net, "uniform", 0.8).layer_densities()
    erk = prune(net, "sparsegpt", 0.8, data=data, after=0, allocation="erk")
    assert erk.layer_densities() == prune(net, "erk", 0.8).layer_densities()


def test_outputs_of_the_network_stay_nearer_than_with_the_masks_alone(data):
    net = build("mlp-20-15", (1, 8, 8), 10, seed=0).eval()
    images = data.normalise(data.train.images)
    masks, new = prune_with_weights(registry.get("sparsegpt"), net, 0.5, data)
    outputs = {}
    for case in ("dense", "masks", "weights"):
        work = copy.deepcopy(net)
        for name, layer in prunable(work).items():
            if case == "masks":
                layer.weight.data *= torch.tensor(masks[name])
            elif case == "weights":
                layer.weight.data.copy_(new[name])
        outputs[case] = work(images).detach()
    apart = {c: float((outputs[c] - outputs["dense"]).square().mean()) for c in outputs}
    assert apart["weights"] < 0.8 * apart["masks"]


def test_methods_that_train_say_so(data):
    net = build("mlp-5", (1, 8, 8), 10, seed=0)
    for method in METHODS:
        assert registry.get(method).category == "post-training"
        with pytest.raises(UserError, match="needs training"):
            prune(net, method, 0.5, data=data)
    with pytest.raises(UserError, match="'obs' needs data"):
        prune(net, "obs", 0.5, after=0)


@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        ("sparsegpt", {"allocation": "global"}, "solves one layer at a time"),
        ("sparsegpt", {"block": 0}, "block is 0; expected at least 1"),
        ("sparsegpt", {"damping": -1.0}, "at least 0, but -1 was given"),
        ("sparsegpt", {"damping": 0.0, "batch": 5}, "of layer 'fc1'.*linearly dependent"),
        ("obs", {"damping": 0.0, "batch": 5}, "of layer 'fc1'.*linearly dependent"),
        ("obs", {"largest": 63}, "64 weights an output, the option 'largest' allows 63"),
        ("obs", {"pace": 1}, "no option 'pace'; its options: damping, largest, allocation, batch"),
        ("obs", {"pattern": "2:4"}, "no option 'pattern'"),
        ("sparsegpt", {"pattern": "rows"}, "'rows'; expected 'free' or n:m such as '2:4'"),
        ("sparsegpt", {"pattern": "1:4"}, "pattern 1:4 has sparsity 0.75, but 0.5 was asked for"),
        ("sparsegpt", {"batch": 0}, "batch is 0; expected at least 1"),
    ],
)
def test_bad_options_are_one_sentence(data, method, options, sentence):
    with pytest.raises(UserError, match=sentence):
        prune(build("mlp-5", (1, 8, 8), 10), method, 0.5, data=data, after=0, **options)


def test_a_mask_with_its_weights_cannot_be_redrawn():
    with pytest.raises(UserError, match="cannot be redrawn"):
        registry.get("sparsegpt-redrawn")


def test_a_network_that_is_not_finite(data):
    net = build("mlp-6-5", (1, 8, 8), 10, seed=0)
    next(iter(prunable(net).values())).weight.data[0, 0] = float("inf")
    with pytest.raises(UserError, match="not finite"):
        prune(net, "sparsegpt", 0.5, data=data, after=0)


@pytest.mark.parametrize("wrong", ["mask", "shape", "count", "pruned", "nan"])
def test_wrong_solutions_are_one_sentence(data, wrong):
    @reconstruction("wrong")
    def solution(weight, gram, count):
        mask = highest(weight.abs(), count)
        if wrong == "mask":
            return mask.double(), weight * mask
        if wrong == "shape":
            return mask.mT, (weight * mask).mT
        if wrong == "count":
            return ~torch.zeros_like(mask), weight
        if wrong == "pruned":
            return mask, weight
        return mask, (weight / 0).masked_fill(~mask, 0.0)

    with pytest.raises(UserError, match="method 'wrong' gave layer 'fc1'"):
        prune_with_weights(solution, build("mlp-6", (1, 8, 8), 10, seed=0), 0.5, data)


def test_damping_is_part_of_the_mean_diagonal():
    gram = torch.stack([torch.diag(torch.tensor([3.0, 1.0])), torch.zeros(2, 2)])
    assert torch.equal(damped(gram, 0.5)[0], torch.diag(torch.tensor([4.0, 2.0])))
    assert torch.equal(damped(gram, 0.5)[1], torch.eye(2))


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
