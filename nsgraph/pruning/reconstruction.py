"""Layer by layer through a trained network: inputs, Gram matrix, solution, new weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.errors import UserError
from nsgraph.models import prunable
from nsgraph.pruning.allocation import layer_counts
from nsgraph.pruning.patterns import groups
from nsgraph.pruning.post_training import Reconstructed

__all__ = ["damped", "gram_matrix", "reconstruct"]

IMAGES = 64
"""Calibration images that go through the network at a time."""

ENOUGH = 1 << 15
"""Columns of inputs after which a layer sees no more images: a convolution has many an image."""

NUMBERS = 1 << 24
"""Numbers of unfolded inputs that are held at a time."""

Prunable = nn.Conv2d | nn.Linear


@torch.no_grad()
def reconstruct(
    method: Reconstructed,
    net: nn.Module,
    sparsity: float,
    batches: Iterable[tuple[Tensor, Tensor]],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Boolean masks and new weights by layer name; the network stays as it is.

    Layers are solved in the order in which the network runs them, each with the inputs that the
    layers before it give when they are pruned. A layer that the network does not call as a module
    has no inputs to see: all its weights count the same, but for their size.

    Parameters
    ----------
    method
        Gives the solution of a layer and the layers' densities.
    net
        Evaluated as it will be used: with running batch statistics, without dropout.
    sparsity
        Part of all prunable weights to remove, in [0, 1).
    batches
        (inputs, labels); the labels are not used.

    Raises
    ------
    UserError
        If inputs of a layer are not finite, or the method's solution is not one.
    """
    work = copy.deepcopy(net).requires_grad_(False).eval()
    # One memory layout, one order of summation: the same masks within training as before it.
    work = work.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    layers = prunable(work)
    images = [part for inputs, _ in batches for part in inputs.split(IMAGES)]
    shapes = {name: tuple(layer.weight.shape) for name, layer in layers.items()}
    n_of_m = groups(method.pattern)
    density = n_of_m[0] / n_of_m[1] if n_of_m else 1 - sparsity  # sparsity is that but for rounding
    densities = method.allocation(shapes, density)
    assert densities is not None, "a Reconstructed method has shares of the layers"
    counts = layer_counts(shapes, densities, density)
    weights = {name: layer.weight for name, layer in layers.items()}
    masks = {name: torch.ones_like(weight, dtype=torch.bool) for name, weight in weights.items()}
    for name in _in_order(work, layers, images):
        layer = layers[name]
        if counts[name] < weights[name].numel():
            masks[name] = _solve(method, work, name, layer, counts[name], images)
    return masks, weights


def _solve(
    method: Reconstructed,
    net: nn.Module,
    name: str,
    layer: Prunable,
    count: int,
    images: list[Tensor],
) -> Tensor:
    """Put the new weights into the layer; its mask."""
    gram = gram_matrix(net, layer, images)
    if not gram.isfinite().all():
        raise UserError(
            f"The inputs of layer {name!r} on the calibration images are not finite; the method "
            f"{method.name!r} expects a trained network of finite weights."
        )
    last = layer.weight.movedim(1, -1)  # the input channel runs fastest
    weight = last.double().reshape(len(gram), -1, gram.shape[-1])
    pattern = (method.pattern,) if method.takes_pattern else ()
    try:
        mask, new = method.score(weight, gram, count, *pattern, **method.arguments)
    except torch.linalg.LinAlgError as error:
        raise UserError(
            f"The method {method.name!r} cannot invert the Gram matrix of layer {name!r}: its "
            "inputs are linearly dependent, or nearly so; expected a larger damping."
        ) from error
    _check(method.name, name, mask, new, weight.shape, count)
    layer.weight.copy_(new.reshape(last.shape).movedim(-1, 1))
    return mask.reshape(last.shape).movedim(-1, 1).contiguous()


def _check(
    method: str, layer: str, mask: Tensor, weight: Tensor, shape: torch.Size, count: int
) -> None:
    sentence = f"The method {method!r} gave layer {layer!r}"
    if mask.shape != shape or weight.shape != shape or mask.dtype != torch.bool:
        raise UserError(
            f"{sentence} a {mask.dtype} mask of shape {tuple(mask.shape)} and a weight of shape "
            f"{tuple(weight.shape)}; expected a boolean mask and a weight of {tuple(shape)}."
        )
    if int(mask.sum()) != count:
        raise UserError(f"{sentence} {int(mask.sum())} weights; expected exactly {count}.")
    if not weight.isfinite().all() or weight[~mask].any():
        raise UserError(f"{sentence} pruned weights that are not zero, or weights not finite.")


def gram_matrix(net: nn.Module, layer: Prunable, images: Iterable[Tensor]) -> Tensor:
    """X X' of a layer's inputs, `[groups, in, in]` in float64; zero if the layer is not called.

    Of the inputs of a convolution's patch the channel runs fastest, then column and row.

    Parameters
    ----------
    net
        Contains `layer`, which may be called several times in one pass.
    layer
        For a convolution the columns of X are the patches that its kernel sees, padding included.
    images
        Batches `[n, ...]` of the network's inputs; the first ones, if they give columns enough.
    """
    inputs = layer.weight[0].numel()
    several = layer.groups if isinstance(layer, nn.Conv2d) else 1
    gram = layer.weight.new_zeros((several, inputs, inputs), dtype=torch.float64)
    seen = 0

    def add(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        nonlocal seen
        x = arguments[0] if arguments else named["input"]
        for columns in _columns(layer, x.detach()):
            gram.add_((columns @ columns.mT).double())
            seen += columns.shape[-1]

    _run(net, {layer: add}, takewhile(lambda _: seen < ENOUGH, images))
    order = torch.arange(inputs).view(layer.weight.shape[1:]).movedim(0, -1).flatten()
    return gram[:, order][:, :, order]


def damped(gram: Tensor, damping: float) -> Tensor:
    """G + damping * (mean of its diagonal) * I, group by group; the identity for G = 0.

    An input that is always zero thereby has a small value on the diagonal and nothing beside it:
    weights on it are neither changed nor used, and the smaller ones go first.
    """
    if damping < 0:
        raise UserError(f"A damping must be at least 0, but {damping:g} was given.")
    level = gram.diagonal(dim1=-2, dim2=-1).mean(-1)
    extra = torch.where(level == 0, 1.0, damping * level)
    return gram + extra[:, None, None] * torch.eye(gram.shape[-1]).to(gram)


def _columns(layer: Prunable, x: Tensor) -> Iterable[Tensor]:
    """Inputs as `[groups, in, columns]`, some images at a time."""
    if isinstance(layer, nn.Linear):
        yield x.reshape(-1, layer.in_features).mT[None]
        return
    x = x.reshape(-1, *x.shape[-3:])
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    x = F.pad(x, layer._reversed_padding_repeated_twice, mode)
    size = layer.weight[0].numel() * layer.groups * x.shape[-2] * x.shape[-1]
    for part in x.split(max(1, NUMBERS // size)):
        patches = F.unfold(part, layer.kernel_size, layer.dilation, 0, layer.stride)
        patches = patches.movedim(0, -1).flatten(1)  # [in, places * images]
        yield patches.view(layer.groups, -1, patches.shape[-1])


def _in_order(net: nn.Module, layers: Mapping[str, Prunable], images: list[Tensor]) -> list[str]:
    """Names in the order of the first calls; those never called come last."""
    called: dict[nn.Module, None] = {}

    def note(layer: nn.Module, *_: Any) -> None:
        called[layer] = None

    _run(net, dict.fromkeys(layers.values(), note), [images[0][:1]])
    place = {layer: k for k, layer in enumerate(called)}
    return sorted(layers, key=lambda name: place.get(layers[name], len(place)))


def _run(
    net: nn.Module, hooks: Mapping[Any, Callable[..., None]], images: Iterable[Tensor]
) -> None:
    handles = [
        module.register_forward_pre_hook(hook, with_kwargs=True) for module, hook in hooks.items()
    ]
    for part in images:
        net(part)
    for handle in handles:
        handle.remove()
