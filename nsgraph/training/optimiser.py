"""Momentum SGD that never moves a pruned weight, on one flat vector of all parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nsgraph.errors import UserError
from nsgraph.models import prunable
from nsgraph.training.recipe import Recipe

__all__ = ["Layer", "MaskedSGD"]


@dataclass(frozen=True)
class Layer:
    """Views `[out, in, ...]` of one layer's part of the flat vectors; `mask` is 0 or 1."""

    weight: Tensor
    gradient: Tensor
    velocity: Tensor
    mask: Tensor


class MaskedSGD:
    """Stochastic gradient descent with momentum, masked.

    v <- m (mu v + g + decay w); w <- w - lr v, or with Nesterov w <- w - lr m (g + decay w + mu v).

    Weights and velocity are zero wherever the mask m is. The gradient itself is never masked: it
    stays dense for methods that grow links by it. The module's parameters become views of one
    vector, prunable weights first, so that a step is a handful of operations whatever the depth.

    Parameters
    ----------
    net
        Its parameters are replaced by views; `release` undoes that.
    recipe
        Gives momentum and weight decay.
    """

    def __init__(self, net: nn.Module, recipe: Recipe) -> None:
        self.net, self.recipe = net, recipe
        layers = prunable(net)
        weights = {name: layer.weight for name, layer in layers.items()}
        _check(weights)
        known = {id(weight) for weight in weights.values()}
        others = [p for p in net.parameters() if p.requires_grad and id(p) not in known]
        self.parameters = [*weights.values(), *others]
        first = self.parameters[0]
        if any(p.dtype != first.dtype or p.device != first.device for p in self.parameters):
            raise UserError("The network's parameters are of several types or on several devices.")
        total = sum(p.numel() for p in self.parameters)
        self.n_prunable = sum(weight.numel() for weight in weights.values())
        self.weights = torch.empty(total, dtype=first.dtype, device=first.device)
        self.gradient = torch.zeros_like(self.weights)
        self.velocity = torch.zeros_like(self.weights)
        self.mask = torch.ones_like(self.weights[: self.n_prunable])
        self.layers: dict[str, Layer] = {}
        names = {id(weight): name for name, weight in weights.items()}
        start = 0
        for parameter in self.parameters:
            at = slice(start, start := start + parameter.numel())
            view = _view(self.weights[at], parameter)
            view.copy_(parameter.detach())
            gradient = _view(self.gradient[at], parameter)
            if (name := names.get(id(parameter))) is not None:
                velocity = _view(self.velocity[at], parameter)
                mask = _view(self.mask[at], parameter)
                self.layers[name] = Layer(view, gradient, velocity, mask)
            parameter.data = view
            parameter.grad = gradient

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step with the gradient that was accumulated since `clear`."""
        decay, momentum = self.recipe.weight_decay, self.recipe.momentum
        n = self.n_prunable
        velocity = self.velocity
        velocity.mul_(momentum).add_(self.gradient)
        if decay:
            velocity.add_(self.weights, alpha=decay)
        velocity[:n].mul_(self.mask)
        if not self.recipe.nesterov:
            self.weights.add_(velocity, alpha=-rate)
            return
        ahead = torch.add(self.gradient, velocity, alpha=momentum)
        if decay:
            ahead.add_(self.weights, alpha=decay)
        ahead[:n].mul_(self.mask)
        self.weights.add_(ahead, alpha=-rate)

    def clear(self) -> None:
        """Set the gradient to zero."""
        self.gradient.zero_()

    @torch.no_grad()
    def set_masks(self, masks: Mapping[str, Tensor]) -> None:
        """Put masks on some or all layers: weights and velocity of what they prune become zero."""
        for name, mask in masks.items():
            layer = self.layers[name]
            layer.mask.copy_(mask)
            layer.weight.masked_fill_(layer.mask == 0, 0.0)
            layer.velocity.masked_fill_(layer.mask == 0, 0.0)

    @torch.no_grad()
    def restart(self, name: str, links: Tensor) -> None:
        """Weight and velocity zero for some links of a layer."""
        self.layers[name].weight.masked_fill_(links, 0.0)
        self.layers[name].velocity.masked_fill_(links, 0.0)

    def forget(self) -> None:
        """Velocity zero for all parameters, prunable or not: momentum starts anew."""
        self.velocity.zero_()

    def masks(self) -> dict[str, Tensor]:
        """Boolean masks by layer name."""
        return {name: layer.mask != 0 for name, layer in self.layers.items()}

    def release(self) -> None:
        """Give the module parameters of its own again, without gradients."""
        for parameter in self.parameters:
            parameter.data = parameter.detach().clone(memory_format=torch.contiguous_format)
            parameter.grad = None


def _view(part: Tensor, like: Tensor) -> Tensor:
    """`part` in the shape of `like`, its channels last where those of `like` are."""
    if like.dim() == 4 and not like.is_contiguous():
        out, channels, height, width = like.shape
        return part.view(out, height, width, channels).permute(0, 3, 1, 2)
    return part.view(like.shape)


def _check(weights: Mapping[str, Tensor]) -> None:
    seen: dict[int, str] = {}
    for name, weight in weights.items():
        if not weight.requires_grad:
            raise UserError(f"The weights of layer {name!r} are frozen (requires_grad is False).")
        if id(weight) in seen:
            raise UserError(
                f"The layers {seen[id(weight)]!r} and {name!r} share one weight tensor; use one "
                "module twice instead."
            )
        seen[id(weight)] = name
