"""A network from a name, an input shape and a seed."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from nsgraph.errors import UserError
from nsgraph.models.activations import SReLU
from nsgraph.models.conv import Conv6
from nsgraph.models.mlp import MLP
from nsgraph.models.names import importable_from_here, is_factory, parse
from nsgraph.models.resnet import ResNet, WideResNet
from nsgraph.seeds import torch_seed

__all__ = ["build", "checked_shape"]

_FAMILIES: dict[str, Callable[..., nn.Module]] = {
    "mlp": MLP,
    "conv6": Conv6,
    "resnet": ResNet,
    "wrn": WideResNet,
}


def build(name: str, input_shape: Sequence[int], classes: int, seed: int = 0) -> nn.Module:
    """A network with weights drawn from the stream `"weights"` of `seed`.

    Weights of Conv2d and Linear are Kaiming-normal (standard deviation sqrt(2 / fan-in), He et al.
    2015), biases 0, batch norm 1 and 0. The same seed gives the same bytes, and torch's global
    random state stays as it is.

    Parameters
    ----------
    name
        One of `names()` with any widths and depths, or `package.module:factory`. A factory is
        called with those of `input_shape`, `classes` and `seed` that it has parameters for, after
        torch's random state was set by `seed` (and is restored); its weights stay as it made them.
    input_shape
        (channels, height, width) of one image.
    classes
        Number of outputs, at least 1.
    seed
        At least 0.

    Raises
    ------
    UserError
        On an unknown name, an input that is too small, or a factory that cannot be used.
    """
    shape = checked_shape(input_shape)
    if isinstance(classes, bool) or not isinstance(classes, int) or classes < 1:
        raise UserError(f"The number of classes must be at least 1, but {classes!r} was given.")
    number = torch_seed(seed, "weights")
    if is_factory(name):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(number)
            return _from_factory(name, input_shape=shape, classes=classes, seed=seed)
    family, parameters = parse(name)
    with torch.random.fork_rng(devices=[]):  # torch's own initialisation draws numbers
        net = _FAMILIES[family](input_shape=shape, classes=classes, **parameters)
    _initialise(net, torch.Generator().manual_seed(number))
    return net


def checked_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """(channels, height, width) as plain integers of at least 1; (features,) gets (n, 1, 1)."""
    try:
        sizes = tuple(int(size) for size in shape)
    except (TypeError, ValueError):
        sizes = ()
    if len(sizes) == 1:
        sizes = (sizes[0], 1, 1)
    if len(sizes) != 3 or min(sizes) < 1:
        raise UserError(
            f"An input shape is three numbers (channels, height, width), each at least 1, but "
            f"{shape!r} was given."
        )
    return sizes[0], sizes[1], sizes[2]


def _initialise(net: nn.Module, generator: torch.Generator) -> None:
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, SReLU):
            module.reset_parameters(generator)


def _from_factory(name: str, **arguments: Any) -> nn.Module:
    factory = _import_factory(name)
    accepted = inspect.signature(factory).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in accepted.values()):
        arguments = {key: value for key, value in arguments.items() if key in accepted}
    try:
        net = factory(**arguments)
    except TypeError as error:
        raise UserError(
            f"Model {name!r}: the factory could not be called with "
            f"{', '.join(arguments) or 'nothing'} ({error})."
        ) from error
    if not isinstance(net, nn.Module):
        raise UserError(
            f"Model {name!r}: the factory returned a {type(net).__name__}; expected a "
            "torch.nn.Module."
        )
    return net


def _import_factory(name: str) -> Callable[..., Any]:
    module_name, _, attribute = name.partition(":")
    try:
        with importable_from_here():
            value: Any = importlib.import_module(module_name)
            for part in attribute.split("."):
                value = getattr(value, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"Model {name!r} cannot be imported ({error}); expected package.module:factory."
        ) from error
    if not callable(value):
        raise UserError(
            f"Model {name!r} is a {type(value).__name__}; expected a function or class."
        )
    return value
