"""Edge connectivity, exactly. Private compiled loops."""

from __future__ import annotations

import numpy as np
from numba import njit

from nsgraph.metrics.edge_classes import find

__all__ = ["edge_connectivity"]


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
def edge_connectivity(incoming, outgoing, labels, best):  # type: ignore[no-untyped-def]
    """Least number of edges whose removal disconnects the nodes of one label >= 0.

    Each label's nodes are connected by edges among them, two nodes or more; edges to other labels
    do not count. Of several labels the smallest number. `best` is the smallest number of counting
    edges that a node with a label has.

    Nagamochi, Ono & Ibaraki 1994: nodes are scanned in the order of their number of edges to those
    scanned before. An edge that brings this number, for its end, to the best cut so far joins two
    nodes that no smaller cut parts; such nodes are merged, until no edge is left. A round merges
    the last two nodes of each component at least, in practice nearly all: the first one reads the
    graph as it is, and mostly nothing is left for a second.
    """
    above = _first_round(incoming, outgoing, labels, best)
    if _all_merged(above, labels):
        return best
    pointers, neighbours = induced(incoming, outgoing, labels)
    above = _renumbered(above, labels)
    multiplicity = np.ones(neighbours.size, np.int32)
    while neighbours.size:
        pointers, neighbours, multiplicity = _merged(pointers, neighbours, multiplicity, above)
        for v in range(pointers.size - 1):
            if pointers[v] < pointers[v + 1]:
                best = min(best, multiplicity[pointers[v] : pointers[v + 1]].sum())
        above = _scan(pointers, neighbours, multiplicity, best)
    return best


@njit(cache=True)
def _first_round(incoming, outgoing, labels, best):  # type: ignore[no-untyped-def]
    """Union-find forest of the nodes to merge, int32 [n], of a graph without multiple edges."""
    in_pointers, in_neighbours = incoming
    out_pointers, out_neighbours = outgoing
    n = labels.size
    above = np.arange(n).astype(np.int32)
    reached, queue = np.where(labels < 0, -1, 0), _queue(n, best)
    highest = np.int64(0)
    start = 0
    for _ in range(np.count_nonzero(labels >= 0)):
        v, highest, start = _next(reached, queue, highest, start)
        for e in range(in_pointers[v], in_pointers[v + 1]):
            u = in_neighbours[e]
            if 0 <= reached[u] < best and labels[u] == labels[v]:
                highest = max(highest, _reach(u, v, 1, best, reached, queue, above))
        for e in range(out_pointers[v], out_pointers[v + 1]):
            u = out_neighbours[e]
            if 0 <= reached[u] < best and labels[u] == labels[v]:
                highest = max(highest, _reach(u, v, 1, best, reached, queue, above))
    return above


@njit(cache=True)
def _all_merged(above, labels):  # type: ignore[no-untyped-def]
    """Whether all nodes of a label are in one set."""
    representative = np.full(labels.size, -1, np.int32)
    for v in range(labels.size):
        if labels[v] >= 0:
            root = find(above, v)
            if representative[labels[v]] < 0:
                representative[labels[v]] = root
            elif representative[labels[v]] != root:
                return False
    return True


@njit(cache=True)
def _renumbered(above, labels):  # type: ignore[no-untyped-def]
    """The forest among the nodes with a label alone, numbered anew from 0."""
    number = (np.cumsum(labels >= 0) - 1).astype(np.int32)
    among = np.empty(np.count_nonzero(labels >= 0), np.int32)
    for v in range(labels.size):
        if labels[v] >= 0:
            among[number[v]] = number[find(above, v)]
    return among


@njit(cache=True)
def _scan(pointers, neighbours, multiplicity, best):  # type: ignore[no-untyped-def]
    """Union-find forest of the nodes to merge, int32 [n]."""
    n = pointers.size - 1
    above = np.arange(n).astype(np.int32)
    reached, queue = np.zeros(n, np.int64), _queue(n, best)
    highest = np.int64(0)
    start = 0
    for _ in range(n):
        v, highest, start = _next(reached, queue, highest, start)
        for e in range(pointers[v], pointers[v + 1]):
            u = neighbours[e]
            if 0 <= reached[u] < best:
                new = _reach(u, v, multiplicity[e], best, reached, queue, above)
                highest = max(highest, new)
    return above


@njit(cache=True)
def _queue(n, best):  # type: ignore[no-untyped-def]
    """An empty queue: a linked list of nodes for each number of edges to scanned nodes.

    Numbers from `best` on are alike, as they suffice to merge (Henzinger et al. 2018).
    """
    first = np.full(best + 1, -1, np.int32)
    before, after = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    return first, before, after


@njit(cache=True)
def _next(reached, queue, highest, start):  # type: ignore[no-untyped-def]
    """The node to scan next, marked by `reached` = -1; a new component's where no list has one."""
    first, before, after = queue
    while highest > 0 and first[highest] < 0:
        highest -= 1
    if highest > 0:
        v = np.int64(first[highest])
        _leave(v, highest, first, before, after)
    else:
        while reached[start] < 0:
            start += 1
        v = np.int64(start)
    reached[v] = -1
    return v, highest, start


@njit(cache=True)
def _reach(u, v, edges, best, reached, queue, above):  # type: ignore[no-untyped-def]
    """Count edges from u to v, which is being scanned; u's new number."""
    first, before, after = queue
    old = reached[u]
    reached[u] = new = min(old + edges, best)
    if new == best:
        above[find(above, u)] = find(above, v)
    if old > 0:
        _leave(u, old, first, before, after)
    before[u], after[u] = -1, first[new]
    if first[new] >= 0:
        before[first[new]] = u
    first[new] = u
    return new


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
