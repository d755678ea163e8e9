"""Small networks of torch, of every kind of layer; `Nodes` marks what becomes nodes."""

from __future__ import annotations

import torch
from hypothesis import assume
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from tests.metrics.oracle_torch import LAYERS, Nodes, sizes

LARGEST = 80
"""Most nodes of a random network, so that all subsets of four can be looked at."""


class Layer(nn.Module):
    """A convolution and the nodes it computes, with batch norm and an activation behind them."""

    def __init__(self, channels, out, kernel=1, **how):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, **how)
        self.nodes = Nodes()
        self.norm = nn.BatchNorm2d(out, eps=0)
        self.out = out

    def forward(self, x):
        return F.relu(self.norm(self.nodes(self.conv(x))))


class Pool(nn.Module):
    """A pool of a map, which has no nodes of its own."""

    def __init__(self, channels, kernel, stride, padding, average=False):
        super().__init__()
        self.pool = (nn.AvgPool2d if average else nn.MaxPool2d)(kernel, stride, padding)
        self.out = channels

    def forward(self, x):
        return self.pool(x)


class Residual(nn.Module):
    """Convolutions one after the other and a shortcut around them.

    The shortcut is a 1 x 1 convolution ("conv"), an identity ("identity"; the channels stay), or
    every `stride`th pixel with channels of zeros behind ("pad").
    """

    def __init__(self, channels, out, kernels=(3, 3), stride=1, shortcut="conv", middle=2):
        super().__init__()
        self.out = channels if shortcut == "identity" else out
        self.stride = stride if shortcut != "identity" else 1
        widths = [channels, *[middle] * (len(kernels) - 1), self.out]
        strides = [self.stride if i == kernels.index(3) else 1 for i in range(len(kernels))]
        self.convs = nn.ModuleList(
            nn.Conv2d(widths[i], widths[i + 1], k, stride=strides[i], padding=k // 2, bias=False)
            for i, k in enumerate(kernels)
        )
        self.nodes = nn.ModuleList(Nodes() for _ in kernels)
        self.shortcut = (
            nn.Conv2d(channels, out, 1, stride=stride, bias=False) if shortcut == "conv" else None
        )

    def forward(self, x):
        y = x
        for conv, nodes in zip(self.convs[:-1], self.nodes[:-1], strict=True):
            y = F.relu(nodes(conv(y)))
        y = self.convs[-1](y)
        if self.shortcut is not None:
            x = self.shortcut(x)
        else:
            x = x[:, :, :: self.stride, :: self.stride]
            x = F.pad(x, (0, 0, 0, 0, 0, self.out - x.shape[1]))
        return F.relu(self.nodes[-1](y + x))


class Branches(nn.Module):
    """A 3 x 3 and a 1 x 1 convolution between the same two sets, or behind the same pool."""

    def __init__(self, channels, out, pooled=False):
        super().__init__()
        self.pool = nn.MaxPool2d(3, 1, 1) if pooled else nn.Identity()
        self.wide = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.narrow = nn.Conv2d(channels, out, 1, bias=False)
        self.nodes, self.out = Nodes(), out

    def forward(self, x):
        x = self.pool(x)
        return self.nodes(self.wide(x) + self.narrow(x))


class Concatenation(nn.Module):
    """Inception: maps of two convolutions and of a pool, one behind the other."""

    def __init__(self, channels):
        super().__init__()
        self.one = Layer(channels, 1)
        self.three = Layer(channels, 2, 3, padding=1)
        self.pool = nn.MaxPool2d(3, 1, 1)
        self.out = channels + 3

    def forward(self, x):
        return torch.cat([self.one(x), self.pool(x), self.three(x)], 1)


class Dense(nn.Module):
    """DenseNet: every layer reads all maps before it."""

    def __init__(self, channels, layers=3):
        super().__init__()
        self.layers = nn.ModuleList(
            Layer(channels + i, 1, (1, 3), padding=(0, 1)) for i in range(layers)
        )
        self.out = channels + layers

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class Twice(nn.Module):
    """One convolution, used twice: its weights are edges at two places."""

    def __init__(self, channels):
        super().__init__()
        self.layer = Layer(channels, channels, 3, padding=1)
        self.out = channels

    def forward(self, x):
        return self.layer(self.layer(x))


class Head(nn.Module):
    """What ends a network: "flatten" or "global" pool, and linear layers; or "none"."""

    def __init__(self, kind, features):
        super().__init__()
        self.kind = kind
        if kind != "none":
            self.first, self.last = nn.Linear(features, 3), nn.Linear(3, 2)
        self.nodes = nn.ModuleList((Nodes(), Nodes()))

    def forward(self, x):
        if self.kind == "none":
            return x
        x = torch.flatten(F.adaptive_avg_pool2d(x, 1) if self.kind == "global" else x, 1)
        return self.nodes[1](self.last(F.relu(self.nodes[0](self.first(x)))))


def sparse(net, density, seed):
    """The network with random weights, of which that fraction is kept; multiples of 1/16."""
    generator = torch.Generator().manual_seed(seed)
    for layer in net.modules():
        if isinstance(layer, LAYERS):
            size = layer.weight.shape
            sign = 2 * torch.randint(2, size, generator=generator) - 1
            kept = torch.rand(size, generator=generator) < density
            sixteenths = torch.randint(1, 33, size, generator=generator)
            layer.weight.data = (sign * sixteenths * kept / 16).float()
    return net


def sequence(stages, head, shape):
    """Stages, each made for the channels of the one before, and a head: a network of them."""
    modules, channels = [], shape[0]
    for make in stages:
        modules.append(make(channels))
        channels = modules[-1].out
    x = nn.Sequential(*modules).eval()(torch.zeros(1, *shape))
    features = x.numel() if head == "flatten" else x.shape[1]
    return nn.Sequential(*modules, Head(head, features)).eval()


def depthwise(channels):
    """A depthwise convolution between two of 1 x 1, as in MobileNet."""
    inner = nn.Sequential(
        Layer(channels, 3), Layer(3, 3, 3, padding=1, groups=3), Layer(3, 2, bias=False)
    )
    inner.out = 2
    return inner


def pools_in_a_row(channels):
    """Two overlapping pools and a convolution that spans several of their windows."""
    inner = nn.Sequential(
        Pool(channels, 2, 1, 0), Pool(channels, 3, 2, 1, average=True), Layer(channels, 2, 2)
    )
    inner.out = 2
    return inner


def behind_a_pool(channels):
    """A 3 x 3 convolution behind a 3 x 3 pool of stride 2: the way ResNet-50 begins."""
    inner = nn.Sequential(Pool(channels, 3, 2, 1), Layer(channels, 2, 3, padding=1))
    inner.out = 2
    return inner


STAGES = {
    "plain": lambda c: Layer(c, 2, 3, padding=1),
    "not square": lambda c: Layer(c, 2, (2, 3), stride=(1, 2), padding=(0, 1)),
    "dilated": lambda c: Layer(c, 2, 2, dilation=2, padding=1),
    "wide padding": lambda c: Layer(c, 1, 3, stride=2, padding=2),
    "grouped": lambda c: Layer(c, 2 * c, (1, 2), groups=c, padding=(0, 1), stride=2),
    "depthwise": depthwise,
    "average pool": lambda c: Pool(c, 2, 2, 0, average=True),
    "pools in a row": pools_in_a_row,
    "behind a pool": behind_a_pool,
    "basic block": lambda c: Residual(c, 2, stride=2),
    "basic block, identity": lambda c: Residual(c, c, shortcut="identity"),
    "option A": lambda c: Residual(c, c + 1, stride=2, shortcut="pad"),
    "bottleneck": lambda c: Residual(c, 3, (1, 3, 1), stride=2, middle=1),
    "bottleneck, identity": lambda c: Residual(c, c, (1, 3, 1), shortcut="identity", middle=1),
    "branches": lambda c: Branches(c, 2),
    "branches behind a pool": lambda c: Branches(c, 1, pooled=True),
    "concatenation": Concatenation,
    "dense": Dense,
    "used twice": Twice,
}
"""Name -> stage for a number of channels."""


@st.composite
def networks(draw):
    """A random network and the shape of its input."""
    shape = draw(st.integers(1, 2)), draw(st.integers(2, 5)), draw(st.integers(2, 5))
    names = draw(st.lists(st.sampled_from(sorted(STAGES)), min_size=1, max_size=3))
    head = draw(st.sampled_from(["flatten", "global", "none"]))
    density, seed = (
        draw(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.8, 1.0])),
        draw(st.integers(0, 10**6)),
    )
    try:
        net = sequence([STAGES[name] for name in names], head, shape)
    except RuntimeError:  # the map became too small for a kernel
        net = sequence([STAGES["plain"]], head, shape)
    assume(any(isinstance(m, LAYERS) for m in net.modules()))
    assume(sum(sizes(net, shape)) <= LARGEST)
    return sparse(net, density, seed), shape
