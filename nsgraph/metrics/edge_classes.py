"""Which nodes one, two or three edge-disjoint paths join, and cut nodes. Private compiled loops.

Linear in the number of edges: the classes are looked for in a sparse certificate, not in the graph.
`incoming` and `outgoing` are `Neighbours`. Node numbers are unsigned where it matters: for those
numba tests no index below zero.
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
def certificate(incoming, outgoing):  # type: ignore[no-untyped-def]
    """Edges (u, v), two int32 arrays, of three forests: less than 3 n, yet with all small cuts.

    The first forest is breadth-first; the others are spanning forests of what the ones before have
    left. Every cut keeps min(its edges, 3) of them, as a forest that crosses a cut nowhere has left
    no edge there (Nagamochi & Ibaraki 1992). And whatever node is removed, the rest falls into the
    same components as in the whole graph: an edge in the second forest joins no node to one below
    it in the first (Eppstein, Galil, Italiano & Nissenzweig 1997).
    """
    pointers, lists, shifts, starts, offsets = incoming
    n = pointers.size - 1
    parent = _breadth_first(incoming, outgoing)
    second = np.arange(n).astype(np.int32)
    third = second.copy()
    most = 3 * max(n - 1, 0)
    sources, targets = np.empty(most, np.int32), np.empty(most, np.int32)
    kept = 0
    for v in range(n):
        if parent[v] >= 0:
            sources[kept], targets[kept] = parent[v], v
            kept += 1
    for v in range(n):
        root = find(third, v)
        for k in range(pointers[v], pointers[v + 1]):
            shift = shifts[k]
            for i in range(starts[lists[k]], starts[lists[k] + 1]):
                u = offsets[i] + shift
                if third[u] == root:  # joined by all forests; mostly seen at the first look
                    continue
                a = find(third, np.int64(u))
                if a == root or parent[v] == u or parent[u] == v:
                    continue
                b, c = find(second, np.int64(u)), find(second, v)
                if b != c:
                    second[max(b, c)] = min(b, c)
                else:
                    third[max(a, root)] = min(a, root)
                    root = min(a, root)
                sources[kept], targets[kept] = u, v
                kept += 1
    return sources[:kept], targets[:kept]


@njit(cache=True)
def _breadth_first(incoming, outgoing):  # type: ignore[no-untyped-def]
    """Parents in a forest of shortest paths from its roots, int32 [n]; -1 for a root."""
    n = incoming[0].size - 1
    seen = np.zeros(n, np.bool_)
    parent = np.full(n, -1, np.int32)
    queue = np.empty(n, np.uint32)
    first = last = 0
    for root in range(n):
        if seen[root]:
            continue
        seen[root] = True
        queue[last] = root
        last += 1
        while first < last < n:  # once all are seen, no edge has to be looked at
            v = queue[first]
            first += 1
            last = _discover(v, incoming, seen, parent, queue, last)
            last = _discover(v, outgoing, seen, parent, queue, last)
    return parent


@njit(cache=True)
def _discover(v, neighbours, seen, parent, queue, last):  # type: ignore[no-untyped-def]
    """Append v's neighbours that were not seen before to the queue; returns its new length."""
    pointers, lists, shifts, starts, offsets = neighbours
    for k in range(pointers[v], pointers[v + 1]):
        shift = shifts[k]
        for i in range(starts[lists[k]], starts[lists[k] + 1]):
            u = offsets[i] + shift
            if not seen[u]:
                seen[u] = True
                parent[u] = v
                queue[last] = u
                last += 1
    return last


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
    """Classes of nodes that 1, 2 and 3 edge-disjoint paths join, int32 [n] each, and cut nodes.

    A class is named by one of its nodes, and classes with the same nodes have the same name. Cut
    nodes, bool [n], are those whose removal disconnects their component.

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
    cut = np.zeros(n, np.bool_)
    one = np.arange(n).astype(np.int32)
    two, three = one.copy(), one.copy()
    clock = 0
    for root in range(n):
        if time[root] >= 0:
            continue
        children = 0
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
                    if p == root:
                        children += 1
                    elif low[v] >= time[p]:  # no edge from below leads past p
                        cut[p] = True
                    below = v
                    if fronds[v] + (path[v] >= 0) <= 1:  # v's class is complete
                        below = path[v]
                        fronds[p] += fronds[v]
                    if low[v] < low[p]:
                        low[p] = low[v]
                        below, path[p] = path[p], below
                    _absorb(p, below, path, fronds, three)
                v = p
        cut[root] = children > 1
    for v in order:  # parents come before children: each class gets its first node's name
        if parent[v] >= 0:
            one[v] = one[parent[v]]
            if low[v] < time[v]:
                two[v] = two[parent[v]]
        three[v] = three[three[v]]
    return one, two, three, cut
