"""How far a node sees: distinct nodes within few steps forward, and numbers of paths."""

from __future__ import annotations

from collections.abc import Callable

from nsgraph.graphs.flow import paths
from nsgraph.graphs.graph import Graph
from nsgraph.metrics.census import Census, census_from_edges, census_from_masks
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

HOPS = tuple(f"hop{k}" for k in (1, 2))
PATHS = tuple(f"paths{k}" for k in (1, 2, 3, 4))


def _hops(graph: Graph) -> dict[str, Value]:
    return _means(graph, census_from_edges)


def _implicit_hops(graph: Graph) -> dict[str, Value]:
    return _means(graph, census_from_masks)


def _means(graph: Graph, census: Callable[[Graph], Census]) -> dict[str, Value]:
    """Means over all nodes; the census knows the pairs of nodes within two steps."""
    n = graph.n_nodes
    if n == 0:
        return dict.fromkeys(HOPS, Undefined("no nodes"))
    return {"hop1": (n + graph.n_edges) / n, "hop2": (n + census(graph).within_two) / n}


def _paths(graph: Graph) -> dict[str, Value]:
    return dict(zip(PATHS, paths(graph, len(PATHS), implicit=False), strict=True))


def _implicit_paths(graph: Graph) -> dict[str, Value]:
    return dict(zip(PATHS, paths(graph, len(PATHS)), strict=True))


FAMILY = Family(
    "neighbourhood",
    (Part(_hops, _implicit_hops, HOPS), Part(_paths, _implicit_paths, PATHS)),
    (
        *(
            Metric(
                name,
                f"mean number of distinct nodes within {k} step{'s' if k > 1 else ''} forward, the "
                "node itself included",
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
