"""Which metrics say the same: rank correlations, and the tree that puts like beside like."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["CUT", "Redundancy", "redundancy"]

CUT = 0.9
"""Metrics of a cluster are correlated at least so, on average."""


class Redundancy:
    """How alike metrics are.

    Attributes
    ----------
    names
        Of the metrics.
    correlations
        float64 [metrics, metrics], Spearman's, in [-1, 1].
    tree
        Linkage as in `scipy.cluster.hierarchy`, by 1 - |correlation|, average linkage; empty for
        fewer than two metrics.
    order
        Positions of the metrics as the tree shows them.
    clusters
        int64 [metrics], number of each metric's cluster, from 1 in the order of the tree.
    """

    def __init__(self, names: list[str], correlations: np.ndarray) -> None:
        from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
        from scipy.spatial.distance import squareform

        self.names, self.correlations = names, correlations
        if len(names) < 2:
            self.tree, self.order = np.empty((0, 4)), np.arange(len(names))
            self.clusters = np.ones(len(names), dtype=np.int64)
            return
        apart = np.clip(1.0 - np.abs(correlations), 0.0, 1.0)
        np.fill_diagonal(apart, 0.0)
        self.tree = linkage(squareform(apart, checks=False), "average", optimal_ordering=True)
        self.order = leaves_list(self.tree)
        found = fcluster(self.tree, 1.0 - CUT, "distance")
        first = {label: i + 1 for i, label in enumerate(dict.fromkeys(found[self.order]))}
        self.clusters = np.array([first[label] for label in found], dtype=np.int64)


def redundancy(matrix: np.ndarray, names: list[str], cells: np.ndarray) -> Redundancy:
    """Correlate metrics within cells, so that what tells cells apart does not make them alike.

    Parameters
    ----------
    matrix
        float64 [networks, metrics].
    names
        Of the metrics.
    cells
        [networks]; ranks are taken within a cell (a data set and model: both grow all counts), as
        shares of its networks. A metric that is constant in every cell correlates with none.

    Examples
    --------
    >>> rows = np.array([[1.0, 10.0, 5.0], [2.0, 30.0, 5.0], [3.0, 90.0, 5.0]])
    >>> found = redundancy(rows, ["a", "b", "c"], np.zeros(3))
    >>> found.correlations.round(2).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> found.clusters.tolist()
    [2, 2, 1]
    """
    ranks = pd.DataFrame(matrix).groupby(cells).rank(pct=True)
    centred = (ranks - ranks.groupby(cells).transform("mean")).to_numpy()
    length = np.sqrt((centred**2).sum(axis=0))
    scaled = np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-9)
    correlations = scaled.T @ scaled
    np.fill_diagonal(correlations, 1.0)
    return Redundancy(names, np.clip(correlations, -1.0, 1.0))
