"""Gradients of the loss by the prunable weights, for scores."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.models import prunable

__all__ = ["Batches", "Scores", "loss_gradients", "weights"]

Batches = list[tuple[Tensor, Tensor]]
"""Pairs (inputs `[n, channels, height, width]`, labels `[n]`)."""

Scores = dict[str, Tensor]
"""Tensors by layer name, shaped like the weights."""


def weights(net: nn.Module) -> dict[str, Tensor]:
    """Prunable weights by layer name, `[out, in, ...]`."""
    return {name: layer.weight for name, layer in prunable(net).items()}


def loss_gradients(net: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """dL/dw with the mean cross-entropy, summed over the batches; 0 where w has no influence."""
    parameters = weights(net)
    total = {name: torch.zeros_like(weight) for name, weight in parameters.items()}
    for inputs, labels in batches:
        loss = F.cross_entropy(net(inputs), labels)
        found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
        for name, gradient in zip(parameters, found, strict=True):
            if gradient is not None:
                total[name] += gradient
    return total
