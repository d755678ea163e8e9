"""Compiled loops of what assignments of least cost leave open. Private."""

from __future__ import annotations

import numpy as np
from numba import njit

from nsgraph.distance.solver_kernels import solve

__all__ = ["open_pairs", "solve_parts"]


@njit(cache=True, nogil=True)
def open_pairs(costs, whole, duals):  # type: ignore[no-untyped-def]
    """Rows and columns with a choice, part by part; where parts begin; which pairs are allowed.

    Square `costs`, `whole` a best assignment, `duals` of columns. Parts come in the order of their
    first rows; within a part, rows and columns ascend.

    costs [[1, 1], [1, 1]], whole [0, 1], duals [0, 0] -> [0, 1], [0, 1], [0, 2], all True
    """
    n = len(costs)
    owner = np.empty(n, np.int64)
    owner[whole] = np.arange(n)
    start, columns = _tight_pairs(costs, whole, duals)
    part = _strong_parts(start, columns, owner)
    size = np.zeros(n, np.int64)
    for row in range(n):
        size[part[row]] += 1
    place, begin, n_open = np.empty(n, np.int64), [0], 0
    for name in range(n):
        if size[name] > 1:
            place[name] = n_open
            n_open += size[name]
            begin.append(n_open)
    place_of_column = place.copy()
    rows, others = np.empty(n_open, np.int64), np.empty(n_open, np.int64)
    at = np.full(n, -1)
    for i in range(n):
        if size[part[i]] > 1:
            rows[place[part[i]]] = i
            place[part[i]] += 1
        name = part[owner[i]]
        if size[name] > 1:
            at[i] = place_of_column[name]
            others[at[i]] = i
            place_of_column[name] += 1
    allowed = np.zeros((n_open, n_open), np.bool_)
    for i in range(n_open):
        for link in range(start[rows[i]], start[rows[i] + 1]):
            column = columns[link]
            if part[owner[column]] == part[rows[i]]:
                allowed[i, at[column]] = True
    return rows, others, np.array(begin), allowed


@njit(cache=True, nogil=True)
def _tight_pairs(costs, whole, duals):  # type: ignore[no-untyped-def]
    """Pairs as good as those of a best assignment as far as its duals tell, compressed rows."""
    n = len(costs)
    start = np.zeros(n + 1, np.int64)
    for row in range(n):
        price = costs[row, whole[row]] - duals[whole[row]]
        for column in range(n):
            start[row + 1] += costs[row, column] - duals[column] == price
    start = np.cumsum(start)
    columns, place = np.empty(start[n], np.int64), 0
    for row in range(n):
        if start[row + 1] == start[row] + 1:
            columns[place] = whole[row]
            place += 1
            continue
        price = costs[row, whole[row]] - duals[whole[row]]
        for column in range(n):
            if costs[row, column] - duals[column] == price:
                columns[place] = column
                place += 1
    return start, columns


@njit(cache=True, nogil=True)
def _strong_parts(start, columns, owner):  # type: ignore[no-untyped-def]
    """First row of the strongly connected component of each row (Tarjan 1972, without recursion).

    From a row steps lead to the owners of its columns.
    """
    n = len(owner)
    part, number, low = np.full(n, -1), np.full(n, -1), np.empty(n, np.int64)
    path, stack, link = np.empty(n, np.int64), np.empty(n, np.int64), start[:n].copy()
    count, height = 0, 0
    for root in range(n):
        if number[root] >= 0:
            continue
        path[0], depth = root, 0
        while depth >= 0:
            row = path[depth]
            if number[row] < 0:
                number[row] = low[row] = count
                stack[height] = row
                count, height = count + 1, height + 1
            if link[row] < start[row + 1]:
                to = owner[columns[link[row]]]
                link[row] += 1
                if number[to] < 0:
                    depth += 1
                    path[depth] = to
                elif part[to] < 0:
                    low[row] = min(low[row], number[to])
                continue
            if low[row] == number[row]:
                first, bottom = row, height
                while stack[bottom] != row or bottom == height:
                    bottom -= 1
                    first = min(first, stack[bottom])
                for place in range(bottom, height):
                    part[stack[place]] = first
                height = bottom
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[row])
    return part


@njit(cache=True, nogil=True)
def solve_parts(start, allowed, tie, forbidden):  # type: ignore[no-untyped-def]
    """Place of the column of each row, part by part at the least total of the ties allowed."""
    chosen = np.empty(len(allowed), np.int64)
    for part in range(len(start) - 1):
        first, size = start[part], start[part + 1] - start[part]
        costs = np.empty((size, size), np.int64)
        for i in range(size):
            for j in range(size):
                free = allowed[first + i, first + j]
                costs[i, j] = tie[first + i, first + j] if free else forbidden * size
        partner = solve(costs, np.zeros(size, np.int64), True)
        for i in range(size):
            chosen[first + i] = first + partner[i]
    return chosen
