"""SynFlow, iterative synaptic flow pruning without data (Tanaka et al.: NeurIPS 2020)."""

from __future__ import annotations

import torch
from torch import nn

from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm


@algorithm(
    "synflow",
    category="pruning at initialisation",
    needs="shape",
    rounds=100,
    mode="eval",
    double=True,  # R is 2e40 on a ResNet-32: past float32
)
def synflow(net: nn.Module, batches: Batches, masks: Scores) -> Scores:
    """Synaptic flow |w dR/dw|, R the output sum of |parameters| on ones (Tanaka et al. 2020)."""
    with torch.no_grad():
        for value in net.state_dict().values():
            value.abs_()
    parameters = weights(net)
    ones, _ = batches[0]
    gradients = torch.autograd.grad(net(ones).sum(), list(parameters.values()))
    return {
        name: (weight * gradient).abs()
        for (name, weight), gradient in zip(parameters.items(), gradients, strict=True)
    }
