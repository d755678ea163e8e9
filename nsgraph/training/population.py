"""Several networks of one architecture, trained as one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

import torch
from torch import nn

from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.models import prunable
from nsgraph.training.loop import member_of, pick_device
from nsgraph.training.members import carry_out
from nsgraph.training.recipe import read_recipe
from nsgraph.training.trainer import Run

__all__ = ["population_size", "train_population"]

RULES: dict[tuple[str, bool], tuple[tuple[int, int], ...]] = {
    ("cpu", True): ((30_000, 16), (100_000, 8)),
    ("cpu", False): ((10_000, 8), (30_000, 4), (100_000, 2)),
    ("cuda", True): ((1_000_000, 32),),
}
"""(device, whether all layers are linear): up to so many prunable weights, so many as one."""


PIXELS = 1024
"""Of one channel of the inputs of convolutional networks trained as one on CPU, in all at most:
maps of more do not stay in the cache."""


def population_size(net: nn.Module, input_shape: Sequence[int], device: torch.device) -> int:
    """Networks of an architecture that are best trained as one, by a rule of thumb; 1 is alone.

    What a step costs beside its arithmetic is shared, and that is more than half of it for small
    networks. Processor's time of a network on digits, alone against as one: mlp-64-64 2 to 3 times
    as much, mlp-300-100 1.1 to 1.4 times, resnet8-4 1.9, resnet8-8 1.5, resnet8-16 and wrn-10-1
    1.2; for resnet8-32, resnet20 and conv6 as much (`benchmarks/training.py`). A convolution of 16
    channels gains nothing at 16 x 16 pixels and loses at 32 x 32. On CUDA nothing was measured:
    there, networks with convolutions are trained alone and others 32 as one.

    Parameters
    ----------
    net
        One of them.
    input_shape
        (channels, height, width).
    device
        Where they are trained.
    """
    layers = prunable(net).values()
    weights = sum(layer.weight.numel() for layer in layers)
    linear = all(isinstance(layer, nn.Linear) for layer in layers)
    steps = RULES.get((device.type, linear), ())
    size = next((size for most, size in steps if weights <= most), 1)
    return size if linear else max(1, min(size, PIXELS // prod(input_shape[1:])))


def train_population(
    nets: Sequence[nn.Module],
    data: Dataset,
    method: str = "dense",
    sparsities: float | Sequence[float] = 0.0,
    seeds: Sequence[int] | None = None,
    device: str | torch.device | None = None,
    progress: Callable[[int, dict[str, Any]], None] | None = None,
    checkpoints: Sequence[str | os.PathLike[str]] | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    checkpoint_every: float = 20.0,
    **recipe: Any,
) -> list[Run]:
    """Train several networks as `train` does each, in one forward and backward pass a step.

    Each has its own weights, masks, seed, batch order and sparsity; method, recipe and data are
    common. The runs are those of `train` but for rounding: convolutions add in another order. In
    float64 weights agree to 1e-14 after some epochs; training amplifies rounding, in float32 as far
    as it does from one machine to another. Networks that cannot be run as one (dropout, operations
    that are not known, several architectures) are trained one by one.

    Parameters
    ----------
    nets
        M networks at initialisation; they stay as they are.
    data, method, device, options, recipe
        As of `train`.
    sparsities
        One for all, or M.
    seeds
        M; by default 0 to M - 1.
    progress
        Called with the number of the network and its row of the history.
    checkpoints
        M files as of `train`, which may have written them and may go on from them.

    Returns
    -------
    list of Run
        M; the `seconds` of the histories are each network's share.

    Raises
    ------
    UserError
        As `train`, and where the numbers of networks, sparsities, seeds and checkpoints differ.
    TrainingDiverged
        When the loss of one is not finite; none is returned then.

    Examples
    --------
    >>> from nsgraph.datasets import load
    >>> from nsgraph.models import build
    >>> digits = load("digits")
    >>> nets = [build("mlp-16", digits.input_shape, 10, seed) for seed in range(3)]
    >>> runs = train_population(nets, digits, "snip", [0.5, 0.8, 0.9], epochs=1)
    >>> [round(run.masks.sparsity, 2) for run in runs]
    [0.5, 0.8, 0.9]
    """
    checked = read_recipe(recipe)
    count = len(nets)
    given = [sparsities] * count if isinstance(sparsities, int | float) else list(sparsities)
    numbers = list(range(count)) if seeds is None else list(seeds)
    files = [None] * count if checkpoints is None else list(checkpoints)
    for name, values in (("sparsities", given), ("seeds", numbers), ("checkpoints", files)):
        if len(values) != count:
            raise UserError(f"There are {count} networks, but {len(values)} {name}.")
    members = [
        member_of(net, data, checked, method, sparsity, seed, options)
        for net, sparsity, seed in zip(nets, given, numbers, strict=True)
    ]
    for i, (member, file) in enumerate(zip(members, files, strict=True)):
        member.checkpoint = file
        member.progress = None if progress is None else partial(progress, i)
    return carry_out(members, data, checked, pick_device(device), checkpoint_every)
