"""Small networks with everything that may be in a head, and their second derivatives one by one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from nsgraph.models.activations import SReLU

ACTIVATIONS = {
    "relu": lambda width: nn.ReLU(inplace=True),
    "leaky": lambda width: nn.LeakyReLU(0.2),
    "tanh": lambda width: nn.Tanh(),
    "gelu": lambda width: nn.GELU(),
    "silu": lambda width: nn.SiLU(inplace=True),
    "srelu": SReLU,
    "none": lambda width: nn.Identity(),
}


@dataclass
class Case:
    """A network in float64, its masks, and data; `norms` are nodes if asked for."""

    net: nn.Module
    masks: dict[str, Tensor]
    inputs: Tensor
    labels: Tensor

    @property
    def batch(self) -> list[tuple[Tensor, Tensor]]:
        """All data as one batch."""
        return [(self.inputs, self.labels)]


@st.composite
def cases(draw: Any, layers: tuple[int, int] = (2, 5), norms: bool = True) -> Case:
    """Networks of 2 to 5 linear layers, dense or masked, with and without batch norm."""
    seed = draw(st.integers(0, 2**31))
    depth = draw(st.integers(*layers))
    widths = draw(st.lists(st.integers(1, 4), min_size=depth, max_size=depth))
    classes, samples = draw(st.integers(2, 4)), draw(st.integers(1, 6))
    activation = draw(st.sampled_from(sorted(ACTIVATIONS)))
    with_norm = norms and draw(st.booleans())
    masked = draw(st.lists(st.booleans(), min_size=depth, max_size=depth))
    bias = draw(st.booleans())
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return make(widths, classes, samples, activation, with_norm, masked, bias)


def make(
    widths: list[int],
    classes: int = 3,
    samples: int = 5,
    activation: str = "tanh",
    with_norm: bool = False,
    masked: list[bool] | None = None,
    bias: bool = True,
) -> Case:
    """A network with inputs and hidden widths `widths`, drawn from torch's random numbers."""
    sizes = [*widths, classes]
    net = nn.Sequential(nn.Flatten())
    for i, (before, after) in enumerate(pairwise(sizes), 1):
        net.add_module(f"fc{i}", nn.Linear(before, after, bias=bias))
        if i < len(widths):
            if with_norm:
                net.add_module(f"bn{i}", nn.BatchNorm1d(after))
            net.add_module(f"act{i}", ACTIVATIONS[activation](after))
            net.add_module(f"drop{i}", nn.Dropout(0.4))
    net = net.double()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm1d):
            for tensor in (module.weight, module.bias, module.running_mean):
                tensor.data.normal_()
            module.running_var.uniform_(0.3, 2)
    masks = {
        f"fc{i}": torch.rand(sizes[i], sizes[i - 1]) < 0.6
        for i, given in enumerate(masked or [], 1)
        if given
    }
    inputs = torch.randn(samples, 1, 1, widths[0], dtype=torch.float64)
    return Case(net, masks, inputs, torch.randint(classes, (samples,)))


@dataclass
class Blocks:
    """Brute force: P of every sample between successive layers, `[n, *weight, *next weight]`.

    `links` are the masks, as numbers.
    """

    names: list[str]
    links: list[Tensor]
    blocks: list[Tensor]

    def mean(self, absolute: bool) -> list[Tensor]:
        """Mean over samples."""
        return [(b.abs() if absolute else b).mean(0) for b in self.blocks]


def brute_force(case: Case, reading: str, norm_nodes: bool) -> Blocks:
    """Automatic differentiation of one sample, one pair of layers after the other."""
    net = case.net.eval()
    names = [
        name
        for name, module in net.named_modules()
        if isinstance(module, nn.Linear) or (norm_nodes and isinstance(module, nn.BatchNorm1d))
    ]
    weights = [net.get_submodule(name).weight.detach() for name in names]
    links = [
        case.masks.get(name, torch.ones_like(w)).to(w)
        for name, w in zip(names, weights, strict=True)
    ]
    weights = [w * m for w, m in zip(weights, links, strict=True)]
    pairs = range(len(names) - 1)
    block = _exact if reading == "exact" else _local
    blocks = []
    for i in pairs:
        samples = [
            block(net, names, weights, i, x[None], y[None])
            for x, y in zip(case.inputs, case.labels, strict=True)
        ]
        kept = links[i].reshape(*links[i].shape, *[1] * links[i + 1].dim()) * links[i + 1]
        blocks.append(torch.stack(samples) * kept)
    return Blocks(names, links, blocks)


def _exact(
    net: nn.Module, names: list[str], weights: list[Tensor], i: int, x: Tensor, y: Tensor
) -> Tensor:
    def loss(first: Tensor, second: Tensor) -> Tensor:
        given = [*weights[:i], first, second, *weights[i + 2 :]]
        named = {f"{name}.weight": w for name, w in zip(names, given, strict=True)}
        return F.cross_entropy(functional_call(net, named, (x,)), y)

    found: Any = torch.autograd.functional.hessian(loss, (weights[i], weights[i + 1]))
    return found[0][1]


def _local(
    net: nn.Module, names: list[str], weights: list[Tensor], i: int, x: Tensor, y: Tensor
) -> Tensor:
    """dC/dW+_kq = s_k z_q, differentiated by W through z_q alone: s is held."""
    modules = list(net.children())
    order = [name for name, _ in net.named_children()]
    start, stop = order.index(names[i]), order.index(names[i + 1])

    def enters(weight: Tensor) -> Tensor:
        z = _run(modules[:start], order[:start], names, weights, x)
        layer = modules[start]
        z = functional_call(layer, {"weight": weight}, (z,))
        z = _run(modules[start + 1 : stop], order[start + 1 : stop], names, weights, z)
        return _entering(modules[stop], z)

    # s = dC/da of the layer's output: the gradient by something added to it
    z = _run(modules[:stop], order[:stop], names, weights, x)
    a = functional_call(modules[stop], {"weight": weights[i + 1]}, (z,)).detach().requires_grad_()
    logits = _run(modules[stop + 1 :], order[stop + 1 :], names, weights, a * 1)
    (s,) = torch.autograd.grad(F.cross_entropy(logits, y), a)
    jacobian: Any = torch.autograd.functional.jacobian(enters, weights[i])  # [1, q, *weight]
    if weights[i + 1].dim() == 1:  # one scale a channel
        return torch.einsum("q,q...->...q", s[0], jacobian[0])
    return torch.einsum("k,q...->...kq", s[0], jacobian[0])


def _entering(layer: nn.Module, z: Tensor) -> Tensor:
    """What the weights of a layer multiply."""
    if isinstance(layer, nn.BatchNorm1d):
        return (z - layer.running_mean) / (layer.running_var + layer.eps).sqrt()
    return z


def _run(
    modules: list[nn.Module], order: list[str], names: list[str], weights: list[Tensor], x: Tensor
) -> Tensor:
    for name, module in zip(order, modules, strict=True):
        if name in names:
            x = functional_call(module, {"weight": weights[names.index(name)]}, (x,))
        else:
            x = module(x)
    return x
