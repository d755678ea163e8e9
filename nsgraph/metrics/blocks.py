"""Nested block model: groups of nodes with like neighbours. Asked for by name, needs graph-tool.

Fitting takes seconds per thousand edges, and the tables of a study shall not depend on whether
graph-tool is installed: so this family is none of those measured by default.
"""

from __future__ import annotations

import warnings
from typing import Any

from nsgraph.errors import UserError
from nsgraph.graphs.graph import Graph
from nsgraph.metrics.communities import linked_nodes
from nsgraph.metrics.registry import Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

MOST_EDGES = 20_000
"""Edges up to which the model is fitted: about two minutes."""

FITS = 4
"""Fits of which the one with the least description length is kept; each may end in a poor one."""

SEED = 1
"""For graph-tool's generator of random numbers, to which 0 would mean a new seed at each call."""


def _measure(graph: Graph) -> dict[str, Value]:
    if graph.n_edges == 0:
        return _undefined("no edges")
    if graph.n_edges > MOST_EDGES:
        return _undefined(f"more than {MOST_EDGES} edges")
    try:
        state = _fitted(*linked_nodes(graph))
    except UserError as error:  # graph-tool cannot be imported
        return _undefined(str(error).split(";")[0])
    blocks = [int(level.get_nonempty_B()) for level in state.get_levels()]
    return {
        "blocks": blocks[0],
        "levels": sum(b > 1 for b in blocks),
        "description_length": float(state.entropy()),
    }


def _undefined(reason: str) -> dict[str, Value]:
    return {metric.name: Undefined(reason) for metric in FAMILY.metrics}


def _fitted(n: int, edges: Any) -> Any:
    """State of the degree-corrected model with the least description length of all fits.

    Reseeds graph-tool's generator of random numbers, which cannot be given back its state.
    """
    from nsgraph.graphs.convert import import_graph_tool

    gt = import_graph_tool()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of drawing, where cairo is missing
        from graph_tool.inference import minimize_nested_blockmodel_dl
    directed = gt.Graph(directed=True)
    directed.add_vertex(n)
    directed.add_edge_list(edges)
    threads = gt.openmp_get_num_threads()
    gt.openmp_set_num_threads(1)
    gt.seed_rng(SEED)
    try:
        fits = [minimize_nested_blockmodel_dl(directed) for _ in range(FITS)]
    finally:
        gt.openmp_set_num_threads(threads)
    return min(fits, key=lambda state: state.entropy())


PEIXOTO = "Peixoto 2014 (nested block model), 2017 (microcanonical); graph-tool"

FAMILY = Family(
    "blocks",
    (Part(_measure),),
    (
        Metric(
            "blocks",
            "groups on the lowest level of the nested degree-corrected block model of the directed "
            "graph without isolated nodes",
            "blocks, >= 1",
            "#{blocks} of the partition of least description length in 4 fits",
            PEIXOTO,
            False,
        ),
        Metric(
            "levels",
            "levels of that model with more than one block",
            "levels, >= 0",
            "#{levels with > 1 block}",
            PEIXOTO,
            False,
        ),
        Metric(
            "description_length",
            "information that it takes to describe the graph by that model",
            "nats, >= 0",
            "- ln P(graph, partition)",
            PEIXOTO,
        ),
    ),
)
