"""Compiled loops over edges for the metric families. Private.

`incoming` and `outgoing` are (int64 pointers [n + 1], int32 neighbours [e]) of a simple graph whose
edges go from lower to higher numbers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = [
    "core_numbers",
    "low_points",
]


@njit(cache=True)
def low_points(incoming, outgoing):  # type: ignore[no-untyped-def]
    """Numbers of components, bridges and articulation nodes by one depth-first search.

    low[v] is the smallest discovery time that v's subtree reaches by one edge out of the tree.
    """
    in_pointers, in_neighbours = incoming
    out_pointers, out_neighbours = outgoing
    n = in_pointers.size - 1
    time = np.zeros(n, np.int32)  # 0: not discovered yet
    low = np.zeros(n, np.int32)
    parent = np.full(n, -1, np.int32)
    done = np.zeros(n, np.int32)  # neighbours already looked at
    cut = np.zeros(n, np.bool_)
    components = bridges = clock = 0
    for root in range(n):
        if time[root]:
            continue
        components += 1
        clock += 1
        time[root] = low[root] = clock
        children = 0
        v = root
        while v >= 0:
            from_in = in_pointers[v + 1] - in_pointers[v]
            if done[v] < from_in + out_pointers[v + 1] - out_pointers[v]:
                if done[v] < from_in:
                    u = in_neighbours[in_pointers[v] + done[v]]
                else:
                    u = out_neighbours[out_pointers[v] + done[v] - from_in]
                done[v] += 1
                if time[u] == 0:
                    clock += 1
                    time[u] = low[u] = clock
                    parent[u] = v
                    v = u
                elif u != parent[v]:
                    low[v] = min(low[v], time[u])
            else:
                p = parent[v]
                if p >= 0:
                    low[p] = min(low[p], low[v])
                    bridges += low[v] > time[p]
                    if p == root:
                        children += 1
                    elif low[v] >= time[p]:
                        cut[p] = True
                v = p
        cut[root] = children > 1
    return components, bridges, cut.sum()


@njit(cache=True)
def core_numbers(incoming, outgoing):  # type: ignore[no-untyped-def]
    """Core number of every node, int32 [n]: nodes leave in the order of their remaining degree."""
    in_pointers, in_neighbours = incoming
    out_pointers, out_neighbours = outgoing
    n = in_pointers.size - 1
    degree = np.empty(n, np.int32)
    for v in range(n):
        degree[v] = in_pointers[v + 1] - in_pointers[v] + out_pointers[v + 1] - out_pointers[v]
    widest = degree.max() if n else 0
    first = np.zeros(widest + 2, np.int64)  # first place of each degree in the order
    for v in range(n):
        first[degree[v] + 1] += 1
    for d in range(widest + 1):
        first[d + 1] += first[d]
    order = np.empty(n, np.int32)
    place = np.empty(n, np.int32)
    filled = first.copy()
    for v in range(n):
        place[v] = filled[degree[v]]
        order[place[v]] = v
        filled[degree[v]] += 1
    for i in range(n):
        v = order[i]
        from_in = in_pointers[v + 1] - in_pointers[v]
        for j in range(from_in + out_pointers[v + 1] - out_pointers[v]):
            if j < from_in:
                u = in_neighbours[in_pointers[v] + j]
            else:
                u = out_neighbours[out_pointers[v] + j - from_in]
            if degree[u] > degree[v]:
                head = first[degree[u]]  # swap u with the first node of its degree
                other = order[head]
                order[place[u]], place[other] = other, place[u]
                order[head], place[u] = u, head
                first[degree[u]] += 1
                degree[u] -= 1
    return degree
