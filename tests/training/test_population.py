"""A population is the loop: every method, every member, whatever it is trained beside."""

from __future__ import annotations

import copy
import logging
from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.models import build, network_arrays
from nsgraph.training import TrainingDiverged, members, train, train_population
from nsgraph.training.batches import Batches, side_by_side
from nsgraph.training.drivers import FixedMasks
from nsgraph.training.members import Member, carry_out
from nsgraph.training.recipe import Recipe
from nsgraph.training.stacked import NotStackable, stacked

RECIPE = {"epochs": 3, "batch": 32, "lr": 0.1}
SPARSITIES = [0.5, 0.8, 0.9]
SHAPE = (1, 4, 4)
# one method of each way to train, and what makes it act in 9 steps
METHODS = {
    "dense": {},
    "snip": {"batch": 32},
    "magnitude": {},
    "wanda": {},
    "sparsegpt": {},
    "set": {},
    "rigl": {"every": 2},
    "rigl-itop": {"every": 2},
    "deepr": {},
    "dsr": {"every": 2},
    "snfs": {"every": 2},
    "mest": {"every": 2},
    "top-kast": {},
    "gmp": {"every": 1},
    "granet": {"every": 1},
}
ON_MAPS = ["dense", "magnitude", "rigl", "top-kast", "gmp"]


def nets_of(model="mlp-24-16", count=3):
    return [build(model, SHAPE, 10, seed) for seed in range(count)]


def doubles(model="mlp-24-16", count=3):
    return [net.double() for net in nets_of(model, count)]


@pytest.fixture
def never_alone(monkeypatch):
    """Fails where networks are trained one by one."""

    def forbidden(net):
        raise AssertionError("trained alone")

    def forbid():
        monkeypatch.setattr(members, "alone", forbidden)

    return forbid


def assert_same(run, other, exact=False):
    tolerance = 0 if exact else 1e-7
    assert run.masks == other.masks
    assert run.best_epoch == other.best_epoch
    assert run.epochs_before == other.epochs_before
    for part, others in zip(network_arrays(run.net), network_arrays(other.net), strict=True):
        assert list(part) == list(others)
        for name, values in part.items():
            np.testing.assert_allclose(values, others[name], rtol=tolerance, atol=tolerance)
    for name, values in run.initial.items():
        assert np.array_equal(values, other.initial[name])
    for row, twin in zip(run.history, other.history, strict=True):
        assert row.keys() == twin.keys()
        for key in row.keys() - {"seconds"}:
            if isinstance(row[key], float):
                assert row[key] == pytest.approx(twin[key], rel=tolerance)
            else:
                assert row[key] == twin[key]


class Double(Dataset):
    """Images in float64: training amplifies rounding, which is too small here to matter."""

    def normalise(self, images):
        return super().normalise(images).double()


@pytest.fixture
def exact(data):
    return Double(**{field.name: getattr(data, field.name) for field in fields(data)})


CASES = [("mlp-24-16", m) for m in METHODS] + [("resnet8-4", m) for m in ON_MAPS]


@pytest.mark.parametrize(("model", "method"), CASES)
def test_a_population_is_the_loop(exact, never_alone, model, method):
    options = METHODS[method]
    nets = doubles(model)
    before = copy.deepcopy([net.state_dict() for net in nets])
    sparsities = [0.0] * 3 if method == "dense" else SPARSITIES
    runs = [
        train(net, exact, method, sparsity, seed, "cpu", options=options, **RECIPE)
        for net, sparsity, seed in zip(nets, sparsities, (5, 6, 7), strict=True)
    ]
    never_alone()
    together = train_population(
        nets, exact, method, sparsities, (5, 6, 7), "cpu", options=options, **RECIPE
    )
    for run, other in zip(together, runs, strict=True):
        assert_same(run, other)
        assert (run.population, other.population) == (3, 1)
    for net, state in zip(nets, before, strict=True):
        assert all(torch.equal(state[k], v) for k, v in net.state_dict().items())


def test_lottery_tickets_of_one_sparsity_are_trained_as_one(exact, never_alone):
    nets, options = doubles(), {"rewind": 4}
    runs = [
        train(net, exact, "lottery-ticket", 0.5, seed, options=options, **RECIPE)
        for seed, net in enumerate(nets)
    ]
    never_alone()
    together = train_population(nets, exact, "lottery-ticket", 0.5, options=options, **RECIPE)
    for run, other in zip(together, runs, strict=True):
        assert_same(run, other)


def test_methods_whose_rounds_depend_on_the_sparsity_are_grouped(exact):
    nets = doubles()
    sparsities = [0.3, 0.6, 0.3]
    together = train_population(nets, exact, "lottery-ticket", sparsities, **RECIPE)
    for seed, run in enumerate(together):
        alone = train(nets[seed], exact, "lottery-ticket", sparsities[seed], seed, **RECIPE)
        assert_same(run, alone)


@pytest.mark.parametrize(
    "more", [{"augment": "crop-flip"}, {"nesterov": True}, {"label_smoothing": 0.1, "batch": 31}]
)
def test_recipes(exact, never_alone, more):
    nets = doubles("resnet8-4", 2)
    recipe = {**RECIPE, "epochs": 2, **more}
    runs = [train(net, exact, "er", 0.5, seed, **recipe) for seed, net in enumerate(nets)]
    never_alone()
    for run, other in zip(train_population(nets, exact, "er", 0.5, **recipe), runs, strict=True):
        assert_same(run, other)


def test_half_precision_is_near(data, never_alone):
    nets, recipe = nets_of("resnet8-4", 2), {**RECIPE, "amp": True}
    runs = [train(net, data, seed=seed, **recipe) for seed, net in enumerate(nets)]
    never_alone()
    for run, other in zip(train_population(nets, data, **recipe), runs, strict=True):
        assert run.history[0]["loss"] == pytest.approx(other.history[0]["loss"], rel=0.02)


def test_networks_stand_on_their_own_afterwards(data):
    for run in train_population(nets_of("resnet8-4"), data, **RECIPE):
        assert not run.net.training
        for tensor in [*run.net.parameters(), *run.net.buffers()]:
            assert tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
            assert tensor.grad is None


class Skipping(FixedMasks):
    """Leaves out some steps, as RigL does."""

    def __init__(self, masks, steps):
        super().__init__(masks)
        self.steps = steps

    def instead_of_step(self, trainer):
        return trainer.step in self.steps


@pytest.mark.parametrize("skipped", [[{1, 4}, {4, 5}, set()], [{2}] * 3])
def test_a_step_left_out_by_one_is_made_by_the_others(exact, skipped):
    nets = doubles()
    masks = [Masks({n: w != 0 for n, w in network_arrays(net)[0].items()}) for net in nets]
    recipe = Recipe(**RECIPE)
    pairs = list(zip(masks, skipped, strict=True))
    cpu = torch.device("cpu")
    group = [Member(net, Skipping(*pair), 3) for net, pair in zip(nets, pairs, strict=True)]
    runs = [carry_out([copy.deepcopy(member)], exact, recipe, cpu)[0] for member in group]
    together = carry_out(group, exact, recipe, cpu)
    for run, other in zip(together, runs, strict=True):
        assert_same(run, other)
    if skipped[0] != skipped[2]:
        assert runs[0].history != runs[2].history


def test_batches_side_by_side_are_those_of_each(data):
    for kind in ("none", "crop-flip"):
        each = [Batches(data, 31, kind, seed) for seed in (0, 1, 2)]
        for step, (inputs, labels) in enumerate(side_by_side(each, 2)):
            for i, batches in enumerate(each):
                x, y = list(batches.epoch(2))[step]
                assert torch.equal(inputs[i], x)
                assert torch.equal(labels[i], y)


class Interrupted(Exception):
    pass


def interrupt(epoch):
    def progress(i, row):
        if row["epoch"] > epoch:
            raise Interrupted

    return progress


@pytest.mark.parametrize("method", ["set", "snfs", "gmp"])
def test_a_resumed_population_is_the_uninterrupted_one(tmp_path, data, method):
    files = [tmp_path / f"{i}.safetensors" for i in range(3)]
    given = ("resnet8-4", method)

    def go(**more):
        return train_population(
            nets_of(given[0]), data, given[1], SPARSITIES, options=METHODS[method], **RECIPE, **more
        )

    whole = go()
    with pytest.raises(Interrupted):
        go(checkpoints=files, checkpoint_every=0, progress=interrupt(2))
    assert all(file.exists() for file in files)
    seen = []
    resumed = go(checkpoints=files, progress=lambda i, row: seen.append((i, row["epoch"])))
    assert seen == [(0, 3), (1, 3), (2, 3)]
    for run, other in zip(resumed, whole, strict=True):
        assert_same(run, other, exact=True)
    assert not list(tmp_path.iterdir())


def test_checkpoints_go_with_the_network(tmp_path, data):
    """One is lost, one is gone on with alone, and the rest go on together."""
    files = [tmp_path / f"{i}.safetensors" for i in range(4)]
    nets = nets_of(count=4)
    whole = [train(net, data, "set", 0.5, seed, **RECIPE) for seed, net in enumerate(nets)]
    with pytest.raises(Interrupted):
        train_population(
            nets, data, "set", 0.5, checkpoints=files, checkpoint_every=0, progress=interrupt(1),
            **RECIPE,
        )  # fmt: skip
    files[0].unlink()
    rows = []
    alone = train(nets[1], data, "set", 0.5, 1, checkpoint=files[1], progress=rows.append, **RECIPE)
    assert [row["epoch"] for row in rows] == [2, 3]
    seen = []
    rest = train_population(
        [nets[i] for i in (0, 2, 3)], data, "set", 0.5, (0, 2, 3),
        checkpoints=[files[i] for i in (0, 2, 3)],
        progress=lambda i, row: seen.append((i, row["epoch"])), **RECIPE,
    )  # fmt: skip
    assert sorted(seen) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 2), (2, 3)]
    for run, other in zip([rest[0], alone, *rest[1:]], whole, strict=True):
        assert_same(run, other)


def test_divergence_of_one_is_said(tmp_path, data):
    nets = nets_of()
    with torch.no_grad():
        nets[1].fc1.weight[0, 0] = torch.nan
    files = [tmp_path / f"{i}.safetensors" for i in range(3)]
    with pytest.raises(TrainingDiverged, match="loss is nan in epoch 1, step 1 of 9"):
        train_population(nets, data, checkpoints=files, checkpoint_every=0, **RECIPE)
    assert not list(tmp_path.iterdir())


class Odd(nn.Module):
    """Everything that is known, in odd places; one layer twice."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3)
        self.conv2 = nn.Conv2d(4, 8, 3, padding="same", groups=2)
        self.norm = nn.BatchNorm2d(12, affine=False)
        self.conv3 = nn.Conv2d(12, 6, 1)
        self.flat_norm = nn.BatchNorm1d(96)
        self.linear = nn.Linear(96, 12, bias=False)
        self.last = nn.Linear(24, 10)
        self.twice = nn.Linear(10, 10)
        self.relu = nn.ReLU(inplace=True)
        self.never = nn.Dropout(0.0)

    def forward(self, x):
        a = self.relu(self.conv1(F.pad(x, (1, 1, 1, 1))))
        b = F.max_pool2d(self.conv2(a), 2)
        b += F.pad(a[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))
        c = torch.cat([b, F.avg_pool2d(a, 2)], 1)
        d = self.conv3(self.norm(c)).clamp(min=-0.5) * 0.7
        hidden = torch.tanh(self.linear(self.flat_norm(self.never(d.reshape(d.size(0), -1)))))
        y = self.last(torch.cat((hidden, c.mean((2, 3))), dim=1))
        return self.twice(self.relu(self.twice(y)))


class Viewing(nn.Module):
    """Flattens its inputs by `view`."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(16, 10)

    def forward(self, x):
        return self.linear(x.view(x.size(0), -1))


def flattening():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(16, 12), nn.BatchNorm1d(12), nn.Sigmoid(), nn.Linear(12, 10)
    )


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (Odd, (2, 8, 8)),
        (Viewing, (1, 4, 4)),
        (flattening, (1, 4, 4)),
        ("resnet8-4-a", (3, 8, 8)),
        ("wrn-10-1", (3, 8, 8)),
        ("mlp-9-srelu", (1, 4, 4)),
    ],
)
@pytest.mark.parametrize("channels_last", [False, True])
def test_outputs_gradients_and_statistics_are_those_of_each(model, shape, channels_last):
    torch.manual_seed(0)
    nets = [model() if callable(model) else build(model, shape, 10, s) for s in range(3)]
    nets = [net.double() for net in nets]
    if channels_last:
        nets = [net.to(memory_format=torch.channels_last) for net in nets]
    twins = copy.deepcopy(nets)
    inputs, labels = torch.randn(3, 16, *shape).double(), torch.randint(0, 10, (3, 16))
    _, whole = stacked(nets, Recipe(), shape)
    outputs = whole(inputs)
    sum(F.cross_entropy(y, t) for y, t in zip(outputs, labels, strict=True)).backward()
    for i, (net, twin) in enumerate(zip(nets, twins, strict=True)):
        expected = twin.train()(inputs[i])
        F.cross_entropy(expected, labels[i]).backward()
        assert torch.allclose(outputs[i], expected, rtol=1e-9, atol=1e-9)
        for mine, other in zip(net.parameters(), twin.parameters(), strict=True):
            assert torch.allclose(mine.grad, other.grad, rtol=1e-8, atol=1e-9)
        assert len(list(net.buffers())) == len(list(twin.buffers()))
        for mine, other in zip(net.buffers(), twin.buffers(), strict=True):
            assert torch.allclose(mine, other, rtol=1e-9, atol=1e-9)


class Custom(nn.Module):
    """A convolution, something, and a linear layer."""

    def __init__(self, something):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.inner = something if isinstance(something, nn.Module) else None
        self.one = nn.Conv2d(2, 1, 1)
        self.scale = nn.Parameter(torch.ones(2, 1, 1))
        self.linear = nn.Linear(32, 10)
        self.function = (lambda net, x: net.inner(x)) if self.inner is not None else something

    def forward(self, x):
        return self.linear(self.function(self, self.conv(x)).flatten(1))


REFUSED = [
    (nn.Dropout(0.5), "dropout"),
    (lambda net, x: F.dropout(x, 0.5, net.training), "the function 'dropout'"),
    (nn.PReLU(), "a PReLU"),
    (nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"), "padding mode 'circular'"),
    (nn.BatchNorm2d(2, momentum=None), "cumulative average"),
    (nn.Sequential(nn.Flatten(2), nn.Flatten(1)), "flattening of some"),
    (lambda net, x: x.flatten(2), "flattening of some"),
    (lambda net, x: x.view(-1, 2, 4, 4), "a change of shape"),
    (lambda net, x: net.scale * x, "the value 'scale'"),
    (lambda net, x: x - x.mean(0, keepdim=True), "a mean of some"),
    (lambda net, x: torch.cat([x[:, :1], x[:, 1:]], 1), "an index"),
    (lambda net, x: torch.cat([x, x], 2)[:, :, ::2, ::1], "a concatenation of images or pixels"),
    (lambda net, x: F.pad(x[:, :, ::2, ::2], (1, 1, 1, 1), value=1.0), "other values than zeros"),
    (lambda net, x: x.softmax(1), "the function 'softmax'"),
    (lambda net, x: x * x.size(1), "other outputs than alone"),
    (lambda net, x: F.relu(x) if x.sum() > 0 else x, "cannot be traced"),
    (lambda net, x: x * net.one(x), "it fails"),
]


@pytest.mark.parametrize(("something", "reason"), REFUSED)
def test_what_is_not_known_is_refused(something, reason):
    torch.manual_seed(0)
    nets = [Custom(something) for _ in range(2)]
    assert nets[0](torch.ones(3, *SHAPE)).shape == (3, 10)
    with pytest.raises(NotStackable, match=reason):
        stacked(nets, Recipe(), SHAPE)


def test_other_reasons_to_refuse():
    with pytest.raises(NotStackable, match="several architectures"):
        stacked([build("mlp-8", SHAPE, 10), build("mlp-9", SHAPE, 10)], Recipe(), SHAPE)
    nets = nets_of("resnet8-4")
    for net in nets:
        net.bn1.weight.requires_grad_(False)
    with pytest.raises(NotStackable, match="frozen parameters"):
        stacked(nets, Recipe(), SHAPE)


def test_refused_networks_are_trained_one_by_one(data, caplog):
    torch.manual_seed(0)
    nets = [Custom(nn.Dropout(0.5)) for _ in range(2)]
    runs = [train(net, data, "set", 0.5, seed, **RECIPE) for seed, net in enumerate(nets)]
    with caplog.at_level(logging.INFO):
        together = train_population(nets, data, "set", 0.5, **RECIPE)
    assert "2 networks are trained one by one: dropout" in caplog.text
    for run, other in zip(together, runs, strict=True):
        assert_same(run, other, exact=True)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"sparsities": [0.5]}, "There are 3 networks, but 1 sparsities"),
        ({"seeds": [0, 1]}, "There are 3 networks, but 2 seeds"),
        ({"checkpoints": ["a"] * 4}, "There are 3 networks, but 4 checkpoints"),
        ({"sparsities": [0.5, 0.5, 1.5]}, r"in \[0, 1\)"),
    ],
)
def test_wrong_numbers(data, more, sentence):
    with pytest.raises(UserError, match=sentence):
        train_population(nets_of(), data, "er", **more)


@pytest.mark.cuda
@pytest.mark.parametrize("model", ["mlp-24-16", "resnet8-4"])
def test_cuda_trains_the_same_way(data, never_alone, model):
    nets = nets_of(model)
    given = {"device": "cuda", "amp": False, **RECIPE}
    runs = [train(net, data, "rigl", 0.8, seed, **given) for seed, net in enumerate(nets)]
    never_alone()
    together = train_population(nets, data, "rigl", 0.8, **given)
    for run, other in zip(together, runs, strict=True):
        assert run.history[0]["loss"] == pytest.approx(other.history[0]["loss"], rel=0.05)
        assert run.masks.n_kept == other.masks.n_kept
        assert next(run.net.parameters()).device.type == "cpu"
