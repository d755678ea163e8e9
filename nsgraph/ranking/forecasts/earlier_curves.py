"""CL: earlier curves of other models, moved and stretched to fit what was seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsgraph.ranking.curves import Curve, Forecast
from nsgraph.ranking.registry import predictor

__all__ = ["earlier_curves"]

PRIOR = 0.05**2  # of the noise's variance against a stretch of 1: stretches far from 1 cost


@predictor(
    "cl",
    knows="whole runs of the other candidates",
    reference="after Chandrashekaran & Lane 2017, Speeding up hyper-parameter optimization",
)
def earlier_curves(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
    """Mean of the other curves' ends, each after the affine map that fits it to the epochs seen.

    Each curve f becomes a f + b with the least squared distance over the epochs seen, a ridge
    holding a near 1; its end, in [0, 1], counts with the inverse of the mean squared distance left.
    The paper maps time as well and draws curves by Markov chain; we keep the least-squares core.
    """
    whole = [other for other in others if other.epochs >= total]
    if not whole:
        return Forecast.none("no whole run of another candidate")
    y = seen.accuracy
    ends, weights = [], []
    for other in whole:
        f = other.accuracy[: seen.epochs]
        centred = f - f.mean()
        a = (centred @ (y - y.mean()) + PRIOR) / (centred @ centred + PRIOR)
        b = y.mean() - a * f.mean()
        distance = float(((a * f + b - y) ** 2).mean())
        ends.append(min(max(float(a * other.accuracy[total - 1] + b), 0.0), 1.0))
        weights.append(1 / (distance + 1e-6))
    return Forecast(float(np.average(ends, weights=weights)))
