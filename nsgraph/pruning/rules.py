"""Which links of a layer to drop and which to grow: scores, and the update that uses them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nsgraph.pruning.selection import highest

__all__ = ["RULES", "Links", "gradient", "magnitude", "random", "rewire"]


@dataclass(frozen=True)
class Links:
    """One layer at the moment of an update; all tensors are `[out, in, ...]` on one device.

    Attributes
    ----------
    name
        The layer.
    weight
        Zero where there is no link.
    mask
        True where there is a link.
    gradient
        Of the loss by all weights, live or not; stale where the method takes no gradient.
    momentum
        Of the optimiser, zero where there is no link.
    generator
        Random numbers of the method, on the CPU whatever the device.
    progress
        Part of the method's updates that is over, in [0, 1).
    """

    name: str
    weight: Tensor
    mask: Tensor
    gradient: Tensor
    momentum: Tensor
    generator: torch.Generator
    progress: float


def magnitude(links: Links) -> Tensor:
    """|w|."""
    return links.weight.abs()


def gradient(links: Links) -> Tensor:
    """|dL/dw|, dense (Evci et al. 2020)."""
    return links.gradient.abs()


def random(links: Links) -> Tensor:
    """Independent uniform numbers."""
    shape = links.weight.shape
    numbers = torch.rand(shape, dtype=torch.float64, generator=links.generator)
    return numbers.to(links.weight.device)


RULES: dict[str, Callable[[Links], Tensor]] = {
    "magnitude": magnitude,
    "gradient": gradient,
    "random": random,
}
"""Rules by the name that a configuration uses."""


def rewire(
    links: Links,
    fraction: float,
    drop: Callable[[Links], Tensor],
    grow: Callable[[Links], Tensor],
    within: str = "layer",
    may_return: bool = True,
) -> tuple[Tensor, Tensor]:
    """Drop a fraction of the links and grow as many; the number of links stays exactly the same.

    Parameters
    ----------
    links
        The layer; unchanged. A dense layer is left alone.
    fraction
        Part of the live links to drop, in [0, 1]; rounded down.
    drop, grow
        Scores: the lowest live links go, the highest absent ones come.
    within
        `"layer"`, or `"sign"`: the fraction of the positive weights nearest zero and, separately,
        of the negative ones (Mocanu et al. 2018). Weights of exactly zero count as positive.
    may_return
        Whether dropped links are candidates for growth.

    Returns
    -------
    mask, grown
        The new mask, and which of its links start anew (a dropped link that returned among them).
    """
    live = links.mask
    if bool(live.all()):
        return live, torch.zeros_like(live)
    scores = drop(links).double()
    groups = [live]
    if within == "sign":
        negative = live & (links.weight < 0)
        groups = [live & ~negative, negative]
    absent = int((~live).sum())
    dropped = torch.zeros_like(live)
    for group in groups:
        count = math.floor(fraction * int(group.sum()) + 1e-9)
        if not may_return:
            count = min(count, absent - int(dropped.sum()))
        dropped |= highest(torch.where(group, -scores, -math.inf), count)
    stay = live & ~dropped
    candidates = ~stay if may_return else ~live
    scores = grow(links).double()
    grown = highest(torch.where(candidates, scores, -math.inf), int(dropped.sum()))
    return stay | grown, grown
