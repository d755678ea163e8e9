"""Could the degrees be those of an Erdos-Renyi layer? Tested on all of them, not on a tail.

In an Erdos-Renyi layer the degrees are binomial.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["EQUAL", "by_chance", "largest_by_chance"]

Floats = npt.NDArray[np.float64]

EQUAL = 1 - 1e-9
"""Distances in that ratio are equal but for rounding."""


def by_chance(values: Floats, counts: Floats, width: int, samples: int, seed: int) -> float:
    """p of "these are the degrees of an Erdos-Renyi layer", [0, 1], from two tests of it.

    One looks at the largest degree, which a heavy tail makes too large. The other at the
    Kolmogorov-Smirnov distance of all degrees from the binomial distribution of the same mean,
    beside that of drawn layers (Lilliefors 1967). Twice the smaller p (Bonferroni).

    Parameters
    ----------
    values, counts
        Distinct degrees, zero included, ascending, and how many nodes have each.
    width
        Largest degree possible.
    samples
        Layers to draw.
    seed
        Of the draws, in [0, 2^63).
    """
    from nsgraph.tails import sampling

    n, mean = int(counts.sum()), float(values @ counts) / float(counts.sum())
    below = np.concatenate(([0.0], np.cumsum(counts)))
    distance = sampling.binomial_distance(values, below, mean, float(width))
    drawn = sampling.binomial_distances(seed, samples, n, mean, float(width))
    far = (1 + np.count_nonzero(drawn >= distance * EQUAL)) / (1 + samples)
    return float(min(1.0, 2 * far, 2 * largest_by_chance(n, mean, float(values[-1]), width)))


def largest_by_chance(n: int, mean: float, largest: float, width: int) -> float:
    """Chance that one of n degrees of that mean is at least `largest`."""
    from scipy.special import bdtrc

    if largest == 0:
        return 1.0
    one = float(bdtrc(largest - 1, width, mean / width))
    return 1.0 if one >= 1 else -math.expm1(n * math.log1p(-one))
