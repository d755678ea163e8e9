from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.studies.methods.densities import densities_table, layer_rows
from nsgraph.studies.methods.density_figure import density_figure
from nsgraph.studies.methods.profiles import profile_rows


def rows(method, first, second, sparsity=0.5):
    about = {"dataset": "digits", "model": "mlp", "category": "layer-wise random"}
    return layer_rows(masks(first, second), method=method, sparsity=sparsity, **about)


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
    return densities_table(
        [*rows("er", 10, 4), *rows("er", 12, 2), *rows("set", 14, 0), *rows("set", 2, 1, 0.9)]
    )


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
    found = densities_table(rows("er", 0, 0))
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


def test_the_highest_sparsity_that_all_have_is_shown(table):
    other = table[(table["sparsity"] <= 0.5).to_numpy(dtype=bool)].assign(model="another")
    figure = density_figure(pd.concat([table, other], ignore_index=True))
    assert "(50 % pruned)" in figure.title
    assert [axes.get_title() for axes in figure.figure.axes[:2]] == [
        f"{model} on {table['dataset'][0]}" for model in sorted({"another", table["model"][0]})
    ]


def test_the_highest_sparsity_is_shown_by_itself(table):
    assert "90 % pruned" in density_figure(table).title


SETTINGS = {
    "datasets": ["digits"],
    "models": ["mlp-8"],
    "split_seed": 0,
    "methods": ["dense", "er", "snip", "snip-redrawn", "set", "magnitude", "outside"],
    "options": {"er": {"pattern": "rows"}},
    "skip": {"mlp-16": ["snip"]},
    "sparsities": [0.8, 0.9],
    "seeds": [0, 1],
}


def test_profiles_are_of_methods_that_need_no_training():
    told = []
    asked = {"datasets": ["digits"], "models": ["mlp-16"], "sparsities": [0.75]}
    table = densities_table(profile_rows({**SETTINGS, "profiles": asked}, told.append))
    assert sorted(set(table["method"])) == ["er", "snip-redrawn"]
    assert set(table["sparsity"]) == {0.75}
    assert set(table["n"]) == {2}
    assert told == ["digits / mlp-16 / er", "digits / mlp-16 / snip-redrawn"]
    kept = (table["density"] * table["n_weights"].astype(float)).groupby(table["method"]).sum()
    assert kept.tolist() == pytest.approx([round(0.25 * (64 * 16 + 160))] * 2)


def test_profiles_of_networks_that_are_trained_anyway_are_refused():
    asked = {"datasets": ["digits"], "models": ["mlp-8"]}
    with pytest.raises(UserError, match="mlp-8 on digits, which the study trains anyway"):
        profile_rows({**SETTINGS, "profiles": asked})
