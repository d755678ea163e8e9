"""Power-law extrapolation of the run's own accuracies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsgraph.ranking.curves import Curve, Forecast
from nsgraph.ranking.registry import predictor

__all__ = ["power_law"]

LEAST = 4  # epochs, for three parameters
STARTS = ((0.5,), (1.5,))  # exponents that the fit is begun from; the better fit counts


@predictor("power-law", reference="three-parameter power law, as pow3 of Domhan et al. 2015")
def power_law(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
    """a - b e^-c fitted to the accuracies after epoch e = 1, 2, ... by least squares, at the end.

    0 <= a <= 1, 0 <= b <= 1 and 0 <= c <= 5, so that a curve rises, and to at most 1.
    """
    from scipy.optimize import least_squares

    if seen.epochs < LEAST:
        return Forecast.none(f"fewer than {LEAST} epochs")
    epoch, accuracy = np.arange(1, seen.epochs + 1), seen.accuracy

    def residual(p: np.ndarray) -> np.ndarray:
        return np.asarray(p[0] - p[1] * epoch ** -p[2] - accuracy)

    top = min(max(float(accuracy.max()), 1e-3), 1 - 1e-3)
    gap = min(max(top - float(accuracy[0]), 1e-3), 1 - 1e-3)
    bounds = ([0.0, 0.0, 0.0], [1.0, 1.0, 5.0])
    fits = [least_squares(residual, [top, gap, *c], bounds=bounds) for c in STARTS]
    a, b, c = min(fits, key=lambda fit: fit.cost).x
    return Forecast(float(a - b * float(total) ** -c), start=1)
