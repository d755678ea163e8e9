"""Neighbours of every node, in lists that nodes with equal surroundings share.

All positions of a map read the same kernel. What differs between them, away from the border, is
where they read it, a shift of the node numbers. One list of shifted numbers for each channel, kind
of row and kind of column stands for all edges: it fits into a processor's cache where the edges,
one by one, do not, and looking at every edge in turn needs no edge in memory.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Bundle, Compact
from nsgraph.graphs.graph import Csr
from nsgraph.graphs.tables import Classes

__all__ = ["Neighbours", "neighbours_of_edges", "neighbours_of_nodes"]

Array = npt.NDArray[Any]


class Neighbours(NamedTuple):
    """Neighbours of node v, ascending, in parts k = pointers[v] .. pointers[v + 1] - 1.

    Part k are the numbers `shifts[k]` + `offsets[starts[p] : starts[p + 1]]` with p = `lists[k]`.
    uint64 pointers [n + 1] and starts [lists + 1], uint32 lists and shifts [parts], and offsets.
    Unsigned, as numba then tests no index for being below zero.
    """

    pointers: npt.NDArray[np.uint64]
    lists: npt.NDArray[np.uint32]
    shifts: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.uint64]
    offsets: npt.NDArray[np.uint32]


def neighbours_of_edges(csr: Csr) -> Neighbours:
    """Every node with a list of its own."""
    n = csr.pointers.size - 1
    pointers, own = np.arange(n + 1, dtype=np.uint64), np.arange(n, dtype=np.uint32)
    starts, offsets = csr.pointers.view(np.uint64), csr.neighbours.view(np.uint32)
    return Neighbours(pointers, own, np.zeros_like(own), starts, offsets)


def neighbours_of_nodes(
    compact: Compact, *, out: bool = False, kinds: tuple[str, ...] = ()
) -> tuple[Neighbours, npt.NDArray[np.float32]]:
    """In-neighbours of all nodes, or the out-neighbours, and absolute weights of the given kinds.

    The weights, [kinds, offsets], belong to the offsets; they can be had for bundles of one link in
    which no two kernel indices join the same nodes (`plain`).
    """
    from nsgraph.graphs.neighbour_kernels import fill_lists, fill_parts

    bundles = [(b.source if out else b.target, b) for b in compact.bundles.values()]
    bundles.sort(key=lambda pair: pair[0])  # stable: the other ends come ascending
    per_set = np.bincount([at for at, _ in bundles], minlength=len(compact.sets))
    pointers = np.empty(compact.sets[-1].stop + 1, np.int64)
    pointers[0] = 0
    for s, parts in zip(compact.sets, per_set, strict=True):
        pointers[s.start : s.stop + 1] = pointers[s.start] + parts * np.arange(s.size + 1)
    lists, shifts = np.empty((2, int(pointers[-1])), np.uint32)
    starts: list[Array] = []
    offsets: list[Array] = []
    weights: list[Array] = []
    n_lists = n_offsets = 0
    done = dict.fromkeys(range(len(compact.sets)), 0)
    for at, bundle in bundles:
        here, there = compact.sets[at], compact.sets[bundle.target if out else bundle.source]
        kernel, values = _entries(bundle, kinds, out)
        rows, columns = (_seen_alike(axis, out) for axis in (bundle.taps.rows, bundle.taps.columns))
        shape = bundle.taps.target if out else bundle.taps.source
        parts = slice(int(pointers[here.start]) + done[at], int(pointers[here.stop]), per_set[at])
        done[at] += 1
        fill_parts(n_lists, len(kernel), shape[2], rows, columns, lists[parts], shifts[parts])
        taps = _numbers(len(bundle.taps.rows), len(bundle.taps.columns), bundle.taps.pairs)
        read = taps, there.start, shape[1:], rows[2:], columns[2:]
        own = fill_lists(kernel, values, bundle.taps.diagonal, *read)
        starts.append(own[0][:-1] + n_offsets)
        offsets.append(own[1])
        weights.append(own[2])
        n_lists += own[0].size - 1
        n_offsets += own[1].size
    starts.append(np.array([n_offsets]))
    found = Neighbours(
        pointers.view(np.uint64),
        lists,
        shifts,
        np.concatenate(starts).astype(np.uint64),
        _joined(offsets, np.empty(0, np.uint32)),
    )
    return found, _joined(weights, np.empty((len(kinds), 0), np.float32))


def _joined(arrays: list[Array], nothing: Array) -> Array:
    return np.concatenate([nothing, *arrays], axis=-1)


def _entries(bundle: Bundle, kinds: tuple[str, ...], out: bool) -> tuple[Array, Array]:
    """Kernel [own channels, other channels, taps] and weights [kinds, ...] of that shape.

    A diagonal kernel is [channels, 1, taps].
    """
    taps = bundle.taps
    kernel, values = taps.kernel, np.empty((len(kinds), *taps.kernel.shape), np.float32)
    for position, kind in enumerate(kinds):
        weights = bundle.links[0].weights(kind).reshape(*kernel.shape[:-1], -1)
        values[position] = weights if taps.index is None else weights[..., taps.index]
    if taps.diagonal:
        return kernel[:, None], values[:, :, None]
    if out:
        kernel, values = kernel.swapaxes(0, 1), values.swapaxes(1, 2)
    return np.ascontiguousarray(kernel), np.ascontiguousarray(values)


@lru_cache(maxsize=4096)
def _numbers(n_rows: int, n_columns: int, pairs: tuple[tuple[int, int], ...]) -> Array:
    """Tap of every row class and column class, int64, -1 for none."""
    numbers = np.full((n_rows, n_columns), -1, np.int64)
    for tap, pair in enumerate(pairs):
        numbers[pair] = tap
    return numbers


@lru_cache(maxsize=4096)
def _seen_alike(axis: Classes, out: bool) -> tuple[Array, Array, Array, Array, Array]:
    """Rows of a target (of a source, if `out`) in groups that read alike, up to a shift.

    group [rows], shift [rows], and what a row of group g is joined to: rows `shift` + ahead[i] by
    class number[i], i = starts[g] .. starts[g + 1] - 1. All int64.
    """
    rows, others = (axis.source, axis.target) if out else (axis.target, axis.source)
    n = axis.n_source if out else axis.n_target
    shift = np.zeros(n, np.int64)
    group = np.zeros(n, np.int64)
    found: dict[tuple[tuple[int, int], ...], int] = {}
    joined: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for row, other, number in zip(
        rows.tolist(), others.tolist(), axis.number.tolist(), strict=True
    ):
        joined[row].append((other, number))
    for row, pairs in enumerate(joined):
        pairs.sort()
        shift[row] = first = pairs[0][0] if pairs else 0
        key = tuple((other - first, number) for other, number in pairs)
        group[row] = found.setdefault(key, len(found))
    starts = np.cumsum([0, *map(len, found)])
    flat = np.array([pair for key in found for pair in key], np.int64).reshape(-1, 2)
    return group, shift, starts, flat[:, 0].copy(), flat[:, 1].copy()
