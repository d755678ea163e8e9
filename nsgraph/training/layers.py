"""The layers of M networks of one architecture, as one layer each.

A map of M networks is `[n, M * channels, height, width]`, the channels of each network side by
side; flat features are `[M, n, features]`. Convolutions have M times as many groups, linear layers
are batched matrix products, batch norm has M times as many channels: nothing mixes the networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.models.activations import SReLU, srelu
from nsgraph.models.resnet import OptionAShortcut

__all__ = ["LAYERS", "Leaf", "NotStackable", "concat", "flatten", "fold", "mean", "pad", "unfold"]

Leaf = Callable[[Any, str], Any]
"""From a parameter of the first network (or None) to that of all M, in a form: `"flat"` is
`[M * features]`, `"rows"` `[M, 1, features]`, `"matrices"` `[M, out, in]`, `"kernels"`
`[M * out, in, height, width]`."""


class NotStackable(Exception):
    """The networks cannot be run as one; the message says why."""


def fold(x: Tensor) -> Tensor:
    """`[M, n, channels, height, width]` to a map of M networks."""
    return x.transpose(0, 1).flatten(1, 2).contiguous(memory_format=torch.channels_last)


def unfold(x: Tensor, networks: int) -> Tensor:
    """A map of M networks to `[n, M, channels, height, width]`."""
    return x.unflatten(1, (networks, -1))


def flatten(x: Tensor, networks: int) -> Tensor:
    """A map of M networks, or their inputs, or flat features, to `[M, n, features]`."""
    return (unfold(x, networks).transpose(0, 1) if x.dim() == 4 else x).flatten(2)


def concat(tensors: Sequence[Tensor], networks: int) -> Tensor:
    """Concatenation of the features of each network."""
    if tensors[0].dim() == 3:
        return torch.cat(list(tensors), 2)
    return torch.cat([unfold(x, networks) for x in tensors], 2).flatten(1, 2)


def mean(x: Tensor, keepdim: bool, networks: int) -> Tensor:
    """Mean over the map."""
    pooled = x.mean((2, 3), keepdim=True)
    return pooled if keepdim else flatten(pooled, networks)


def pad(x: Tensor, pads: Sequence[int], networks: int) -> Tensor:
    """Zeros around pixels and, of each network, around channels."""
    return F.pad(unfold(x, networks), list(pads)).flatten(1, 2)


class Conv(nn.Module):
    """M convolutions."""

    def __init__(self, layers: Sequence[nn.Conv2d], leaf: Leaf) -> None:
        super().__init__()
        first = layers[0]
        if first.padding_mode != "zeros":
            raise NotStackable(f"padding mode {first.padding_mode!r}")
        self.weight, self.bias = leaf(first.weight, "kernels"), leaf(first.bias, "flat")
        self.geometry: Any = (
            first.stride,
            first.padding,
            first.dilation,
            first.groups * len(layers),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias, *self.geometry)


class Linear(nn.Module):
    """M linear layers."""

    def __init__(self, layers: Sequence[nn.Linear], leaf: Leaf) -> None:
        super().__init__()
        self.weight = leaf(layers[0].weight, "matrices")
        self.bias = leaf(layers[0].bias, "rows")

    def forward(self, x: Tensor) -> Tensor:
        given: tuple[Any, ...] = (x, self.weight, self.bias)
        if torch.is_autocast_enabled(x.device.type):
            kind = torch.get_autocast_dtype(x.device.type)
            given = tuple(None if t is None else t.to(kind) for t in given)
        y: Tensor = _Products.apply(*given)
        return y


class _Products(torch.autograd.Function):
    """x W' + b of M layers: `[M, n, in]`, `[M, out, in]` and `[M, 1, out]` to `[M, n, out]`.

    The gradient by W is made as a linear layer makes it, g' x, not as the transpose of x' g, which
    autograd would take: it lies in memory as W does, and on CPU its bits are those of one layer.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.biased = bias is not None
        turned = weight.transpose(1, 2)
        return torch.bmm(x, turned) if bias is None else torch.baddbmm(bias, x, turned)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor, Tensor | None]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        of_x = torch.bmm(g, weight) if ctx.needs_input_grad[0] else None
        of_bias = g.sum(1, keepdim=True) if ctx.biased else None
        return of_x, torch.bmm(g.transpose(1, 2), x), of_bias


class BatchNorm(nn.Module):
    """M batch norms; their running statistics become views of common vectors."""

    def __init__(self, layers: Sequence[Any], leaf: Leaf) -> None:
        super().__init__()
        first = layers[0]
        if first.momentum is None:
            raise NotStackable("batch norm with a cumulative average")
        self.networks, self.momentum, self.eps = len(layers), first.momentum, first.eps
        self.weight, self.bias = leaf(first.weight, "flat"), leaf(first.bias, "flat")
        self.running_mean = _common(layers, "running_mean")
        self.running_var = _common(layers, "running_var")
        self.count = _common(layers, "num_batches_tracked")

    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.count is not None:
            self.count.add_(1)
        flat = x.dim() == 3
        if flat:
            x = x.transpose(0, 1).flatten(1)
        of_batch = self.training or self.running_mean is None
        statistics = (self.running_mean, self.running_var)
        y = F.batch_norm(x, *statistics, self.weight, self.bias, of_batch, self.momentum, self.eps)
        return unfold(y, self.networks).transpose(0, 1) if flat else y


def _common(layers: Sequence[nn.Module], name: str) -> Tensor | None:
    """One vector of a buffer of all layers, of which theirs become views."""
    own = [getattr(layer, name) for layer in layers]
    if own[0] is None:
        return None
    together = torch.stack(own)
    for layer, part in zip(layers, together, strict=True):
        setattr(layer, name, part)
    return together.flatten()


class SReLUs(nn.Module):
    """M layers of S-shaped rectified linear units."""

    def __init__(self, layers: Sequence[SReLU], leaf: Leaf) -> None:
        super().__init__()
        self.numbers = nn.ParameterList(leaf(p, "rows") for p in layers[0].parameters())

    def forward(self, x: Tensor) -> Tensor:
        return srelu(x, *self.numbers)


class OptionA(nn.Module):
    """M shortcuts without parameters."""

    def __init__(self, layers: Sequence[OptionAShortcut], leaf: Leaf) -> None:
        super().__init__()
        self.networks, self.stride = len(layers), layers[0].stride
        before = layers[0].channel_offset
        self.pads = (0, 0, 0, 0, before, layers[0].out_channels - layers[0].in_channels - before)

    def forward(self, x: Tensor) -> Tensor:
        return pad(x[:, :, :: self.stride, :: self.stride], self.pads, self.networks)


class Flatten(nn.Module):
    """Flattening of all but the images."""

    def __init__(self, layers: Sequence[nn.Flatten], leaf: Leaf) -> None:
        super().__init__()
        if (layers[0].start_dim, layers[0].end_dim) != (1, -1):
            raise NotStackable("flattening of some dimensions")
        self.networks = len(layers)

    def forward(self, x: Tensor) -> Tensor:
        return flatten(x, self.networks)


def _same(layers: Sequence[nn.Module], leaf: Leaf) -> nn.Module:
    """Works on each value or each channel by itself: the layer as it is."""
    return layers[0]


def _dropout(layers: Sequence[Any], leaf: Leaf) -> nn.Module:
    if layers[0].p > 0:
        raise NotStackable("dropout, whose random numbers would be others")
    return nn.Identity()


LAYERS: dict[type[nn.Module], Callable[[Sequence[Any], Leaf], nn.Module]] = {
    nn.Conv2d: Conv,
    nn.Linear: Linear,
    nn.BatchNorm1d: BatchNorm,
    nn.BatchNorm2d: BatchNorm,
    SReLU: SReLUs,
    OptionAShortcut: OptionA,
    nn.Flatten: Flatten,
    nn.Dropout: _dropout,
    nn.Dropout2d: _dropout,
    **dict.fromkeys(
        (
            nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU,
            nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.Tanh, nn.Sigmoid,
            nn.LogSigmoid, nn.Softplus, nn.Softsign, nn.MaxPool2d, nn.AvgPool2d,
            nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d,
        ),
        _same,
    ),
}  # fmt: skip
"""From the same layer of each network to one layer, by class."""
