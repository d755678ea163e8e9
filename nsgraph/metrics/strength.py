"""Strength: summed absolute weights at the nodes; and the unweighted k-core."""

from __future__ import annotations

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

KINDS = ("initial", "final")


def _measure(graph: Graph) -> dict[str, Value]:
    """Initial and final weights apart: their scales differ, and mixing them would tell the method.

    A kept link that was absent at the start has the initial weight 0 and adds nothing.
    """
    from nsgraph.graphs.kernels import node_sums
    from nsgraph.metrics.kernels import core_numbers

    values: dict[str, Value] = {}
    for kind in KINDS:
        if graph.n_nodes == 0:
            mean: Value = Undefined("no nodes")
            largest: Value = mean
        elif kind not in graph.weights:
            mean = largest = Undefined(f"no {kind} weights")
        else:
            strengths = node_sums(tuple(graph.incoming), graph.weights[kind])
            mean, largest = float(strengths.mean()), float(strengths.max())
        values[f"{kind}_mean"], values[f"{kind}_max"] = mean, largest
    cores = core_numbers(tuple(graph.incoming), tuple(graph.outgoing))
    none = Undefined("no nodes")
    values["k_core_mean"] = float(cores.mean()) if cores.size else none
    values["k_core_max"] = int(cores.max()) if cores.size else none
    return values


BARRAT = f"Barrat et al. 2004 (strength); {MULTIPARTITE}"
SEIDMAN = f"Seidman 1983; {MULTIPARTITE}; algorithm: Batagelj & Zaversnik 2003"

FAMILY = Family(
    "strength",
    (Part(_measure),),
    (
        *(
            Metric(
                f"{kind}_{name}",
                f"{word} summed absolute {kind} weight of a node's in- and out-edges",
                ">= 0",
                f"{name} over v of sum |w| at v",
                BARRAT,
            )
            for kind in KINDS
            for name, word in (("mean", "mean"), ("max", "largest"))
        ),
        Metric(
            "k_core_mean",
            "mean core number: the largest k such that the node is in the k-core",
            ">= 0",
            "mean over v of core(v), undirected, unweighted",
            SEIDMAN,
        ),
        Metric(
            "k_core_max",
            "largest core number (degeneracy)",
            ">= 0",
            "max over v of core(v)",
            SEIDMAN,
        ),
    ),
)
