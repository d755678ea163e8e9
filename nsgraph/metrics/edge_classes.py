"""Which nodes two or three edge-disjoint paths join. Private compiled loops.

Linear in the number of edges: the classes are looked for in a sparse certificate, not in the graph.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["certificate", "edge_classes", "find", "neighbours_of_pairs"]


@njit(cache=True)
def find(above, v):  # type: ignore[no-untyped-def]
    """Representative of v's set in a union-find forest; halves the path on the way."""
    while above[v] != v:
        above[v] = above[above[v]]
        v = above[v]
    return v


@njit(cache=True)
def certificate(incoming, k):  # type: ignore[no-untyped-def]
    """Edges (u, v), two int32 arrays, of k spanning forests, each maximal in what is left.

    At most k (n - 1) edges, yet every cut keeps min(its edges, k) of them: a forest that crosses a
    cut nowhere has left no edge there (Nagamochi & Ibaraki 1992). Nodes that the last forest joins
    are joined by all.
    """
    pointers, neighbours = incoming
    n = pointers.size - 1
    above = np.empty((k, n), np.int32)
    for i in range(k):
        above[i] = np.arange(n)
    most = min(k * max(n - 1, 0), neighbours.size)
    sources, targets = np.empty(most, np.int32), np.empty(most, np.int32)
    kept = 0
    for v in range(n):
        for e in range(pointers[v], pointers[v + 1]):
            u = neighbours[e]
            if find(above[k - 1], u) == find(above[k - 1], v):
                continue
            for i in range(k):
                a, b = find(above[i], u), find(above[i], v)
                if a != b:
                    above[i, a] = b
                    sources[kept], targets[kept] = u, v
                    kept += 1
                    break
    return sources[:kept], targets[:kept]


@njit(cache=True)
def neighbours_of_pairs(n, sources, targets):  # type: ignore[no-untyped-def]
    """Undirected neighbours (int64 pointers [n + 1], int32 [2 e]) from the ends of e edges."""
    pointers = np.zeros(n + 1, np.int64)
    for e in range(sources.size):
        pointers[sources[e] + 1] += 1
        pointers[targets[e] + 1] += 1
    for v in range(n):
        pointers[v + 1] += pointers[v]
    filled = pointers[:-1].copy()
    neighbours = np.empty(2 * sources.size, np.int32)
    for e in range(sources.size):
        u, v = sources[e], targets[e]
        neighbours[filled[u]] = v
        neighbours[filled[v]] = u
        filled[u] += 1
        filled[v] += 1
    return pointers, neighbours


@njit(cache=True)
def _absorb(v, x, path, fronds, into):  # type: ignore[no-untyped-def]
    """Join the nodes of the path from x on to v's class."""
    while x >= 0:
        into[x] = v
        fronds[v] += fronds[x]
        x = path[x]


@njit(cache=True)
def edge_classes(pointers, neighbours):  # type: ignore[no-untyped-def]
    """Classes of nodes that 1, 2 and 3 edge-disjoint paths join, int32 [n] each.

    A class is named by one of its nodes, and classes with the same nodes have the same name.

    One depth-first search of a simple undirected graph (Tsin 2007). A finished node whose class has
    no more than two edges left to the outside is a class of its own and leaves, its two edges
    becoming one. The others stay on the `path` that leads from a node down to where the subtree's
    highest edge out of the tree starts, until another edge shows them to be in one class.
    `fronds[v]` counts edges of v's class out of the tree, upward minus from below.
    """
    n = pointers.size - 1
    time = np.full(n, -1, np.int32)  # of discovery
    end = np.empty(n, np.int32)  # one past the last discovery in the subtree
    low = np.empty(n, np.int32)  # earliest discovery time that an edge out of the tree reaches
    parent = np.full(n, -1, np.int32)
    path = np.full(n, -1, np.int32)
    fronds = np.zeros(n, np.int32)
    done = pointers[:-1].copy()
    order = np.empty(n, np.int32)
    one = np.arange(n).astype(np.int32)
    two, three = one.copy(), one.copy()
    clock = 0
    for root in range(n):
        if time[root] >= 0:
            continue
        v = root
        while v >= 0:
            if time[v] < 0:
                time[v] = low[v] = clock
                order[clock] = v
                clock += 1
            if done[v] < pointers[v + 1]:
                u = neighbours[done[v]]
                done[v] += 1
                if time[u] < 0:
                    parent[u] = v
                    v = u
                elif u != parent[v] and time[u] < time[v]:  # an edge up, out of the tree
                    fronds[v] += 1
                    low[v] = min(low[v], time[u])
                elif u != parent[v]:  # an edge from below: all between its ends are one class
                    fronds[v] -= 1
                    x = path[v]
                    while x >= 0 and time[x] <= time[u] and time[u] < end[x]:
                        three[x] = v
                        fronds[v] += fronds[x]
                        x = path[x]
                    path[v] = x
            else:
                end[v] = clock
                p = parent[v]
                if p >= 0:
                    below = v
                    if fronds[v] + (path[v] >= 0) <= 1:  # v's class is complete
                        below = path[v]
                        fronds[p] += fronds[v]
                    if low[v] < low[p]:
                        low[p] = low[v]
                        below, path[p] = path[p], below
                    _absorb(p, below, path, fronds, three)
                v = p
    for v in order:  # parents come before children: each class gets its first node's name
        if parent[v] >= 0:
            one[v] = one[parent[v]]
            if low[v] < time[v]:
                two[v] = two[parent[v]]
        three[v] = three[three[v]]
    return one, two, three
