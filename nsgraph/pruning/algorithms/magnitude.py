"""Magnitude pruning: dense training, global |w|, fine-tuning (Han et al.: NeurIPS 2015)."""

from __future__ import annotations

from torch import nn

from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm


@algorithm("magnitude", category="magnitude", after=0.5)
def magnitude(net: nn.Module, batches: Batches, masks: Scores) -> Scores:
    """|w| over all layers after dense training, then fine-tuning (Han et al. 2015)."""
    return {name: weight.abs() for name, weight in weights(net).items()}
