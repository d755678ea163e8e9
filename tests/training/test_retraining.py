"""Topologies of snapshots trained again: what each starts from, and what is kept in the store."""

from __future__ import annotations

import numpy as np
import pytest

from nsgraph import datasets
from nsgraph.errors import UserError
from nsgraph.models import build, network_arrays
from nsgraph.network_file import load_network
from nsgraph.snapshots import load_snapshot
from nsgraph.store import NetworkSpec
from nsgraph.training import retrain, retrainings, train_cohort
from nsgraph.training.retraining import FRESH

RECIPE = {"epochs": 2, "batch": 256, "lr": 0.1}
EPOCHS = [0, 2]


@pytest.fixture(scope="module")
def evolved(tmp_path_factory):
    """One network by SET with snapshots, its store, and the digest of its data."""
    store = tmp_path_factory.mktemp("store")
    digest = datasets.load("digits").digest()
    spec = NetworkSpec(
        dataset="digits",
        model="mlp-12-srelu",
        method="set",
        sparsity=0.7,
        seed=3,
        split_seed=0,
        recipe=RECIPE,
        data_digest=digest,
        snapshots=EPOCHS,
        snapshot_weights=True,
    )
    return train_cohort([spec], store), store, digest


@pytest.fixture(scope="module")
def rows(evolved):
    entries, store, digest = evolved
    return retrain(retrainings(entries, EPOCHS), RECIPE, store, digest)


def test_every_snapshot_is_trained_from_its_own_and_from_fresh_weights(rows):
    kinds = [(row["epoch"], row["topology"], row["weights"]) for row in rows]
    evolved = [(epoch, "evolved", weights) for epoch in EPOCHS for weights in ("own", "fresh")]
    assert kinds == [*evolved, (0, "random", "fresh")]
    assert all(0 <= row["test_accuracy"] <= 1 and row["seed"] == 3 for row in rows)
    assert len({row["file"] for row in rows}) == len(rows)


def test_several_are_trained_as_one_like_each_alone(evolved, rows, tmp_path):
    entries, _, digest = evolved
    for each, row in zip(retrainings(entries, EPOCHS), rows, strict=True):
        together = load_network(row["file"])
        [alone] = retrain([each], RECIPE, tmp_path, digest)
        found = load_network(alone["file"])
        assert found.provenance.population == 1
        assert together.provenance.population == len(rows)
        assert found.masks == together.masks
        assert alone["best_epoch"] == row["best_epoch"]
        for name, weights in found.weights.items():
            assert np.allclose(weights, together.weights[name], atol=1e-4)


def test_links_stay_those_of_the_snapshot_or_as_many_in_each_layer(evolved, rows):
    entry = evolved[0][0]
    index = {0: "0", 2: "10"}  # label: steps
    for row in rows:
        masks = load_network(row["file"]).masks
        snapshot = load_snapshot(entry.file, index[row["epoch"]]).masks
        same = {name: int(mask.sum()) for name, mask in masks.items()}
        assert same == {name: int(mask.sum()) for name, mask in snapshot.items()}
        assert (masks == snapshot) == (row["topology"] == "evolved")


def test_weights_before_the_first_step(evolved):
    """With a learning rate next to nothing, what was trained is what it started from."""
    entries, store, digest = evolved
    still = {**RECIPE, "epochs": 1, "lr": 1e-12, "weight_decay": 0.0, "sparse_init": True}
    own, fresh = (
        load_network(row["file"])
        for row in retrain(retrainings(entries, [2])[:2], still, store, digest)
    )
    snapshot = load_snapshot(entries[0].file, "10")
    net = build("mlp-12-srelu", (1, 8, 8), 10, 3 + FRESH)
    weights, state = network_arrays(net)
    for name, mask in snapshot.masks.items():
        assert np.allclose(own.weights[name], snapshot.weights[name], atol=1e-6)
        scaled = np.where(mask, weights[name], 0) / np.sqrt(mask.mean())
        assert np.allclose(fresh.weights[name], scaled, atol=1e-6)
    for name in state:
        assert np.allclose(own.state[name], snapshot.state[name], atol=1e-6)
        assert np.allclose(fresh.state[name], state[name], atol=1e-6)


def test_nothing_is_trained_twice(evolved, rows, monkeypatch):
    entries, store, digest = evolved
    monkeypatch.setattr("nsgraph.training.retraining.train_drafts", None)  # would fail if called
    assert retrain(retrainings(entries, EPOCHS), RECIPE, store, digest) == rows


def test_a_missing_snapshot_is_said(evolved):
    entries, store, digest = evolved
    with pytest.raises(UserError, match=r"no snapshot 'of epoch 1'; there are 0, 10"):
        retrain(retrainings(entries, [1]), RECIPE, store, digest)
