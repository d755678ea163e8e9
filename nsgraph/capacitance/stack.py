"""A stack of linear layers, and one batch that went through it forward and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nsgraph.capacitance.layers import Layer
from nsgraph.capacitance.opening import through
from nsgraph.errors import UserError

__all__ = ["Passed", "Stack"]

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Stack:
    """Linear layers, each followed by a function that treats every number by itself.

    Attributes
    ----------
    layers
        At least one; the last gives the logits.
    functions
        One for each layer but the last.
    features
        From the network's inputs to the `[n, in]` numbers that enter the first layer.
    """

    layers: tuple[Layer, ...]
    functions: tuple[Function, ...]
    features: Function

    def entering(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """What enters the first layer, `[n, in]`, once it was checked against layers and labels."""
        z = through(self.features, inputs)
        width, classes = self.layers[0].n_inputs, self.layers[-1].n_outputs
        if z.shape != (len(labels), width):
            raise UserError(
                f"{tuple(z.shape)} numbers enter layer {self.layers[0].name!r} for {len(labels)} "
                f"labels; expected ({len(labels)}, {width})."
            )
        if labels.min() < 0 or labels.max() >= classes:
            raise UserError(
                f"Labels go from {int(labels.min())} to {int(labels.max())}, but the network has "
                f"{classes} outputs."
            )
        return z

    def run(self, features: Tensor, labels: Tensor, second: bool = False) -> Passed:
        """Forward and back, for softmax and cross-entropy.

        Parameters
        ----------
        features
            `[n, in]`.
        labels
            int64, `[n]`.
        second
            Whether second derivatives of the functions are wanted.
        """
        inputs, slopes, bends = [features], [], []
        for layer, function in zip(self.layers[:-1], self.functions, strict=True):
            z, slope, bend = _derivatives(function, layer.forward(inputs[-1]), second)
            inputs.append(z)
            slopes.append(slope)
            bends.append(bend)
        probabilities = self.layers[-1].forward(inputs[-1]).softmax(-1)
        # p - 1 would lose all digits where p is close to 1; this sums to 0 within rounding of s
        at = labels[:, None]
        others = probabilities.scatter(1, at, 0.0)
        errors = [others.scatter(1, at, -others.sum(1, keepdim=True))]
        received: list[Tensor] = []
        for layer, slope in zip(self.layers[:0:-1], slopes[::-1], strict=True):
            received.append(layer.back(errors[-1]))
            errors.append(slope * received[-1])
        return Passed(
            self.layers, inputs, slopes, bends, errors[::-1], received[::-1], probabilities
        )


@dataclass(frozen=True, eq=False)
class Passed:
    """What a batch of n samples left behind; lists by layer, tensors `[n, neurons]`.

    Attributes
    ----------
    inputs
        z: what enters each layer.
    slopes, bends
        First and second derivatives of the functions, for each layer but the last; None where the
        second is 0 or was not asked for.
    errors
        s = dC/da, a what leaves each layer.
    received
        dC/dz of what leaves each function.
    probabilities
        Softmax of the logits.
    """

    layers: Sequence[Layer]
    inputs: list[Tensor]
    slopes: list[Tensor]
    bends: list[Tensor | None]
    errors: list[Tensor]
    received: list[Tensor]
    probabilities: Tensor

    def hessian(self, at: int, v: Tensor) -> Tensor:
        """d2C/da2 times v, a what leaves layer `at`; v `[..., n, neurons]`."""
        if at == len(self.layers) - 1:
            p = self.probabilities
            return p * (v - (p * v).sum(-1, keepdim=True))
        slope, bend, above = self.slopes[at], self.bends[at], self.layers[at + 1]
        found = slope * above.back(self.hessian(at + 1, above.linear(slope * v)))
        return found if bend is None else found + bend * self.received[at] * v


def _derivatives(
    function: Function, a: Tensor, second: bool
) -> tuple[Tensor, Tensor, Tensor | None]:
    """f(a), f'(a) and f''(a), number by number."""
    with torch.enable_grad():
        a = a.detach().requires_grad_()
        z = function(a.clone())  # it may work in place
        (slope,) = torch.autograd.grad(z.sum(), a, create_graph=second)
        bend = None
        if second and slope.requires_grad:
            (bend,) = torch.autograd.grad(slope.sum(), a, allow_unused=True)
    return z.detach(), slope.detach(), bend
