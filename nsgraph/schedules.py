"""Values that change over training, as functions of progress from 0 (start) to 1 (end)."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["Schedule", "constant", "cosine", "linear", "polynomial"]

Schedule = Callable[[float], float]


def constant(value: float) -> Schedule:
    """The same value throughout."""
    return lambda progress: value


def linear(start: float, end: float = 0.0) -> Schedule:
    """A straight line from `start` to `end`.

    >>> linear(1.0, 0.5)(0.5)
    0.75
    """
    return lambda progress: start + (end - start) * _clipped(progress)


def cosine(start: float, end: float = 0.0) -> Schedule:
    """Half a cosine wave from `start` to `end` (Dettmers & Zettlemoyer 2019; RigL).

    >>> round(cosine(0.3)(0.5), 12)
    0.15
    """
    return lambda progress: (
        end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * _clipped(progress)))
    )


def polynomial(start: float, end: float = 0.0, power: float = 3.0) -> Schedule:
    """`end + (start - end) * (1 - progress)^power` (Zhu & Gupta 2017 with power 3).

    >>> polynomial(1.0, 0.0, power=2.0)(0.5)
    0.25
    """
    return lambda progress: end + (start - end) * (1.0 - _clipped(progress)) ** power


def _clipped(progress: float) -> float:
    return min(max(progress, 0.0), 1.0)
