"""Compiled loops of the assignment solver. Private."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["solve"]

BIDS = 4
"""Bids a free row in a row reduction; two rows may outbid each other by crumbs for ever."""


@njit(cache=True, nogil=True)
def solve(costs, duals, cold):  # type: ignore[no-untyped-def]
    """Column of each row of square int64 `costs` at the least total; `duals` of columns in place.

    costs [[4, 1], [2, 0]], duals [0, 0], cold -> [1, 0]
    """
    n = len(costs)
    partner, owner = np.full(n, -1), np.full(n, -1)
    free = np.arange(n)
    if cold:
        free = _column_reduction(costs, duals, partner, owner)
    for _ in range(2):
        free = _row_reduction(costs, duals, partner, owner, free)
    distance, before, queue = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for row in free:
        _augment(costs, duals, partner, owner, row, distance, before, queue)
    return partner


@njit(cache=True, nogil=True)
def _column_reduction(costs, duals, partner, owner):  # type: ignore[no-untyped-def]
    """Each column at its least cost, given to its best row if still free; the rows left over."""
    n = len(costs)
    best = np.zeros(n, np.int64)
    duals[:] = costs[0]
    for row in range(1, n):
        for column in range(n):
            if costs[row, column] < duals[column]:
                duals[column], best[column] = costs[row, column], row
    wanted = np.zeros(n, np.int64)
    for column in range(n - 1, -1, -1):
        row = best[column]
        wanted[row] += 1
        if partner[row] < 0:
            partner[row], owner[column] = column, row
    for row in range(n):  # reduction transfer: what a row would not give for another column
        if wanted[row] == 1 and n > 1:
            mine, least = partner[row], np.iinfo(np.int64).max
            for column in range(n):
                if column != mine:
                    least = min(least, costs[row, column] - duals[column])
            duals[mine] -= least - (costs[row, mine] - duals[mine])
    return np.flatnonzero(partner < 0)


@njit(cache=True, nogil=True)
def _row_reduction(costs, duals, partner, owner, free):  # type: ignore[no-untyped-def]
    """Every free row takes its best column, at the price of the second best; rows left over."""
    n, left, waiting = len(costs), 0, free.copy()
    place, end, patience = 0, len(waiting), BIDS * len(waiting)
    while place < end:
        row = waiting[place]
        place += 1
        patience -= 1
        first, second = np.iinfo(np.int64).max, np.iinfo(np.int64).max
        column, other = 0, -1
        line = costs[row]
        for j in range(n):
            value = line[j] - duals[j]
            if value < second:
                if value < first:
                    second, other = first, column
                    first, column = value, j
                else:
                    second, other = value, j
        loser = owner[column]
        if first < second:
            if n > 1:
                duals[column] -= second - first
        elif loser >= 0 and other >= 0:
            column = other
            loser = owner[column]
        partner[row], owner[column] = column, row
        if loser >= 0:
            partner[loser] = -1
            if first < second and patience > 0:
                place -= 1
                waiting[place] = loser
            else:
                waiting[left] = loser
                left += 1
    return waiting[:left].copy()


@njit(cache=True, nogil=True)
def _augment(costs, duals, partner, owner, start, distance, before, queue):  # type: ignore[no-untyped-def]
    """A shortest alternating path from a free row to a free column, prices raised along it."""
    n = len(costs)
    for column in range(n):
        distance[column] = costs[start, column] - duals[column]
        before[column], queue[column] = start, column
    # queue: [0, ready) settled, [ready, level) at the least distance, [level, n) farther.
    ready, level, least, end = 0, 0, np.int64(0), -1
    settled = 0
    while end < 0:
        if ready == level:
            settled = ready
            least = distance[queue[level]]
            level += 1
            for place in range(level, n):
                column = queue[place]
                if distance[column] <= least:
                    if distance[column] < least:
                        least, level = distance[column], ready
                    queue[place], queue[level] = queue[level], column
                    level += 1
            for place in range(ready, level):
                if owner[queue[place]] < 0:
                    end = queue[place]
                    break
        while end < 0 and ready < level:
            reached = queue[ready]
            ready += 1
            row = owner[reached]
            line = costs[row]
            shift = line[reached] - duals[reached] - least
            for place in range(level, n):
                column = queue[place]
                through = line[column] - duals[column] - shift
                if through < distance[column]:
                    distance[column], before[column] = through, row
                    if through == least:
                        if owner[column] < 0:
                            end = column
                            break
                        queue[place], queue[level] = queue[level], column
                        level += 1
    for place in range(settled):
        column = queue[place]
        duals[column] += distance[column] - least
    row = -1
    while row != start:
        row = before[end]
        owner[end] = row
        end, partner[row] = partner[row], end
