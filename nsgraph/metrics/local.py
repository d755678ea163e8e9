"""Nodes and edges that carry nothing from the inputs to the outputs."""

from __future__ import annotations

import numpy as np

from nsgraph.graphs.flow import live, live_weights
from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

VYSOGORETS = "Vysogorets & Kempe 2023 (effective sparsity)"


def _measure(graph: Graph) -> dict[str, Value]:
    """Counts from in-degrees a and out-degrees b, and from reachability.

    Reachability passes the network's identity shortcuts, whether or not they are edges of the
    graph; only `removable_parametric` leaves them out (and does not count them).
    """
    a, b = graph.in_degrees, graph.out_degrees
    source = (a == 0) & (b > 0) & ~graph.inputs
    sink = (b == 0) & (a > 0) & ~graph.outputs
    flow = live(graph)
    strict = live(graph, parametric=True)
    kept = live_weights(graph, flow)
    return {
        "sources": int(np.count_nonzero(source)),
        "sinks": int(np.count_nonzero(sink)),
        "disconnected": int(np.count_nonzero((a == 0) & (b == 0))),
        "dead_inputs": int(np.count_nonzero(graph.inputs & (b == 0))),
        "dead_outputs": int(np.count_nonzero(graph.outputs & (a == 0))),
        "removable_in": int(b[source].sum()),
        "removable_out": int(a[sink].sum()),
        "removable": flow.considered - flow.edges,
        "removable_parametric": strict.considered - strict.edges,
        "effective_sparsity": _effective_sparsity(graph, kept),
        "active_neurons": int(np.count_nonzero(flow.reached & flow.reaching)),
    }


def _effective_sparsity(graph: Graph, kept: int | None) -> Value:
    if kept is None or graph.network is None:
        return Undefined("the weights behind the edges are not known")
    total = graph.network.masks.n_weights
    return (total - kept) / total


FAMILY = Family(
    "local",
    (Part(_measure),),
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
