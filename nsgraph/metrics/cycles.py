"""Numbers of undirected triangles and four-cycles, induced or not, on the unrolled edges."""

from __future__ import annotations

import numpy as np
from numba import njit

from nsgraph.graphs.flow import exact_sum
from nsgraph.graphs.graph import Graph
from nsgraph.metrics import kernels

__all__ = ["four_cycles", "triangles"]


def triangles(graph: Graph) -> int:
    """Number of triangles; looked for only where the node sets allow one."""
    set_of = np.repeat(np.arange(len(graph.sets), dtype=np.int32), [s.size for s in graph.sets])
    joined = kernels.joined_sets(tuple(graph.incoming), set_of, len(graph.sets)).astype(np.int64)
    # closing[q, t]: sets q -> t are joined, and some set p is joined to both
    closing = joined.astype(bool) & (joined.T @ joined > 0)
    if not closing.any():
        return 0
    return int(kernels.triangles(tuple(graph.incoming), set_of, closing))


def four_cycles(graph: Graph) -> int:
    """Number of sets of four edges that form a cycle, the direction of edges aside.

    Each is counted at its node of largest degree (Wang et al. 2019, vertex priority): the steps are
    at most the sum over edges of the smaller degree of their ends.
    """
    degrees = graph.in_degrees + graph.out_degrees
    order = np.argsort(degrees, kind="stable").astype(np.int32)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size, dtype=np.int32)
    pointers = np.concatenate([[0], np.cumsum(degrees[order])])
    by_rank = ranked(tuple(graph.incoming), tuple(graph.outgoing), order, rank, pointers)
    return exact_sum(cycles_at(pointers, by_rank))


@njit(cache=True)
def ranked(incoming, outgoing, order, rank, pointers):  # type: ignore[no-untyped-def]
    """Undirected neighbours with nodes named by rank, ascending, int32 [2 e]."""
    filled = pointers[:-1].copy()
    neighbours = np.empty(pointers[-1], np.int32)
    for r in range(order.size):
        v = order[r]
        for e in range(incoming[0][v], incoming[0][v + 1]):
            u = rank[incoming[1][e]]
            neighbours[filled[u]] = r
            filled[u] += 1
        for e in range(outgoing[0][v], outgoing[0][v + 1]):
            u = rank[outgoing[1][e]]
            neighbours[filled[u]] = r
            filled[u] += 1
    return neighbours


@njit(cache=True)
def cycles_at(pointers, neighbours):  # type: ignore[no-untyped-def]
    """Four-cycles whose last node is v, int64 [n]: pairs of ways v - middle - w, all before v."""
    n = pointers.size - 1
    ways = np.zeros(n, np.int32)  # to w so far
    found = np.zeros(n, np.int64)
    for v in range(n):
        for e in range(pointers[v], pointers[v + 1]):
            middle = neighbours[e]
            if middle > v:
                break
            for f in range(pointers[middle], pointers[middle + 1]):
                w = neighbours[f]
                if w >= v:
                    break
                found[v] += ways[w]
                ways[w] += 1
        for e in range(pointers[v], pointers[v + 1]):
            middle = neighbours[e]
            if middle > v:
                break
            for f in range(pointers[middle], pointers[middle + 1]):
                if neighbours[f] >= v:
                    break
                ways[neighbours[f]] = 0
    return found
