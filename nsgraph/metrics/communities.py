"""Communities: groups of nodes with more edges inside than chance would give (clusters)."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY", "linked_nodes"]

MOST_EDGES = 2**25
"""Edges up to which communities are looked for: half a minute and 4 GiB."""


def _measure(graph: Graph) -> dict[str, Value]:
    """One partition by Leiden, two iterations from a fixed seed, of the nodes that have edges."""
    if graph.n_edges == 0:
        none = Undefined("no edges")
        return {"modularity": none, "communities": 0, "mean_size": none, "largest_size": none}
    if graph.n_edges > MOST_EDGES:
        large = Undefined(f"more than {MOST_EDGES} edges")
        return {metric.name: large for metric in FAMILY.metrics}
    found = _leiden(*linked_nodes(graph))
    sizes = found.sizes()
    return {
        "modularity": float(found.modularity),
        "communities": len(sizes),
        "mean_size": sum(sizes) / len(sizes),
        "largest_size": max(sizes),
    }


def linked_nodes(graph: Graph) -> tuple[int, Any]:
    """Number of nodes with edges, and edges between them as int64 [e, 2], numbered anew."""
    has_edges = graph.in_degrees + graph.out_degrees > 0
    number = np.cumsum(has_edges) - 1
    source, target, _ = graph.edges()
    edges = np.empty((source.size, 2), np.int64)
    edges[:, 0], edges[:, 1] = number[source], number[target]
    return int(np.count_nonzero(has_edges)), edges


def _leiden(n: int, edges: Any) -> Any:
    """igraph's own Leiden, ten times as fast as leidenalg's.

    igraph has one generator of random numbers, by default Python's; it gets that one back.
    """
    import igraph

    undirected = igraph.Graph(n)
    undirected.add_edges(edges)  # a third of the time that the constructor takes
    igraph.set_random_number_generator(random.Random(0))
    try:
        return undirected.community_leiden("modularity", n_iterations=2)
    finally:
        igraph.set_random_number_generator(random)


LEIDEN = f"Traag, Waltman & van Eck 2019 (Leiden); {MULTIPARTITE}"

FAMILY = Family(
    "communities",
    (Part(_measure),),
    (
        Metric(
            "modularity",
            "modularity of the partition that Leiden found, undirected and unweighted: a lower "
            "bound of the largest possible, which depends a little on the order of the nodes",
            "[-0.5, 1]",
            "sum over communities c of e_c / E - (d_c / 2E)^2",
            f"Newman & Girvan 2004; {LEIDEN}",
            False,
        ),
        Metric(
            "communities",
            "communities of that partition (and its order of nodes); nodes without edges in none",
            "communities, >= 0",
            "#{communities}",
            LEIDEN,
        ),
        Metric(
            "mean_size",
            "mean number of nodes of a community",
            "nodes, >= 2",
            "#{nodes with edges} / #{communities}",
            LEIDEN,
            False,
        ),
        Metric(
            "largest_size",
            "nodes of the largest community",
            "nodes, >= 2",
            "max over communities of its nodes",
            LEIDEN,
        ),
    ),
)
