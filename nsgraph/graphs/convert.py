"""Graphs as objects of scipy, networkx, igraph and graph-tool."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import scipy.sparse as sp

from nsgraph.errors import UserError
from nsgraph.graphs.graph import Graph

__all__ = ["import_graph_tool", "to_graph_tool", "to_igraph", "to_networkx", "to_scipy"]


def to_scipy(graph: Graph) -> Any:
    """CSR array [n_nodes, n_nodes]; row = source, column = target."""
    shape = (graph.n_nodes, graph.n_nodes)
    pointers, neighbours = graph.incoming
    return sp.csc_array((graph.edges()[2], neighbours, pointers), shape=shape).tocsr()


def to_networkx(graph: Graph) -> Any:
    """`networkx.DiGraph`; practical up to about a million edges."""
    import networkx as nx

    result = nx.DiGraph(encoding=graph.encoding)
    for s in graph.sets:
        result.add_nodes_from(range(s.start, s.stop), set=s.id)
    source, target, weight = graph.edges()
    labels = edge_labels(graph)
    result.add_edges_from(
        (u, v, {"weight": w, "layer": labels[layer]})
        for u, v, w, layer in zip(
            source.tolist(),
            target.tolist(),
            weight.tolist(),
            graph.edge_layers.tolist(),
            strict=True,
        )
    )
    return result


def to_igraph(graph: Graph) -> Any:
    """Directed `igraph.Graph`."""
    import igraph

    source, target, weight = graph.edges()
    result = igraph.Graph(
        n=graph.n_nodes,
        edges=np.stack([source, target], axis=1),
        directed=True,
        edge_attrs={"weight": weight.tolist()},
    )
    labels = edge_labels(graph)
    result.es["layer"] = [labels[layer] for layer in graph.edge_layers.tolist()]
    result.vs["set"] = [s.id for s in graph.sets for _ in range(s.size)]
    return result


def to_graph_tool(graph: Graph) -> Any:
    """`graph_tool.Graph`, made from the arrays; `set` and `layer` are numbers with a legend.

    The graph properties `sets` and `layers` (JSON lists) say what the numbers mean; layer -1 is an
    identity shortcut.
    """
    import json

    gt = import_graph_tool()
    result = gt.Graph(directed=True)
    result.add_vertex(graph.n_nodes)
    source, target, weight = graph.edges()
    result.add_edge_list(np.stack([source, target], axis=1))
    result.ep["weight"] = result.new_ep("double", vals=weight.astype(np.float64))
    result.ep["layer"] = result.new_ep("int32_t", vals=graph.edge_layers.astype(np.int32))
    numbers = np.repeat(np.arange(len(graph.sets)), [s.size for s in graph.sets])
    result.vp["set"] = result.new_vp("int32_t", vals=numbers.astype(np.int32))
    for name, legend in (("sets", [s.id for s in graph.sets]), ("layers", list(graph.layers))):
        result.gp[name] = result.new_gp("string", val=json.dumps(legend))
    return result


def import_graph_tool() -> Any:
    """The module graph_tool.

    Raises
    ------
    UserError
        If it is not there, or was built for numpy 1 while numpy 2 is running: importing it would
        then end the interpreter, so the versions are looked at first.
    """
    if importlib.util.find_spec("graph_tool") is None:
        raise UserError(
            "graph-tool is not installed; it comes from conda-forge (graph-tool-base) or Debian "
            "(python3-graph-tool). Everything else works without it."
        )
    if int(np.__version__.split(".")[0]) >= 2 and not _is_from_conda():
        raise UserError(
            f"graph-tool as packaged by Debian needs numpy 1, but numpy {np.__version__} is "
            "installed; use the environment with numpy 1 or the one made from environment.yml."
        )
    import graph_tool

    return graph_tool


def _is_from_conda() -> bool:
    """Whether the graph-tool that would be imported lies in a conda environment."""
    import sys
    from pathlib import Path

    spec = importlib.util.find_spec("graph_tool")
    if spec is None or spec.origin is None:
        return False
    inside = Path(spec.origin).resolve().is_relative_to(Path(sys.prefix).resolve())
    return inside and (Path(sys.prefix) / "conda-meta").is_dir()


def edge_labels(graph: Graph) -> list[str]:
    """Layer names, with "identity" last, so that index -1 finds it."""
    return [*graph.layers, "identity"]
