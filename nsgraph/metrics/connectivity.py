"""Connectivity in the undirected sense: components, bridges, articulation nodes."""

from __future__ import annotations

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]


def _measure(graph: Graph) -> dict[str, Value]:
    from nsgraph.metrics.kernels import low_points

    components, bridges, articulation = low_points(tuple(graph.incoming), tuple(graph.outgoing))
    return {
        "components": int(components),
        "mean_component_size": graph.n_nodes / components if components else Undefined("no nodes"),
        "bridges": int(bridges),
        "articulation_nodes": int(articulation),
    }


TARJAN = f"{MULTIPARTITE}; algorithm: Tarjan 1974"

FAMILY = Family(
    "connectivity",
    (Part(_measure),),
    (
        Metric(
            "components",
            "connected components, a node without edges being one",
            "components, >= 1",
            "number of classes of joined nodes",
            MULTIPARTITE,
        ),
        Metric(
            "mean_component_size",
            "mean number of nodes of a component",
            "nodes, >= 1",
            "N / components",
            MULTIPARTITE,
        ),
        Metric(
            "bridges",
            "edges whose removal disconnects a component (cut edges)",
            "edges, >= 0",
            "#{edges on no cycle}",
            TARJAN,
        ),
        Metric(
            "articulation_nodes",
            "nodes whose removal disconnects a component (cut nodes)",
            "nodes, >= 0",
            "#{v: components without v > components}",
            TARJAN,
        ),
    ),
)
