"""Connectivity in the undirected sense: components, cut edges and cut nodes, edge connectivity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

MOST_EDGES = 2**24
"""Edges up to which the edge connectivity of a core is computed, where it is more than 3."""

IntArray = npt.NDArray[np.int32]


def _cuts(graph: Graph) -> dict[str, Value]:
    from nsgraph.metrics.kernels import low_points

    components, bridges, articulation = low_points(tuple(graph.incoming), tuple(graph.outgoing))
    return {
        "components": int(components),
        "mean_component_size": graph.n_nodes / components if components else Undefined("no nodes"),
        "bridges": int(bridges),
        "articulation_nodes": int(articulation),
    }


def _classes(graph: Graph) -> dict[str, Value]:
    """Classes of nodes joined by one, two and three paths that share no edge."""
    from nsgraph.metrics.edge_classes import certificate, edge_classes, neighbours_of_pairs

    few = certificate(tuple(graph.incoming), 3)
    one, two, three = edge_classes(*neighbours_of_pairs(graph.n_nodes, *few))
    sizes = [np.bincount(labels, minlength=1) for labels in (one, two, three)]
    return {
        "largest_component": int(sizes[0].max()),
        "two_edge_components": int(np.count_nonzero(sizes[1] > 1)),
        "largest_two_edge_component": int(sizes[1].max()),
        "three_edge_components": int(np.count_nonzero(sizes[2] > 1)),
        "largest_three_edge_component": int(sizes[2].max()),
        "edge_connectivity": _edge_connectivity(graph, two, three),
    }


def _edge_connectivity(graph: Graph, two: IntArray, three: IntArray) -> Value:
    """Edge connectivity of the largest class of `two`; of several as large, the smallest value."""
    from nsgraph.metrics.min_cut import edge_connectivity, induced

    sizes = np.bincount(two, minlength=1)
    if graph.n_edges == 0:
        return Undefined("no edges")
    if sizes.max() == 1:
        return Undefined("no cycles")
    core = sizes[two] == sizes.max()
    if np.any(two[core] != three[core]):
        return 2
    labels = np.where(core, two, np.int32(-1))
    pointers, neighbours = induced(tuple(graph.incoming), tuple(graph.outgoing), labels)
    if np.diff(pointers).min() == 3:
        return 3
    if neighbours.size > 2 * MOST_EDGES:
        return Undefined(f"more than {MOST_EDGES} edges")
    return int(edge_connectivity(pointers, neighbours))


TARJAN = f"{MULTIPARTITE}; algorithm: Tarjan 1974"
TSIN = "Menger 1927; algorithms: Nagamochi & Ibaraki 1992, Tsin 2007"

FAMILY = Family(
    "connectivity",
    (
        Part(
            _cuts,
            names=("components", "mean_component_size", "bridges", "articulation_nodes"),
        ),
        Part(
            _classes,
            names=(
                "largest_component",
                "two_edge_components",
                "largest_two_edge_component",
                "three_edge_components",
                "largest_three_edge_component",
                "edge_connectivity",
            ),
        ),
    ),
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
        Metric(
            "largest_component",
            "nodes of the largest connected component",
            "nodes, >= 1",
            "max over components of its nodes",
            "Newman 2018, Networks, section 10.1",
        ),
        *(
            metric
            for k, word in ((2, "two"), (3, "three"))
            for metric in (
                Metric(
                    f"{word}_edge_components",
                    f"sets of at least two nodes that every removal of fewer than {k} edges leaves "
                    f"joined ({k}-edge-connected components)",
                    "components, >= 0",
                    f"#{{classes of nodes joined by {k} edge-disjoint paths, of >= 2 nodes}}",
                    TSIN,
                ),
                Metric(
                    f"largest_{word}_edge_component",
                    f"nodes of the largest {k}-edge-connected component",
                    "nodes, >= 1",
                    f"max over classes of nodes joined by {k} edge-disjoint paths of their number",
                    TSIN,
                ),
            )
        ),
        Metric(
            "edge_connectivity",
            "least number of edges whose removal disconnects the largest 2-edge-connected "
            "component; taken there, as one node of degree 1 makes it 1 for the whole graph",
            "edges, >= 2",
            "min over cuts of that component of the edges across",
            "Menger 1927; algorithm: Nagamochi, Ono & Ibaraki 1994",
            False,
        ),
    ),
)
