"""Compiled loops over the edges of any acyclic graph. Private.

`incoming` and `outgoing` are (int64 pointers [n + 1], int32 neighbours [e]), edges upward. Sums are
returned in two halves, high * 2^32 + low: each half of one node's share is small, the sum of all
nodes' may pass 2^63.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["N_SUMS", "cliques", "pair_sums"]

N_SUMS = 12
"""Sums over nodes u < v with F paths of two edges, O common targets, I common sources: C(O,2),
C(F,2), F O, [F > 0]; where u -> v is an edge: F, [F > 0], C(F,2), C(O,2), C(I,2), F O, F I, O I."""


@njit(cache=True)
def pair_sums(incoming, outgoing):  # type: ignore[no-untyped-def]
    """Sums as int64 [2, N_SUMS], triangles by first, second and third node as int64 [3, n]."""
    in_pointers, sources = incoming
    out_pointers, targets = outgoing
    n = in_pointers.size - 1
    total = np.zeros((2, N_SUMS), np.int64)
    triangles = np.zeros((3, n), np.int64)
    counts = np.zeros((2, n), np.int64)
    touched = np.empty((2, n), np.int32)
    mark = np.full(n, -1, np.int32)
    own = np.empty(N_SUMS, np.int64)
    for u in range(n):
        own[:] = 0
        n_through = n_shared = 0
        for e in range(in_pointers[u], in_pointers[u + 1]):
            mark[sources[e]] = u
        for e in range(out_pointers[u], out_pointers[u + 1]):
            y = targets[e]
            for f in range(out_pointers[y], out_pointers[y + 1]):
                n_through = _count(counts[0], touched[0], n_through, targets[f])
            for f in range(in_pointers[y], in_pointers[y + 1]):
                if sources[f] > u:
                    n_shared = _count(counts[1], touched[1], n_shared, sources[f])
        for t in range(n_shared):
            o = counts[1, touched[1, t]]
            own[0] += o * (o - 1) // 2
        for t in range(n_through):
            f = counts[0, touched[0, t]]
            own[1] += f * (f - 1) // 2
            own[2] += f * counts[1, touched[0, t]]
        own[3] = n_through
        for e in range(out_pointers[u], out_pointers[u + 1]):
            v = targets[e]
            common = 0
            for f in range(in_pointers[v], in_pointers[v + 1]):
                common += mark[sources[f]] == u
            f, o = counts[0, v], counts[1, v]
            triangles[0, u] += f
            triangles[1, v] += o
            triangles[2, v] += f
            own[4] += f
            own[5] += f > 0
            own[6] += f * (f - 1) // 2
            own[7] += o * (o - 1) // 2
            own[8] += common * (common - 1) // 2
            own[9] += f * o
            own[10] += f * common
            own[11] += o * common
        for t in range(n_through):
            counts[0, touched[0, t]] = 0
        for t in range(n_shared):
            counts[1, touched[1, t]] = 0
        for k in range(N_SUMS):
            total[0, k] += own[k] >> 32
            total[1, k] += own[k] & 0xFFFFFFFF
    return total, triangles


@njit(cache=True)
def _count(counts, touched, n, v):  # type: ignore[no-untyped-def]
    if counts[v] == 0:
        touched[n] = v
        n += 1
    counts[v] += 1
    return n


@njit(cache=True)
def cliques(outgoing):  # type: ignore[no-untyped-def]
    """Number of sets of four nodes that are all joined."""
    pointers, targets = outgoing
    n = pointers.size - 1
    first = np.full(n, -1, np.int64)  # u, for the targets of u
    both = np.full(n, -1, np.int64)  # the edge u -> v, for the targets of both
    found = 0
    for u in range(n):
        for e in range(pointers[u], pointers[u + 1]):
            first[targets[e]] = u
        for e in range(pointers[u], pointers[u + 1]):
            v = targets[e]
            for f in range(pointers[v], pointers[v + 1]):
                if first[targets[f]] == u:
                    both[targets[f]] = e
            for f in range(pointers[v], pointers[v + 1]):
                w = targets[f]
                if both[w] == e:
                    for g in range(pointers[w], pointers[w + 1]):
                        found += both[targets[g]] == e
    return found
