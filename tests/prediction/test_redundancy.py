from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from nsgraph.prediction.redundancy import redundancy


def test_within_one_cell_it_is_spearmans_correlation():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(50, 4))
    matrix[:, 1] = np.round(matrix[:, 0], 1)  # ties
    found = redundancy(matrix, list("abcd"), np.zeros(50))
    np.testing.assert_allclose(found.correlations, spearmanr(matrix).statistic, atol=1e-12)


def test_what_only_tells_cells_apart_makes_no_metrics_alike():
    rng = np.random.default_rng(0)
    cells = np.repeat([0, 1], 100)
    matrix = rng.normal(size=(200, 2)) + 50 * cells[:, None]
    found = redundancy(matrix, ["a", "b"], cells)
    assert abs(found.correlations[0, 1]) < 0.2
    assert spearmanr(matrix).statistic > 0.7
    assert len(set(found.clusters)) == 2


def test_metrics_that_say_the_same_are_one_cluster_and_stand_together():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 80))
    matrix = np.column_stack([a, b, np.exp(a), -b, a + 0.01 * b, np.ones(80)])
    found = redundancy(matrix, list("abcdef"), np.zeros(80))
    clusters = [set(np.flatnonzero(found.clusters == k)) for k in np.unique(found.clusters)]
    assert sorted(map(sorted, clusters)) == [[0, 2, 4], [1, 3], [5]]
    ordered = found.clusters[found.order]
    assert list(ordered) == sorted(ordered)  # the tree shows a cluster in one piece


def test_one_metric_and_none():
    assert list(redundancy(np.ones((3, 1)), ["a"], np.zeros(3)).clusters) == [1]
    assert redundancy(np.ones((3, 0)), [], np.zeros(3)).order.size == 0
