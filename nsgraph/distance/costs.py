"""Costs of matching the neurons of one layer to those of another, in whole numbers.

A cost is a symmetric difference over a union. As a whole number it is counted in units of
1 / `SCALE`, so that all fractions with denominators up to 22 are exact and sums of them that are
equal stay equal; others are rounded, by at most 2.2e-9.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsgraph.distance.network import Network
from nsgraph.distance.structure import IntArray, Layer

__all__ = [
    "SCALE",
    "aligned_columns",
    "fractions",
    "intersections",
    "paired_intersections",
    "whole",
]

FloatArray = npt.NDArray[np.float64]

SCALE = 232_792_560
"""Least common multiple of 1 to 22."""

_LINKS_A_WORD = 0.5
"""How many links are followed in the time that one word of 64 columns takes."""


def aligned_columns(layer_a: Layer, layer_b: Layer, partner: IntArray) -> IntArray:
    """For each column of `a`, the column of `b` that its neuron's partner has, -1 if none."""
    return layer_b.find_columns(partner[layer_a.column_neuron], layer_a.column_tag)


def intersections(
    a: Network, b: Network, position: int, columns: IntArray, rows_a: IntArray
) -> npt.NDArray[np.int32]:
    """Sizes of the intersections of input sets, [len(rows_a), rows of b].

    `columns` says where each column of `a` lies in `b` (-1: nowhere).
    """
    from nsgraph.distance import kernels  # numba starts only when it is needed

    one, other, bits = a.compressed[position], b.compressed[position], b.bits[position]
    links = len(one.columns) * len(other.columns) / max(1, b.matrices[position].shape[1])
    if links < _LINKS_A_WORD * len(rows_a) * bits.size:
        return kernels.common_by_links(  # type: ignore[no-any-return]
            rows_a, one.row_start, one.columns, columns, other.column_start, other.rows, len(bits)
        )
    return kernels.common_by_bits(rows_a, one.row_start, one.columns, columns, bits)  # type: ignore[no-any-return]


def paired_intersections(
    a: Network, b: Network, position: int, columns: IntArray, rows_a: IntArray, rows_b: IntArray
) -> IntArray:
    """Sizes of the intersections of the input sets of row `rows_a[i]` of `a` and `rows_b[i]`."""
    from nsgraph.distance import kernels

    one, other = a.compressed[position], b.compressed[position]
    width = b.matrices[position].shape[1]
    return kernels.common_of_pairs(  # type: ignore[no-any-return]
        rows_a, rows_b, one.row_start, one.columns, columns, other.row_start, other.columns, width
    )


def fractions(common: IntArray, size_a: IntArray, size_b: IntArray) -> FloatArray:
    """Symmetric difference over union; two empty sets are at 0."""
    union = size_a + size_b - common
    return np.asarray((union - common) / np.maximum(union, 1))


def whole(common: npt.NDArray[np.int32], size_a: IntArray, size_b: IntArray) -> IntArray:
    """Costs of all pairs in units of 1 / `SCALE`."""
    from nsgraph.distance import kernels

    return kernels.whole_costs(common, size_a, size_b, SCALE)  # type: ignore[no-any-return]
