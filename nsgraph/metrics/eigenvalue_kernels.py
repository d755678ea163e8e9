"""Compiled loops over weighted edges for the eigenvalues. Private.

Edges are in-neighbours: int64 pointers [n + 1], int32 neighbours [e], weights >= 0 [e]. Vectors are
rows, float64 [k, n].
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["bounds", "components", "symmetric_product", "to_left", "to_right"]


@njit(cache=True)
def symmetric_product(pointers, neighbours, weights, x):  # type: ignore[no-untyped-def]
    """x (A + A'), float64 [k, n], by one pass over the edges."""
    y = np.zeros_like(x)
    for v in range(x.shape[1]):
        for k in range(x.shape[0]):
            own = x[k, v]
            total = 0.0
            for e in range(pointers[v], pointers[v + 1]):
                u = neighbours[e]
                weight = np.float64(weights[e])
                total += weight * x[k, u]
                y[k, u] += weight * own
            y[k, v] += total
    return y


@njit(cache=True)
def to_right(pointers, neighbours, weights, x):  # type: ignore[no-untyped-def]
    """Sums of weighted values of the in-neighbours, float64 [k, left nodes] -> [k, right nodes]."""
    y = np.empty((x.shape[0], pointers.size - 1))
    for v in range(y.shape[1]):
        for k in range(x.shape[0]):
            total = 0.0
            for e in range(pointers[v], pointers[v + 1]):
                total += np.float64(weights[e]) * x[k, neighbours[e]]
            y[k, v] = total
    return y


@njit(cache=True)
def to_left(pointers, neighbours, weights, x, left):  # type: ignore[no-untyped-def]
    """Sums of weighted values of the out-neighbours, [k, right nodes] -> [k, left nodes]."""
    y = np.zeros((x.shape[0], left))
    for v in range(x.shape[1]):
        for k in range(x.shape[0]):
            own = x[k, v]
            for e in range(pointers[v], pointers[v + 1]):
                y[k, neighbours[e]] += np.float64(weights[e]) * own
    return y


@njit(cache=True)
def components(pointers, neighbours):  # type: ignore[no-untyped-def]
    """The lowest node of every node's component, int64 [n]: disjoint sets, halving the paths."""
    root = np.arange(pointers.size - 1)
    for v in range(root.size):
        for e in range(pointers[v], pointers[v + 1]):
            u = neighbours[e]
            while root[u] != u:
                root[u] = root[root[u]]
                u = root[u]
            w = v
            while root[w] != w:
                root[w] = root[root[w]]
                w = root[w]
            if u < w:
                root[w] = u
            else:
                root[u] = w
    for v in range(root.size):
        root[v] = root[root[v]]
    return root


@njit(cache=True)
def bounds(pointers, neighbours, weights, strengths, root, laplacian):  # type: ignore[no-untyped-def]
    """Upper and lower bound on the largest eigenvalue of each component, at its root, float64 [n].

    With strengths s: S has at most the largest sqrt(s_u s_v) of an edge (Berman & Zhang 2001) and
    at least the norm of a row, which is a star's; L at most the largest s_u + s_v of an edge
    (Anderson & Morley 1985) and at least the largest s_v, its diagonal.
    """
    upper = np.zeros(root.size)
    lower = np.zeros(root.size)
    squares = np.zeros(root.size)
    for v in range(root.size):
        r = root[v]
        for e in range(pointers[v], pointers[v + 1]):
            u = neighbours[e]
            weight = np.float64(weights[e])
            squares[v] += weight * weight
            squares[u] += weight * weight
            if laplacian:
                upper[r] = max(upper[r], strengths[u] + strengths[v])
            else:
                upper[r] = max(upper[r], strengths[u] * strengths[v])
    for v in range(root.size):
        r = root[v]
        lower[r] = max(lower[r], strengths[v] if laplacian else np.sqrt(squares[v]))
    return upper if laplacian else np.sqrt(upper), lower
