"""The published networks: needs the file `graph_data.tar.xz`, named by NSGRAPH_PUBLISHED."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest

from nsgraph.prediction.reanalysis import STATIC, adjusted_r_squared, one_split, repeated
from nsgraph.prediction.reanalysis import without_sizes as static_networks

PUBLISHED = os.environ.get("NSGRAPH_PUBLISHED", "")
needs_file = pytest.mark.skipif(
    not PUBLISHED, reason="NSGRAPH_PUBLISHED does not name the file of the published tables"
)
# R^2 of the accuracy drop, random and grouped folds, of an independent analysis of the same file.
EXPECTED = {
    "CONV-6": (0.66, 0.07),
    "Resnet-20": (0.87, 0.67),
    "Resnet-32": (0.88, 0.72),
    "Wide-Resnet-28-2": (0.97, 0.75),
    "MobileNetV2": (0.85, 0.74),
}


@needs_file
def test_one_split_gives_the_numbers_of_one_analysis():
    found = one_split(PUBLISHED).set_index("model")
    for model, expected in EXPECTED.items():
        assert found.loc[model, ["random", "grouped"]].tolist() == pytest.approx(
            expected, abs=0.015
        )


@needs_file
def test_intervals_hold_the_numbers_of_one_analysis():
    scores = repeated(PUBLISHED, repeats=2).scores.query("task == 'accuracy-drop'")
    of_metrics = scores[scores["features"] == "multipartite"].set_index(["part", "folding"])
    for model, numbers in EXPECTED.items():
        for folding, number in zip(("random", "grouped"), numbers, strict=True):
            row = of_metrics.loc[(f"model {model}", folding)]
            assert row["low"] - 0.01 < number < row["high"] + 0.01
        random, grouped = (of_metrics.loc[(f"model {model}", f)] for f in ("random", "grouped"))
        assert random["score"] > grouped["score"]


def test_static_methods_without_sizes():
    table = pd.DataFrame(
        {
            "method": ["published-er", "published-rigl", "published-snip"],
            "rolled.size.nodes": 1,
            "rolled.size.edges": 1,
            "rolled.size.density_directed": 1,
            "rolled.local.edges": 1,
        }
    )
    found = static_networks(table)
    assert found["method"].tolist() == ["published-er", "published-snip"]
    assert list(found) == ["method", "rolled.size.density_directed", "rolled.local.edges"]
    assert len(STATIC) == 7


def test_adjusted_r_squared_counts_independent_columns():
    """Against scikit-learn's R^2; a column that is the sum of two others is none of its own."""
    from sklearn.linear_model import LinearRegression

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30))
    table = pd.DataFrame({"a": a, "b": b, "sum": a + b, "one": 1.0})
    table["accuracy_drop"] = a + rng.normal(size=30)
    found, columns = adjusted_r_squared(table, ["a", "b", "sum", "one"])
    plain = LinearRegression().fit(table[["a", "b"]], table["accuracy_drop"])
    r2 = plain.score(table[["a", "b"]], table["accuracy_drop"])
    assert columns == 2
    assert found == pytest.approx(1 - (1 - r2) * 29 / 27)
