"""Exact selection: the k highest of many numbers, ties by position."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["highest"]


def highest(scores: Tensor, k: int) -> Tensor:
    """Boolean tensor with exactly `k` entries true: the highest scores, equal ones by position.

    Parameters
    ----------
    scores
        Any shape, on any device, without NaN.
    k
        From 0 to the number of scores.

    Examples
    --------
    >>> highest(torch.tensor([1.0, 3.0, 1.0, 1.0]), 3).tolist()
    [True, True, True, False]
    """
    flat = scores.flatten()
    if k <= 0:
        return torch.zeros_like(scores, dtype=torch.bool)
    if k >= flat.numel():
        return torch.ones_like(scores, dtype=torch.bool)
    threshold = flat.kthvalue(flat.numel() - k + 1).values
    above = flat > threshold
    level = flat == threshold
    chosen = above | (level & (level.cumsum(0) <= k - above.sum()))
    return chosen.view_as(scores)
