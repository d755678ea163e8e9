"""The peers of measuring: the same metrics by igraph, networkx and scipy.

A peer is `prepare`, which turns the edges into the library's own graph and is not timed, and
`measure`, which is. The values bear the names of `nsgraph.measure`, so that they can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs import Graph

__all__ = ["PEERS", "Peer"]

Values = Mapping[str, float]


class Peer(NamedTuple):
    """How another library does the work of a family; `what` says which part of it."""

    prepare: Callable[[Graph], Any]
    measure: Callable[[Any], Values]
    what: str


def _igraph(graph: Graph) -> Any:
    import igraph

    source, target, weight = graph.edges()
    made = igraph.Graph(n=graph.n_nodes, edges=np.stack([source, target], axis=1), directed=True)
    made.es["weight"] = weight
    return made


def _igraph_undirected(graph: Graph) -> Any:
    return _igraph(graph).as_undirected(mode="each")


def _networkx(graph: Graph) -> Any:
    import networkx as nx

    made = nx.DiGraph()
    made.add_nodes_from(range(graph.n_nodes))
    made.add_weighted_edges_from(zip(*(array.tolist() for array in graph.edges()), strict=True))
    return made


def _networkx_undirected(graph: Graph) -> Any:
    return _networkx(graph).to_undirected()


class _Flow(NamedTuple):
    """A library's graph with two nodes more: one before all inputs, one behind all outputs."""

    made: Any
    start: int
    end: int
    source: npt.NDArray[np.int32]
    target: npt.NDArray[np.int32]


def _flow(graph: Graph, make: Callable[[Graph], Any]) -> _Flow:
    made, n = make(graph), graph.n_nodes
    inputs, outputs = (np.flatnonzero(flags).tolist() for flags in (graph.inputs, graph.outputs))
    extra = [(n, v) for v in inputs] + [(v, n + 1) for v in outputs]
    if hasattr(made, "add_vertices"):
        made.add_vertices(2)
        made.add_edges(extra)
    else:
        made.add_edges_from(extra)
    return _Flow(made, n, n + 1, *graph.edges()[:2])


def _removable(flow: _Flow, reached: Iterable[int], reaching: Iterable[int]) -> Values:
    flags = np.zeros((2, flow.end + 1), dtype=np.bool_)
    for row, nodes in zip(flags, (reached, reaching), strict=True):
        row[np.fromiter(nodes, dtype=np.int64)] = True
    alive = flags[0, flow.source] & flags[1, flow.target]
    return {"local.removable_parametric": int(np.count_nonzero(~alive))}


def _igraph_local(flow: _Flow) -> Values:
    return _removable(
        flow,
        flow.made.subcomponent(flow.start, mode="out"),
        flow.made.subcomponent(flow.end, mode="in"),
    )


def _networkx_local(flow: _Flow) -> Values:
    import networkx as nx

    return _removable(
        flow, nx.descendants(flow.made, flow.start), nx.ancestors(flow.made, flow.end)
    )


def _igraph_neighbourhood(graph: Any) -> Values:
    sizes = graph.neighborhood_size(order=2, mode="out")
    return {"neighbourhood.hop2": sum(sizes) / graph.vcount()}


def _networkx_neighbourhood(graph: Any) -> Values:
    import networkx as nx

    sizes = (len(nx.single_source_shortest_path_length(graph, v, cutoff=2)) for v in graph)
    return {"neighbourhood.hop2": sum(sizes) / graph.number_of_nodes()}


def _scipy_neighbourhood(matrix: Any) -> Values:
    pairs = (matrix + matrix @ matrix).nnz
    return {"neighbourhood.hop2": 1 + pairs / matrix.shape[0]}


def _scipy(graph: Graph) -> Any:
    return graph.to_scipy().astype(bool)


def _igraph_motifs(size: int) -> Callable[[Any], Values]:
    def measure(graph: Any) -> Values:
        counts = np.array(graph.motifs_randesu(size=size))  # cut_prob 0: all of them
        return {f"motifs.size{size}": int(np.nansum(counts))}

    return measure


def _networkx_triads(graph: Any) -> Values:
    import networkx as nx

    census = nx.triadic_census(graph)
    return {
        "motifs.size3": sum(n for kind, n in census.items() if kind not in ("003", "012", "102"))
    }


def _igraph_connectivity(graph: Any) -> Values:
    return {
        "connectivity.components": len(graph.connected_components()),
        "connectivity.bridges": len(graph.bridges()),
        "connectivity.articulation_nodes": len(graph.articulation_points()),
    }


def _networkx_connectivity(graph: Any) -> Values:
    import networkx as nx

    return {
        "connectivity.components": nx.number_connected_components(graph),
        "connectivity.bridges": sum(1 for _ in nx.bridges(graph)),
        "connectivity.articulation_nodes": sum(1 for _ in nx.articulation_points(graph)),
    }


def _igraph_strength(graph: Any) -> Values:
    return {"strength.final_max": max(graph.strength(weights="weight"))}


def _networkx_strength(graph: Any) -> Values:
    return {"strength.final_max": max(total for _, total in graph.degree(weight="weight"))}


REACHABILITY = "nodes reached from the inputs and reaching the outputs"
TWO_STEPS = "distinct nodes within two steps"
CONNECTIVITY = "components, bridges, articulation nodes"
STRENGTH = "strengths"

PEERS = {
    ("local", "igraph"): Peer(lambda g: _flow(g, _igraph), _igraph_local, REACHABILITY),
    ("local", "networkx"): Peer(lambda g: _flow(g, _networkx), _networkx_local, REACHABILITY),
    ("neighbourhood", "igraph"): Peer(_igraph, _igraph_neighbourhood, TWO_STEPS),
    ("neighbourhood", "networkx"): Peer(_networkx, _networkx_neighbourhood, TWO_STEPS),
    ("neighbourhood", "scipy"): Peer(_scipy, _scipy_neighbourhood, TWO_STEPS),
    ("motifs", "igraph size 3"): Peer(_igraph, _igraph_motifs(3), "census of size 3"),
    ("motifs", "igraph size 4"): Peer(_igraph, _igraph_motifs(4), "census of size 4"),
    ("motifs", "networkx size 3"): Peer(_networkx, _networkx_triads, "census of size 3"),
    ("connectivity", "igraph"): Peer(_igraph_undirected, _igraph_connectivity, CONNECTIVITY),
    ("connectivity", "networkx"): Peer(_networkx_undirected, _networkx_connectivity, CONNECTIVITY),
    ("strength", "igraph"): Peer(_igraph, _igraph_strength, STRENGTH),
    ("strength", "networkx"): Peer(_networkx, _networkx_strength, STRENGTH),
}
"""(family, tool) -> the peer."""
