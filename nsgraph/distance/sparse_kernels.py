"""Compiled loops of the matching of greatest saving in a sparse bipartite graph. Private.

Prices `v` of columns and profits `u` of rows, u + v >= saving on every link and equal on those
matched; rows left over have no profit, columns left over no price (Galil 1986).
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["match", "savings"]

BIDS = 6
"""Bids a row before what is left is done by paths."""


@njit(cache=True, nogil=True)
def savings(costs, highest):  # type: ignore[no-untyped-def]
    """Pairs below the highest cost, as compressed rows, and what they save.

    costs [[4, 1], [2, 4]], highest 4 -> [0, 1, 2], [1, 0], [3, 2]
    """
    n_rows, n_columns = costs.shape
    start = np.zeros(n_rows + 1, np.int64)
    for row in range(n_rows):
        for column in range(n_columns):
            start[row + 1] += costs[row, column] < highest
    start = np.cumsum(start)
    columns, saved = np.empty(start[n_rows], np.int64), np.empty(start[n_rows], np.int64)
    place = 0
    for row in range(n_rows):
        for column in range(n_columns):
            if costs[row, column] < highest:
                columns[place], saved[place] = column, highest - costs[row, column]
                place += 1
    return start, columns, saved


@njit(cache=True, nogil=True)
def match(start, columns, saved, n_columns):  # type: ignore[no-untyped-def]
    """Column of each row, -1 for none, at the greatest total of int64 `saved` > 0; prices.

    start [0, 2, 3], columns [0, 1, 0], saved [2, 1, 2] -> [1, 0], [1, 0]
    """
    n = len(start) - 1
    partner, owner = np.full(n, -1), np.full(n_columns, -1)
    profit, price = np.zeros(n, np.int64), np.zeros(n_columns, np.int64)
    waiting = _bid(start, columns, saved, partner, owner, profit, price)
    distance, before = np.empty(n_columns, np.int64), np.empty(n_columns, np.int64)
    state, reached = np.zeros(n_columns, np.int8), np.empty(n_columns, np.int64)
    for row in waiting:
        _augment(
            start, columns, saved, partner, owner, profit, price, row,
            distance, before, state, reached,
        )  # fmt: skip
    return partner, price


@njit(cache=True, nogil=True)
def _bid(start, columns, saved, partner, owner, profit, price):  # type: ignore[no-untyped-def]
    """Each row takes its best column at the price of its second best; who is still waiting."""
    n = len(partner)
    queue, place, end = np.empty(n * (BIDS + 1), np.int64), 0, n
    queue[:n] = np.arange(n)
    while place < end and end < len(queue):
        row = queue[place]
        place += 1
        first, second, best = np.int64(0), np.int64(0), -1
        for link in range(start[row], start[row + 1]):
            value = saved[link] - price[columns[link]]
            if value > first:
                first, second, best = value, first, columns[link]
            elif value > second:
                second = value
        if best < 0:
            continue  # prices only rise: this row stays without a column
        loser = owner[best]
        price[best] += first - second
        profit[row], partner[row], owner[best] = second, best, row
        if loser >= 0:
            partner[loser] = -1
            queue[end] = loser
            end += 1
    waiting = queue[place:end]
    for row in waiting:
        profit[row] = 0
        for link in range(start[row], start[row + 1]):
            profit[row] = max(profit[row], saved[link] - price[columns[link]])
    return waiting.copy()


@njit(cache=True, nogil=True)
def _augment(  # type: ignore[no-untyped-def]
    start, columns, saved, partner, owner, profit, price, source, distance, before, state, reached
):
    """A shortest path from a row to a column without owner or to a row that then does without.

    `reached` holds the columns reached so far: first those settled, then those as near as the last
    one (they settle without another look at all), then the rest. `state` of a column: 0 not
    reached, 1 reached, 2 settled or as near; all 0 again at the end.
    """
    row, here, n_reached, settled, near = source, np.int64(0), 0, 0, 0
    least, end_row, end_column = profit[source], source, -1
    while True:
        for link in range(start[row], start[row + 1]):
            column = columns[link]
            through = here + profit[row] + price[column] - saved[link]
            if through >= least or (
                state[column] and (state[column] == 2 or through >= distance[column])
            ):
                continue
            if state[column] == 0:
                state[column], reached[n_reached] = 1, column
                n_reached += 1
            distance[column], before[column] = through, row
            if owner[column] < 0:
                least, end_row, end_column = through, -1, column
        if settled == near:
            near = _nearest(reached, n_reached, settled, distance, state)
        if settled == near or distance[reached[settled]] >= least:
            break
        column = reached[settled]
        settled += 1
        row, here = owner[column], distance[column]
        if here + profit[row] < least:
            least, end_row, end_column = here + profit[row], row, -1
    profit[source] -= least
    for column in reached[:settled]:
        profit[owner[column]] -= least - distance[column]
        price[column] += least - distance[column]
    for column in reached[:n_reached]:
        state[column] = 0
    if end_column < 0:
        if end_row == source:
            return
        end_column = partner[end_row]
        partner[end_row] = -1
    while True:
        row = before[end_column]
        owner[end_column] = row
        end_column, partner[row] = partner[row], end_column
        if row == source:
            break


@njit(cache=True, nogil=True)
def _nearest(reached, n_reached, settled, distance, state):  # type: ignore[no-untyped-def]
    """Bring the nearest columns not settled, all of them, to the front; where they end."""
    near, nearest = settled, np.int64(0)
    for place in range(settled, n_reached):
        column = reached[place]
        if near == settled or distance[column] < nearest:
            near, nearest = settled, distance[column]
        if distance[column] == nearest:
            reached[near], reached[place] = column, reached[near]
            near += 1
    for column in reached[settled:near]:
        state[column] = 2
    return near
