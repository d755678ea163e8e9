"""ProsPR, prospect pruning: the gradient through some steps of training (Alizadeh et al. 2022).

The images are split into steps + 1 equal parts, one for each step and the last for the outer loss.
Departures: in rounds, pruned weights stay at zero during the steps; the original is one-shot.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models.layers import unwrap
from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm


@algorithm("prospr", category="pruning at initialisation", needs="batches", batch=512)
def prospr(
    net: nn.Module,
    batches: Batches,
    masks: Scores,
    *,
    steps: int = 3,
    lr: float = 0.5,
    momentum: float = 0.9,
) -> Scores:
    """|dL/dm| of masks m through steps of SGD that start at w m (ProsPR, Alizadeh et al. 2022)."""
    net = unwrap(net)
    *inner, (images, classes) = _parts(batches, steps + 1)
    found = {name: torch.ones_like(w).requires_grad_() for name, w in weights(net).items()}
    now: dict[str, Tensor] = dict(net.named_parameters())
    for name, mask in found.items():
        now[f"{name}.weight"] = now[f"{name}.weight"] * mask
    live = {f"{name}.weight": mask for name, mask in masks.items()}
    velocity = {key: torch.zeros_like(value) for key, value in now.items()}
    for inputs, labels in inner:
        loss = F.cross_entropy(functional_call(net, now, (inputs,)), labels)
        gradients = torch.autograd.grad(
            loss, list(now.values()), create_graph=True, materialize_grads=True
        )
        for key, gradient in zip(now, gradients, strict=True):
            velocity[key] = momentum * velocity[key] + gradient * live.get(key, 1)
        now = {key: value - lr * velocity[key] for key, value in now.items()}
    outer = F.cross_entropy(functional_call(net, now, (images,)), classes)
    gradients = torch.autograd.grad(outer, list(found.values()), materialize_grads=True)
    return {name: gradient.abs() for name, gradient in zip(found, gradients, strict=True)}


def _parts(batches: Batches, count: int) -> Batches:
    inputs = torch.cat([images for images, _ in batches])
    labels = torch.cat([classes for _, classes in batches])
    if len(inputs) < count or count < 1:
        raise UserError(
            f"The method 'prospr' takes {count - 1} steps on {len(inputs)} images; expected at "
            "least one image for each step and one for the outer loss."
        )
    return list(zip(inputs.tensor_split(count), labels.tensor_split(count), strict=True))
