"""What is asked about: a module in evaluation mode, its masks, and names of its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from nsgraph.errors import UserError
from nsgraph.masks import Masks, as_masks
from nsgraph.models import from_saved, prunable
from nsgraph.models.layers import unwrap
from nsgraph.network_file import SavedNetwork

__all__ = ["evaluating", "layer_names", "opened", "through"]


def opened(
    net: nn.Module | SavedNetwork, masks: Mapping[str, Any] | None
) -> tuple[nn.Module, dict[str, Tensor]]:
    """The module, and the masks that were given for its layers."""
    if isinstance(net, SavedNetwork):
        masks = net.masks if masks is None else masks
        net = from_saved(net)
    if not isinstance(net, nn.Module):
        raise UserError(
            "Neural capacitance is of a module or of the content of a network file, but a "
            f"{type(net).__name__} was given."
        )
    module = unwrap(net)
    return module, _masks_of(module, as_masks(masks)) if masks else {}


def _masks_of(net: nn.Module, masks: Masks) -> dict[str, Tensor]:
    """Masks as boolean tensors; a `UserError` if one does not fit its layer."""
    layers = prunable(net)
    found = {}
    for name, mask in masks.items():
        if name not in layers:
            raise UserError(f"There is a mask for {name!r}, which is no Linear and no Conv2d.")
        if mask.shape != tuple(layers[name].weight.shape):
            raise UserError(
                f"The mask of layer {name!r} has shape {mask.shape}; the layer's weights have "
                f"{tuple(layers[name].weight.shape)}."
            )
        found[name] = torch.tensor(mask).to(layers[name].weight.device)
    return found


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients of the forward pass; the modes are put back."""
    modes = {module: module.training for module in net.modules()}
    try:
        net.eval()
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def through(net: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """What leaves a network; a `UserError` with their shape if it cannot take the inputs."""
    try:
        return net(inputs)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise UserError(
            f"The network failed on inputs of shape {tuple(inputs.shape)}: {error}"
        ) from error


def layer_names(net: nn.Module, head: str | Sequence[str] | None) -> list[str] | None:
    """Names of the layers asked for, in the order of the network; None for as many as there are."""
    if head is None:
        return None
    layers = prunable(net)
    if head == "all":
        return list(layers)
    wanted = [head] if isinstance(head, str) else list(head)
    if not wanted:
        raise UserError(
            "head names no layer; without it the layers that end the network are taken."
        )
    inside = [n for n in layers for w in wanted if n == w or n.startswith(f"{w}.")]
    absent = [w for w in wanted if not any(n == w or n.startswith(f"{w}.") for n in layers)]
    if absent or not inside:
        raise UserError(
            f"head: {', '.join(map(repr, absent or wanted))} names no layer of "
            f"{type(net).__name__}; it has {', '.join(layers)}."
        )
    return inside
