"""Sums over single nodes and edges, from degrees alone: stars, paths, paws."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.exact import exact_dot

__all__ = ["Nodes", "node_sums"]

IntArray = npt.NDArray[np.int64]


class Nodes(NamedTuple):
    """Nodes of equal degrees together: all arrays of one shape.

    Attributes
    ----------
    weights
        Number of nodes.
    a, b
        In- and out-degree of each.
    via_in, via_out
        Sum over the in-neighbours of all these nodes of their in-degree, and of their out-degree.
    first, second, third
        Number of triangles in which one of all these nodes is first, second and third.
    """

    weights: IntArray
    a: IntArray
    b: IntArray
    via_in: IntArray
    via_out: IntArray
    first: IntArray
    second: IntArray
    third: IntArray


def node_sums(nodes: Nodes) -> Counter[str]:
    """Copies of subgraphs by type, before what is subtracted for triangles.

    A path of three edges is an edge u -> v with a further edge at u and one at v.
    """
    weights, a, b = nodes.weights, nodes.a, nodes.b
    in_pairs, out_pairs = a * (a - 1) // 2, b * (b - 1) // 2
    in_all, out_all = weights * a, weights * b
    chain = exact_dot(in_all, b)
    squares = exact_dot(in_all, a) + exact_dot(out_all, b)
    found = Counter(
        fan_in=exact_dot(in_pairs, weights),
        fan_out=exact_dot(out_pairs, weights),
        chain=chain,
        star_in=exact_dot(in_pairs, weights * np.maximum(a - 2, 0)) // 3,
        star_out=exact_dot(out_pairs, weights * np.maximum(b - 2, 0)) // 3,
        star_2in_1out=exact_dot(in_pairs, out_all),
        star_1in_2out=exact_dot(out_pairs, in_all),
        path_chain=exact_dot(nodes.via_in, b),
        path_fork=exact_dot(nodes.via_out, b) - chain,
        path_join=exact_dot(nodes.via_in, a) - chain,
        path_zigzag=exact_dot(nodes.via_out, a) - squares + int(in_all.sum()),
    )
    for role in ("first", "second", "third"):
        triangles = getattr(nodes, role)
        if triangles.any():
            found[f"feed_forward_in_{role}"] = exact_dot(triangles, a)
            found[f"feed_forward_out_{role}"] = exact_dot(triangles, b)
    return found
