"""Undirected shortest distances: exact sums for graphs of moderate size, a sample for others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from nsgraph.graphs.graph import Graph

__all__ = ["PathLength", "path_length"]

EXACT = 2**30
"""Nodes with edges times edges up to which all distances are computed."""

STRATA = 32
"""Parts of the node numbers from each of which a sample takes two nodes."""

WORD = 64
"""Sources that are followed at once, one bit each."""

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
    incoming, outgoing = tuple(graph.incoming), tuple(graph.outgoing)
    sums = [distance_sums(incoming, outgoing, batch) for batch in batches]
    return np.concatenate([s[0] for s in sums]), np.concatenate([s[1] for s in sums])


def _ratio(totals: IntArray, reached: IntArray, sizes: IntArray) -> PathLength:
    """Ratio of two sums over strata of `sizes` nodes from two nodes each, [strata, 2] arrays."""
    pairs = float(sizes @ reached.mean(axis=1))
    mean = float(sizes @ totals.mean(axis=1)) / pairs
    residuals = totals - mean * reached
    variances = (residuals[:, 0] - residuals[:, 1]) ** 2 / 2
    variance = float((sizes * (sizes - 2)) @ variances) / 2
    return PathLength(mean, variance**0.5 / pairs)


@njit(cache=True)
def distance_sums(incoming, outgoing, sources):  # type: ignore[no-untyped-def]
    """Sum of distances from, and number of nodes reached by, each of at most 64 distinct sources.

    int64 [sources] each. Breadth-first search from all sources at once, one bit of a word each
    (Then et al. 2014). A node looks for the bits that it lacks among its neighbours, and stops when
    it has them all.
    """
    in_pointers, in_neighbours = incoming
    out_pointers, out_neighbours = outgoing
    n = in_pointers.size - 1
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
        digits = np.zeros(
            33, np.uint64
        )  # binary digits of the number of arrivals, one bit a source
        for v in range(n):
            want = lacking[v]
            bits = np.uint64(0)
            if want:
                for e in range(in_pointers[v], in_pointers[v + 1]):
                    bits |= fresh[in_neighbours[e]]
                    if bits & want == want:
                        break
                if bits & want != want:
                    for e in range(out_pointers[v], out_pointers[v + 1]):
                        bits |= fresh[out_neighbours[e]]
                        if bits & want == want:
                            break
            found[v] = bits & want
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
