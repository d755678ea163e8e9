"""Edge connectivity, exactly. Private compiled loops."""

from __future__ import annotations

import numpy as np
from numba import njit

from nsgraph.metrics.edge_classes import find

__all__ = ["edge_connectivity", "induced"]


@njit(cache=True)
def induced(incoming, outgoing, labels):  # type: ignore[no-untyped-def]
    """Undirected graph of the nodes with a label >= 0, edges between equal labels only.

    int64 pointers and int32 neighbours, the nodes numbered anew from 0.
    """
    in_pointers, in_neighbours = incoming
    out_pointers, out_neighbours = outgoing
    chosen = labels >= 0
    number = (np.cumsum(chosen) - 1).astype(np.int32)
    pointers = np.zeros(chosen.sum() + 1, np.int64)
    neighbours = np.empty(2 * in_neighbours.size, np.int32)
    filled = 0
    for v in range(labels.size):
        if chosen[v]:
            for e in range(in_pointers[v], in_pointers[v + 1]):
                neighbours[filled] = number[in_neighbours[e]]
                filled += labels[in_neighbours[e]] == labels[v]
            for e in range(out_pointers[v], out_pointers[v + 1]):
                neighbours[filled] = number[out_neighbours[e]]
                filled += labels[out_neighbours[e]] == labels[v]
            pointers[number[v] + 1] = filled
    return pointers, neighbours[:filled]


@njit(cache=True)
def edge_connectivity(pointers, neighbours):  # type: ignore[no-untyped-def]
    """Least number of edges whose removal disconnects a component of a simple graph with edges.

    Nagamochi, Ono & Ibaraki 1994: nodes are scanned in the order of their number of edges to those
    scanned before. An edge that brings this number, for its end, to the best cut so far joins two
    nodes that no smaller cut parts; such nodes are merged, until no edge is left. A round merges
    the last two nodes of each component at least, in practice nearly all.
    """
    multiplicity = np.ones(neighbours.size, np.int32)
    best = np.int64(neighbours.size)
    while neighbours.size:
        for v in range(pointers.size - 1):
            if pointers[v] < pointers[v + 1]:
                best = min(best, multiplicity[pointers[v] : pointers[v + 1]].sum())
        above = _scan(pointers, neighbours, multiplicity, best)
        pointers, neighbours, multiplicity = _merged(pointers, neighbours, multiplicity, above)
    return best


@njit(cache=True)
def _scan(pointers, neighbours, multiplicity, best):  # type: ignore[no-untyped-def]
    """Union-find forest of the nodes to merge, int32 [n].

    The queue is a linked list per number of edges to scanned nodes; numbers from `best` on are
    alike, as they suffice to merge (Henzinger et al. 2018).
    """
    n = pointers.size - 1
    above = np.arange(n).astype(np.int32)
    reached = np.zeros(n, np.int64)  # edges to scanned nodes, up to `best`
    scanned = np.zeros(n, np.bool_)
    first = np.full(best + 1, -1, np.int32)
    before, after = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    highest = np.int64(0)
    start = 0
    for _ in range(n):
        while highest > 0 and first[highest] < 0:
            highest -= 1
        if highest > 0:
            v = first[highest]
            _leave(v, highest, first, before, after)
        else:  # a new component
            while scanned[start]:
                start += 1
            v = start
        scanned[v] = True
        for e in range(pointers[v], pointers[v + 1]):
            u = neighbours[e]
            if scanned[u]:
                continue
            old = reached[u]
            reached[u] = new = min(old + multiplicity[e], best)
            if new > old:
                if new == best:
                    above[find(above, u)] = find(above, v)
                if old > 0:
                    _leave(u, old, first, before, after)
                before[u], after[u] = -1, first[new]
                if first[new] >= 0:
                    before[first[new]] = u
                first[new] = u
                highest = max(highest, new)
    return above


@njit(cache=True)
def _leave(v, number, first, before, after):  # type: ignore[no-untyped-def]
    """Take v out of the list of its number."""
    if before[v] >= 0:
        after[before[v]] = after[v]
    else:
        first[number] = after[v]
    if after[v] >= 0:
        before[after[v]] = before[v]


@njit(cache=True)
def _merged(pointers, neighbours, multiplicity, above):  # type: ignore[no-untyped-def]
    """The graph of merged nodes; parallel edges become one with their summed multiplicity."""
    n = pointers.size - 1
    number = np.full(n, -1, np.int32)  # of the merged node
    size = 0
    for v in range(n):
        if find(above, v) == v:
            number[v] = size
            size += 1
    starts = np.zeros(size + 1, np.int64)
    for v in range(n):
        number[v] = number[find(above, v)]
        starts[number[v] + 1] += 1
    for m in range(size):
        starts[m + 1] += starts[m]
    members = np.empty(n, np.int32)
    filled = starts[:-1].copy()
    for v in range(n):
        members[filled[number[v]]] = v
        filled[number[v]] += 1
    new_pointers = np.zeros(size + 1, np.int64)
    new_neighbours, new_multiplicity = np.empty_like(neighbours), np.empty_like(multiplicity)
    place = np.full(size, -1, np.int64)  # of the edge to that node
    kept = 0
    for m in range(size):
        for i in range(starts[m], starts[m + 1]):
            v = members[i]
            for e in range(pointers[v], pointers[v + 1]):
                to = number[neighbours[e]]
                if to == m:
                    continue
                if place[to] < new_pointers[m]:
                    place[to] = kept
                    new_neighbours[kept], new_multiplicity[kept] = to, 0
                    kept += 1
                new_multiplicity[place[to]] += multiplicity[e]
        new_pointers[m + 1] = kept
    return new_pointers, new_neighbours[:kept].copy(), new_multiplicity[:kept].copy()
