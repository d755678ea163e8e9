"""Summed training loss: who learns fast ends high."""

from __future__ import annotations

from collections.abc import Sequence

from nsgraph.ranking.curves import Curve, Forecast
from nsgraph.ranking.registry import predictor

__all__ = ["training_loss"]


@predictor("training-loss", kind="score", reference="Ru et al. 2021, Speedy performance estimation")
def training_loss(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
    """Minus the sum of the mean training losses of all epochs seen; at most 0."""
    return Forecast(-float(seen.loss.sum()))
