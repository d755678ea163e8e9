"""The census of any acyclic graph from its edges."""

from __future__ import annotations

import numpy as np

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.census.closed import Nodes, node_sums
from nsgraph.metrics.census.counts import Census, census_of
from nsgraph.metrics.census.sums import PairSums

__all__ = ["counted_edges"]


def counted_edges(graph: Graph) -> Census:
    """The census by loops over edges; time grows with the number of two-step paths."""
    from nsgraph.graphs.kernels import path_counts
    from nsgraph.metrics.census import edge_kernels

    incoming, a, b = tuple(graph.incoming), graph.in_degrees, graph.out_degrees
    halves, triangles = edge_kernels.pair_sums(incoming, tuple(graph.outgoing))
    sums = PairSums(*((int(high) << 32) + int(low) for high, low in halves.T))
    via_in, via_out = (path_counts(incoming, np.array(degrees)) for degrees in (a, b))
    nodes = node_sums(Nodes(np.ones_like(a), a, b, via_in, via_out, *triangles))
    cliques = int(edge_kernels.cliques(tuple(graph.outgoing))) if sums.multi_output else 0
    return census_of(graph.n_edges, nodes, sums, cliques)
