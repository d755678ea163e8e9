"""Momentum SGD that never moves a pruned weight, on flat vectors of all parameters."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from nsgraph.errors import UserError
from nsgraph.models import prunable
from nsgraph.training.recipe import Recipe

__all__ = ["Block", "Layer", "MaskedSGD", "Parameters", "shaped"]


@dataclass(frozen=True)
class Layer:
    """Views `[out, in, ...]` of one layer's part of the flat vectors; `mask` is 0 or 1."""

    weight: Tensor
    gradient: Tensor
    velocity: Tensor
    mask: Tensor


@dataclass(frozen=True)
class Block:
    """One parameter of all M networks side by side: flat parts `[M * numel]` of the vectors."""

    weight: Tensor
    gradient: Tensor
    velocity: Tensor
    mask: Tensor | None
    """None where nothing is ever pruned."""

    def rows(self, networks: int) -> list[Block]:
        """The same of each network, `[numel]`."""
        masks = [None] * networks if self.mask is None else self.mask.view(networks, -1)
        parts = (self.weight, self.gradient, self.velocity)
        rows = zip(*(part.view(networks, -1) for part in parts), masks, strict=True)
        return [Block(*row) for row in rows]


class Parameters:
    """The parameters of one network, as views of the flat vectors.

    Attributes
    ----------
    layers
        Of the prunable layers, by name.
    parameters
        Those of the module, prunable weights first.
    """

    def __init__(self, net: nn.Module, parts: Sequence[Block]) -> None:
        self.net, self.parts = net, parts
        self.layers: dict[str, Layer] = {}
        self.parameters = _trained(net)
        names = iter(prunable(net))
        for parameter, part in zip(self.parameters, parts, strict=True):
            view, gradient = shaped(part.weight, parameter), shaped(part.gradient, parameter)
            view.copy_(parameter.detach())
            if part.mask is not None:
                velocity, mask = shaped(part.velocity, parameter), shaped(part.mask, parameter)
                self.layers[next(names)] = Layer(view, gradient, velocity, mask)
            parameter.data = view
            parameter.grad = gradient

    def clear(self) -> None:
        """Set the gradient to zero."""
        for part in self.parts:
            part.gradient.zero_()

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

    @torch.no_grad()
    def scale_to_density(self) -> None:
        """Divide the weights of each layer by the square root of its density."""
        for layer in self.layers.values():
            density = int(torch.count_nonzero(layer.mask)) / layer.mask.numel()
            if density > 0:
                layer.weight.div_(math.sqrt(density))

    def forget(self) -> None:
        """Velocity zero for all parameters, prunable or not: momentum starts anew."""
        for part in self.parts:
            part.velocity.zero_()

    def masks(self) -> dict[str, Tensor]:
        """Boolean masks by layer name."""
        return {name: layer.mask != 0 for name, layer in self.layers.items()}

    def tensors(self) -> dict[str, Tensor]:
        """Weights and masks as they are (not copies), by the parameter's number."""
        weights = {f"weight/{i}": part.weight for i, part in enumerate(self.parts)}
        masks = {f"mask/{i}": p.mask for i, p in enumerate(self.parts) if p.mask is not None}
        return weights | masks

    def velocities(self) -> dict[str, Tensor]:
        """The velocity as it is, by the parameter's number."""
        return {f"velocity/{i}": part.velocity for i, part in enumerate(self.parts)}

    def release(self) -> None:
        """Give the module parameters and buffers of its own again, without gradients."""
        for parameter in self.parameters:
            parameter.data = parameter.detach().clone(memory_format=torch.contiguous_format)
            parameter.grad = None
        for module in self.net.modules():
            for name, buffer in module.named_buffers(recurse=False):
                setattr(module, name, buffer.clone())


class MaskedSGD:
    """Stochastic gradient descent with momentum, masked, of one network or of several alike.

    v <- m (mu v + g + decay w); w <- w - lr v, or with Nesterov w <- w - lr m (g + decay w + mu v).

    Weights and velocity are zero wherever the mask m is. The gradient itself is never masked: it
    stays dense for methods that grow links by it. The modules' parameters become views of one
    vector, so that a step is a handful of operations whatever the depth and however many networks:
    prunable weights first, and of each parameter the networks side by side.

    Parameters
    ----------
    nets
        Networks of the same layers and shapes. Their parameters are replaced by views; `release`
        of their `members` undoes that.
    recipe
        Gives momentum and weight decay.
    """

    def __init__(self, nets: Sequence[nn.Module], recipe: Recipe) -> None:
        self.recipe = recipe
        parameters = [_trained(net) for net in nets]
        first = parameters[0][0]
        if any(p.dtype != first.dtype or p.device != first.device for p in chain(*parameters)):
            raise UserError("The network's parameters are of several types or on several devices.")
        sizes = [parameter.numel() * len(nets) for parameter in parameters[0]]
        layers = len(prunable(nets[0]))
        self.n_prunable = sum(sizes[:layers])
        self.weights = torch.empty(sum(sizes), dtype=first.dtype, device=first.device)
        self.gradient = torch.zeros_like(self.weights)
        self.velocity = torch.zeros_like(self.weights)
        self.mask = torch.ones_like(self.weights[: self.n_prunable])
        vectors = (self.weights, self.gradient, self.velocity)
        masks = [*self.mask.split(sizes[:layers]), *[None] * (len(sizes) - layers)]
        parts = zip(*(vector.split(sizes) for vector in vectors), masks, strict=True)
        self.blocks = [Block(*part) for part in parts]
        rows = zip(*(block.rows(len(nets)) for block in self.blocks), strict=True)
        self.members = [Parameters(net, row) for net, row in zip(nets, rows, strict=True)]

    def of(self, net: nn.Module) -> Parameters:
        """The parameters of one of the networks."""
        return next(member for member in self.members if member.net is net)

    @torch.no_grad()
    def step(self, rate: float, but: Collection[int] = ()) -> None:
        """One step with the gradient that was accumulated since `clear`.

        Parameters
        ----------
        rate
            The learning rate.
        but
            Numbers of the networks that stay as they are.
        """
        if len(but) == len(self.members):
            return
        still = [(t, t.clone()) for i in but for p in self.members[i].parts for t in _moving(p)]
        self._step(rate)
        for tensor, before in still:
            tensor.copy_(before)

    def _step(self, rate: float) -> None:
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


def _moving(part: Block) -> tuple[Tensor, Tensor]:
    return part.weight, part.velocity


def _trained(net: nn.Module) -> list[Tensor]:
    """Parameters that are trained, prunable weights first."""
    weights = {n: layer.weight for n, layer in prunable(net).items()}
    _check(weights)
    known = {id(weight) for weight in weights.values()}
    others = [p for p in net.parameters() if p.requires_grad and id(p) not in known]
    return [*weights.values(), *others]


def shaped(part: Tensor, like: Tensor) -> Tensor:
    """A flat part in the shape of `like`, its channels last where those of `like` are.

    Of several parameters side by side, the first dimension is that many times as long.
    """
    if like.dim() == 4 and not like.is_contiguous():
        _, channels, height, width = like.shape
        return part.view(-1, height, width, channels).permute(0, 3, 1, 2)
    return part.view(-1, *like.shape[1:])


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
