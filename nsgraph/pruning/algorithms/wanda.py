"""Wanda, weights and activations: no training after pruning (Sun et al.: ICLR 2024).

Departure: the activations of all layers are those of the dense network, where the original prunes
the blocks of a transformer one after another. With `after` = 0 a network is pruned as it is.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nsgraph.models import prunable
from nsgraph.pruning.allocation import uniform
from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm


@algorithm(
    "wanda",
    category="post-training",
    needs="batches",
    allocation=uniform,
    pattern="rows",
    after=1.0,
    mode="eval",
    recalibrate=1024,
)
def wanda(net: nn.Module, batches: Batches, masks: Scores) -> Scores:
    """|w| times the norm of the activations it reads, per output row (Wanda, Sun et al. 2024)."""
    parameters = weights(net)
    squares = {name: torch.zeros_like(weight) for name, weight in parameters.items()}

    def record(name: str) -> Any:
        def hook(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            with torch.enable_grad():  # d/dw of the outputs' sum on x^2: sum of the x^2 it reads
                total = layer.forward(inputs[0].detach().square()).sum()
            squares[name] += torch.autograd.grad(total, parameters[name])[0]

        return hook

    hooks = [layer.register_forward_pre_hook(record(n)) for n, layer in prunable(net).items()]
    try:
        with torch.no_grad():
            for inputs, _ in batches:
                net(inputs)
    finally:
        for handle in hooks:
            handle.remove()
    return {name: w.abs() * squares[name].sqrt() for name, w in parameters.items()}
