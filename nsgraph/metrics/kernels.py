"""Compiled loops over edges for the metric families. Private.

`incoming` and `outgoing` are the `Neighbours` of a simple graph.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["core_numbers"]


@njit(cache=True)
def core_numbers(incoming, outgoing, degrees):  # type: ignore[no-untyped-def]
    """Core number of every node, int32 [n], from neighbours and degrees.

    For rising k, nodes leave that have no more than k neighbours left. Looking through what is left
    at every k costs the sum of all core numbers, which is at most twice the number of edges, and
    spares the list of nodes by degree that every edge would have to change.
    """
    n = degrees.size
    degree = degrees.astype(np.int32)
    left = np.arange(n).astype(np.uint32)  # and perhaps as many nodes again that have left
    leaving = np.empty(n, np.uint32)
    k = 0
    stay = n
    while stay:
        last = _of_degree(k, left, degree, leaving)
        if last == 0:
            present = degree[left]
            k = present[present >= k].min()
            last = _of_degree(k, left, degree, leaving)
        first = 0
        while first < last:
            v = leaving[first]
            first += 1
            last = _leave(v, k, incoming, degree, leaving, last)
            last = _leave(v, k, outgoing, degree, leaving, last)
        stay -= last
        k += 1
        if 2 * stay < left.size:
            left = left[degree[left] >= k]
    return degree


@njit(cache=True)
def _of_degree(k, nodes, degree, found):  # type: ignore[no-untyped-def]
    """Write the nodes of degree k to `found`; returns their number."""
    last = 0
    for v in nodes:
        if degree[v] == k:
            found[last] = v
            last += 1
    return last


@njit(cache=True)
def _leave(v, k, neighbours, degree, leaving, last):  # type: ignore[no-untyped-def]
    """Take v from its neighbours; those who fall to k of them are appended to `leaving`."""
    pointers, lists, shifts, starts, offsets = neighbours
    for part in range(pointers[v], pointers[v + 1]):
        shift = shifts[part]
        for i in range(starts[lists[part]], starts[lists[part] + 1]):
            u = offsets[i] + shift
            before = degree[u]
            degree[u] = before - (before > k)
            if before == k + 1:
                leaving[last] = u
                last += 1
    return last
