"""Expansion of one layer: how far it is from the bound that Ramanujan graphs attain.

Nodes without edges belong to no mean degree and to no matrix, as in the code of Hoang et al.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

KINDS = {"": "final", "initial_": "initial"}
"""Kind of weights by prefix of the weighted metric."""

LEAST_MEAN_DEGREE = 3
"""Mean degree on both sides from which on a subgraph counts."""

NO_SUBGRAPH = Undefined("left nodes of equal degree nowhere have both mean degrees >= 3")


class _Layer(NamedTuple):
    """Edges of a bipartite graph without isolated nodes, as in-neighbours of its right nodes.

    Left nodes are numbered 0 .. left - 1; `pointers` [right + 1], `neighbours` [edges]; `at` are
    the positions of the edges in the whole graph.
    """

    left: int
    pointers: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]

    @property
    def right(self) -> int:
        return self.pointers.size - 1

    @property
    def mean_degrees(self) -> tuple[float, float]:
        return self.at.size / self.left, self.at.size / self.right

    @property
    def bound(self) -> float:
        return sum(sqrt(d - 1) for d in self.mean_degrees)

    def eigenvalues(self, weights: npt.NDArray[Any]) -> tuple[float, float]:
        """Largest and third-largest absolute eigenvalue, at least three nodes.

        The spectrum is that of the biadjacency matrix's singular values with both signs, so that
        these are the two largest eigenvalues.
        """
        from nsgraph.metrics.eigenvalues import WeightedEdges, adjacency_eigenvalues

        pointers = np.concatenate([np.zeros(self.left, np.int64), self.pointers])
        return adjacency_eigenvalues(WeightedEdges(pointers, self.neighbours, weights[self.at]))


def _measure(graph: Graph) -> dict[str, Value]:
    reason = _unfit(graph)
    if reason:
        return {metric.name: Undefined(reason) for metric in FAMILY.metrics}
    ones = np.ones(graph.n_edges, np.float32)
    sources, targets, _ = graph.edges()
    subgraphs = list(_left_regular(graph, sources, targets))
    values = {
        **_gaps(_layer(sources, targets, np.arange(graph.n_edges)), ones),
        **_mean_differences(subgraphs, ones),
        **{
            f"{prefix}iterative_weighted_gap": _weighted_gap(graph, subgraphs, kind)
            for prefix, kind in KINDS.items()
        },
    }
    unknown = Undefined("the eigenvalues did not converge")
    # NaN alone differs from itself
    return {name: unknown if value != value else value for name, value in values.items()}


def _unfit(graph: Graph) -> str | None:
    """Why the family is not defined for the graph, if so."""
    a, b = graph.in_degrees, graph.out_degrees
    if len(graph.sets) > 2 or np.any((a > 0) & (b > 0)):
        return "defined for a single bipartite layer: use a rolled encoding"
    if graph.n_edges == 0:
        return "no edges"
    if graph.n_edges == 1:
        return "one edge: there is no third eigenvalue"
    return None


def _layer(
    sources: npt.NDArray[np.int32], targets: npt.NDArray[np.int32], at: npt.NDArray[Any]
) -> _Layer:
    """The edges at these positions and the nodes at their ends; positions ascend."""
    left, neighbours = np.unique(sources[at], return_inverse=True)
    _, degrees = np.unique(targets[at], return_counts=True)
    pointers = np.concatenate([[0], np.cumsum(degrees)])
    return _Layer(left.size, pointers, neighbours.astype(np.int32), at)


def _left_regular(graph: Graph, sources: Any, targets: Any) -> Iterator[_Layer]:
    """The left nodes of each degree with all their edges, if both mean degrees are large enough.

    Then there are three such nodes at least, which the code of Hoang et al. asks for.
    """
    degrees = graph.out_degrees[sources]
    for degree in np.unique(degrees):
        if degree >= LEAST_MEAN_DEGREE:
            subgraph = _layer(sources, targets, np.flatnonzero(degrees == degree))
            if subgraph.mean_degrees[1] >= LEAST_MEAN_DEGREE:
                yield subgraph


def _gaps(layer: _Layer, ones: npt.NDArray[Any]) -> dict[str, Value]:
    first, mu = layer.eigenvalues(ones)
    return {
        "ramanujan_gap": layer.bound - mu,
        "spectral_ramanujan_gap": 2 * sqrt(max(first - 1, 0.0)) - mu,  # first >= 1, but rounded
        "nontrivial_eigenvalue": mu,
    }


def _mean_differences(subgraphs: list[_Layer], ones: npt.NDArray[Any]) -> dict[str, Value]:
    if not subgraphs:
        return {"imdb": NO_SUBGRAPH, "imdb_relative": NO_SUBGRAPH}
    differences = [s.bound - s.eigenvalues(ones)[1] for s in subgraphs]
    relative = [d / s.bound for d, s in zip(differences, subgraphs, strict=True)]
    return {"imdb": fmean(differences), "imdb_relative": fmean(relative)}


def _weighted_gap(graph: Graph, subgraphs: list[_Layer], kind: str) -> Value:
    if kind not in graph.weights:
        return Undefined(f"no {kind} weights")
    weights = graph.weights[kind]
    if not np.isfinite(weights).all():
        return Undefined("weights that are not finite")
    if not subgraphs:
        return NO_SUBGRAPH
    pairs = [subgraph.eigenvalues(weights) for subgraph in subgraphs]
    return fmean(first - mu for first, mu in pairs)


PAL = "Pal et al. 2022 (Ramanujan property of winning tickets)"
HOANG = "Hoang et al. 2023 (pruning at initialisation through Ramanujan graphs)"
HOANG_WEIGHTED = "Hoang et al. 2023 (mask topology, weighted spectral gap)"
MEAN_DEGREES = "d_L, d_R mean degrees of the left and right nodes with edges"
MU = "mu third-largest absolute eigenvalue of the 0/1 adjacency matrix"
CLASSES = (
    "mean over the subgraphs of all left nodes of one degree and their edges, where d_L >= 3 and "
    "d_R >= 3"
)

FAMILY = Family(
    "expansion",
    (Part(_measure, unfit=_unfit),),
    (
        Metric(
            "ramanujan_gap",
            "how far the nontrivial eigenvalue stays below the bound of the mean degrees; a layer "
            "with a value >= 0 counts as Ramanujan",
            "difference of eigenvalues",
            f"Delta_R = sqrt(d_L - 1) + sqrt(d_R - 1) - mu; {MEAN_DEGREES}; {MU}",
            f"{PAL}; {HOANG}",
            False,
        ),
        Metric(
            "spectral_ramanujan_gap",
            "the same with the bound of the largest eigenvalue, for irregular graphs",
            "difference of eigenvalues",
            f"Delta_S = 2 sqrt(l1 - 1) - mu; l1 largest eigenvalue; {MU}",
            PAL,
            False,
        ),
        Metric(
            "nontrivial_eigenvalue",
            "largest nontrivial eigenvalue of the bipartite graph",
            ">= 0",
            "mu: third-largest absolute eigenvalue = second-largest singular value of the mask",
            PAL,
            False,
        ),
        Metric(
            "imdb",
            "iterative mean difference of bound: the Ramanujan gap of left-regular subgraphs",
            "difference of eigenvalues",
            f"{CLASSES}, of Delta_R",
            HOANG,
            False,
        ),
        Metric(
            "imdb_relative",
            "iterative mean difference of bound, each difference relative to its bound",
            "<= 1",
            f"{CLASSES}, of Delta_R / (sqrt(d_L - 1) + sqrt(d_R - 1))",
            f"{HOANG}; as in {MULTIPARTITE}",
            False,
        ),
        *(
            Metric(
                f"{prefix}iterative_weighted_gap",
                f"weighted spectral gap of left-regular subgraphs ({kind} weights)",
                ">= 0",
                f"{CLASSES}, of l1 - mu; both of the adjacency matrix of |{kind} weights|",
                f"{HOANG_WEIGHTED}; as in {MULTIPARTITE}",
                False,
            )
            for prefix, kind in KINDS.items()
        ),
    ),
)
