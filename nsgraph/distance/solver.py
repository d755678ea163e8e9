"""The assignment of least total cost, exact on whole numbers.

Shortest augmenting paths with column reduction, reduction transfer and augmenting row reduction
(Jonker and Volgenant 1987), on int64. Any column duals are a valid start, so the solution of a
similar problem saves most of the work. Where several assignments are best, which one comes out
would depend on the start; `first=True` returns the lexicographically first of them, which does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nsgraph.distance.structure import IntArray

__all__ = ["LARGEST", "Assignment", "Duals", "assign", "assign_any", "mostly", "tight"]

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


def assign(costs: IntArray, start: IntArray | None = None, *, first: bool = True) -> Assignment:
    """Partner of each row so that the total cost is least.

    Parameters
    ----------
    costs
        [rows, columns] whole numbers, `max(rows, columns) * costs.max()` below `LARGEST`.
    start
        Duals of a similar problem; they change the time it takes and, with `first`, nothing else.
    first
        Of several best assignments the lexicographically first (by partner of row 0, then of row
        1 and so on); without, whichever is found.

    Examples
    --------
    >>> assign(np.array([[4, 1, 3], [2, 0, 5], [3, 2, 2]])).partner.tolist()
    [1, 0, 2]
    """
    from nsgraph.distance import solver_kernels  # numba starts only when it is needed

    square = _square(costs)
    cold = start is None or len(start) != len(square)
    duals = np.zeros(len(square), dtype=np.int64) if cold else np.array(start, dtype=np.int64)
    partner = solver_kernels.solve(square, duals, cold)
    if first:
        solver_kernels.make_first(*_tight_lists(square, partner, duals), partner)
    rows, columns = costs.shape
    within = partner[:rows]
    return Assignment(np.where(within < columns, within, -1), duals, partner)


def assign_any(costs: IntArray, highest: int, start: IntArray | None = None) -> Assignment:
    """A best assignment, whichever is found fastest; no cost is above `highest`.

    A pair at the highest cost is as good as none. Where most are, the matching of greatest total
    saving on the others is found, and whoever is left over is paired in any order.

    >>> assign_any(np.array([[4, 1, 4], [4, 0, 4], [4, 4, 4]]), 4).partner.tolist()
    [0, 1, 2]
    """
    if mostly(costs, highest):
        return _assign_sparse(costs, highest)
    return assign(costs, start, first=False)


def mostly(costs: IntArray, highest: int) -> bool:
    """Whether so many costs are the highest that they are better left out."""
    return np.count_nonzero(costs < highest) < _SPARSE * costs.size


def _assign_sparse(costs: IntArray, highest: int) -> Assignment:
    from nsgraph.distance import sparse_kernels  # numba starts only when it is needed

    n_rows, n_columns = costs.shape
    rows, columns = np.nonzero(costs < highest)
    start = np.append(0, np.cumsum(np.bincount(rows, minlength=n_rows)))
    savings = highest - costs[rows, columns]
    matched, prices = sparse_kernels.match(start, columns, savings, n_columns)
    size = max(costs.shape)
    whole = np.append(matched, np.full(size - n_rows, -1))
    free = np.ones(size, dtype=np.bool_)
    free[matched[matched >= 0]] = False
    whole[whole < 0] = np.flatnonzero(free)
    partner = whole[:n_rows]
    # Columns that stand for "no partner" cost nothing, which is as dear as the highest is here.
    duals = np.append(-prices, np.full(size - n_columns, -highest))
    return Assignment(np.where(partner < n_columns, partner, -1), duals, whole)


def tight(costs: IntArray, found: Assignment) -> npt.NDArray[np.bool_]:
    """[n, n] which pairs may be in a best assignment as far as the duals tell; n = max(shape).

    The perfect matchings of these pairs are the best assignments, no more and no fewer.
    """
    square = _square(costs)
    reduced = square - found.duals
    return np.asarray(reduced == reduced.min(axis=1, keepdims=True))


def _square(costs: IntArray) -> IntArray:
    """Rows or columns of zeros added: whoever gets one is left over."""
    rows, columns = costs.shape
    if rows == columns:
        return np.ascontiguousarray(costs, dtype=np.int64)
    square = np.zeros((max(rows, columns),) * 2, dtype=np.int64)
    square[:rows, :columns] = costs
    return square


def _tight_lists(
    square: IntArray, partner: IntArray, duals: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """The tight pairs by row and by column, compressed."""
    from nsgraph.distance import solver_kernels

    return solver_kernels.tight_lists(square, partner, duals)  # type: ignore[no-any-return]
