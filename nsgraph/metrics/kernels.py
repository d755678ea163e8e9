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
    """Core number of every node, int32 [n].

    For rising k, nodes leave that have no more than k neighbours left. Looking through what is left
    at every k costs the sum of all core numbers, which is at most twice the number of edges, and
    spares the list of nodes by degree that every edge would have to change.
    """
    in_pointers, in_neighbours = incoming
    out_pointers, out_neighbours = outgoing
    n = in_pointers.size - 1
    degree = np.empty(n, np.int32)
    for v in range(n):
        degree[v] = in_pointers[v + 1] - in_pointers[v] + out_pointers[v + 1] - out_pointers[v]
    left = np.arange(n).astype(np.int32)
    leaving = np.empty(n, np.int32)
    while left.size:
        k = degree[left].min()
        last = 0
        for v in left:
            if degree[v] == k:
                leaving[last] = v
                last += 1
        first = 0
        while first < last:
            v = leaving[first]
            first += 1
            for e in range(in_pointers[v], in_pointers[v + 1]):
                u = in_neighbours[e]
                if degree[u] > k:
                    degree[u] -= 1
                    if degree[u] == k:
                        leaving[last] = u
                        last += 1
            for e in range(out_pointers[v], out_pointers[v + 1]):
                u = out_neighbours[e]
                if degree[u] > k:
                    degree[u] -= 1
                    if degree[u] == k:
                        leaving[last] = u
                        last += 1
        left = left[degree[left] > k]
    return degree
