"""Edges by running a network of torch.

A module `Nodes` marks what becomes nodes: the output of a layer with weights, or a sum of such. To
find the edges that leave one set of nodes, that set is replaced by one-hot maps and every other by
zeros; what then arrives at a later set came along one edge. All of it is done by torch's own
layers: nothing of the package, its tracing or its wiring is used.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

LAYERS = nn.Conv2d | nn.Linear


class Nodes(nn.Module):
    """Passes its input on."""

    def forward(self, x):
        return x


class Found(NamedTuple):
    """What was found: sizes of the sets, |weight| of every edge, edges by identity shortcuts.

    `weights` float [n, n] (source, target), 0 without a weight; `skips` bool [n, n]; `inputs` and
    `outputs` bool [n].
    """

    sizes: list[int]
    weights: np.ndarray
    skips: np.ndarray
    inputs: np.ndarray
    outputs: np.ndarray


def find(net, shape):
    """Sets and edges of a network for inputs of a shape (channels, height, width)."""
    plain, bare = (_prepared(net, weights) for weights in (True, False))
    widths = sizes(net, shape)
    starts = np.concatenate([[0], np.cumsum(widths)])
    n = int(starts[-1])
    weights, skips, outputs = np.zeros((n, n)), np.zeros((n, n), bool), np.zeros(n, bool)
    for k, start in enumerate(starts[:-1]):
        rows = slice(start, starts[k + 1])
        arrived, _ = _Run(plain).one_hot(k, shape)
        alone, ends_alone = _Run(bare).one_hot(k, shape)
        for j, (both, skip) in enumerate(zip(arrived, alone, strict=True), start=k + 1):
            columns = slice(starts[j], starts[j + 1])
            weights[rows, columns] = np.round(both - skip, 6)
            skips[rows, columns] = skip > 0
        outputs[rows] = ends_alone.any(axis=1)
    return Found(widths, weights, skips, np.arange(n) < widths[0], outputs)


def sizes(net, shape):
    """Sizes of all sets of nodes, the input first."""
    return [int(np.prod(s)) for s in _Run(_prepared(net, True)).shapes(shape)]


def live_weights(net, shape):
    """Number of weights that a gradient reaches, in a network without signs and activations."""
    net = _prepared(net, True)
    for name, pool in [(n, m) for n, m in net.named_modules() if isinstance(m, nn.MaxPool2d)]:
        same = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding)
        net.get_submodule(name.rpartition(".")[0]).add_module(name.rpartition(".")[2], same)
    net(torch.ones(1, *shape, dtype=torch.double)).sum().backward()
    layers = [m for m in net.modules() if isinstance(m, LAYERS)]
    return sum(int(((m.weight.grad != 0) & (m.weight != 0)).sum()) for m in layers)


def _prepared(net, weights):
    """A copy with weights without signs (or all 0) and no biases, in double precision."""
    net = copy.deepcopy(net).double().eval()
    for layer in net.modules():
        if isinstance(layer, LAYERS):
            layer.weight.data = layer.weight.data.abs() * weights
            if layer.bias is not None:
                layer.bias.data.zero_()
    return net


class _Run:
    """One pass through a network, in which the sets of nodes are replaced."""

    def __init__(self, net):
        self.net, self.source, self.arrived, self.number = net, None, [], 0

    def shapes(self, shape):
        """Shapes of all sets, the input first."""
        self._pass(torch.zeros(1, *shape, dtype=torch.double))
        return [shape, *(tuple(a.shape[1:]) for a in self.arrived)]

    def one_hot(self, k, shape):
        """What arrives at every later set, [size of set k, size of the set], and at the output."""
        self.source = k
        size = int(np.prod(_Run(self.net).shapes(shape)[k]))
        first = torch.zeros(size, int(np.prod(shape)), dtype=torch.double)
        if k == 0:
            first += torch.eye(size, dtype=torch.double)
        output = self._pass(first.reshape(size, *shape))
        values = [a.reshape(size, -1).numpy() for a in self.arrived[k:]]
        return values, output.reshape(size, -1).numpy() > 0

    @torch.no_grad()
    def _pass(self, x):
        hooks = [m.register_forward_hook(self._nodes) for m in self.net.modules() if _is(m, Nodes)]
        hooks += [
            m.register_forward_pre_hook(lambda _, given: ((given[0] > 0).double(),))
            for m in self.net.modules()
            if _is(m, LAYERS)
        ]  # two ways from a node to one weight (nested windows) are one edge
        try:
            return self.net(x)
        finally:
            for hook in hooks:
                hook.remove()

    def _nodes(self, module, given, value):
        self.number += 1
        self.arrived.append(value)
        if self.source is None:
            return value
        if self.number == self.source:
            return torch.eye(len(value), dtype=value.dtype).reshape(value.shape)
        return torch.zeros_like(value)


def _is(module, kinds):
    return isinstance(module, kinds)
