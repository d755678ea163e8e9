"""The accuracy drop of sparse networks, told by their capacitance where that is made so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nsgraph.studies.capacitance.sparse import capacitance_table, predict_drop
from nsgraph.studies.capacitance.sparse_claims import (
    both_sets,
    claims_about_sparse,
    sparse_in_words,
)
from nsgraph.studies.capacitance.sparse_figure import sparse_figure
from nsgraph.studies.verdicts import HOLDS

METHODS = ("er", "set", "snip", "rigl", "uniform", "synflow")


@pytest.fixture(scope="module")
def made():
    """Networks, layers, and rows of capacitance whose masks' beta is the accuracy drop itself."""
    rng = np.random.default_rng(0)
    networks, layers, rows = [], [], []
    for method in METHODS:
        for sparsity in (0.8, 0.9, 0.95):
            drop = float(rng.random())
            for seed in (0, 1):
                name = f"digits/mlp/{method}/{sparsity}-{seed}"
                about = {"network": name, "dataset": "digits", "model": "mlp", "method": method}
                about |= {"category": "made up", "sparsity": sparsity, "density": 1 - sparsity}
                about |= {"seed": seed, "accuracy_drop": drop + 0.01 * seed}
                noise = {"multipartite.local.noise": float(rng.random())}
                size = {"multipartite.size.nodes": 100, "multipartite.size.edges": 10}
                networks.append(about | size | noise)
                for place in (1, 2):
                    row = {"network": name, "encoding": "mask", "layer": f"fc{place}"}
                    layers.append(row | {"metric": "layer.position", "value": float(place)})
                    layers.append(row | {"metric": "layer.density", "value": 1 - sparsity})
                row = {"network": name, "capacitance.mask_beta": drop + 0.02 * seed + 0.1}
                row |= {"capacitance.absolute_beta": float(rng.random()) + 0.1}
                value = None if method == "er" else 1.0
                status = "no sign" if method == "er" else None
                row |= {"capacitance.local_beta": value, "capacitance.local_beta.status": status}
                rows.append(row)
    return pd.DataFrame(networks), pd.DataFrame(layers), rows


def test_scores_of_capacitance_beside_the_graph_and_baselines(made):
    networks, layers, rows = made
    table = capacitance_table(reversed(rows), networks)
    assert table["capacitance.local_beta"].isna().sum() == 6
    assert list(table["network"]) == list(networks["network"])
    scores, comparisons = predict_drop(
        networks, layers, table, encoding="multipartite", folds=3, repeats=2
    )
    own = scores[(scores["task"] == "accuracy-drop") & (scores["folding"] == "grouped")]
    score = own.set_index("features")["score"]
    assert score["capacitance"] > 0.8
    assert score[both_sets("multipartite")] > 0.8
    assert score["multipartite"] < 0.3
    assert score["sparsity"] < 0.3
    used = own.set_index("features")["n_features"]
    assert used["capacitance"] == 2  # the local one has gaps
    assert set(comparisons["compared_with"]) <= set(scores["features"])
    figure = sparse_figure(table, scores)
    assert len(figure.figure.axes) == 3
    assert "36 sparse networks" in figure.caption
    asked = {"sparse_scores": scores, "sparse_comparisons": comparisons}
    claims = pd.DataFrame(claims_about_sparse(asked)).set_index("statement")["verdict"]
    assert claims[claims.index.str.contains("than its sparsity")].tolist() == [HOLDS]
    assert claims[claims.index.str.contains("than the metrics of the graph")].tolist() == [HOLDS]
    words = sparse_in_words(scores)
    assert len(words) == 1
    assert f"neural capacitance explains {score['capacitance']:.2f}" in words[0]
    assert sparse_in_words(None) == []
