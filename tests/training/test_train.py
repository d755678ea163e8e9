"""Training under every method: counts, seeds, what is returned, and how it fails."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from nsgraph.errors import UserError
from nsgraph.models import network_arrays, prunable
from nsgraph.pruning import prune, registry
from nsgraph.snapshots import load_snapshot
from nsgraph.training import TrainingDiverged, accuracy, train

METHODS = [name for name in registry.names() if name != "dense"]
OPTIONS = {"rigl": {"every": 2}, "synflow": {"rounds": 5}}
OPTIONS |= {"lottery-ticket": {"rounds": 2}}
OPTIONS |= {"snip": {"batch": 32}, "grasp": {"per_class": 4}}  # of the 96 images
OPTIONS |= {name: {"batch": 32, "rounds": 3} for name in ("iterative-snip", "force")}
IMPOSSIBLE = {("uniform-plus", "mlp", 0.98)}  # a fifth of the last layer is more than that


def run_of(net, data, method, recipe, sparsity=0.8, seed=0, **more):
    options = OPTIONS.get(method, {})
    return train(net, data, method, sparsity, seed, "cpu", options=options, **more, **recipe)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", ["mlp", "resnet"])
@pytest.mark.parametrize("sparsity", [0.0, 0.8, 0.98])
def test_exact_counts_and_reproducible_accuracy(request, data, method, model, sparsity, recipe):
    if (method, model, sparsity) in IMPOSSIBLE:
        pytest.skip("cannot be reached")
    net = request.getfixturevalue(model)
    before = copy.deepcopy(net.state_dict())
    run = run_of(net, data, method, {**recipe, "epochs": 2}, sparsity)
    assert run.masks.n_kept == round((1 - sparsity) * run.masks.n_weights)
    for name, layer in prunable(run.net).items():
        assert not layer.weight.detach().numpy()[~run.masks[name]].any()
    assert accuracy(run.net, data, "test") == run.test_accuracy
    assert accuracy(run.net, data, "validation") == run.validation_accuracy
    rounds = run.history[-1].get("rounds", 0)
    assert len(run.history) == 2 * (1 + rounds)
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    for name, weight in run.initial.items():
        assert np.array_equal(weight, before[f"{name}.weight"].numpy())


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_bytes(mlp, data, method, recipe):
    runs = [run_of(mlp, data, method, recipe, seed=seed) for seed in (0, 0, 1)]
    first, again, other = (network_arrays(run.net) for run in runs)
    assert runs[0].masks == runs[1].masks
    for part in (0, 1):
        assert all(np.array_equal(v, again[part][k]) for k, v in first[part].items())
    assert any(not np.array_equal(v, other[0][k]) for k, v in first[0].items())
    if method not in ("synflow", "magnitude-at-init"):
        assert runs[0].masks != runs[2].masks


def test_global_random_state_stays(mlp, data, recipe):
    state = torch.get_rng_state()
    train(mlp, data, "set", 0.5, **recipe)
    assert torch.equal(torch.get_rng_state(), state)


def test_dropout_follows_the_seed(data, recipe):
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 12), nn.Dropout(0.5), nn.Linear(12, 10))
    losses = [[row["loss"] for row in train(net, data, seed=s, **recipe).history] for s in (0, 0)]
    assert losses[0] == losses[1]


def test_it_learns(mlp, data, recipe):
    run = train(mlp, data, "erk", 0.5, **{**recipe, "epochs": 15})
    assert run.test_accuracy > 0.8
    assert run.history[-1]["loss"] < run.history[0]["loss"]


class Viewing(nn.Module):
    """Flattens by `view`, which needs the channels of a map to lie first."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)
        self.linear = nn.Linear(48, 10)

    def forward(self, x):
        x = self.conv(x)
        return self.linear(x.view(x.size(0), -1))


def test_networks_that_flatten_by_view_can_be_trained(data, recipe):
    run = train(Viewing(), data, "er", 0.5, **recipe)
    assert run.test_accuracy == accuracy(run.net, data, "test")


def test_history(resnet, data, recipe):
    seen = []
    run = train(resnet, data, "er", 0.9, progress=seen.append, **recipe)
    assert seen == run.history
    assert [row["epoch"] for row in seen] == [1, 2, 3, 4]
    for row in seen:
        assert row["density"] == pytest.approx(run.masks.layer_densities())
        assert 0 <= row["train_accuracy"] <= 1
        assert row["seconds"] > 0
        assert row["eligible"]
    assert seen[0]["learning_rate"] > seen[-1]["learning_rate"]
    best = max(row["validation_accuracy"] for row in seen)
    first = next(row for row in seen if row["validation_accuracy"] == best)
    assert (run.best_epoch, run.test_accuracy) == (first["epoch"], first["test_accuracy"])


@pytest.mark.parametrize("method", ["snip", "grasp", "synflow", "er"])
@pytest.mark.parametrize("model", ["mlp", "resnet"])
def test_static_method_prunes_as_prune_does(request, data, method, model, recipe):
    net = request.getfixturevalue(model)
    options = OPTIONS.get(method, {})
    masks = prune(net, method, 0.7, data=data, seed=3, **options)
    run = train(net, data, method, 0.7, seed=3, device="cpu", options=options, **recipe)
    assert run.masks == masks


def test_sparsity_zero_is_dense_training(mlp, data, recipe):
    dense = train(mlp, data, **recipe)
    for method in ("snip", "uniform", "set"):
        run = train(mlp, data, method, 0.0, **recipe)
        assert [r["loss"] for r in run.history] == [r["loss"] for r in dense.history]


def test_magnitude_trains_dense_then_fine_tunes(mlp, data, recipe):
    run = train(mlp, data, "magnitude", 0.8, **recipe)
    dense = train(mlp, data, **recipe)
    assert run.epochs_before == 2
    assert run.best_epoch > 2
    assert [r["eligible"] for r in run.history] == [False, False, True, True]
    assert [r["loss"] for r in run.history[:2]] == [r["loss"] for r in dense.history[:2]]
    assert run.history[1]["density"] == dict.fromkeys(run.masks, 1.0)
    assert run.history[2]["density"] == run.masks.layer_densities()


@pytest.mark.parametrize(("after", "before"), [(0.25, 1), (0.99, 3), (1.0, 4)])
def test_dense_part_is_an_option(mlp, data, recipe, after, before):
    run = train(mlp, data, "magnitude", 0.8, options={"after": after}, **recipe)
    assert run.epochs_before == before
    assert run.best_epoch > before or run.best_epoch == before == 4
    assert run.masks.n_kept == round(0.2 * run.masks.n_weights)
    assert len(run.history) == 4


def test_pruned_once_after_training_is_the_dense_network_masked(mlp, data, recipe):
    """after = 1: nothing moves after the pruning."""
    run = train(mlp, data, "magnitude", 0.8, options={"after": 1.0}, **recipe)
    dense = train(mlp, data, "magnitude", 0.0, options={"after": 1.0}, **recipe)
    for name, layer in prunable(run.net).items():
        kept = run.masks[name]
        assert np.array_equal(
            layer.weight.detach().numpy()[kept],
            prunable(dense.net)[name].weight.detach().numpy()[kept],
        )


@pytest.mark.parametrize("n", [33, 1, 32])
def test_a_last_batch_of_one_image_is_left_out(data, n, recipe):
    from dataclasses import replace

    from nsgraph.datasets import Split
    from nsgraph.training.batches import Batches

    small = replace(data, train=Split(data.train.images[:n], data.train.labels[:n]))
    sizes = [len(y) for _, y in Batches(small, 32, "none", 0).epoch(1)]
    assert sizes == {33: [32], 1: [1], 32: [32]}[n]


@pytest.mark.parametrize("kind", ["none", "crop-flip"])
def test_batches_are_a_new_permutation_each_epoch(data, kind):
    from nsgraph.training.batches import Batches

    batches = Batches(data, 32, kind, seed=0)
    epochs = [torch.cat([y for _, y in batches.epoch(k)]) for k in (1, 2, 1)]
    assert torch.equal(epochs[0], epochs[2])
    assert not torch.equal(epochs[0], epochs[1])
    assert torch.equal(epochs[0].sort().values, data.train.labels.sort().values)
    assert next(iter(batches.epoch(1)))[0].shape == (32, 1, 4, 4)


def test_recipe_variants_run(resnet, data):
    for more in ({"augment": "crop-flip"}, {"nesterov": True}, {"label_smoothing": 0.1}):
        run = train(resnet, data, "erk", 0.5, epochs=2, batch=32, **more)
        assert run.recipe.as_dict()[next(iter(more))] == next(iter(more.values()))
    assert np.isfinite(train(resnet, data, epochs=1, batch=32, amp=True).history[0]["loss"])


def test_divergence_names_epoch_step_and_rate(mlp, data):
    with pytest.raises(
        TrainingDiverged, match=r"loss is (nan|inf) in epoch \d+, step \d+ of 9, at learning rate"
    ):
        train(mlp, data, epochs=3, batch=32, lr=1e30, schedule="constant")
    assert issubclass(TrainingDiverged, UserError)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"method": "snpi"}, "snpi"),
        ({"method": "snip", "sparsity": 1.0}, r"in \[0, 1\)"),
        ({"sparsity": 0.5}, "'dense' has sparsity 0"),
        ({"method": "rigl", "sparsity": 0.5, "options": {"evry": 1}}, "no option 'evry'"),
        ({"epoch": 3}, "no key 'epoch'"),
        ({"device": "abacus"}, "no device 'abacus'"),
        ({"device": "meta"}, "cpu or cuda"),
    ],
)
def test_wrong_arguments(mlp, data, arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        train(mlp, data, **arguments)


@pytest.mark.cuda
@pytest.mark.parametrize("method", ["dense", "snip", "set", "rigl", "magnitude"])
def test_cuda_trains_the_same_way(resnet, data, method, recipe):
    sparsity = 0 if method == "dense" else 0.8
    runs = [
        train(resnet, data, method, sparsity, device=d, amp=False, **recipe)
        for d in ("cpu", "cuda")
    ]
    first, second = (run.history[0]["loss"] for run in runs)
    assert first == pytest.approx(second, rel=0.05)
    assert runs[1].masks.n_kept == runs[0].masks.n_kept
    assert next(runs[1].net.parameters()).device.type == "cpu"


@pytest.mark.parametrize(("method", "sparsity"), [("er", 0.8), ("set", 0.8), ("dense", 0.0)])
def test_sparse_initial_weights_are_scaled_to_the_density_of_their_layer(
    mlp, data, recipe, method, sparsity, tmp_path
):
    kept = {"snapshots": [0], "snapshot_folder": tmp_path, "snapshot_weights": True}
    run = run_of(mlp, data, method, {**recipe, "sparse_init": True}, sparsity, **kept)
    start = load_snapshot(tmp_path, "0")
    assert start.provenance.recipe["sparse_init"]
    for name, mask in start.masks.items():
        scaled = np.where(mask, run.initial[name], 0) / np.sqrt(mask.mean())
        assert np.allclose(start.weights[name], scaled, rtol=1e-6)
    plain = run_of(mlp, data, method, recipe, sparsity)
    same = all(np.array_equal(plain.initial[name], run.initial[name]) for name in run.initial)
    assert same
    assert (plain.history[0]["loss"] == run.history[0]["loss"]) == (method == "dense")
