"""Costs of matching the neurons of one layer to those of another, and the best assignment."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from nsgraph.distance.network import Network
from nsgraph.distance.structure import IntArray, Layer

__all__ = ["assign", "cost_bits", "fractions", "intersections", "lexicographic", "tie_levels"]

FloatArray = npt.NDArray[np.float64]

_SPARSE_BELOW = 0.002
"""Product of two densities below which a sparse product of the matrices is faster than a dense."""

_EXACT = 2**53
"""scipy's solver works in float64: whole numbers are exact below this."""


def aligned_columns(layer_a: Layer, layer_b: Layer, partner: IntArray) -> IntArray:
    """For each column of `a`, the column of `b` that its neuron's partner has, -1 if none."""
    return layer_b.find_columns(partner[layer_a.column_neuron], layer_a.column_tag)


def intersections(
    a: Network, b: Network, position: int, columns: IntArray, rows_a: IntArray, rows_b: IntArray
) -> FloatArray:
    """Sizes of the intersections of input sets, [len(rows_a), len(rows_b)]: one product A B'.

    `columns` says where each column of `a` lies in `b` (-1: nowhere).
    """
    size = a.matrices[position].size * b.matrices[position].size
    links = len(a.compressed[position].columns) * len(b.compressed[position].columns)
    matched = columns >= 0
    if links < _SPARSE_BELOW * size:
        one = a.sparse[position][rows_a][:, matched]
        other = b.sparse[position][rows_b][:, columns[matched]]
        return np.asarray((one @ other.T).todense())
    left = a.floats[position][np.ix_(rows_a, np.flatnonzero(matched))]
    right = b.floats[position][np.ix_(rows_b, columns[matched])]
    return (left @ right.T).astype(np.float64)


def fractions(common: FloatArray, size_a: IntArray, size_b: IntArray) -> FloatArray:
    """Symmetric difference over union; two empty sets are at 0."""
    union = size_a + size_b - common
    return np.asarray((union - common) / np.maximum(union, 1))


def assign(costs: FloatArray) -> IntArray:
    """Partner of each row, -1 where there are more rows than columns; the least total cost."""
    rows, columns = linear_sum_assignment(costs)
    partner = np.full(len(costs), -1)
    partner[rows] = columns
    return partner


def cost_bits(width: int) -> int:
    """Bits of a cost in whole numbers: 24, or 20 for wide layers."""
    return 24 if width <= 1024 else 20


def tie_levels(width: int) -> int:
    """Largest tie-break that keeps `lexicographic` exact for so many neurons.

    >>> tie_levels(784)
    511
    """
    room = _EXACT // (2 ** cost_bits(width) + 1) // width**2 - 1
    return 2 ** max(1, min(16, int(math.log2(room + 1)))) - 1 if room > 1 else 1


def lexicographic(cost: FloatArray, tie: npt.NDArray[np.int64]) -> FloatArray:
    """Whole numbers whose optimal assignment has the least cost and, of those, the least tie.

    K = C W + t, where C is the cost in units of 2^-24 (2^-20 above 1024 neurons) and
    W = n (max t + 1), so that the ties of all n neurons together weigh less than one unit of cost.
    Held in float64, where every sum the solver forms is exact.
    """
    width = max(cost.shape)
    weight = width * (int(tie.max(initial=0)) + 1)
    return np.rint(cost * 2 ** cost_bits(width)) * weight + tie
