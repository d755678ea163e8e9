"""BGRN: support vector regression over the curves of other models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsgraph.ranking.curves import Array, Curve, Forecast
from nsgraph.ranking.registry import predictor

__all__ = ["bgrn"]

LEAST = 5  # runs to learn from


@predictor(
    "bgrn",
    knows="whole runs of the other candidates",
    reference="Baker, Gupta, Raskar & Naik 2018, Accelerating neural architecture search",
)
def bgrn(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
    """nu-SVR from accuracies seen, their first and second differences, and the architecture.

    Learnt from the other candidates' runs, whose final accuracies are known. Columns and target are
    standardised; the kernel is radial with nu = .5 and C = 1, scikit-learn's defaults (the paper
    searches them at random).
    """
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import NuSVR

    known = [other for other in others if np.isfinite(other.final)]
    if len(known) < LEAST:
        return Forecast.none(f"fewer than {LEAST} runs of other candidates")
    columns = np.array([_features(other, seen.epochs) for other in known])
    target = np.array([other.final for other in known])
    if float(np.ptp(target)) == 0.0:
        return Forecast(float(target[0]))
    scale = StandardScaler().fit(columns)
    mean, spread = float(target.mean()), float(target.std())
    model = NuSVR().fit(scale.transform(columns), (target - mean) / spread)
    found = model.predict(scale.transform(_features(seen, seen.epochs)[None]))
    return Forecast(mean + spread * float(found[0]))


def _features(curve: Curve, epochs: int) -> Array:
    accuracy = curve.accuracy[:epochs]
    return np.concatenate([accuracy, np.diff(accuracy), np.diff(accuracy, 2), curve.architecture])
