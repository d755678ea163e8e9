"""What is left of a metric when the densities of the layers are known.

Kernel ridge regression of every metric on the layer densities, by ranks on both sides: a number of
paths is a product of densities, and a straight line would leave most of it behind. Fitted to the
training networks of a fold alone. A training network's own residual is the one that a fit without
its group would give it (in closed form), for a test network is never part of the fit either.
"""

from __future__ import annotations

import numpy as np

__all__ = ["Residuals", "normal_scores"]

PENALTIES = np.logspace(-5, 2, 15)
NOTHING_LEFT = 1e-3
"""A metric whose variance the densities explain but for this share is a function of them: what is
left is how well a smooth curve follows it, in which trees would still find the densities."""


def normal_scores(reference: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Columns by their place among reference values, as quantiles of a standard normal.

    Parameters
    ----------
    reference
        float64 [rows, columns], what ranks are taken in.
    values
        float64 [other rows, columns]. Ties are in the middle of their ranks, what lies between two
        reference values is between their scores, and what lies beyond is at the end.

    Examples
    --------
    >>> found = normal_scores(np.array([[1.0], [2.0], [30.0]]), np.array([[2.0], [1e9]]))
    >>> found.round(2).ravel().tolist()
    [0.0, 0.97]
    """
    from scipy.special import ndtri

    found = np.empty_like(values, dtype=np.float64)
    n = len(reference)
    for column in range(reference.shape[1]):
        known, counts = np.unique(reference[:, column], return_counts=True)
        middle = (np.cumsum(counts) - counts / 2) / n
        found[:, column] = ndtri(np.interp(values[:, column], known, middle))
    return found


class Residuals:
    """Metrics less what the layer densities tell of them, learnt from training networks.

    Parameters
    ----------
    densities
        float64 [training networks, layers], and whatever else is held fixed.
    metrics
        float64 [training networks, metrics].
    groups
        [training networks]; networks of a group stand for each other and are left out together.

    Attributes
    ----------
    train
        float64 [training networks, metrics], residuals by a fit without the network's group, in
        standard deviations of the metric's normal scores. 0 where nothing is left.
    explained
        float64 [metrics], share of the variance of the normal scores that such fits explain.
    """

    def __init__(self, densities: np.ndarray, metrics: np.ndarray, groups: np.ndarray) -> None:
        self._densities, self._metrics = densities, metrics
        self._places = normal_scores(densities, densities)
        scores = normal_scores(metrics, metrics)
        self._mean = scores.mean(axis=0)
        self._width = _median_distance(self._places)
        centred = scores - self._mean
        values, vectors = np.linalg.eigh(self._kernel(self._places))
        self._weights, self.train = _fit(np.maximum(values, 0.0), vectors, centred, groups)
        spread = (centred**2).sum(axis=0)
        lost = (self.train**2).sum(axis=0)
        self.explained = 1.0 - np.divide(lost, spread, out=np.zeros_like(lost), where=spread > 0)
        self._gone = lost <= NOTHING_LEFT * spread
        self.train[:, self._gone] = 0.0

    def _kernel(self, places: np.ndarray) -> np.ndarray:
        """Gaussian, and linear: smooth curves, and trends that go on beyond the networks known."""
        near = np.exp(-_squared_distances(places, self._places) / (2 * self._width**2))
        return near + places @ self._places.T / self._places.shape[1]

    def of(self, densities: np.ndarray, metrics: np.ndarray) -> np.ndarray:
        """Residuals [networks, metrics] of networks that were not part of the fit."""
        places = normal_scores(self._densities, densities)
        scores = normal_scores(self._metrics, metrics)
        left = scores - self._mean - self._kernel(places) @ self._weights
        left[:, self._gone] = 0.0
        return left


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.maximum(squares, 0.0))


def _median_distance(places: np.ndarray) -> float:
    """Median distance of two networks that differ: the usual width of a Gaussian kernel."""
    distances = np.sqrt(_squared_distances(places, places)[np.triu_indices(len(places), 1)])
    apart = distances[distances > 1e-9]
    return float(np.median(apart)) if len(apart) else 1.0


def _fit(
    values: np.ndarray, vectors: np.ndarray, targets: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of kernel ridge regression, and what fits without a network's group leave.

    Every metric has the penalty under which these residuals are least. With G = (K + penalty I)^-1
    and c = G y, a fit without the rows g leaves (G_gg)^-1 c_g there.

    Parameters
    ----------
    values, vectors
        Of the kernel matrix K.
    targets
        float64 [networks, metrics].
    groups
        [networks].
    """
    turned = vectors.T @ targets
    blocks = _of_equal_size(groups)
    best = np.full(targets.shape[1], np.inf)
    weights, left = np.empty_like(targets), np.empty_like(targets)
    for penalty in PENALTIES:
        own = vectors @ (turned / (values[:, None] + penalty))
        scaled = vectors / np.sqrt(values + penalty)
        without = np.empty_like(targets)
        for rows in blocks:
            within = scaled[rows] @ scaled[rows].transpose(0, 2, 1)
            without[rows] = np.linalg.solve(within, own[rows])
        errors = (without**2).sum(axis=0)
        better = errors < best
        weights[:, better], left[:, better] = own[:, better], without[:, better]
        best = np.minimum(best, errors)
    return weights, left


def _of_equal_size(groups: np.ndarray) -> list[np.ndarray]:
    """Rows of the groups, int64 [groups, members], one array for every number of members."""
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    sizes = sorted({len(rows) for rows in members})
    return [np.array([rows for rows in members if len(rows) == size]) for size in sizes]
