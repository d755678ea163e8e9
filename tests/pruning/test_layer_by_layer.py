"""Layer by layer through a network: inputs, order, exact counts, and what can go wrong."""

from __future__ import annotations

import copy

import pytest
import torch
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


def test_a_layer_sees_images_until_they_are_enough(monkeypatch):
    monkeypatch.setattr("nsgraph.pruning.reconstruction.ENOUGH", 40)  # columns; 12 an image here
    layer, linear = nn.Conv2d(2, 4, 3), nn.Linear(48, 2)
    net = nn.Sequential(layer, nn.Flatten(), linear).double()
    images = [torch.randn(2, 2, 6, 5, dtype=torch.float64) for _ in range(5)]
    assert torch.equal(gram_matrix(net, layer, images), gram_matrix(net, layer, images[:2]))
    assert not torch.equal(gram_matrix(net, layer, images), gram_matrix(net, layer, images[:1]))
    assert torch.equal(
        gram_matrix(net, linear, images), sum(gram_matrix(net, linear, [x]) for x in images)
    )


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
