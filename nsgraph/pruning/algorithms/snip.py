"""SNIP, single-shot network pruning (Lee, Ajanthan, Torr: ICLR 2019)."""

from __future__ import annotations

from torch import nn

from nsgraph.pruning.gradients import Batches, Scores, loss_gradients, weights
from nsgraph.pruning.method import algorithm


@algorithm("snip", category="pruning at initialisation", needs="batches")
def snip(net: nn.Module, batches: Batches, masks: Scores) -> Scores:
    """Connection sensitivity |w dL/dw| of one batch (SNIP, Lee et al. 2019)."""
    gradients = loss_gradients(net, batches)  # the absolute value comes after the sum over images
    return {name: (weight * gradients[name]).abs() for name, weight in weights(net).items()}
