"""Columns of stored networks: trained ones with and without convolutions, and masks alone."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import nsgraph as ns
from nsgraph.capacitance import measuring
from nsgraph.capacitance.dictionary import dictionary
from nsgraph.files import file_sha256
from nsgraph.graphs import reduction
from nsgraph.models.saving import Provenance
from nsgraph.network_file import SavedNetwork
from nsgraph.report.dictionary import columns_table
from nsgraph.store import Entry

DATA = ns.datasets.load("digits")


def stored(folder: Any, model: str, sparsity: float = 0.7) -> SavedNetwork:
    net = ns.models.build(model, DATA.input_shape, DATA.classes, seed=0)
    masks = ns.prune(net, "er", sparsity=sparsity, data=DATA, seed=0)
    about = Provenance(model=model, input_shape=DATA.input_shape, classes=DATA.classes, seed=0)
    return ns.save_network(
        folder / f"{model}.safetensors", net, masks, DATA.input_shape, provenance=about
    )


def named(columns: dict[str, Any]) -> set[str]:
    return {name.removesuffix(".status") for name in columns}


def test_columns_of_an_mlp(tmp_path: Any) -> None:
    saved = stored(tmp_path, "mlp-12-10")
    found = measuring.network_columns(saved, DATA)
    assert named(found) == {row.name for row in dictionary()}
    described = columns_table({"networks": pd.DataFrame([found])})
    assert set(found) <= set(described["column"])
    net = ns.models.from_saved(saved).double()
    options: dict[str, Any] = {"masks": saved.masks, "split": "validation"}
    for kind, given in {
        "local": {},
        "absolute": {"absolute": True},
        "exact": {"reading": "exact", "head": "all"},
    }.items():
        expected = ns.capacitance(net, DATA, **options, **given)
        assert found[f"capacitance.{kind}_numerator"] == pytest.approx(expected.numerator)
        assert found[f"capacitance.{kind}_denominator"] == pytest.approx(expected.denominator)
    beta = found["capacitance.absolute_beta"]
    assert beta == pytest.approx(
        found["capacitance.absolute_numerator"] / found["capacitance.absolute_denominator"]
    )


def test_columns_of_a_network_with_convolutions(tmp_path: Any) -> None:
    found = measuring.network_columns(stored(tmp_path, "resnet8-2"), DATA, images=64)
    assert named(found) == {row.name for row in dictionary()}
    assert "at least three are needed" in found["capacitance.local_beta.status"]
    assert found["capacitance.exact_numerator"] != 0
    assert found["capacitance.exact_denominator_error"] > 0


@pytest.mark.parametrize("model", ["mlp-12-10-8", "resnet8-2"])
def test_masks_alone_are_a_line_graph(tmp_path: Any, model: str) -> None:
    saved = stored(tmp_path, model, sparsity=0.9)
    found = measuring.network_columns(saved, DATA, images=32)["capacitance.mask_beta"]
    line = nx.line_graph(ns.encode(saved).to_networkx())
    assert found == pytest.approx(reduction(line).beta, rel=1e-12)


def test_masks_without_paths() -> None:
    masks = {"a": np.zeros((2, 3)), "b": np.zeros((2, 2))}
    empty = SavedNetwork(ns.Masks(masks), {k: v.astype(np.float32) for k, v in masks.items()})
    assert measuring._of_masks(empty)["capacitance.mask_beta.status"].endswith("no wiring")


def test_a_cohort_is_measured_once(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path, "mlp-12-10")
    file = tmp_path / "mlp-12-10.safetensors"
    entry = Entry(
        network="digits/mlp-12-10/er/0.7-0",
        dataset="digits",
        model="mlp-12-10",
        method="er",
        category="layer-wise random",
        sparsity=0.7,
        sparsity_reached=0.7,
        seed=0,
        split_seed=0,
        file=str(file),
        sha256=file_sha256(file),
    )
    first = measuring.measure_cohort([entry], DATA, tmp_path / "cache")
    assert first[0]["network"] == entry.network
    monkeypatch.setattr(measuring, "network_columns", None)
    assert measuring.measure_cohort([entry], DATA, tmp_path / "cache") == first
