"""Nodes and edges that carry nothing from the inputs to the outputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.flow import live_both, live_weights
from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

VYSOGORETS = "Vysogorets & Kempe 2023 (effective sparsity)"


class _Nodes(NamedTuple):
    """Nodes with their in-degrees a and out-degrees b; of each entry there are `number`."""

    a: npt.NDArray[np.int64]
    b: npt.NDArray[np.int64]
    inputs: npt.NDArray[np.bool_] | bool
    outputs: npt.NDArray[np.bool_] | bool
    number: npt.NDArray[np.int64] | int


def _degrees(graph: Graph) -> dict[str, Value]:
    return _from_degrees(
        [_Nodes(graph.in_degrees, graph.out_degrees, graph.inputs, graph.outputs, 1)]
    )


def _implicit_degrees(graph: Graph) -> dict[str, Value]:
    """Set by set; rows and columns with equal degrees are looked at once, where that will do."""
    compact = graph.compact
    assert compact is not None
    nodes: list[_Nodes] = []
    for s, grid, (a, b) in zip(compact.sets, compact.grids, compact.grouped_degrees, strict=True):
        inputs, outputs = (flags[s.start : s.stop] for flags in (graph.inputs, graph.outputs))
        if any(flags.any() and not flags.all() for flags in (inputs, outputs)):
            nodes.append(_Nodes(grid.spread(a).ravel(), grid.spread(b).ravel(), inputs, outputs, 1))
        else:
            nodes.append(_Nodes(a, b, bool(inputs[0]), bool(outputs[0]), grid.nodes))
    return _from_degrees(nodes)


def _from_degrees(nodes: list[_Nodes]) -> dict[str, Value]:
    return {
        name: int(sum((np.asarray(count(x)) * x.number).sum() for x in nodes))
        for name, count in DEGREE_COUNTS.items()
    }


def _sources(x: _Nodes) -> npt.NDArray[np.bool_]:
    return np.asarray((x.a == 0) & (x.b > 0) & np.logical_not(x.inputs))


def _sinks(x: _Nodes) -> npt.NDArray[np.bool_]:
    return np.asarray((x.b == 0) & (x.a > 0) & np.logical_not(x.outputs))


DEGREE_COUNTS: dict[str, Callable[[_Nodes], Any]] = {
    "sources": _sources,
    "sinks": _sinks,
    "disconnected": lambda x: (x.a == 0) & (x.b == 0),
    "dead_inputs": lambda x: x.inputs & (x.b == 0),
    "dead_outputs": lambda x: x.outputs & (x.a == 0),
    "removable_in": lambda x: x.b * _sources(x),
    "removable_out": lambda x: x.a * _sinks(x),
}


def _flow(graph: Graph, implicit: bool) -> dict[str, Value]:
    """Counts from reachability.

    It passes the network's identity shortcuts, whether or not they are edges of the graph; only
    `removable_parametric` leaves them out (and does not count them).
    """
    flow, strict = live_both(graph, implicit=implicit)
    return {
        "removable": flow.considered - flow.edges,
        "removable_parametric": strict.considered - strict.edges,
        "effective_sparsity": _effective_sparsity(
            graph, live_weights(graph, flow, implicit=implicit)
        ),
        "active_neurons": int(np.count_nonzero(flow.reached & flow.reaching)),
    }


def _effective_sparsity(graph: Graph, kept: int | None) -> Value:
    if kept is None or graph.network is None:
        return Undefined("the weights behind the edges are not known")
    total = graph.network.masks.n_weights
    return (total - kept) / total


FAMILY = Family(
    "local",
    (
        Part(_degrees, _implicit_degrees, tuple(DEGREE_COUNTS)),
        Part(
            partial(_flow, implicit=False),
            partial(_flow, implicit=True),
            ("removable", "removable_parametric", "effective_sparsity", "active_neurons"),
        ),
    ),
    (
        Metric(
            "sources",
            "nodes with out-edges but no in-edges that are not inputs",
            "nodes, >= 0",
            "#{v not input: a = 0, b > 0}",
            MULTIPARTITE,
        ),
        Metric(
            "sinks",
            "nodes with in-edges but no out-edges that are not outputs",
            "nodes, >= 0",
            "#{v not output: a > 0, b = 0}",
            MULTIPARTITE,
        ),
        Metric(
            "disconnected",
            "nodes without any edge, inputs and outputs included",
            "nodes, >= 0",
            "#{v: a = b = 0}",
            MULTIPARTITE,
        ),
        Metric(
            "dead_inputs",
            "input nodes without out-edges",
            "nodes, >= 0",
            "#{v input: b = 0}",
            "definition",
        ),
        Metric(
            "dead_outputs",
            "output nodes without in-edges",
            "nodes, >= 0",
            "#{v output: a = 0}",
            "definition",
        ),
        Metric(
            "removable_in",
            "edges that leave sources (one step)",
            "edges, >= 0",
            "sum of b over sources",
            MULTIPARTITE,
        ),
        Metric(
            "removable_out",
            "edges that enter sinks (one step)",
            "edges, >= 0",
            "sum of a over sinks",
            MULTIPARTITE,
        ),
        Metric(
            "removable",
            "edges on no path from an input to an output, identity shortcuts carrying flow",
            "edges, >= 0",
            "E - #{edges u -> v: u reached from an input, v reaching an output}",
            VYSOGORETS,
        ),
        Metric(
            "removable_parametric",
            "edges with a weight on no path of such edges from an input to an output",
            "edges, >= 0",
            "as removable, without identity shortcuts",
            VYSOGORETS,
        ),
        Metric(
            "effective_sparsity",
            "fraction of weights that are pruned or have no edge on a path from input to output",
            "[0, 1]",
            "1 - #{weights with a live edge} / #{weights}",
            VYSOGORETS,
            normalised=False,
        ),
        Metric(
            "active_neurons",
            "nodes on a path from an input to an output, both included",
            "nodes, >= 0",
            "#{v: reached from an input and reaching an output}",
            VYSOGORETS,
        ),
    ),
)
