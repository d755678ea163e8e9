"""Mixing of 64-bit numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Colours", "mix"]

Colours = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(values: Colours) -> Colours:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): 64 bits to 64 well-mixed bits."""
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
