"""PX, path exclusion: paths that carry the neural tangent kernel (Iurada et al.: CVPR 2024).

R = sum over images and outputs of g h. The Jacobian factor g sums, over all paths to an output, the
squared input where the real network's gates let it pass (live weights count as one); the path
kernel h sums the products of the squared weights of all paths. The score is |w^2 dR/d(w^2)|.

g is the tangent that forward differentiation of the real network takes through unit weights, so
that a gate is the activation's own derivative, pooling takes the real maximum, and batch norm
scales as in the network. h is the network itself on ones: activations that are the identity on
positive numbers (ReLU, SReLU at its start) are linear there; others are not.

Departures: the last layer and batch norm are treated like all others; the public program leaves
them out of the squares and ones.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from nsgraph.models.layers import prunable
from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm


@algorithm(
    "px",
    category="pruning at initialisation",
    needs="batches",
    rounds=100,
    mode="eval",
    double=True,  # sums over paths: past float32
    per_class=1,
)
def px(net: nn.Module, batches: Batches, masks: Scores) -> Scores:
    """Squared weights of paths that the real gates leave open (PX, Iurada et al. 2024)."""
    factor = torch.stack([_jacobian_factor(net, masks, inputs) for inputs, _ in batches]).sum(0)
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if key.endswith(("bias", "running_mean")):
                value.zero_()
            elif key.endswith(("weight", "running_var")):
                value.square_()
    squares = weights(net)
    ones = torch.ones_like(batches[0][0][:1])
    reached = (net(ones) * factor).sum()
    gradients = torch.autograd.grad(reached, list(squares.values()), materialize_grads=True)
    return {n: (w * g).abs() for (n, w), g in zip(squares.items(), gradients, strict=True)}


@torch.no_grad()
def _jacobian_factor(net: nn.Module, masks: Scores, inputs: Tensor) -> Tensor:
    """g of each output, summed over the images."""
    layers = prunable(net)
    try:
        for name, layer in layers.items():
            layer.forward = _dual(layer, masks[name])  # type: ignore[assignment]
        with forward_ad.dual_level():
            outputs = net(forward_ad.make_dual(inputs, inputs.square()))
            return forward_ad.unpack_dual(outputs).tangent.sum(0)
    finally:
        for layer in layers.values():
            del layer.forward


def _dual(layer: nn.Conv2d | nn.Linear, mask: Tensor) -> Callable[[Tensor], Tensor]:
    """The layer's own forward, with ones for its live weights on tangents."""
    real, units = layer.forward, copy.deepcopy(layer)
    units.weight = nn.Parameter(mask.to(layer.weight.dtype))
    units.bias = None

    def forward(x: Tensor) -> Tensor:
        value, tangent = forward_ad.unpack_dual(x)
        return forward_ad.make_dual(real(value), units.forward(tangent))

    return forward
