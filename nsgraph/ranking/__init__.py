"""Which candidate will be the best? Forecasts from early epochs, transferability, and their ranks.

A predictor is one file in `nsgraph.ranking.forecasts`, a transferability score one in
`nsgraph.ranking.transfer`; both are registered by name. Nothing here imports torch.
"""

from __future__ import annotations

from nsgraph.ranking.curves import Curve, Forecast
from nsgraph.ranking.ranks import Draws, Ranked, draw, rank, rank_difference
from nsgraph.ranking.registry import predictors, scores, transferability

__all__ = [
    "Curve",
    "Draws",
    "Forecast",
    "Ranked",
    "draw",
    "predictors",
    "rank",
    "rank_difference",
    "scores",
    "transferability",
]
