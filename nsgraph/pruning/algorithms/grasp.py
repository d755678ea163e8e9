"""GraSP, gradient signal preservation (Wang, Zhang, Grosse: ICLR 2020)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm


@algorithm("grasp", category="pruning at initialisation", needs="batches", per_class=10)
def grasp(net: nn.Module, batches: Batches, masks: Scores, *, temperature: float = 200.0) -> Scores:
    """Gradient signal preservation, w times Hg with its sign (GraSP, Wang et al. 2020)."""
    parameters = list(weights(net).values())
    halves = [half for inputs, labels in batches for half in _halves(inputs, labels)]

    def gradients(inputs: Tensor, labels: Tensor, create_graph: bool) -> tuple[Tensor, ...]:
        loss = F.cross_entropy(net(inputs) / temperature, labels)
        return torch.autograd.grad(loss, parameters, create_graph=create_graph)

    of_halves = [gradients(*half, create_graph=False) for half in halves]
    g = [torch.stack(parts).sum(0) for parts in zip(*of_halves, strict=True)]  # over all images
    products = [torch.zeros_like(weight) for weight in parameters]
    for half in halves:
        again = gradients(*half, create_graph=True)
        dot = torch.stack([(a * b).sum() for a, b in zip(g, again, strict=True)]).sum()
        for total, part in zip(products, torch.autograd.grad(dot, parameters), strict=True):
            total += part
    return {n: w * hg for (n, w), hg in zip(weights(net).items(), products, strict=True)}


def _halves(inputs: Tensor, labels: Tensor) -> Batches:
    if len(inputs) < 2:
        raise UserError(
            "The method 'grasp' halves each batch of images; expected at least 2 images, found "
            f"{len(inputs)}."
        )
    middle = (len(inputs) + 1) // 2
    return [(inputs[:middle], labels[:middle]), (inputs[middle:], labels[middle:])]
