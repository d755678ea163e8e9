"""Strength: summed absolute weights at the nodes; and the unweighted k-core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.graph import Graph
from nsgraph.graphs.strengths import grouped_strengths, strengths
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

KINDS = ("initial", "final")


def _strengths(graph: Graph) -> dict[str, Value]:
    """Initial and final weights apart: their scales differ, and mixing them would tell the method.

    A kept link that was absent at the start has the initial weight 0 and adds nothing.
    """
    return _summary(graph, lambda kind: [(strengths(graph, kind, implicit=False), 1)])


def _implicit_strengths(graph: Graph) -> dict[str, Value]:
    """The same, rows and columns with equal neighbourhoods looked at once."""
    compact = graph.compact
    assert compact is not None
    if not compact.unambiguous:
        return _strengths(graph)
    nodes = [grid.nodes for grid in compact.grids]
    return _summary(
        graph, lambda kind: list(zip(grouped_strengths(compact, kind), nodes, strict=True))
    )


def _summary(
    graph: Graph, of_kind: Callable[[str], list[tuple[npt.NDArray[np.float64], Any]]]
) -> dict[str, Value]:
    """Mean and maximum of strengths that are given with the number of nodes that have them."""
    values: dict[str, Value] = {}
    for kind in KINDS:
        if graph.n_nodes == 0:
            mean: Value = Undefined("no nodes")
            largest: Value = mean
        elif kind not in graph.weight_kinds:
            mean = largest = Undefined(f"no {kind} weights")
        else:
            found = of_kind(kind)
            mean = float(sum((sums * nodes).sum() for sums, nodes in found)) / graph.n_nodes
            largest = float(max(sums.max() for sums, _ in found))
        values[f"{kind}_mean"], values[f"{kind}_max"] = mean, largest
    return values


def _cores(graph: Graph) -> dict[str, Value]:
    from nsgraph.metrics.kernels import core_numbers

    cores = core_numbers(
        tuple(graph.below), tuple(graph.above), graph.in_degrees + graph.out_degrees
    )
    none = Undefined("no nodes")
    return {
        "k_core_mean": float(cores.mean()) if cores.size else none,
        "k_core_max": int(cores.max()) if cores.size else none,
    }


BARRAT = f"Barrat et al. 2004 (strength); {MULTIPARTITE}"
SEIDMAN = f"Seidman 1983; {MULTIPARTITE}; algorithm: Batagelj & Zaversnik 2003"

FAMILY = Family(
    "strength",
    (
        Part(
            _strengths,
            _implicit_strengths,
            tuple(f"{kind}_{name}" for kind in KINDS for name in ("mean", "max")),
        ),
        Part(_cores, names=("k_core_mean", "k_core_max"), streamed=True),
    ),
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
