"""Exact sums over paths and over edges from the masks alone.

Maps hold one value for each channel, group of rows and group of columns (see `alike`), so that the
cost depends on the kernels and hardly on the size of the images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.alike import Alike, Grid
from nsgraph.graphs.compact import Bundle, Compact
from nsgraph.graphs.exact import exact_dot, exact_product
from nsgraph.graphs.graph import NodeSet
from nsgraph.graphs.tables import Classes
from nsgraph.graphs.taps import Taps

__all__ = ["path_totals", "sum_over_edges"]

Array = npt.NDArray[Any]

ONE = np.ones((1, 1, 1), np.int64)

LOW = 2**31 - 1


@dataclass(frozen=True, eq=False)
class _Counts:
    """An integer for every node: [channels, groups of rows, groups of columns] of every set."""

    grids: Sequence[Grid]
    maps: Sequence[Array]

    @property
    def largest(self) -> int:
        return max(int(values.max(initial=0)) for values in self.maps)


def path_totals(compact: Compact, longest: int) -> list[int]:
    """Number of directed paths with 1, 2, ..., `longest` edges, as exact Python integers.

    A path of i + j edges is one of i edges into some node and one of j edges out of it.
    """
    degrees = compact.grouped_degrees
    into, out_of = ([_Counts(compact.grids, [d[side] for d in degrees])] for side in (0, 1))
    while 2 * len(into) < longest:
        grids = _refined(compact, into[-1].grids)
        into.append(_step(compact, into[-1], grids, into[0].largest, forward=True))
        out_of.append(_step(compact, out_of[-1], grids, out_of[0].largest, forward=False))
    longer = range(2, longest + 1)
    totals = [_joined(into[k - k // 2 - 1], out_of[k // 2 - 1]) for k in longer]
    return [compact.n_edges, *totals][:longest]


def sum_over_edges(compact: Compact, f: Array, g: Array) -> int:
    """Sum over all edges u -> v of f[u] g[v], non-negative integers [nodes], as a Python integer.

    Fast for sets in which f and g are constant within groups of rows and columns, as degrees are.
    """
    if int(f.max(initial=0)) * max(compact.n_edges, 1) >= 2**63:
        high = sum_over_edges(compact, f >> 31, g)
        return (high << 31) + sum_over_edges(compact, f & LOW, g)
    f = f.astype(np.int64, copy=False)
    left, right = (
        [_grouped(values, s, grid) for s, grid in zip(compact.sets, compact.grids, strict=True)]
        for values in (f, g)
    )
    total = 0
    for bundle in compact.bundles.values():
        own, other = left[bundle.source], right[bundle.target]
        if own is None or other is None:
            total += _sum_by_nodes(compact, bundle, f, g)
        else:
            total += _sum_by_groups(compact, bundle, own, other)
    return total


def _joined(ins: _Counts, outs: _Counts) -> int:
    """Sum over all nodes of the product; the groups of `outs` are the same or coarser."""
    total = 0
    for left, fine, right, coarse in zip(ins.maps, ins.grids, outs.maps, outs.grids, strict=True):
        rows = coarse.rows.group[fine.rows.first]
        columns = coarse.columns.group[fine.columns.first]
        right = right.take(rows, axis=1).take(columns, axis=2)
        total += exact_dot(exact_product(left, fine.nodes), right)
    return total


def _refined(compact: Compact, grids: Sequence[Grid]) -> list[Grid]:
    """Rows and columns grouped by their numbers of neighbours in every class and group."""
    counts: list[tuple[list[Array], list[Array]]] = [([], []) for _ in compact.sets]
    for bundle in compact.bundles.values():
        classes = bundle.rows, bundle.columns
        into = _on_both_axes(_sources, classes, grids[bundle.source])
        out_of = _on_both_axes(_targets, classes, grids[bundle.target])
        for axis in (0, 1):
            counts[bundle.target][axis].append(into[axis])
            counts[bundle.source][axis].append(out_of[axis])
    return [Grid.of(*own, s) for own, s in zip(counts, compact.sets, strict=True)]


def _sources(classes: Classes, source: Alike) -> Array:
    """Source rows of every class and group that are joined to each target row."""
    counts = np.zeros((len(classes), source.size.size, classes.n_target), np.int64)
    np.add.at(counts, (classes.number, source.group[classes.source], classes.target), 1)
    return counts


def _targets(classes: Classes, target: Alike) -> Array:
    """Target rows of every class and group that are joined to each source row."""
    counts = np.zeros((len(classes), target.size.size, classes.n_source), np.int64)
    np.add.at(counts, (classes.number, target.group[classes.target], classes.source), 1)
    return counts


def _on_both_axes(
    count: Callable[[Classes, Alike], Array], classes: tuple[Classes, Classes], grid: Grid
) -> tuple[Array, Array]:
    """Counts [classes, groups, rows] and [classes, groups, columns]."""
    rows = count(classes[0], grid.rows)
    if classes[0] is classes[1] and grid.rows is grid.columns:
        return rows, rows
    return rows, count(classes[1], grid.columns)


def _step(
    compact: Compact, counts: _Counts, grids: Sequence[Grid], widest: int, *, forward: bool
) -> _Counts:
    """Sums over the in-neighbours (`forward`) or out-neighbours of every node.

    `grids` are finer than those of `counts`; no node has more than `widest` such neighbours.
    Numbers that might pass 64 bits are split, and their sums are Python integers.
    """
    if counts.largest * widest >= 2**63:
        split = [m >> 31 for m in counts.maps], [m & LOW for m in counts.maps]
        high, low = (
            _step(compact, _Counts(counts.grids, part), grids, widest, forward=forward).maps
            for part in split
        )
        joined = [(h.astype(object) << 31) + rest for h, rest in zip(high, low, strict=True)]
        return _Counts(grids, joined)
    maps = [values.astype(np.int64, copy=False) for values in counts.maps]
    sums = [np.zeros(grid.shape, np.int64) for grid in grids]
    for bundle in compact.bundles.values():
        source, target = bundle.source, bundle.target
        taps = bundle.taps
        if forward:
            sums[target] += _into(taps, maps[source], counts.grids[source], grids[target])
        else:
            sums[source] += _out_of(taps, maps[target], counts.grids[target], grids[source])
    return _Counts(grids, sums)


def _into(taps: Taps, f: Array, source: Grid, target: Grid) -> Array:
    """Sums of f over the in-neighbours of one node of every group of the target."""
    if taps.flattened:
        return _pull(taps, source.spread(f).reshape(taps.source), ONE, ONE)
    rows, columns = _on_both_axes(_sources, (taps.rows, taps.columns), source)
    return _pull(
        taps, f, rows.take(target.rows.first, axis=2), columns.take(target.columns.first, axis=2)
    )


def _out_of(taps: Taps, g: Array, target: Grid, source: Grid) -> Array:
    """Sums of g over the out-neighbours of one node of every group of the source."""
    if taps.flattened:
        size = source.rows.group.size, source.columns.group.size
        return source.sample(_push(taps, g, ONE, ONE).reshape(-1, *size))
    rows, columns = _on_both_axes(_targets, (taps.rows, taps.columns), target)
    return _push(
        taps, g, rows.take(source.rows.first, axis=2), columns.take(source.columns.first, axis=2)
    )


def _sum_by_groups(compact: Compact, bundle: Bundle, f: Array, g: Array) -> int:
    source, target = compact.grids[bundle.source], compact.grids[bundle.target]
    taps = bundle.taps
    if taps.flattened:
        return exact_dot(_pull(taps, source.spread(f).reshape(taps.source), ONE, ONE), g)
    rows, columns = _on_both_axes(_sources, (taps.rows, taps.columns), source)
    return exact_dot(_pull(taps, f, rows @ target.rows.member, columns @ target.columns.member), g)


def _sum_by_nodes(compact: Compact, bundle: Bundle, f: Array, g: Array) -> int:
    from nsgraph.graphs.map_kernels import pull_sums

    source, target = compact.sets[bundle.source], compact.sets[bundle.target]
    taps = bundle.taps
    values = f[source.start : source.stop].reshape(taps.source)
    sums = np.zeros((target.channels, taps.positions), np.int64)
    for part in taps.parts(8):
        read = taps.read(values[part], np.add)
        if taps.diagonal:
            sums[part] = (read * taps.kernel[part, :, None]).sum(axis=1)
        else:
            kernel = np.ascontiguousarray(taps.kernel[:, part]).reshape(len(sums), -1)
            pull_sums(kernel, read.reshape(-1, taps.positions), sums)
    return exact_dot(sums, g[target.start : target.stop].reshape(sums.shape))


def _pull(taps: Taps, f: Array, rows: Array, columns: Array) -> Array:
    """What the taps make of a map f [source channels, groups, groups]: [target channels, y, x].

    `rows` [classes, groups, y] is how many source rows of each group a target row y reads.
    """
    from nsgraph.graphs.map_kernels import pull_sums

    read = np.tensordot(np.tensordot(f, rows, (1, 1)), columns, (1, 1))  # [c, a, y, b, x]
    a, b = taps.numbers_of_classes
    read = np.ascontiguousarray(read.transpose(0, 1, 3, 2, 4)[:, a, b])  # [c, tap, y, x]
    if taps.diagonal:
        return np.asarray((read * taps.kernel[..., None, None]).sum(axis=1))
    sums = np.zeros((len(taps.kernel), *read.shape[2:]), np.int64)
    flat = sums.reshape(len(sums), -1)
    pull_sums(taps.kernel.reshape(len(sums), -1), read.reshape(-1, flat.shape[1]), flat)
    return sums


def _push(taps: Taps, g: Array, rows: Array, columns: Array) -> Array:
    """What the transposed taps make of a map g [target channels, groups, groups].

    The result is [source channels, y, x].
    `rows` [classes, groups, y] is how many target rows of each group read a source row y.
    """
    from nsgraph.graphs.map_kernels import push_sums

    size = g.shape[1:]
    if taps.diagonal:
        read = taps.kernel[..., None, None] * g[:, None]
    else:
        read = np.zeros((*taps.kernel.shape[1:], *size), np.int64)
        flat = read.reshape(-1, size[0] * size[1])
        push_sums(taps.kernel.reshape(len(g), -1), g.reshape(len(g), -1), flat)
    a, b = taps.numbers_of_classes
    wide = np.zeros((len(read), len(rows), len(columns), *size), np.int64)
    wide[:, a, b] = read
    across = np.tensordot(wide, rows, ((1, 3), (0, 1)))  # [c, b, groups, y]
    return np.tensordot(across, columns, ((1, 2), (0, 1)))


def _grouped(values: Array, s: NodeSet, grid: Grid) -> Array | None:
    """Values [nodes] of a set by groups; None if they vary within one."""
    own = values[s.start : s.stop].reshape(s.channels, s.height, s.width)
    grouped = grid.sample(own)
    return grouped if np.array_equal(grid.spread(grouped), own) else None
