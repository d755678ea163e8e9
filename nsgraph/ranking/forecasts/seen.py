"""Last and best accuracy seen: the baselines that a forecast has to beat."""

from __future__ import annotations

from collections.abc import Sequence

from nsgraph.ranking.curves import Curve, Forecast
from nsgraph.ranking.registry import predictor

__all__ = ["best_seen", "last_seen"]


@predictor("last-seen", reference="Jiang et al. 2024")
def last_seen(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
    """The validation accuracy after the last epoch seen."""
    return Forecast(float(seen.accuracy[-1]))


@predictor("best-seen", reference="Jiang et al. 2024")
def best_seen(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
    """The best validation accuracy of the epochs seen."""
    return Forecast(float(seen.accuracy.max()))
