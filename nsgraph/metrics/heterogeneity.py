"""The usual table of network science: unequal degrees, mixing, clustering, distance.

Nothing enters a network at its input or leaves it at its output. In-degrees are therefore looked at
where a node is not of the network's input, out-degrees where it is not of the output, degrees and
strengths at all nodes. Nodes without edges are among them.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.flow import edge_sum, exact_sum
from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

KINDS = ("initial", "final")
MIXING = (("out", "in"), ("in", "in"), ("in", "out"), ("out", "out"))
"""Degrees of an edge's source and target that are correlated."""

Array = npt.NDArray[Any]


def _degrees(graph: Graph) -> dict[str, Value]:
    """From the degrees alone, which the masks give."""
    a, b = graph.in_degrees, graph.out_degrees
    n, e = graph.n_nodes, graph.n_edges
    return {
        **_inequality("in_degree", a[~graph.inputs], e),
        **_inequality("out_degree", b[~graph.outputs], e),
        **_inequality("degree", a + b, e),
        "degree_heterogeneity": n * _sum(a + b, a + b) / (2 * e) ** 2 if e else NO_EDGES,
    }


def _strengths(graph: Graph, implicit: bool = False) -> dict[str, Value]:
    from nsgraph.graphs.strengths import strengths

    values: dict[str, Value] = {}
    for kind in KINDS:
        name = f"{kind}_strength"
        if kind in graph.weight_kinds:
            values |= _inequality(name, strengths(graph, kind, implicit=implicit), graph.n_edges)
        else:
            missing = Undefined(f"no {kind} weights")
            values |= {f"{name}_{measure}": missing for measure, *_ in INEQUALITY}
    return values


def _inequality(name: str, x: Array, n_edges: int) -> dict[str, Value]:
    """Coefficient of variation, Gini coefficient and entropy of numbers >= 0, [n]."""
    distinct, repeats = np.unique(x, return_counts=True)
    values, counts, n = distinct.astype(np.float64), repeats.astype(np.float64), x.size
    total = float(values @ counts)
    if total == 0 or not math.isfinite(total):
        nothing = Undefined("not finite" if total else "all are 0") if n_edges else NO_EDGES
        return {f"{name}_{measure}": nothing for measure, *_ in INEQUALITY}
    deviation = math.sqrt(counts @ (values - total / n) ** 2 / n)
    ranks = 2 * np.cumsum(counts) - counts - n  # twice the mean rank of equal values, less n + 1
    shares = values / total
    some = shares > 0  # a share may be too small for a float
    entropy: Value = Undefined("a single node")
    if n > 1:
        terms = shares[some] * np.log(shares[some])
        entropy = min(1.0, -float(counts[some] @ terms) / math.log(n))
    return {
        f"{name}_cv": deviation * n / total,
        f"{name}_gini": float((values * counts) @ ranks) / (n * total),
        f"{name}_entropy": entropy,
    }


def _assortativity(graph: Graph, implicit: bool = False) -> dict[str, Value]:
    """Pearson correlations over edges, from integer sums."""
    degrees = {"in": graph.in_degrees, "out": graph.out_degrees}
    a, b = degrees.values()
    products = {
        (x, y): edge_sum(graph, degrees[x], degrees[y], implicit=implicit) for x, y in MIXING
    }
    sources = {end: (_sum(b, x), _sum(b, x, x)) for end, x in degrees.items()}
    targets = {end: (_sum(a, x), _sum(a, x, x)) for end, x in degrees.items()}
    d = a + b
    ends = _sum(d, d), _sum(d, d, d)  # every edge from both of its ends
    return {
        "assortativity": _correlation(2 * graph.n_edges, 2 * sum(products.values()), ends, ends),
        **{
            f"assortativity_{x}_{y}": _correlation(
                graph.n_edges, products[x, y], sources[x], targets[y]
            )
            for x, y in MIXING
        },
    }


def _correlation(n: int, product: int, x: tuple[int, int], y: tuple[int, int]) -> Value:
    """Pearson correlation of n pairs from the sums of x y, of x and x^2, and of y and y^2."""
    if n == 0:
        return NO_EDGES
    spread = (n * x[1] - x[0] ** 2) * (n * y[1] - y[0] ** 2)
    if spread == 0:
        return Undefined("all degrees at one end of the edges are equal")
    return (n * product - x[0] * y[0]) / math.sqrt(spread)


def _sum(*factors: Array) -> int:
    """Sum over nodes of a product of integers >= 0, exactly."""
    if math.prod(int(x.max(initial=0)) for x in factors) >= 2**63:
        factors = tuple(x.astype(object) for x in factors)
    return exact_sum(math.prod(factors[1:], start=factors[0]))


def _clustering(graph: Graph, implicit: bool = False) -> dict[str, Value]:
    """Share of paths of two and of three edges that an edge closes to a cycle."""
    from nsgraph.metrics.census import census_from_edges, census_from_masks

    found = census_from_masks(graph) if implicit else census_from_edges(graph)
    d = graph.in_degrees + graph.out_degrees
    closed = found.three["triangle"]
    pairs = (_sum(d, d) - 2 * graph.n_edges) // 2
    # (d_u - 1) (d_v - 1) edges on either side of an edge; those that meet form a triangle
    paths = edge_sum(graph, d, d, implicit=implicit) - _sum(d, d) + graph.n_edges - 3 * closed
    return {
        "transitivity": _share(3 * closed, pairs, "two", graph),
        "bipartite_clustering": _share(4 * found.four_cycles, paths, "three", graph),
    }


def _share(closed: int, paths: int, length: str, graph: Graph) -> Value:
    if paths:
        return closed / paths
    return Undefined(f"no paths of {length} edges") if graph.n_edges else NO_EDGES


def _path_length(graph: Graph) -> dict[str, Value]:
    from nsgraph.metrics.distances import path_length

    if graph.n_edges == 0:
        return {"path_length": NO_EDGES, "path_length_error": NO_EDGES}
    found = path_length(graph)
    return {"path_length": found.mean, "path_length_error": found.error}


NO_EDGES = Undefined("no edges")

INEQUALITY = (
    ("cv", "coefficient of variation", ">= 0", "sd(x) / mean(x), sd with n", "definition"),
    (
        "gini",
        "Gini coefficient",
        "[0, 1], 0 if all are equal",
        "sum_ij |x_i - x_j| / (2 n sum x)",
        "Gini 1912; Hu & Wang 2008 (degrees)",
    ),
    (
        "entropy",
        "entropy of the nodes' shares in the sum, divided by its largest possible value,",
        "[0, 1], 1 if all are equal",
        "- sum_i p_i ln p_i / ln n, p_i = x_i / sum x",
        "Tan & Wu 2004 (network structure entropy); Pielou 1966",
    ),
)

COLUMNS = (
    ("in_degree", "in-degrees, of the nodes that are not inputs", "x = a"),
    ("out_degree", "out-degrees, of the nodes that are not outputs", "x = b"),
    ("degree", "degrees of all nodes", "x = a + b"),
    *(
        (f"{kind}_strength", f"summed absolute {kind} weights at all nodes", "x = sum |w| at v")
        for kind in KINDS
    ),
)


INEQUALITIES = {
    column: tuple(
        Metric(f"{column}_{name}", f"{meaning} of {of}", unit, f"{formula}, {x}", source, False)
        for name, meaning, unit, formula, source in INEQUALITY
    )
    for column, of, x in COLUMNS
}
"""Descriptions by column."""

DEGREES = (
    *INEQUALITIES["in_degree"],
    *INEQUALITIES["out_degree"],
    *INEQUALITIES["degree"],
    Metric(
        "degree_heterogeneity",
        "second moment of the degrees of all nodes over the square of their mean",
        ">= 1",
        "mean(d^2) / mean(d)^2 = 1 + cv^2",
        "Pastor-Satorras & Vespignani 2001",
        False,
    ),
)
STRENGTHS = (*INEQUALITIES["initial_strength"], *INEQUALITIES["final_strength"])
ASSORTATIVITY = (
    Metric(
        "assortativity",
        "correlation of the degrees at the two ends of an edge",
        "[-1, 1]",
        "Pearson correlation of d_u, d_v over edges, each in both directions",
        "Newman 2002",
        False,
    ),
    *(
        Metric(
            f"assortativity_{x}_{y}",
            f"correlation of the {x}-degree of an edge's source and the {y}-degree of its target",
            "[-1, 1]",
            f"Pearson correlation of {x}(u), {y}(v) over edges u -> v",
            "Newman 2003; Foster et al. 2010",
            False,
        )
        for x, y in MIXING
    ),
)
CLUSTERING = (
    Metric(
        "transitivity",
        "share of undirected paths of two edges that are closed to a triangle; 0 without shortcuts",
        "[0, 1]",
        "3 triangles / sum C(d, 2)",
        "Newman, Strogatz & Watts 2001",
        False,
    ),
    Metric(
        "bipartite_clustering",
        "share of undirected paths of three edges that are closed to a four-cycle",
        "[0, 1]",
        "4 #{four-cycles} / #{paths of three edges}, induced or not",
        "Robins & Alexander 2004",
        False,
    ),
)
PATH_LENGTH = (
    Metric(
        "path_length",
        "mean undirected shortest distance of the pairs of distinct nodes that are connected "
        "(characteristic path length); estimated from 64 sources where path_length_error > 0",
        "edges, >= 1",
        "mean of d(u, v) over u != v with d(u, v) finite",
        "Watts & Strogatz 1998",
        False,
    ),
    Metric(
        "path_length_error",
        "standard error of path_length; 0 where it is exact",
        "edges, >= 0",
        "standard error of a ratio, stratified sample of nodes",
        "Cochran 1977, section 6.11",
        False,
    ),
)

FAMILY = Family(
    "heterogeneity",
    tuple(
        Part(measure, implicit, tuple(metric.name for metric in metrics), implicit is None)
        for measure, implicit, metrics in (
            (_degrees, _degrees, DEGREES),
            (_strengths, partial(_strengths, implicit=True), STRENGTHS),
            (_assortativity, partial(_assortativity, implicit=True), ASSORTATIVITY),
            (_clustering, partial(_clustering, implicit=True), CLUSTERING),
            (_path_length, None, PATH_LENGTH),  # streamed
        )
    ),
    (*DEGREES, *STRENGTHS, *ASSORTATIVITY, *CLUSTERING, *PATH_LENGTH),
)
