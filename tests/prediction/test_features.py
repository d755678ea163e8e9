from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.metrics import dictionary
from nsgraph.prediction import density_columns, feature_sets, usable_columns
from nsgraph.prediction.features import BASELINES


def test_one_set_an_encoding_all_of_them_and_the_baselines(table):
    sets = feature_sets(table)
    assert list(sets) == ["multipartite", "rolled", "all encodings", *BASELINES]
    assert sets["sparsity"] == ["sparsity"]
    assert sets["nodes and edges"] == ["multipartite.size.nodes", "multipartite.size.edges"]
    assert sets["rolled"] == ["rolled.size.nodes", "rolled.local.sources"]
    assert sets["all encodings"] == sets["multipartite"] + sets["rolled"]
    assert not any(c.startswith("rolled") for c in sets["multipartite"])
    assert sets["layer densities"] == sets["Ramanujan"] == sets["parameters and FLOPs"] == []
    assert "all encodings" not in feature_sets(table, encodings=["rolled"])


def test_layer_densities_by_layer_where_all_networks_have_it_else_by_relative_depth():
    table = pd.DataFrame({"network": ["a", "b"], "x.size.nodes": 1})
    table = table.rename(columns={"x.size.nodes": "rolled.size.nodes"})
    table["rolled.size.edges"] = table["sparsity"] = 0.5
    alike = table.merge(density_columns({"a": [0.1, 0.2], "b": [0.3, 0.4]}))
    assert feature_sets(alike)["layer densities"] == ["mask.density.01", "mask.density.02"]
    deeper = table.merge(density_columns({"a": [0.1, 0.2], "b": [0.3, 0.4, 0.5]}))
    columns = feature_sets(deeper)["layer densities"]
    assert columns == [f"mask.profile.{k:02d}" for k in range(11)]
    assert deeper.loc[1, columns].tolist() == pytest.approx(np.linspace(0.3, 0.5, 11))
    assert feature_sets(deeper[:1])["layer densities"] == ["mask.density.01", "mask.density.02"]


def test_ramanujan_metrics_are_those_of_the_rolled_encoding_of_one_kind_of_weights(table):
    more = {
        f"{encoding}.expansion.{name}": range(len(table))
        for encoding in ("multipartite", "rolled")
        for name in ("gap", "initial_weighted_gap")
    }
    sets = feature_sets(table.assign(**more))
    assert sets["Ramanujan"] == ["rolled.expansion.gap"]
    without = table.assign(**{c: v for c, v in more.items() if c.startswith("multi")})
    assert feature_sets(without)["Ramanujan"] == ["multipartite.expansion.gap"]


@pytest.mark.parametrize(("weights", "other"), [("final", "initial"), ("initial", "final")])
def test_strengths_of_initial_and_final_weights_are_never_mixed(table, weights, other):
    columns = feature_sets(table, weights=weights)["multipartite"]
    assert f"multipartite.strength.{weights}_mean" in columns
    assert not any(f"{other}_" in c for c in columns)


def test_every_encoding_of_the_package_is_known(table):
    more = table.assign(**{"multipartite-identity.local.sources": range(len(table))})
    sets = feature_sets(more)
    assert sets["multipartite-identity"] == ["multipartite-identity.local.sources"]
    assert sets["multipartite"] == feature_sets(table)["multipartite"]


def test_status_columns_are_no_features(table):
    noted = table.assign(**{"multipartite.local.m0.status": "undefined"})
    assert feature_sets(noted) == feature_sets(table)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"encodings": ["unrolled"]}, "no metrics of encoding 'unrolled'"),
        ({"weights": "both"}, "'final' or 'initial'"),
    ],
)
def test_what_is_not_there_is_said(table, arguments, expected):
    with pytest.raises(UserError, match=expected):
        feature_sets(table, **arguments)


def test_columns_left_out_are_reported_with_their_reason():
    table = pd.DataFrame(
        {
            "good": [1, 2, 3],
            "whole": pd.array([4, None, 6], dtype="Int64"),
            "nan": [1.0, math.nan, math.nan],
            "inf": [1.0, math.inf, 2.0],
            "constant": [5, 5, 5],
            "word": ["a", "b", "c"],
            "copy": [1.0, 2.0, 3.0],
            "huge": pd.Series([2**70, 1, 2], dtype=object),
            "beyond": pd.Series([-(10**39), 1, 2], dtype=object),
        }
    )
    matrix, used, left_out = usable_columns(table, list(table.columns))
    assert used == ["good", "huge"]
    assert np.array_equal(matrix[:, 1], [2.0**70, 1.0, 2.0])
    assert dict(left_out) == {
        "whole": "missing in 1 networks",
        "nan": "missing in 2 networks",
        "inf": "infinite in 1 networks",
        "constant": "constant",
        "word": "not a number",
        "copy": "repeats good",
        "beyond": "beyond numbers of 32 bits",
    }


def test_no_usable_column_is_an_empty_matrix():
    matrix, used, left_out = usable_columns(pd.DataFrame({"c": [1, 1]}), ["c"])
    assert matrix.shape == (2, 0)
    assert used == []
    assert left_out == [("c", "constant")]


@pytest.mark.parametrize(("weights", "other"), [("final", "initial"), ("initial", "final")])
def test_every_metric_of_weights_is_of_one_kind_alone(weights, other):
    metrics = [m for m in dictionary() if m.family != "layer"]
    columns = [f"rolled.{m.name}" for m in metrics]
    chosen = feature_sets(pd.DataFrame(columns=[*columns, "sparsity"]), weights=weights)["rolled"]
    named = {f"rolled.{m.name}": m.meaning for m in metrics}
    assert not [c for c in chosen if f"{other} weight" in named[c]]
    assert [c for c in chosen if f"{weights} weight" in named[c]]
    counts = {c for c in columns if f"{c.removesuffix('_per_edge')}_per_node" in named}
    assert not [c for c in set(columns) - set(chosen) - counts if f"{other} weight" not in named[c]]
    assert not counts & set(chosen)
    assert {f"{c.removesuffix('_per_edge')}_per_node" for c in counts} <= {*chosen, *counts} | {
        c for c in columns if f".{other}_" in c
    }


def test_families_may_be_left_out_of_encodings_but_not_of_baselines(table):
    sets = feature_sets(table, ["multipartite"], without=["size", "local"])
    assert {c.split(".")[1] for c in sets["multipartite"]} == {"motifs", "connectivity", "strength"}
    assert sets["nodes and edges"] == feature_sets(table)["nodes and edges"]
    with pytest.raises(UserError, match="no metrics of encoding 'rolled'"):
        feature_sets(table, ["rolled"], without=["size", "local"])
