"""Spectra in the undirected sense: eigenvalues of the adjacency matrix and of the Laplacian."""

from __future__ import annotations

from math import isnan

import numpy as np

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

KINDS = {"": "final", "initial_": "initial", "unweighted_": "unweighted"}
"""Kind of weights by prefix of the metrics: never one column for two kinds."""


def _measure(graph: Graph) -> dict[str, Value]:
    return {
        f"{prefix}{name}": value
        for prefix, kind in KINDS.items()
        for name, value in _of_kind(graph, kind).items()
    }


def _of_kind(graph: Graph, kind: str) -> dict[str, Value]:
    from nsgraph.metrics.eigenvalues import WeightedEdges, adjacency_eigenvalues, laplacian_radius

    if graph.n_nodes == 0:
        return _undefined("no nodes")
    if kind == "unweighted":
        weights = np.ones(graph.n_edges, np.float32)
    elif kind in graph.weights:
        weights = graph.weights[kind]
    else:
        return _undefined(f"no {kind} weights")
    if not np.isfinite(weights).all():
        return _undefined("weights that are not finite")
    edges = WeightedEdges(*graph.incoming, weights)
    radius = _known(laplacian_radius(edges))
    if graph.n_nodes == 1:
        return {"gap": Undefined("one node"), "largest_eigenvalue": 0.0, "radius": radius}
    first, second = adjacency_eigenvalues(edges)
    return {"gap": _known(first - second), "largest_eigenvalue": _known(first), "radius": radius}


def _known(value: float) -> Value:
    return Undefined("the eigenvalues did not converge") if isnan(value) else value


def _undefined(reason: str) -> dict[str, Value]:
    return dict.fromkeys(("gap", "largest_eigenvalue", "radius"), Undefined(reason))


WEIGHTS = {"final": "final weights", "initial": "initial weights", "unweighted": "weights 1"}

SYMMETRISED = {
    "final": "S = A + A', A_uv = |final weight|",
    "initial": "S = A + A', A_uv = |initial weight|, 0 where absent at the start",
    "unweighted": "S = A + A', A_uv in {0, 1}",
}

FAMILY = Family(
    "spectral",
    (Part(_measure),),
    tuple(
        metric
        for prefix, kind in KINDS.items()
        for metric in (
            Metric(
                f"{prefix}gap",
                f"spectral gap: difference of the two largest eigenvalues ({WEIGHTS[kind]}), an "
                "eigenvalue counted as often as it occurs; known to 1e-10 of the largest",
                ">= 0",
                f"l1 - l2, l1 >= l2 >= ... eigenvalues of {SYMMETRISED[kind]}",
                f"{MULTIPARTITE}; on bipartite graphs its l1 - l3 of the largest absolute ones",
                False,
            ),
            Metric(
                f"{prefix}largest_eigenvalue",
                f"largest eigenvalue of the adjacency matrix ({WEIGHTS[kind]})",
                ">= 0",
                f"l1, largest eigenvalue of {SYMMETRISED[kind]}",
                "Newman 2018, Networks, section 17.3",
                False,
            ),
            Metric(
                f"{prefix}radius",
                f"spectral radius of the Laplacian ({WEIGHTS[kind]})",
                ">= 0",
                f"largest eigenvalue of diag(S 1) - S, {SYMMETRISED[kind]}",
                MULTIPARTITE,
                False,
            ),
        )
    ),
)
