"""Sums over the nodes and edges of a compact graph, rows and columns alike looked at once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.alike import Alike, Grid
from nsgraph.graphs.compact import Bundle, Compact
from nsgraph.graphs.tables import Classes
from nsgraph.metrics.census.bits import Bits
from nsgraph.metrics.census.closed import Nodes, node_sums
from nsgraph.metrics.census.signatures import Signatures
from nsgraph.metrics.census.sums import Triangles

__all__ = ["closed_sums"]

IntArray = npt.NDArray[np.int64]


def closed_sums(compact: Compact, bits: Bits, triangles: list[Triangles]) -> Counter[str]:
    """`node_sums` of the whole graph."""
    degrees = (values for pair in compact.grouped_degrees for values in pair)
    if compact.n_edges * max(int(values.max(initial=0)) for values in degrees) >= 2**63:
        raise OverflowError("sums of degrees over edges are too many to be counted")
    sets = [_nodes(compact, position, bits, triangles) for position in range(len(compact.sets))]
    return node_sums(Nodes(*map(np.concatenate, zip(*sets, strict=True))))


def _nodes(
    compact: Compact, position: int, bits: Bits, triangles: list[Triangles]
) -> tuple[IntArray, ...]:
    """The fields of `Nodes` for one set, flattened."""
    grid = compact.grids[position]
    a, b = compact.grouped_degrees[position]
    via = np.zeros((2, *a.shape), np.int64)
    for bundle in compact.into(position):
        via += _via(compact, bundle, bits)
    roles = np.zeros((3, *a.shape), np.int64)
    for found in triangles:
        if found.pair.p == position:
            roles[0] += _grouped(found, found.first, "by_u", grid)
        if found.pair.q == position:
            roles[1] += _grouped(found, found.second, "by_v", grid)
            roles[2] += _grouped(found, found.third, "by_v", grid)
    weights = np.broadcast_to(grid.nodes, a.shape)
    return tuple(values.ravel() for values in (weights, a, b, *via, *roles))


def _via(compact: Compact, bundle: Bundle, bits: Bits) -> IntArray:
    """In- and out-degrees of the sources, summed at their targets and over targets alike.

    int64 [2, channels of the target, groups of rows, groups of columns].
    """
    from nsgraph.metrics.census.bit_kernels import apply

    source, target = compact.grids[bundle.source], compact.grids[bundle.target]
    rows = _joined_groups(bundle.rows, source.rows, target.rows)
    columns = _joined_groups(bundle.columns, source.columns, target.columns)
    degrees = np.stack(compact.grouped_degrees[bundle.source], axis=1)  # [channel, 2, y, x]
    by_column = np.tensordot(degrees, columns, axes=(3, 2))  # [channel, 2, y, b, target x]
    spread = np.tensordot(by_column, rows, axes=(2, 2))  # [channel, 2, b, target x, a, target y]
    spread = np.ascontiguousarray(spread.transpose(4, 2, 0, 1, 5, 3))
    via = np.zeros((compact.sets[bundle.target].channels, int(np.prod(spread.shape[3:]))), np.int64)
    apply(
        bits.words,
        tuple(bits.by_target[bundle.source, bundle.target]),
        spread.reshape(*spread.shape[:3], via.shape[1]),
        via,
    )
    return via.reshape(-1, *spread.shape[3:]).transpose(1, 0, 2, 3)


def _joined_groups(classes: Classes, source: Alike, target: Alike) -> IntArray:
    """Number of joined rows by class and by the groups of both, [class, target, source]."""
    shape = len(classes), target.size.size, source.size.size
    groups = target.group[classes.target], source.group[classes.source]
    flat = np.ravel_multi_index((classes.number, *groups), shape)
    return np.bincount(flat, minlength=shape[0] * shape[1] * shape[2]).reshape(shape)


def _grouped(found: Triangles, sums: IntArray, side: str, grid: Grid) -> IntArray:
    """Triangles of all nodes alike, [channels, groups of rows, groups of columns]."""
    by_row = _group_sums(found.pair.rows, side, grid.rows)
    by_column = _group_sums(found.pair.columns, side, grid.columns)
    partly = np.tensordot(sums, by_column, axes=(1, 0))  # [row signature, channel, x]
    return np.tensordot(partly, by_row, axes=(0, 0)).transpose(0, 2, 1)


def _group_sums(signatures: Signatures, side: str, alike: Alike) -> IntArray:
    """Number of related pairs by signature and by group of one side's row."""
    by_row: IntArray = getattr(signatures, side)
    sums = np.zeros((len(signatures), alike.size.size), np.int64)
    np.add.at(sums.T, alike.group, by_row.T)
    return sums
