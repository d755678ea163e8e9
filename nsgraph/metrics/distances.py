"""Undirected shortest distances: exact sums for graphs of moderate size, a sample for others."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from nsgraph.graphs.compact import Compact
from nsgraph.graphs.graph import Csr, Graph

__all__ = ["PathLength", "path_length"]

EXACT = 2**30
"""Nodes with edges times edges up to which all distances are computed."""

STRATA = 32
"""Parts of the node numbers from each of which a sample takes two nodes."""

WORD = 64
"""Sources that are followed at once, one bit each."""

LOOKS = 8
"""Neighbours that are looked at before asking whether there is more to find."""

IntArray = npt.NDArray[np.int64]


class PathLength(NamedTuple):
    """Mean distance of connected pairs, and its standard error: 0 where all pairs were seen."""

    mean: float
    error: float


def path_length(graph: Graph) -> PathLength:
    """Mean undirected shortest distance over the pairs of distinct nodes that have one.

    A graph too large is sampled: two nodes from each of 32 runs of consecutive node numbers, hence
    spread over layers, channels and positions; always the same ones. The mean is then the ratio of
    the estimated sum of distances to the estimated number of pairs, its error that of a ratio from
    a stratified sample without replacement (Cochran 1977, section 6.11).

    Raises
    ------
    ValueError
        For a graph without edges.
    """
    if graph.n_edges == 0:
        raise ValueError("no edges")
    nodes = np.flatnonzero(graph.in_degrees + graph.out_degrees)
    if nodes.size * graph.n_edges <= EXACT:
        total, reached = _sums(graph, nodes)
        return PathLength(int(total.sum()) / int(reached.sum()), 0.0)
    rng = np.random.default_rng(0)
    strata = np.array_split(nodes, STRATA)
    drawn = np.stack([rng.choice(stratum, 2, replace=False) for stratum in strata])
    sizes = np.array([stratum.size for stratum in strata])
    total, reached = _sums(graph, drawn.ravel())
    return _ratio(total.reshape(drawn.shape), reached.reshape(drawn.shape), sizes)


def _sums(graph: Graph, sources: IntArray) -> tuple[IntArray, IntArray]:
    batches = [sources[i : i + WORD] for i in range(0, sources.size, WORD)]
    places = _one_place(graph.n_nodes) if graph.compact is None else _positions(graph.compact)
    below, above = (_runs(tuple(ends), places[0]) for ends in (graph.below, graph.above))
    sums = [distance_sums(below, above, places, batch) for batch in batches]
    return np.concatenate([s[0] for s in sums]), np.concatenate([s[1] for s in sums])


def _ratio(totals: IntArray, reached: IntArray, sizes: IntArray) -> PathLength:
    """Ratio of two sums over strata of `sizes` nodes from two nodes each, [strata, 2] arrays."""
    pairs = float(sizes @ reached.mean(axis=1))
    mean = float(sizes @ totals.mean(axis=1)) / pairs
    residuals = totals - mean * reached
    variances = (residuals[:, 0] - residuals[:, 1]) ** 2 / 2
    variance = float((sizes * (sizes - 2)) @ variances) / 2
    return PathLength(mean, variance**0.5 / pairs)


def _one_place(n_nodes: int) -> tuple[Any, ...]:
    """All nodes at one place, joined to itself; see `_positions`."""
    alone = np.arange(2), np.zeros(1, np.int32)
    return np.zeros(n_nodes, np.uint32), alone, alone


def _positions(compact: Compact) -> tuple[Any, ...]:
    """Place of every node, its position whatever its channel, and which places edges join.

    uint32 [nodes], and CSR arrays of the places below and above every place.
    """
    starts = np.cumsum([0, *(s.height * s.width for s in compact.sets)])
    tiles = (
        np.tile(np.arange(start, stop, dtype=np.uint32), s.channels)
        for start, stop, s in zip(starts, starts[1:], compact.sets, strict=False)
    )
    sources, targets = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for bundle in compact.bundles.values():
        rows, columns = bundle.rows, bundle.columns
        source = starts[bundle.source] + rows.source[:, None] * columns.n_source + columns.source
        target = starts[bundle.target] + rows.target[:, None] * columns.n_target + columns.target
        sources.append(source.ravel())
        targets.append(target.ravel())
    n = int(starts[-1])
    u, v = np.concatenate(sources), np.concatenate(targets)
    return np.concatenate(list(tiles)), _csr(n, v, u), _csr(n, u, v)


def _csr(n: int, rows: IntArray, values: IntArray) -> Csr:
    pointers = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=pointers[1:])
    return Csr(pointers, values[np.argsort(rows, kind="stable")].astype(np.int32))


@njit(cache=True)
def _runs(neighbours, place):  # type: ignore[no-untyped-def]
    """Runs of consecutive nodes, at consecutive places, whose neighbours are consecutive too.

    First node, length, list and first shift of every run, uint32; then the lists. From `Neighbours`
    and the places of all nodes.
    """
    pointers, lists, shifts, starts, offsets = neighbours
    first, length, own, shift = np.empty((4, lists.size), np.uint32)
    last = 0
    v = 0
    n = pointers.size - 1
    while v < n:
        k, parts = pointers[v], pointers[v + 1] - pointers[v]
        end = v + 1
        while end < n and _goes_on(pointers, lists, shifts, place, v, end):
            end += 1
        for i in range(k, k + parts):
            first[last], length[last], own[last], shift[last] = v, end - v, lists[i], shifts[i]
            last += 1
        v = end
    return first[:last], length[:last], own[:last], shift[:last], starts, offsets


@njit(cache=True)
def _goes_on(pointers, lists, shifts, place, v, end):  # type: ignore[no-untyped-def]
    """Whether node `end` has the lists of node v, shifted by the difference of the two."""
    a, b, ahead = pointers[v], pointers[end], end - v
    if pointers[end + 1] - b != pointers[v + 1] - a or place[end] != place[v] + ahead:
        return False
    for i in range(pointers[v + 1] - a):
        if lists[a + i] != lists[b + i] or shifts[a + i] + ahead != shifts[b + i]:
            return False
    return True


@njit(cache=True)
def distance_sums(below, above, places, sources):  # type: ignore[no-untyped-def]
    """Sum of distances from, and number of nodes reached by, each of at most 64 distinct sources.

    int64 [sources] each. Breadth-first search from all sources at once, one bit of a word each
    (Then et al. 2014). Nodes look for the bits that they lack among their neighbours, and stop when
    they have all that are there: those that arrived just before at a place next to their own.
    """
    place, places_below, places_above = places
    n = place.size
    here = np.zeros(places_below[0].size - 1, np.uint64)
    lacking = np.zeros(n, np.uint64)
    lacking[:] = ~np.uint64(0) >> np.uint64(64 - sources.size)
    fresh, found = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    for i in range(sources.size):
        fresh[sources[i]] = np.uint64(1) << np.uint64(i)
        lacking[sources[i]] ^= fresh[sources[i]]
    totals, reached = np.zeros(sources.size, np.int64), np.zeros(sources.size, np.int64)
    distance = 0
    arrived = True
    while arrived:
        arrived = False
        distance += 1
        here[:] = 0
        for v in range(n):
            here[place[v]] |= fresh[v]
        found[:] = 0
        _spread(below, fresh, lacking, _near(here, places_below), place, found)
        _spread(above, fresh, lacking, _near(here, places_above), place, found)
        digits = np.zeros(33, np.uint64)  # of the numbers of arrivals, binary, one bit a source
        for v in range(n):
            found[v] &= lacking[v]
            lacking[v] ^= found[v]
            carry, i = found[v], 0
            while carry:
                arrived = True
                digits[i], carry = digits[i] ^ carry, digits[i] & carry
                i += 1
        fresh, found = found, fresh
        for s in range(sources.size):
            count = np.int64(0)
            for i in range(digits.size):
                count += np.int64((digits[i] >> np.uint64(s)) & np.uint64(1)) << i
            totals[s] += distance * count
            reached[s] += count
    return totals, reached


@njit(cache=True)
def _near(here, places):  # type: ignore[no-untyped-def]
    """Bits at any of the places that each place is joined to, uint64 [places]."""
    pointers, neighbours = places
    near = np.zeros(here.size, np.uint64)
    for p in range(here.size):
        for e in range(pointers[p], pointers[p + 1]):
            near[p] |= here[neighbours[e]]
    return near


@njit(cache=True)
def _spread(runs, fresh, lacking, near, place, found):  # type: ignore[no-untyped-def]
    """Add fresh bits to what their neighbours have found, until all of a run have all there are.

    `near` are the bits next to every place; the places of a run are consecutive as well.
    """
    first, lengths, lists, shifts, starts, offsets = runs
    for r in range(first.size):
        v, length, shift, p = first[r], lengths[r], shifts[r], place[first[r]]
        i, end = starts[lists[r]], starts[lists[r] + 1]
        while i < end:
            missing = np.uint64(0)
            for j in range(length):
                missing |= lacking[v + j] & near[p + j] & ~found[v + j]
            if missing == 0:
                break
            stop = min(i + np.uint64(LOOKS), end)
            for e in range(i, stop):
                u = offsets[e] + shift
                for j in range(length):
                    found[v + j] |= fresh[u + j]
            i = stop
