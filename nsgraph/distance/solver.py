"""The assignment of least total cost, exact on whole numbers.

Shortest augmenting paths with column reduction, reduction transfer and augmenting row reduction
(Jonker and Volgenant 1987), on int64. Any column duals are a valid start, so the solution of a
similar problem saves most of the work. Where several assignments are best, which one comes out
depends on the start; what they leave open does not (`openings`). Where most costs are the highest,
a sparse matching (`sparse_kernels`) is faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsgraph.distance.structure import IntArray

__all__ = ["LARGEST", "Assignment", "Duals", "assign", "assign_dense", "assign_sparse", "square"]

Duals = dict[int, IntArray]
"""Group of neurons to the duals of its assignment."""

LARGEST = 2**61
"""Number of neurons times the largest cost stays below this: no sum in the solver overflows."""

_SPARSE = 0.4
"""Share of costs below the highest up to which the sparse way is faster."""


@dataclass(frozen=True)
class Assignment:
    """A best assignment.

    Attributes
    ----------
    partner : [rows] column of each row, -1 for rows left over
    duals : [max(rows, columns)] price of each column (more columns than the costs have stand for
        "no partner"); a start for similar costs
    whole : [max(rows, columns)] the assignment with those that stand for "no partner"
    """

    partner: IntArray
    duals: IntArray
    whole: IntArray


def assign(costs: IntArray, highest: int, start: IntArray | None = None) -> Assignment:
    """A best assignment of [rows, columns] whole numbers; no cost is above `highest`.

    A pair at the highest cost is as good as none. Where most are, the matching of greatest total
    saving on the others is found, and whoever is left over is paired in any order. `start`, duals
    of a similar problem, saves time and may lead to another best assignment.

    >>> assign(np.array([[4, 1, 4], [4, 0, 4], [4, 4, 4]]), 4).partner.tolist()
    [0, 1, 2]
    """
    if start is not None and len(start) != max(costs.shape):
        start = None
    if np.count_nonzero(costs < highest) < _SPARSE * costs.size:
        return assign_sparse(costs, highest)
    return assign_dense(costs, start)


def assign_dense(costs: IntArray, start: IntArray | None = None) -> Assignment:
    """`assign` without regard to the highest cost; `max(shape) * costs.max()` below `LARGEST`.

    >>> assign_dense(np.array([[4, 1, 3], [2, 0, 5], [3, 2, 2]])).partner.tolist()
    [1, 0, 2]
    """
    from nsgraph.distance import solver_kernels  # numba starts only when it is needed

    size = max(costs.shape)
    duals = np.zeros(size, dtype=np.int64) if start is None else np.array(start, dtype=np.int64)
    whole = solver_kernels.solve(square(costs), duals, start is None)
    return _assignment(costs, whole, duals)


def assign_sparse(costs: IntArray, highest: int) -> Assignment:
    """`assign` that looks at nothing but the pairs below the highest cost."""
    from nsgraph.distance import sparse_kernels

    n_rows, n_columns = costs.shape
    matched, prices = sparse_kernels.match(*sparse_kernels.savings(costs, highest), n_columns)  # type: ignore[call-arg]
    size = max(costs.shape)
    whole = np.append(matched, np.full(size - n_rows, -1))
    free = np.ones(size, dtype=np.bool_)
    free[matched[matched >= 0]] = False
    whole[whole < 0] = np.flatnonzero(free)
    # Columns that stand for "no partner" cost nothing, which is as dear as the highest is here.
    duals = np.append(-prices, np.full(size - n_columns, -highest))
    return _assignment(costs, whole, duals)


def _assignment(costs: IntArray, whole: IntArray, duals: IntArray) -> Assignment:
    rows, columns = costs.shape
    partner = whole[:rows]
    return Assignment(np.where(partner < columns, partner, -1), duals, whole)


def square(costs: IntArray) -> IntArray:
    """Rows or columns of zeros added: whoever gets one is left over."""
    rows, columns = costs.shape
    if rows == columns:
        return np.ascontiguousarray(costs, dtype=np.int64)
    square = np.zeros((max(rows, columns),) * 2, dtype=np.int64)
    square[:rows, :columns] = costs
    return square
