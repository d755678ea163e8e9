"""Size of the graph: what the trivial baselines know."""

from __future__ import annotations

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Value

__all__ = ["FAMILY"]


def _measure(graph: Graph) -> dict[str, Value]:
    """From the masks alone where the graph has a compact form: its properties see to that."""
    return {
        "nodes": graph.n_nodes,
        "edges": graph.n_edges,
        "parallel_edges": graph.n_parallel,
    }


FAMILY = Family(
    "size",
    (Part(_measure, _measure),),
    (
        Metric("nodes", "nodes, without edges or with", "nodes, >= 0", "N", MULTIPARTITE, False),
        Metric("edges", "edges of the simple graph", "edges, >= 0", "E", MULTIPARTITE, False),
        Metric(
            "parallel_edges",
            "edges that were merged into another one between the same nodes",
            "edges, >= 0",
            "edges before merging - E",
            "definition",
            False,
        ),
    ),
)
