"""Exact census of connected subgraphs of three nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.flow import exact_sum
from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import MULTIPARTITE, Family, Metric, Part, Value

__all__ = ["FAMILY"]

MILO = "Milo et al. 2002 (network motifs)"


def _measure(graph: Graph) -> dict[str, Value]:
    """Induced subgraphs of three nodes, from degrees and the number of triangles.

    Each acyclic triangle holds one pair of out-edges, one of in-edges and one chain, which are no
    motifs of their own then.
    """
    a, b = graph.in_degrees, graph.out_degrees
    triangles = _triangles(graph)
    counts = {
        "fan_out": _pairs(b) - triangles,
        "fan_in": _pairs(a) - triangles,
        "chain": exact_sum(a * b) - triangles,
        "triangle": triangles,
    }
    return {**counts, "size3": sum(counts.values())}


def _pairs(degrees: npt.NDArray[Any]) -> int:
    """Sum of d (d - 1) / 2, over the distinct degrees in Python integers."""
    values, counts = np.unique(degrees, return_counts=True)
    return sum(d * (d - 1) // 2 * n for d, n in zip(values.tolist(), counts.tolist(), strict=True))


def _triangles(graph: Graph) -> int:
    """Number of a -> b -> c with a -> c; looked for only where the node sets allow one."""
    from nsgraph.metrics import kernels

    set_of = np.repeat(np.arange(len(graph.sets), dtype=np.int32), [s.size for s in graph.sets])
    joined = kernels.joined_sets(tuple(graph.incoming), set_of, len(graph.sets)).astype(np.int64)
    # closing[q, t]: sets q -> t are joined, and some set p is joined to both
    closing = joined.astype(bool) & (joined.T @ joined > 0)
    if not closing.any():
        return 0
    return int(kernels.triangles(tuple(graph.incoming), set_of, closing))


FAMILY = Family(
    "motifs",
    (Part(_measure),),
    (
        Metric(
            "fan_out",
            "a <- b -> c without an edge between a and c",
            "subgraphs, >= 0",
            "sum C(b, 2) - triangle",
            MILO,
        ),
        Metric(
            "fan_in",
            "a -> b <- c without an edge between a and c",
            "subgraphs, >= 0",
            "sum C(a, 2) - triangle",
            MILO,
        ),
        Metric(
            "chain",
            "a -> b -> c without an edge between a and c",
            "subgraphs, >= 0",
            "sum a b - triangle",
            MILO,
        ),
        Metric(
            "triangle",
            "a -> b -> c with a -> c (feed-forward loop); 0 without shortcuts",
            "subgraphs, >= 0",
            "#{a -> b -> c, a -> c}",
            MILO,
        ),
        Metric(
            "size3",
            "connected induced subgraphs of three nodes, exact where the paper samples",
            "subgraphs, >= 0",
            "fan_out + fan_in + chain + triangle",
            MULTIPARTITE,
        ),
    ),
)
