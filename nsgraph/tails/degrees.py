"""A degree sequence as its distinct values: the order of the nodes is irrelevant to a tail."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError

__all__ = ["Degrees", "Floats", "distinct"]

Floats = npt.NDArray[np.float64]

COUNTED = 2**16
"""Degrees below are counted without sorting them."""
LARGEST = 2**53
"""Integers up to this one are exact as floats."""
WIDEST = 2**31
"""No layer is wider, as nodes are numbered in 32 bits."""


class Degrees(NamedTuple):
    """Distinct degrees above 0, the number of each, the number of zeros, the largest possible."""

    values: Floats
    counts: Floats
    n_zero: int
    b: float


def distinct(degrees: npt.ArrayLike, width: int | None) -> Degrees:
    """The degrees by value.

    Raises
    ------
    UserError
        If they are no list of whole numbers from 0 to 2^53, or the largest is above the width.
    """
    given = np.asarray(degrees)
    if given.ndim != 1:
        raise UserError(f"Degrees are a list of whole numbers, not an array of {given.ndim} axes.")
    if not np.all((given >= 0) & (given <= LARGEST)):
        raise UserError("Degrees must be whole numbers from 0 to 2^53.")
    whole = given.astype(np.int64, copy=False)
    if given.dtype.kind == "f" and np.any(whole != given):
        raise UserError("Degrees must be whole numbers from 0 to 2^53.")
    largest = int(whole.max(initial=0))
    if width is not None and whole.size and not largest <= width <= WIDEST:
        raise UserError(f"A degree of {largest} does not fit the width {width}.")
    if largest < COUNTED:
        counts = np.bincount(whole)
        values = np.flatnonzero(counts)
        counts = counts[values]
    else:
        values, counts = np.unique(whole, return_counts=True)
    linked = values > 0
    return Degrees(
        values[linked].astype(np.float64),
        counts[linked].astype(np.float64),
        int(counts[~linked].sum()),
        math.inf if width is None else float(width),
    )
