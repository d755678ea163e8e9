"""Layers of weights as nodes: what a layer does to numbers, and the sums over its own weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Dense", "Diagonal", "Layer", "Output"]


@dataclass(frozen=True, eq=False)
class Dense:
    """A linear layer, a = W z + b, whose unpruned weights are nodes.

    Attributes
    ----------
    name
        Of the module.
    weight
        `[out, in]`, zero where pruned.
    bias
        `[out]` or None; biases are no nodes.
    mask
        `[out, in]`, 1 where there is a weight, in the type of the weights; None where all are.
    """

    name: str
    weight: Tensor
    bias: Tensor | None = None
    mask: Tensor | None = None

    @property
    def n_inputs(self) -> int:
        """Numbers that enter."""
        return self.weight.shape[1]

    @property
    def n_outputs(self) -> int:
        """Numbers that leave."""
        return self.weight.shape[0]

    def forward(self, z: Tensor) -> Tensor:
        """W z + b of every row."""
        return F.linear(z, self.weight, self.bias)

    def linear(self, z: Tensor) -> Tensor:
        """W z of every row."""
        return F.linear(z, self.weight)

    def back(self, s: Tensor) -> Tensor:
        """W' s of every row."""
        return s @ self.weight

    def sums_in(self, z: Tensor) -> Tensor:
        """M z of every row: what comes in over the links of each output, weights left out."""
        if self.mask is None:
            return z.sum(-1, keepdim=True).expand(*z.shape[:-1], len(self.weight))
        return z @ self.mask.T

    def sums_out(self, s: Tensor) -> Tensor:
        """M' s of every row."""
        if self.mask is None:
            return s.sum(-1, keepdim=True).expand(*s.shape[:-1], self.weight.shape[1])
        return s @ self.mask

    def outer(self, s: Tensor, z: Tensor) -> Tensor:
        """Sum over rows of s z', also where no weight is, `[out, in]`."""
        return s.T @ z

    @property
    def links(self) -> Tensor:
        """1 where there is a weight, `[out, in]`."""
        return torch.ones_like(self.weight) if self.mask is None else self.mask

    def at_links(self, values: Tensor) -> Tensor:
        """Of numbers `[out, in]` those at the weights that exist, 0 elsewhere; in place."""
        return values if self.mask is None else values.mul_(self.mask)

    @cached_property
    def fan_in(self) -> Tensor:
        """Links into every output, `[out]`."""
        return self.sums_in(torch.ones_like(self.weight[0]))

    @cached_property
    def fan_out(self) -> Tensor:
        """Links from every input, `[in]`."""
        return self.sums_out(torch.ones_like(self.weight[:, 0]))

    @property
    def n_nodes(self) -> int:
        """Weights that exist."""
        return self.weight.numel() if self.mask is None else int(torch.count_nonzero(self.mask))

    @cached_property
    def indices(self) -> tuple[Tensor, Tensor]:
        """Outputs and inputs of the weights that exist, `[n_nodes]` each, row by row."""
        out, into = self.links.nonzero(as_tuple=True)
        return out, into


class Output(Dense):
    """The last layer, before a softmax.

    A softmax does not see a number that is added to all logits. The sum of dC/dlogit over all
    logits is therefore 0, and an input that is linked to all of them, or to none, adds exactly 0
    to the sums over links: such inputs are left out here, so that rounding cannot add noise.
    """

    @cached_property
    def seen(self) -> Tensor:
        """1 for inputs that are linked to some logits but not to all, `[in]`."""
        links = super().sums_out(torch.ones_like(self.weight[:, 0]))
        return ((links > 0) & (links < len(self.weight))).to(self.weight.dtype)

    def sums_in(self, z: Tensor) -> Tensor:
        """As in `Dense`, but for a number that is the same for all logits."""
        return super().sums_in(z * self.seen)

    def sums_out(self, s: Tensor) -> Tensor:
        """As in `Dense`, for rows s that sum to 0."""
        return super().sums_out(s) * self.seen


@dataclass(frozen=True, eq=False)
class Diagonal:
    """The scales of a batch norm, one node a channel: a = g z + b."""

    name: str
    weight: Tensor
    bias: Tensor | None = None

    @property
    def n_inputs(self) -> int:
        """Channels."""
        return len(self.weight)

    n_outputs = n_inputs

    def forward(self, z: Tensor) -> Tensor:
        """g z + b."""
        return z * self.weight if self.bias is None else z * self.weight + self.bias

    def linear(self, z: Tensor) -> Tensor:
        """g z."""
        return z * self.weight

    back = linear

    def sums_in(self, z: Tensor) -> Tensor:
        """z: one link a channel."""
        return z

    sums_out = sums_in

    def outer(self, s: Tensor, z: Tensor) -> Tensor:
        """Sum over rows of s z, `[channels]`."""
        return (s * z).sum(0)

    @property
    def links(self) -> Tensor:
        """The unit matrix."""
        return torch.eye(len(self.weight), dtype=self.weight.dtype, device=self.weight.device)

    def at_links(self, values: Tensor) -> Tensor:
        """Numbers of channels as they are."""
        return values

    @property
    def fan_in(self) -> Tensor:
        """Ones, `[channels]`."""
        return torch.ones_like(self.weight)

    fan_out = fan_in

    @property
    def n_nodes(self) -> int:
        """Channels."""
        return self.weight.numel()

    @cached_property
    def indices(self) -> tuple[Tensor, Tensor]:
        """Every channel is linked with itself."""
        channels = torch.arange(self.weight.numel(), device=self.weight.device)
        return channels, channels


Layer = Dense | Diagonal
