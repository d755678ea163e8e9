"""LogME: logarithm of the maximum evidence of a Bayesian linear model on the features."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsgraph.ranking.curves import Array
from nsgraph.ranking.registry import score

__all__ = ["logme"]

ROUNDS = 100
TOLERANCE = 1e-6
FLOOR = 1e-12  # of a precision's denominator: a perfect fit has no residual


@score("logme", reference="You et al. 2021, LogME")
def logme(features: Array, labels: npt.NDArray[np.int64]) -> float:
    """Mean over classes of log p(y | F) / n, with y the class's 0/1 column; in nats.

    Weights are N(0, 1 / alpha), noise N(0, 1 / beta); both precisions maximise the evidence, by the
    fixed point of MacKay 1992. The original stops it after eleven rounds, we at convergence.
    """
    left, singular, _ = np.linalg.svd(features, full_matrices=False)
    squares = singular**2
    keep = squares > 1e-10 * squares.max(initial=0)
    if not keep.any():  # no weights at all: the evidence of noise about 0
        return float(np.mean([_noise(y) for y in columns_of(labels).T]))
    left, squares = left[:, keep], squares[keep]
    return float(
        np.mean([_evidence(left, squares, y, features.shape) for y in columns_of(labels).T])
    )


def columns_of(labels: npt.NDArray[np.int64]) -> Array:
    """One 0/1 column a class."""
    return (labels[:, None] == np.unique(labels)).astype(np.float64)


def _noise(y: Array) -> float:
    """log p(y) / n of noise alone at its best precision, n / |y|^2."""
    return float(np.log(len(y) / (2 * np.pi * (y @ y))) - 1) / 2


def _evidence(left: Array, squares: Array, y: Array, shape: tuple[int, ...]) -> float:
    """Maximum of log p(y | F) / n, in the coordinates of F's left singular vectors."""
    n, d = shape
    projected = left.T @ y
    outside = max(float(y @ y - projected @ projected), 0.0)  # no weights reach that part of y

    def fit(ratio: float) -> tuple[float, float, float]:
        """Weights in use, |w|^2 and |y - F w|^2 at the best w for alpha / beta."""
        shrunk = squares / (squares + ratio)
        weights = float((squares * (projected / (squares + ratio)) ** 2).sum())
        return (
            float(shrunk.sum()),
            weights,
            outside + float((((1 - shrunk) * projected) ** 2).sum()),
        )

    alpha = beta = 1.0
    for _ in range(ROUNDS):
        ratio = alpha / beta
        used, weights, residual = fit(ratio)
        alpha, beta = used / max(weights, FLOOR), (n - used) / max(residual, FLOOR)
        if abs(alpha / beta - ratio) <= TOLERANCE * ratio:
            break
    _, weights, residual = fit(alpha / beta)
    determinant = float(np.log(alpha + beta * squares).sum()) + (d - len(squares)) * np.log(alpha)
    logs = d * np.log(alpha) + n * np.log(beta / (2 * np.pi)) - determinant
    return float(logs - beta * residual - alpha * weights) / (2 * n)
