"""FORCE, progressive skeletonization: SNIP in rounds with revival (de Jorge et al.: ICLR 2021).

Departure: all rounds score the same batch, where the original draws new images every time.
"""

from __future__ import annotations

import torch
from torch import nn

from nsgraph.pruning.gradients import Batches, Scores, loss_gradients, weights
from nsgraph.pruning.method import algorithm


@algorithm("force", category="pruning at initialisation", needs="batches", rounds=60, revives=True)
def force(net: nn.Module, batches: Batches, masks: Scores) -> Scores:
    """|w dL/dw|, dense w and the pruned network's gradient (FORCE, de Jorge et al. 2021)."""
    dense = {name: weight.detach().clone() for name, weight in weights(net).items()}
    with torch.no_grad():
        for name, weight in weights(net).items():
            weight.mul_(masks[name])
    gradients = loss_gradients(net, batches)
    return {name: (dense[name] * gradients[name]).abs() for name in dense}
