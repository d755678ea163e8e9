"""Random pruning: independent random scores, one ranking over all layers."""

from __future__ import annotations

import torch
from torch import nn

from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm


@algorithm("random", category="layer-wise random", tunable=("pattern",))
def random(net: nn.Module, batches: Batches, masks: Scores) -> Scores:
    """Independent random scores, one ranking over all layers."""
    scores = {name: torch.rand(w.shape, dtype=torch.float64) for name, w in weights(net).items()}
    return scores  # drawn on the CPU: the same masks on every device
