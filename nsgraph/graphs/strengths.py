"""Strength: the sum of the absolute weights of a node's edges, in and out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Compact, CompactLink
from nsgraph.graphs.graph import Graph
from nsgraph.graphs.tables import by_index

__all__ = ["grouped_strengths", "strengths"]

FloatArray = npt.NDArray[np.float64]
CountArray = npt.NDArray[np.int64]


def strengths(graph: Graph, kind: str, *, implicit: bool | None = None) -> FloatArray:
    """Strength of every node, [n_nodes], from weights of one kind ("initial", "final").

    From the masks and weights alone where the graph has a compact form and no weight joins two
    nodes twice, or on its edges; `implicit` = False asks for the second.
    """
    compact = graph.compact
    if compact is None or not compact.unambiguous or implicit is False:
        from nsgraph.graphs.kernels import node_sums

        return np.asarray(node_sums(tuple(graph.incoming), graph.weights[kind]))
    out = np.empty(graph.n_nodes)
    grouped = grouped_strengths(compact, kind)
    for s, grid, own in zip(compact.sets, compact.grids, grouped, strict=True):
        out[s.start : s.stop] = grid.spread(own).ravel()
    return out


def grouped_strengths(compact: Compact, kind: str) -> list[FloatArray]:
    """Strengths of every set, [channels, groups of rows, groups of columns] of `grids`.

    Only if the compact graph is `unambiguous`.
    """
    grids = compact.grids
    sums = [np.zeros(grid.shape) for grid in grids]
    for link in compact.links:
        into, out_of = _channel_sums(link, kind)
        rows, columns = by_index(link.rows), by_index(link.columns)
        at = grids[link.target]
        there = rows.into[:, at.rows.first], columns.into[:, at.columns.first]
        sums[link.target] += _spread(into, *there)
        at = grids[link.source]
        there = rows.out_of[:, at.rows.first], columns.out_of[:, at.columns.first]
        sums[link.source] += _spread(out_of, *there)
    return sums


def _channel_sums(link: CompactLink, kind: str) -> tuple[FloatArray, FloatArray]:
    """Sums of a link's weights at each target and each source channel, [channels, i, j].

    Kernel indices that join no rows or columns are left out, as in `by_index`.
    """
    from nsgraph.graphs.map_kernels import weight_sums

    *channels, height, width = link.kernel.shape
    kernel = np.ascontiguousarray(link.kernel).reshape(*channels, -1)
    weights = np.ascontiguousarray(link.weights(kind)).reshape(kernel.shape)
    if link.diagonal:
        into = out_of = np.abs(weights * kernel).astype(np.float64)
    else:
        into, out_of = weight_sums(kernel, weights)
    met = np.ix_(np.unique(link.rows.index), np.unique(link.columns.index))
    into, out_of = (sums.reshape(-1, height, width)[:, *met] for sums in (into, out_of))
    return into, out_of


def _spread(sums: FloatArray, rows: CountArray, columns: CountArray) -> FloatArray:
    """Sum over i, j of sums[c, i, j] rows[i, y] columns[j, x], as [c, y, x]."""
    return np.asarray(rows.T @ sums @ columns)
