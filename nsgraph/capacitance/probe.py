"""The probe: a network without its output layer, and a frozen random head whose graph is read."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nsgraph.capacitance.zoo import Head
from nsgraph.errors import UserError
from nsgraph.masks import as_array
from nsgraph.models import build, prunable
from nsgraph.seeds import torch_seed

__all__ = ["TIMM", "Probe", "attach", "base_network", "keep_pruned", "without_output_layer"]

TIMM = "timm/"


class Probe(nn.Module):
    """`head(base(x))`: a base network without output layer, frozen layers, a trained output layer.

    Attributes
    ----------
    base
        Gives `[n, features]`.
    head
        An `nn.Sequential` of linear layers, whose weights are the nodes of the graph.
    """

    def __init__(self, base: nn.Module, head: nn.Sequential, source: nn.Linear) -> None:
        super().__init__()
        self.base, self.head = base, head
        self.taken = (source,)  # in a tuple: no part of the module, neither trained nor saved

    @property
    def source(self) -> nn.Linear:
        """The output layer that was taken off."""
        return self.taken[0]

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.base(x))
        return logits


def attach(
    net: nn.Module,
    input_shape: Sequence[int],
    classes: int,
    head: Head | None = None,
    seed: int = 0,
) -> Probe:
    """A network with the probe in the place of its output layer.

    Parameters
    ----------
    net
        Any module that ends in a linear layer; used itself, not a copy.
    input_shape
        (channels, height, width) of one image.
    classes
        Of the data set that it will be fine-tuned to.
    head
        The probe's layers.
    seed
        Of the probe's weights: Kaiming normal, N(0, 2 / fan-in), biases 0.

    Returns
    -------
    Probe
        With the hidden layers of the head frozen, batch norm's scales among them.

    Raises
    ------
    UserError
        If the network does not end in a linear layer.
    """
    chosen = head or Head()
    source = without_output_layer(net, input_shape)
    generator = torch.Generator().manual_seed(torch_seed(seed, "probe"))
    layers: list[nn.Module] = []
    into = source.in_features
    for width in chosen.widths:
        layers.append(nn.Linear(into, width))
        if chosen.batch_norm:
            layers.append(nn.BatchNorm1d(width))
        layers += [nn.ReLU(), nn.Dropout(chosen.dropout)]
        into = width
    for layer in layers:
        layer.requires_grad_(False)
    layers.append(nn.Linear(into, classes))
    for layer in layers:
        if isinstance(layer, nn.Linear):
            with torch.no_grad():
                layer.weight.normal_(generator=generator).mul_((2 / layer.in_features) ** 0.5)
                layer.bias.zero_()
    return Probe(net, nn.Sequential(*layers).to(source.weight.device), source)


def without_output_layer(net: nn.Module, input_shape: Sequence[int]) -> nn.Linear:
    """Put an identity into the place of the linear layer that ends a network; returns the layer."""
    linear = {name: m for name, m in net.named_modules() if isinstance(m, nn.Linear) and name}
    last: dict[int, str] = {}
    hooks = [
        module.register_forward_hook(lambda m, i, out, name=name: last.__setitem__(id(out), name))
        for name, module in linear.items()
    ]
    training = net.training
    try:
        parameter = next(net.parameters())
        out = net.eval()(torch.zeros(1, *input_shape, device=parameter.device))
    finally:
        net.train(training)
        for hook in hooks:
            hook.remove()
    name = last.get(id(out))
    if name is None:
        raise UserError(
            f"{type(net).__name__} does not end in a linear layer, so the probe cannot take its "
            "place; expected a network whose output is that of a torch.nn.Linear."
        )
    net.set_submodule(name, nn.Identity())
    return linear[name]


def base_network(name: str, input_shape: Sequence[int], classes: int, seed: int = 0) -> nn.Module:
    """A candidate by name: of `nsgraph.models.build`, or `timm/<model>` with its own weights.

    Raises
    ------
    UserError
        If there is no such model, or timm is not installed.
    """
    if not name.startswith(TIMM):
        return build(name, input_shape, classes, seed)
    try:
        timm = importlib.import_module("timm")
    except ImportError as error:
        raise UserError(
            f"The model {name!r} is one of timm, which is not installed; pip install timm."
        ) from error
    try:
        net = timm.create_model(
            name.removeprefix(TIMM), pretrained=True, in_chans=int(input_shape[0])
        )
    except RuntimeError as error:
        raise UserError(f"timm cannot make {name!r}: {error}.") from error
    return net


def keep_pruned(net: nn.Module, masks: Mapping[str, Any]) -> None:
    """Set pruned weights to zero and their gradients for ever."""
    for name, layer in prunable(net).items():
        if name in masks:
            mask = torch.tensor(as_array(masks[name])).to(layer.weight)
            with torch.no_grad():
                layer.weight.mul_(mask)
            layer.weight.register_hook(lambda gradient, mask=mask: gradient * mask)
