from __future__ import annotations

import numpy as np
import pytest

from nsgraph.masks import Masks
from nsgraph.store import Entry
from nsgraph.studies.densities import densities_table, layer_rows
from nsgraph.studies.density_figure import density_figure


def entry(method, seed, sparsity=0.5):
    return Entry(
        network=f"{method}-{seed}",
        dataset="digits",
        model="mlp",
        method=method,
        category="layer-wise random",
        sparsity=sparsity,
        sparsity_reached=sparsity,
        seed=seed,
        split_seed=0,
        file="",
        sha256="",
    )


def masks(first, second):
    """Two layers, 4 x 5 and 2 x 4, that keep so many weights; the second comes first by name."""
    return Masks(
        {
            "in": (np.arange(20) < first).reshape(4, 5),
            "head": (np.arange(8) < second).reshape(2, 4),
        }
    )


@pytest.fixture(scope="module")
def table():
    rows = [
        *layer_rows(entry("er", 0), masks(10, 4)),
        *layer_rows(entry("er", 1), masks(12, 2)),
        *layer_rows(entry("set", 0), masks(14, 0)),
        *layer_rows(entry("set", 0, 0.9), masks(2, 1)),
    ]
    return densities_table(rows)


def test_densities_are_means_over_the_networks(table):
    er = table[table["method"] == "er"].set_index("layer")
    assert list(er.index) == ["in", "head"]
    assert er["position"].tolist() == [1, 2]
    assert er["n_weights"].tolist() == [20, 8]
    assert er["shape"].tolist() == ["4 x 5", "2 x 4"]
    assert er["density"].tolist() == pytest.approx([0.55, 0.375])
    assert er["lowest"].tolist() == pytest.approx([0.5, 0.25])
    assert er["highest"].tolist() == pytest.approx([0.6, 0.5])
    assert er["sd"].tolist() == pytest.approx([0.1 / 2**0.5, 0.25 / 2**0.5])
    assert er["share"].tolist() == pytest.approx([(10 / 14 + 12 / 14) / 2, (4 / 14 + 2 / 14) / 2])
    single = table[(table["method"] == "set") & (table["sparsity"] == 0.5)]
    assert single["sd.status"].tolist() == ["fewer than two seeds"] * 2


def test_a_network_without_weights_has_densities_but_no_shares():
    found = densities_table(layer_rows(entry("er", 0), masks(0, 0)))
    assert found["density"].tolist() == [0, 0]
    assert found["share"].isna().all()


def test_the_map_has_a_row_a_method_and_a_column_a_layer_in_order(table):
    found = density_figure(table, 0.5)
    axes = found.figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["in  20", "head  8"]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["er", "set", "layer-wise random"]
    assert [text.get_text() for text in axes.texts] == ["55", "38", "70", "0"]
    assert "50 % pruned" in found.title
    assert "n = 1 to 2 networks" in found.caption


def test_the_highest_sparsity_is_shown_by_itself(table):
    assert "90 % pruned" in density_figure(table).title
