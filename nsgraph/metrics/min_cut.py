"""Edge connectivity, exactly. Private compiled loops."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["edge_connectivity"]

SWEEPS = 100
"""Times that the next node to scan is found by a look at all of them, before there are lists."""


@njit(cache=True)
def edge_connectivity(incoming, outgoing, labels, best, sweeps=SWEEPS):  # type: ignore[no-untyped-def]
    """Least number of edges whose removal disconnects one of some parts of a simple graph.

    The parts are 2-edge-connected components of two nodes at least, hence joined by bridges alone;
    int32 `labels` [n] names the part of each node, -1 for no part. `best` is the least number of
    edges that a node has within its part.

    Nagamochi, Ono & Ibaraki 1994: nodes are scanned in the order of their number of edges to those
    scanned before. An edge that brings this number, for its end, to the best cut so far joins two
    nodes that no smaller cut parts; such nodes are merged, until no edge is left. A round merges
    the last two nodes of each part at least, in practice nearly all.
    """
    group = _scan(incoming, outgoing, np.empty(0, np.int32), labels, best, sweeps)
    merged = _merged(incoming, outgoing, np.empty(0, np.int32), labels, group)
    while merged[1].size:
        pointers, neighbours, multiplicity = merged
        for v in range(pointers.size - 1):
            if pointers[v] < pointers[v + 1]:
                best = min(best, multiplicity[pointers[v] : pointers[v + 1]].sum())
        n = pointers.size - 1
        labels, own = np.zeros(n, np.int32), np.arange(n).astype(np.uint32)
        every, starts = np.arange(n + 1).astype(np.uint64), pointers.astype(np.uint64)
        both = every, own, np.zeros_like(own), starts, neighbours
        nothing = np.zeros_like(every), own[:0], own[:0], starts[:1], neighbours[:0]
        group = _scan(both, nothing, multiplicity, labels, best, sweeps)
        merged = _merged(both, nothing, multiplicity, labels, group)
    return best


@njit(cache=True)
def _scan(incoming, outgoing, multiplicity, labels, best, sweeps):  # type: ignore[no-untyped-def]
    """Nodes to merge: int32 [n], equal numbers for those of one group, named by one of them.

    Numbers of edges to scanned nodes from `best` on are alike, as they suffice to merge (Henzinger
    et al. 2018). Such nodes are `ready`. Mostly there are some; where there are none, the node with
    the highest number is looked for, a few times among all, from then on in linked lists, one for
    each number (from `first` through `queued` and `after`). A node stays in the lists of its former
    numbers, to be passed over there. `settled` nodes need not be looked at again: they are ready,
    were scanned, or have no label.
    """
    n = labels.size
    group = np.arange(n).astype(np.int32)
    reached = np.zeros(n, np.int32)  # edges to scanned nodes, up to `best`
    settled = labels < 0
    first = np.full(best, -1, np.int64)
    room = np.count_nonzero(labels >= 0) * best
    queued, after = np.empty(room, np.uint32), np.empty(room, np.int64)
    ready = np.empty(n, np.uint32)
    state = best, group, reached, settled, first, queued, after, ready
    last = -1  # length of `queued`; below zero, there are no lists yet
    for start in range(n):
        if settled[start]:
            continue
        settled[start] = True  # the first of a new component
        batch = np.full(1, start, np.uint32)
        while batch.size:
            waiting = 0
            for v in batch:
                last, waiting = _look(v, incoming, multiplicity, state, last, waiting)
                last, waiting = _look(v, outgoing, multiplicity, state, last, waiting)
            if waiting:
                batch = ready[:waiting].copy()
                continue
            if last < 0 and sweeps == 0:
                last = 0
                for v in range(n):
                    if reached[v] > 0 and not settled[v]:
                        number = reached[v]
                        queued[last], after[last], first[number] = v, first[number], last
                        last += 1
            batch = _swept(reached, settled) if last < 0 else _highest(state)
            sweeps -= last < 0
            settled[batch] = True
    return group


@njit(cache=True)
def _swept(reached, settled):  # type: ignore[no-untyped-def]
    """Node with the most edges to scanned ones, in an array; or none."""
    most = 0
    found = np.empty(1, np.uint32)
    for v in range(reached.size):
        if reached[v] > most and not settled[v]:
            most, found[0] = reached[v], v
    return found[: min(most, 1)]


@njit(cache=True)
def _highest(state):  # type: ignore[no-untyped-def]
    """The same by the lists."""
    _, _, reached, settled, first, queued, after, _ = state
    for number in range(first.size - 1, 0, -1):
        while first[number] >= 0:
            i = first[number]
            first[number] = after[i]
            v = queued[i]
            if reached[v] == number and not settled[v]:
                return queued[i : i + 1]
    return queued[:0]


@njit(cache=True)
def _look(v, neighbours, multiplicity, state, last, waiting):  # type: ignore[no-untyped-def]
    """Scan v: count its edges at their other ends. Returns the new lengths of `queued`, `ready`."""
    pointers, lists, shifts, starts, offsets = neighbours
    best, group, reached, settled, first, queued, after, ready = state
    for k in range(pointers[v], pointers[v + 1]):
        shift = shifts[k]
        for i in range(starts[lists[k]], starts[lists[k] + 1]):
            u = offsets[i] + shift
            if settled[u]:
                continue
            number = min(reached[u] + (multiplicity[i] if multiplicity.size else 1), best)
            reached[u] = number
            if number == best:
                settled[u] = True
                group[u] = group[v]
                ready[waiting] = u
                waiting += 1
            elif last >= 0:
                queued[last], after[last], first[number] = u, first[number], last
                last += 1
    return last, waiting


@njit(cache=True)
def _merged(incoming, outgoing, multiplicity, labels, group):  # type: ignore[no-untyped-def]
    """Undirected graph of merged nodes: pointers, neighbours and multiplicity of the edges.

    Edges between different labels are left out, and nodes without one.
    """
    number, starts, members = _groups(labels, group)
    size = starts.size - 1
    pointers = np.zeros(size + 1, np.int64)
    room = _n_edges(incoming) + _n_edges(outgoing) if size > 1 else 0
    merged = np.empty(room, np.uint32), np.empty(room, np.int32)
    place = np.full(size, -1, np.int64)  # of the edge to that node
    kept = 0
    for m in range(size):
        for v in members[starts[m] : starts[m + 1]]:
            kept = _add(v, incoming, multiplicity, labels, number, place, pointers, merged, kept)
            kept = _add(v, outgoing, multiplicity, labels, number, place, pointers, merged, kept)
        pointers[m + 1] = kept
    return pointers, merged[0][:kept].copy(), merged[1][:kept].copy()


@njit(cache=True)
def _n_edges(neighbours):  # type: ignore[no-untyped-def]
    total = 0
    for p in neighbours[1]:
        total += neighbours[3][p + 1] - neighbours[3][p]
    return total


@njit(cache=True)
def _add(v, neighbours, multiplicity, labels, number, place, pointers, merged, kept):  # type: ignore[no-untyped-def]
    """Append v's edges to those of its merged node; returns the number of all edges so far."""
    parts, lists, shifts, starts, offsets = neighbours
    m = number[v]
    for k in range(parts[v], parts[v + 1]):
        for i in range(starts[lists[k]], starts[lists[k] + 1]):
            u = offsets[i] + shifts[k]
            to = number[u]
            if to == m or labels[u] != labels[v]:
                continue
            if place[to] < pointers[m]:
                place[to] = kept
                merged[0][kept], merged[1][kept] = to, 0
                kept += 1
            merged[1][place[to]] += multiplicity[i] if multiplicity.size else 1
    return kept


@njit(cache=True)
def _groups(labels, group):  # type: ignore[no-untyped-def]
    """Groups numbered anew: int32 number of every node, -1 for one without a label, and the
    members of group m, members[starts[m] : starts[m + 1]]."""
    n = labels.size
    number = np.full(n, -1, np.int32)
    size = 0
    for v in range(n):
        if labels[v] >= 0 and group[v] == v:
            number[v] = size
            size += 1
    starts = np.zeros(size + 1, np.int64)
    for v in range(n):
        if labels[v] >= 0:
            number[v] = number[group[v]]
            starts[number[v] + 1] += 1
    for m in range(size):
        starts[m + 1] += starts[m]
    members = np.empty(starts[size], np.int32)
    filled = starts[:-1].copy()
    for v in range(n):
        if labels[v] >= 0:
            members[filled[number[v]]] = v
            filled[number[v]] += 1
    return number, starts, members
