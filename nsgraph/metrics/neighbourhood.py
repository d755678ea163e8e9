"""How far a node sees: distinct nodes within few steps forward, and numbers of paths."""

from __future__ import annotations

from collections.abc import Callable

from nsgraph.graphs.flow import paths
from nsgraph.graphs.graph import Graph, NodeSet
from nsgraph.metrics.census import census_from_masks
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

BITSET_BYTES = 2**28
"""Largest table of neighbourhoods, one bit a pair, that is kept in memory."""

HOPS = tuple(f"hop{k}" for k in (1, 2))
PATHS = tuple(f"paths{k}" for k in (1, 2, 3, 4))


def _hops(graph: Graph) -> dict[str, Value]:
    """Means over all nodes.

    Summed over nodes, the nodes ahead and the nodes behind are the same pairs, so in-neighbours
    give the mean forward neighbourhood.
    """
    return _means(graph, _pairs_within_two)


def _implicit_hops(graph: Graph) -> dict[str, Value]:
    return _means(graph, lambda graph: census_from_masks(graph).within_two)


def _means(graph: Graph, pairs_within_two: Callable[[Graph], int]) -> dict[str, Value]:
    n = graph.n_nodes
    if n == 0:
        return dict.fromkeys(HOPS, Undefined("no nodes"))
    return {"hop1": (n + graph.n_edges) / n, "hop2": (n + pairs_within_two(graph)) / n}


def _paths(graph: Graph) -> dict[str, Value]:
    return dict(zip(PATHS, paths(graph, len(PATHS), implicit=False), strict=True))


def _implicit_paths(graph: Graph) -> dict[str, Value]:
    return dict(zip(PATHS, paths(graph, len(PATHS)), strict=True))


def _pairs_within_two(graph: Graph) -> int:
    """Number of ordered pairs of distinct nodes at distance 1 or 2."""
    from nsgraph.metrics import kernels

    return sum(_pairs_into(graph, s, kernels) for s in graph.sets)


def _pairs_into(graph: Graph, s: NodeSet, kernels) -> int:  # type: ignore[no-untyped-def]
    """Pairs that end in one node set, by marking nodes or, where denser, by joining bit rows."""
    incoming, degrees = graph.incoming, graph.in_degrees
    first = incoming.neighbours[incoming.pointers[s.start] : incoming.pointers[s.stop]]
    if first.size == 0:
        return 0
    middle = int(first.min()), int(first.max()) + 1
    second = incoming.neighbours[incoming.pointers[middle[0]] : incoming.pointers[middle[1]]]
    low = int(min(middle[0], second.min(initial=middle[0])))
    words = (middle[1] - low) // 64 + 1
    two_steps = int(degrees[first].sum())
    table = (middle[1] - middle[0]) * words
    if two_steps > 2 * (first.size * words + table) and 8 * table <= BITSET_BYTES:
        return int(kernels.pairs_by_bits(tuple(incoming), s.start, s.stop, *middle, low, words))
    return int(kernels.pairs_by_marks(tuple(incoming), s.start, s.stop))


FAMILY = Family(
    "neighbourhood",
    (Part(_hops, _implicit_hops, HOPS), Part(_paths, _implicit_paths, PATHS)),
    (
        *(
            Metric(
                name,
                f"mean number of distinct nodes within {k} steps forward, the node itself included",
                "nodes, >= 1",
                f"sum over v #{{u: 0 <= distance(v, u) <= {k}}} / N",
                MULTIPARTITE,
            )
            for k, name in enumerate(HOPS, start=1)
        ),
        *(
            Metric(
                name,
                f"directed paths of {k} edge{'s' if k > 1 else ''}",
                "paths, >= 0",
                f"1' A^{k} 1, A the 0/1 adjacency matrix",
                "Newman 2018, Networks, section 6.11",
            )
            for k, name in enumerate(PATHS, start=1)
        ),
    ),
)
