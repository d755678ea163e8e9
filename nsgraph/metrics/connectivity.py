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


def _connectivity(graph: Graph) -> dict[str, Value]:
    """Everything but the edge connectivity is the same in a few edges of the graph."""
    from nsgraph.metrics.edge_classes import certificate, edge_classes, neighbours_of_pairs

    n = graph.n_nodes
    few = certificate(tuple(graph.below), tuple(graph.above))
    one, two, three, cut = edge_classes(*neighbours_of_pairs(n, *few))
    sizes = [np.bincount(labels, minlength=1) for labels in (one, two, three)]
    components, parts = (int(np.count_nonzero(own)) for own in sizes[:2])
    return {
        "components": components,
        "mean_component_size": n / components if components else Undefined("no nodes"),
        "bridges": parts - components,  # they join the two-edge components to trees
        "articulation_nodes": int(np.count_nonzero(cut)),
        "largest_component": int(sizes[0].max()),
        "two_edge_components": int(np.count_nonzero(sizes[1] > 1)),
        "largest_two_edge_component": int(sizes[1].max()),
        "three_edge_components": int(np.count_nonzero(sizes[2] > 1)),
        "largest_three_edge_component": int(sizes[2].max()),
        "edge_connectivity": _edge_connectivity(graph, few, two, three),
    }


def _edge_connectivity(
    graph: Graph, few: tuple[IntArray, IntArray], two: IntArray, three: IntArray
) -> Value:
    """Edge connectivity of the largest class of `two`; of several as large, the smallest value.

    All edges between different classes of `two`, the bridges, are among the `few`.
    """
    from nsgraph.metrics.min_cut import edge_connectivity

    sizes = np.bincount(two, minlength=1)
    if graph.n_edges == 0:
        return Undefined("no edges")
    if sizes.max() == 1:
        return Undefined("no cycles")
    core = sizes[two] == sizes.max()
    if np.any(two[core] != three[core]):
        return 2
    bridges = np.stack(few)[:, two[few[0]] != two[few[1]]]
    degrees = graph.in_degrees + graph.out_degrees
    within = (degrees - np.bincount(bridges.ravel(), minlength=graph.n_nodes))[core]
    if within.min() == 3:
        return 3
    if within.sum() > 2 * MOST_EDGES:
        return Undefined(f"more than {MOST_EDGES} edges")
    labels = np.where(core, two, np.int32(-1))
    return int(edge_connectivity(tuple(graph.below), tuple(graph.above), labels, within.min()))


TARJAN = f"{MULTIPARTITE}; algorithm: Tarjan 1974"
TSIN = "Menger 1927; algorithms: Nagamochi & Ibaraki 1992, Tsin 2007"

FAMILY = Family(
    "connectivity",
    (Part(_connectivity, streamed=True),),
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
