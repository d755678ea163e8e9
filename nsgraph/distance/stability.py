"""Stability: which links two networks share, place by place, and how many chance would share.

SaInit compares networks that differ only in seed, SaData networks that differ only in data set
(Cunegatti et al. 2024). Unlike NNSTD nothing is aligned: a shared link is in the same place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from nsgraph.distance.network import masks_of
from nsgraph.errors import UserError

__all__ = ["SharedLinks", "Stability", "shared_by_chance", "stability"]

FloatArray = npt.NDArray[np.float64]

_REACH = 12
"""Standard deviations of the hypergeometric distribution that are summed; the rest is < 1e-30."""


@dataclass(frozen=True)
class SharedLinks:
    """Links of two masks in the same places, beside chance at the same numbers of links.

    Attributes
    ----------
    shared, kept_a, kept_b : numbers of links
    jaccard : shared / links of either, in [0, 1]; 1 if neither has any
    fraction : shared / mean number of links of the two, in [0, 1]; 1 if neither has any
    jaccard_expected, fraction_expected : their expectation when each layer's links are placed
        uniformly at random, exact (hypergeometric)
    z : standard deviations between the shared links and their expectation, `None` where chance
        leaves no choice (an empty or a full layer)
    """

    shared: int
    kept_a: int
    kept_b: int
    jaccard: float
    fraction: float
    jaccard_expected: float
    fraction_expected: float
    z: float | None


@dataclass(frozen=True)
class Stability:
    """Shared links of the whole network and of each layer."""

    total: SharedLinks
    per_layer: dict[str, SharedLinks]


def stability(a: Any, b: Any) -> Stability:
    """Links shared by two networks of the same shapes.

    Parameters
    ----------
    a, b
        `Masks`, mappings from layer name to 0/1 arrays, or saved networks.

    Raises
    ------
    UserError
        If the layers differ in name or shape.

    Examples
    --------
    >>> found = stability({"fc": [[1, 1, 0, 0]]}, {"fc": [[1, 0, 1, 0]]}).total
    >>> round(found.jaccard, 3), found.fraction, found.fraction_expected
    (0.333, 0.5, 0.5)
    >>> round(found.jaccard_expected, 4)          # 1/6 share both, 4/6 one, 1/6 none
    0.3889
    """
    one, other = masks_of(a), masks_of(b)
    if list(one) != list(other):
        raise UserError(
            f"The networks have different layers: {', '.join(one)} and {', '.join(other)}."
        )
    counts = {}
    for name, mask in one.items():
        if mask.shape != other[name].shape:
            raise UserError(
                f"Layer {name!r} has shape {mask.shape} in one network and {other[name].shape} in "
                "the other; shared links need equal shapes."
            )
        both = int(np.count_nonzero(mask & other[name]))
        counts[name] = (
            both,
            mask.size,
            int(np.count_nonzero(mask)),
            int(np.count_nonzero(other[name])),
        )
    per_layer = {name: _shared([count]) for name, count in counts.items()}
    return Stability(_shared(list(counts.values())), per_layer)


def shared_by_chance(places: int, kept_a: int, kept_b: int) -> tuple[int, FloatArray]:
    """Distribution of the number of links shared by two random masks of one layer.

    Hypergeometric: mean `kept_a * kept_b / places`.

    Returns
    -------
    The least number with a probability worth adding, and the probabilities from there on.
    """
    mean, sd = _moments(places, kept_a, kept_b)
    low = max(0, kept_a + kept_b - places, math.floor(mean - _REACH * sd))
    high = min(kept_a, kept_b, math.ceil(mean + _REACH * sd))
    numbers = np.arange(low, high + 1)
    # Only the terms that vary: the rest is settled by the sum being 1.
    logs = -(
        gammaln(numbers + 1)
        + gammaln(kept_a - numbers + 1)
        + gammaln(kept_b - numbers + 1)
        + gammaln(places - kept_a - kept_b + numbers + 1)
    )
    probabilities = np.exp(logs - logs.max())
    return low, probabilities / probabilities.sum()


def _moments(places: int, kept_a: int, kept_b: int) -> tuple[float, float]:
    mean = kept_a * kept_b / places
    spread = mean * (places - kept_a) / places * (places - kept_b) / max(places - 1, 1)
    return mean, math.sqrt(spread)


def _shared(layers: list[tuple[int, int, int, int]]) -> SharedLinks:
    shared, kept_a, kept_b = (sum(layer[i] for layer in layers) for i in (0, 2, 3))
    both = kept_a + kept_b
    if both == 0:
        return SharedLinks(0, 0, 0, 1.0, 1.0, 1.0, 1.0, None)
    low, probabilities = 0, np.ones(1)
    mean = variance = 0.0
    for _, places, in_a, in_b in layers:
        start, more = shared_by_chance(places, in_a, in_b)
        # Layers are independent: the total's distribution is the convolution of theirs.
        low, probabilities = low + start, np.convolve(probabilities, more)
        of_layer, sd = _moments(places, in_a, in_b)
        mean, variance = mean + of_layer, variance + sd**2
    numbers = low + np.arange(len(probabilities))
    jaccard = float(np.sum(probabilities * (numbers / (both - numbers))))
    return SharedLinks(
        shared=shared,
        kept_a=kept_a,
        kept_b=kept_b,
        jaccard=shared / (both - shared),
        fraction=2 * shared / both,
        jaccard_expected=jaccard,
        fraction_expected=2 * mean / both,
        z=(shared - mean) / math.sqrt(variance) if variance > 0 else None,
    )
