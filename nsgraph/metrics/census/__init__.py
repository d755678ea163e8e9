"""Exact census of connected subgraphs of three and four nodes, from the masks or from edges.

Four-cycles and triangles are sums over pairs of nodes of products of three counts (F paths of two
edges, O common targets, I common sources), everything else follows from degrees. In a compact graph
the pairs of nodes fall into few classes by position (`signatures`); within a class, all pairs of
channels are counted at once by products of packed masks (`bits`, `pairs`, `sums`, `kernels`).
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from nsgraph.graphs.compact import Compact
from nsgraph.graphs.graph import Graph
from nsgraph.metrics.census.counts import Census, census_of

__all__ = ["Census", "census", "census_from_edges", "census_from_masks", "four_cycles"]

_known: WeakKeyDictionary[Graph | Compact, Census] = WeakKeyDictionary()


def census(graph: Graph) -> Census:
    """The census of a graph, from the masks if it has a compact form."""
    return census_from_edges(graph) if graph.compact is None else census_from_masks(graph)


def census_from_masks(graph: Graph) -> Census:
    """The census without unrolling; made once for a graph that has a compact form."""
    compact = graph.compact
    assert compact is not None
    if compact not in _known:
        from nsgraph.metrics.census.bits import packed
        from nsgraph.metrics.census.cliques import clique_sum
        from nsgraph.metrics.census.maps import closed_sums
        from nsgraph.metrics.census.sums import pair_sums

        bits = packed(compact)
        sums, triangles = pair_sums(compact, bits)
        cliques = clique_sum(compact, bits) if sums.multi_output else 0
        nodes = closed_sums(compact, bits, triangles)
        _known[compact] = census_of(compact.n_edges, nodes, sums, cliques)
    return _known[compact]


def census_from_edges(graph: Graph) -> Census:
    """The census from the edges one by one; made once for a graph."""
    if graph not in _known:
        from nsgraph.metrics.census.edges import counted_edges

        _known[graph] = counted_edges(graph)
    return _known[graph]


def four_cycles(graph: Graph) -> int:
    """Four-cycles of the undirected graph, with chords or without."""
    return census(graph).four_cycles
