"""Means over seeds with their intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Interval", "mean_interval"]

LEVEL = 0.95
FEW = "fewer than two seeds"


class Interval(NamedTuple):
    """A mean over `n` values, their standard deviation (n - 1), and its 95 % interval."""

    n: int
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None

    @property
    def status(self) -> str | None:
        """Why there is no interval."""
        return FEW if self.sd is None else None


def mean_interval(values: npt.ArrayLike) -> Interval:
    """Mean of independent values and its 95 % interval by Student's t; NaN are left out.

    Parameters
    ----------
    values
        Numbers, one a seed. Without any the mean is None; of one there is no interval.

    Examples
    --------
    >>> n, mean, sd, low, high = mean_interval([1.0, 2.0, 3.0])
    >>> n, mean, sd, round(low, 3), round(high, 3)
    (3, 2.0, 1.0, -0.484, 4.484)
    """
    from scipy.special import stdtrit

    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    n = len(numbers)
    if n < 2:
        return Interval(n, float(numbers[0]) if n else None, None, None, None)
    mean, sd = float(numbers.mean()), float(numbers.std(ddof=1))
    half = float(stdtrit(n - 1, 0.5 + LEVEL / 2)) * sd / math.sqrt(n)
    return Interval(n, mean, sd, mean - half, mean + half)
