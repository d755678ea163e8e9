"""Could the degrees be those of an Erdos-Renyi layer? Tested on all of them, not on a tail.

In an Erdos-Renyi layer degrees are binomial (Poisson, where no width bounds them).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from nsgraph.seeds import stream

__all__ = ["by_chance", "combined", "largest_by_chance"]

Floats = npt.NDArray[np.float64]


def by_chance(values: Floats, counts: Floats, width: float, samples: int, seed: int) -> float:
    """p of "these are the degrees of an Erdos-Renyi layer", [0, 1], from two tests of it.

    One looks at the largest degree, which a heavy tail makes too large. The other at the
    Kolmogorov-Smirnov distance of all degrees from the binomial distribution of the same mean,
    beside that of drawn layers (Lilliefors 1967). Twice the smaller p (Bonferroni).

    Parameters
    ----------
    values, counts
        Distinct degrees, zero included, ascending, and how many nodes have each.
    width
        Largest degree possible, may be infinite.
    samples
        Layers to draw.
    seed
        Of the draws.
    """
    from nsgraph.tails import sampling

    n, mean = int(counts.sum()), float(values @ counts) / float(counts.sum())
    below = np.concatenate(([0.0], np.cumsum(counts)))
    distance = sampling.binomial_distance(values, below, mean, width)
    number = int(stream(seed, "tails/chance").integers(2**63))
    drawn = sampling.binomial_distances(number, samples, n, mean, width)
    far = (1 + np.count_nonzero(drawn >= distance * (1 - 1e-9))) / (1 + samples)
    return combined(largest_by_chance(n, mean, float(values[-1]), width), far)


def combined(one: float, other: float) -> float:
    """p that holds for two tests together (Bonferroni)."""
    return float(min(1.0, 2 * min(one, other)))


def largest_by_chance(n: int, mean: float, largest: float, width: float) -> float:
    """Chance that one of n degrees of that mean is at least `largest`."""
    from scipy.special import bdtrc, pdtrc

    if largest == 0:
        return 1.0
    below = largest - 1
    one = bdtrc(below, int(width), mean / width) if width < math.inf else pdtrc(below, mean)
    return 1.0 if one >= 1 else -math.expm1(n * math.log1p(-float(one)))
