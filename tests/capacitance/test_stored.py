"""Capacitance of stored networks: of trained, initial and random weights under the mask."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nsgraph import datasets
from nsgraph.capacitance import capacitance
from nsgraph.capacitance.networks import capacitance_rows
from nsgraph.errors import UserError
from nsgraph.models import build, prunable, save_network
from nsgraph.network_file import Provenance
from nsgraph.pruning.engine import prune


@pytest.fixture(scope="module")
def data():
    return datasets.load("digits")


@pytest.fixture(scope="module")
def saved(data, tmp_path_factory):
    net = build("mlp-12-9", data.input_shape, 10, seed=3)
    masks = prune(net, "er", 0.6, seed=3)
    with torch.no_grad():
        for name, layer in prunable(net).items():
            layer.weight.mul_(torch.tensor(masks[name])).mul_(2)  # as if trained
    about = Provenance(model="mlp-12-9", classes=10, seed=3)
    path = tmp_path_factory.mktemp("saved") / "net.safetensors"
    return save_network(path, net, masks, data.input_shape, provenance=about)


def test_rows_of_a_network(saved, data):
    rows = {(row["weights"], row["absolute"]): row for row in capacitance_rows(saved, data)}
    assert set(rows) == {
        *(("final", False), ("final", True), ("initial", False), ("initial", True)),
        ("random", True),
    }
    for (_, absolute), row in rows.items():
        if row["beta"] is not None:
            assert row["beta"] == pytest.approx(row["numerator"] / row["denominator"])
        if absolute:
            assert row["beta"] > 0
    trained = capacitance(saved, data, absolute=True, max_batches=8)
    assert rows["final", True]["beta"] == trained.value


def test_initial_weights_are_those_of_the_seed_under_the_mask(saved, data):
    net = build("mlp-12-9", data.input_shape, 10, seed=3)
    with torch.no_grad():
        for name, layer in prunable(net).items():
            layer.weight.mul_(torch.tensor(saved.masks[name]))
    expected = capacitance(net, data, masks=saved.masks, absolute=True, max_batches=8)
    found = capacitance_rows(saved, data, ["initial"])[1]
    assert found["beta"] == expected.value


def test_a_dense_network_of_three_layers_has_none_with_signs(data, tmp_path):
    net = build("mlp-12-9", data.input_shape, 10, seed=0)
    masks = {n: np.ones(tuple(m.weight.shape), bool) for n, m in prunable(net).items()}
    about = Provenance(model="mlp-12-9", classes=10, seed=0)
    file = tmp_path / "dense.safetensors"
    dense = save_network(file, net, masks, data.input_shape, provenance=about)
    signed, absolute = capacitance_rows(dense, data, ["final"])
    assert signed["beta"] is None
    assert "three layers of weights" in signed["beta.status"]
    assert absolute["beta"] > 0


def test_an_unknown_architecture_is_said(data, tmp_path):
    net = build("mlp-12-9", data.input_shape, 10, seed=0)
    masks = {n: np.ones(tuple(m.weight.shape), bool) for n, m in prunable(net).items()}
    nameless = save_network(tmp_path / "x.safetensors", net, masks, data.input_shape)
    with pytest.raises(UserError, match="has no model"):
        capacitance_rows(nameless, data, ["random"])
