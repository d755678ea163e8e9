"""Compiled loops of the rewiring. Private."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["rewire"]


@njit(cache=True)
def rewire(row_pointers, column_pointers, neighbours, rows, column_starts, rounds, rng):  # type: ignore[no-untyped-def]
    """Randomise bipartite graphs in place, each node keeping its degree.

    Graph g has the rows g * rows .. (g + 1) * rows - 1 and the columns from column_starts[g] on;
    `row_pointers` int64 [graphs * rows + 1] says where a row's neighbours lie, int32 column numbers
    within the graph, in any order. `column_pointers` is the same for the columns. A round is a
    global trade among the rows and one among the columns.
    """
    mirrored = np.empty_like(neighbours)
    for graph in range(column_starts.size - 1):
        first, stop = column_starts[graph], column_starts[graph + 1]
        if rows < 2 or stop - first < 2:
            continue
        row = row_pointers[graph * rows : (graph + 1) * rows + 1]
        column = column_pointers[first : stop + 1]
        for _ in range(rounds):
            _global_trade(row, neighbours, stop - first, rng)
            _mirror(row, neighbours, column, mirrored)
            _global_trade(column, mirrored, rows, rng)
            _mirror(column, mirrored, row, neighbours)


@njit(cache=True)
def _mirror(pointers, neighbours, other_pointers, mirrored):  # type: ignore[no-untyped-def]
    """The same graph seen from its other side."""
    place = other_pointers.copy()
    for node in range(pointers.size - 1):
        for link in range(pointers[node], pointers[node + 1]):
            other = neighbours[link]
            mirrored[place[other]] = node
            place[other] += 1


@njit(cache=True)
def _global_trade(pointers, neighbours, others, rng):  # type: ignore[no-untyped-def]
    """All nodes of one side trade in random pairs; `others` is the size of the other side."""
    order = rng.permutation(pointers.size - 1)
    mark = np.zeros(others, np.int32)
    for pair in range(order.size // 2):
        i, j = order[2 * pair], order[2 * pair + 1]
        _trade(
            neighbours[pointers[i] : pointers[i + 1]],
            neighbours[pointers[j] : pointers[j + 1]],
            mark,
            2 * pair + 1,
            rng,
        )


@njit(cache=True)
def _trade(a, b, mark, new, rng):  # type: ignore[no-untyped-def]
    """Deal the neighbours that only one of two nodes has anew, every deal equally likely.

    The shared neighbours move to the front of both lists. Of the pooled rest, the shorter list
    draws what it had in number (Fisher-Yates, as far as needed).
    """
    if a.size > b.size:
        a, b = b, a
    for i in range(a.size):
        mark[a[i]] = new
    shared = 0
    for i in range(b.size):
        node = b[i]
        if mark[node] == new:
            mark[node] = new + 1
            b[i], b[shared] = b[shared], node
            shared += 1
    front = 0
    for i in range(a.size):
        node = a[i]
        if mark[node] == new + 1:
            a[i], a[front] = a[front], node
            front += 1
    for i in range(shared, a.size):
        drawn = rng.integers(i, a.size + b.size - shared)
        if drawn < a.size:
            a[i], a[drawn] = a[drawn], a[i]
        else:
            drawn -= a.size - shared
            a[i], b[drawn] = b[drawn], a[i]
