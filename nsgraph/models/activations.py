"""Activations that torch does not have."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["SReLU", "srelu"]


class SReLU(nn.Module):
    """S-shaped rectified linear unit with four learnable numbers per neuron.

    y = tr + ar (x - tr) where x >= tr, x in between, tl + al (x - tl) where x <= tl, with
    tr = tl + |dr|, so that the two thresholds keep their order.

    Jin et al., Deep learning with S-shaped rectified linear activation units, AAAI 2016; initial
    values as in the sparse evolutionary training experiments (Mocanu et al. 2018): tl = 0, al
    uniform on [0, 1], dr uniform on [0, 5], ar = 1.

    Parameters
    ----------
    neurons
        Number of features; the input is `[n, neurons]`.
    """

    def __init__(self, neurons: int) -> None:
        super().__init__()
        self.threshold_left = nn.Parameter(torch.zeros(neurons))
        self.slope_left = nn.Parameter(torch.empty(neurons))
        self.distance_right = nn.Parameter(torch.empty(neurons))
        self.slope_right = nn.Parameter(torch.ones(neurons))
        self.reset_parameters()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the initial values."""
        with torch.no_grad():
            self.threshold_left.zero_()
            self.slope_left.uniform_(0, 1, generator=generator)
            self.distance_right.uniform_(0, 5, generator=generator)
            self.slope_right.fill_(1)

    def forward(self, x: Tensor) -> Tensor:
        numbers = self.threshold_left, self.slope_left, self.distance_right, self.slope_right
        return srelu(x, *numbers)


def srelu(x: Tensor, left: Tensor, slope_left: Tensor, distance: Tensor, slope: Tensor) -> Tensor:
    """The function of `SReLU`, of numbers that broadcast with `x`."""
    right = left + distance.abs()
    below = left + slope_left * (x - left)
    above = right + slope * (x - right)
    return torch.where(x >= right, above, torch.where(x <= left, below, x))
