"""Optimal brain damage (LeCun, Denker, Solla: NeurIPS 1989).

The diagonal is that of the Gauss-Newton matrix, taken exactly from the derivatives of all outputs.
The original trains again after pruning, and does so several times over: `after: 0.5` leaves half of
the epochs for it; the default leaves none, as in the other methods of this category.
"""

from __future__ import annotations

import torch
from torch import nn

from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm


@algorithm(
    "obd",
    category="post-training",
    needs="batches",
    after=1.0,
    mode="eval",
    recalibrate=1024,
)
def obd(net: nn.Module, batches: Batches, masks: Scores) -> Scores:
    """w^2 times the diagonal of the loss's Gauss-Newton Hessian (OBD, LeCun et al. 1989)."""
    parameters = weights(net)
    curvature = {name: torch.zeros_like(weight) for name, weight in parameters.items()}
    for inputs, _ in batches:
        for image in inputs.split(1):
            logits = net(image)[0]
            p = logits.softmax(0).detach()
            # The Hessian by the logits, diag(p) - p p', is R' R with rows sqrt(p_c) (e_c - p).
            roots = p.sqrt()[:, None] * (torch.eye(len(p)).to(p) - p)
            for root in roots:
                found = torch.autograd.grad(
                    logits, list(parameters.values()), root, retain_graph=True, allow_unused=True
                )
                for name, derivative in zip(parameters, found, strict=True):
                    if derivative is not None:
                        curvature[name] += derivative.square()
    return {name: weight**2 * curvature[name] for name, weight in parameters.items()}
