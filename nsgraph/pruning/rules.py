"""Which links of a layer to drop and which to grow: scores, and shares of the layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

__all__ = ["RULES", "SHARES", "Links", "gradient", "importance", "keeps_momentum", "live_weights"]
__all__ += ["magnitude", "magnitude_and_gradient", "mean_momentum", "momentum", "of_momentum"]
__all__ += ["random"]


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
        Running sum of the dense gradient, decaying as the optimiser's, where one of the method's
        rules is marked `of_momentum`. Otherwise the optimiser's, zero where there is no link.
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


Rule = Callable[[Links], Tensor]
Share = Callable[[Links, Tensor], Tensor]
"""From a layer and its links that stay to the layer's share of what grows, not negative."""

_OF_MOMENTUM: set[Any] = set()


def of_momentum(rule: Any) -> Any:
    """Mark a rule that reads the momentum of the dense gradient."""
    _OF_MOMENTUM.add(rule)
    return rule


def keeps_momentum(*rules: Any) -> bool:
    """Whether one of the rules reads the momentum of the dense gradient."""
    return any(rule in _OF_MOMENTUM for rule in rules)


def magnitude(links: Links) -> Tensor:
    """|w|."""
    return links.weight.abs()


def gradient(links: Links) -> Tensor:
    """|dL/dw|, dense (Evci et al. 2020)."""
    return links.gradient.abs()


@of_momentum
def momentum(links: Links) -> Tensor:
    """|momentum| of the dense gradient (Dettmers & Zettlemoyer 2019)."""
    return links.momentum.abs()


def importance(weight_of_gradient: float) -> Rule:
    """The rule |w| + lambda |dL/dw| (Yuan et al. 2021)."""

    def magnitude_and_gradient(links: Links) -> Tensor:
        return links.weight.abs() + weight_of_gradient * links.gradient.abs()

    return magnitude_and_gradient


magnitude_and_gradient = importance(0.01)
"""With the lambda of Yuan et al. 2021."""


def random(links: Links) -> Tensor:
    """Independent uniform numbers."""
    shape = links.weight.shape
    numbers = torch.rand(shape, dtype=torch.float64, generator=links.generator)
    return numbers.to(links.weight.device)


def live_weights(links: Links, stay: Tensor) -> Tensor:
    """Number of links that stay (Mostafa & Wang 2019)."""
    return stay.sum().double()


@of_momentum
def mean_momentum(links: Links, stay: Tensor) -> Tensor:
    """Mean |momentum| of the live weights before the drop (Dettmers & Zettlemoyer 2019)."""
    live = links.momentum[links.mask].abs().double()
    return live.mean() if live.numel() else live.sum()


RULES: dict[str, Rule] = {
    "magnitude": magnitude,
    "magnitude-and-gradient": magnitude_and_gradient,
    "gradient": gradient,
    "momentum": momentum,
    "random": random,
}
"""Rules by the name that a configuration uses."""

SHARES: dict[str, Share] = {"live-weights": live_weights, "mean-momentum": mean_momentum}
"""Rules of redistribution by the name that a configuration uses."""
