"""Compiled loops that make shared lists of neighbours. Private: see `neighbours`."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["count_edges", "fill_lists", "fill_parts", "write_edges"]


@njit(cache=True)
def fill_parts(first, channels, width, rows, columns, lists, shifts):  # type: ignore[no-untyped-def]
    """Lists, numbered from `first` on, and shifts of all nodes of a set, for one bundle.

    `rows` and `columns` say which of them are alike; `width` is that of the other set.
    """
    row_group, row_shift, row_starts = rows[0], rows[1], rows[2]
    column_group, column_shift, column_starts = columns[0], columns[1], columns[2]
    row_groups, column_groups = row_starts.size - 1, column_starts.size - 1
    at = 0
    for c in range(channels):
        for y in range(row_group.size):
            start = first + (c * row_groups + row_group[y]) * column_groups
            shift = row_shift[y] * width
            for x in range(column_group.size):
                lists[at] = start + column_group[x]
                shifts[at] = shift + column_shift[x]
                at += 1


@njit(cache=True)
def fill_lists(kernel, values, diagonal, taps, base, size, rows, columns):  # type: ignore[no-untyped-def]
    """Lists of one bundle: starts [lists + 1], offsets, and absolute weights [kinds, offsets].

    kernel   bool [own channels, other channels, taps]; [channels, 1, taps] if diagonal
    values   float32 [kinds, ...] of that shape
    taps     tap of every row class and column class, or -1
    base     first node of the other set; `size` its height and width
    rows     (starts, ahead, number) of `_seen_alike`; and so columns
    """
    tap, ahead, ends = _read(taps, size[1], rows, columns)
    own, others, n_taps = kernel.shape
    starts = np.zeros(own * (ends.size - 1) + 1, np.int64)
    kept = np.zeros(n_taps, np.int64)
    for c in range(own):
        for d in range(others):
            for q in range(n_taps):
                kept[q] += kernel[c, d, q]
    room = 0
    for q in tap:
        room += kept[q]
    offsets, weights = np.empty(room, np.uint32), np.empty((values.shape[0], room), np.float32)
    joined = np.empty(others, np.int64)  # other channels with any weight to this one
    filled = 0
    for c in range(own):
        last = 0
        for d in range(others):
            joined[last] = d
            last += kernel[c, d].any()
        for g in range(ends.size - 1):
            for d in joined[:last]:
                first = base + (c if diagonal else d) * size[0] * size[1]
                for i in range(ends[g], ends[g + 1]):
                    if kernel[c, d, tap[i]]:
                        offsets[filled] = first + ahead[i]
                        for k in range(values.shape[0]):
                            weights[k, filled] = abs(values[k, c, d, tap[i]])
                        filled += 1
            starts[c * (ends.size - 1) + g + 1] = filled
    return starts, offsets, weights


@njit(cache=True)
def _read(taps, width, rows, columns):  # type: ignore[no-untyped-def]
    """What each group of rows and each of columns read, together: taps, numbers ahead, ends."""
    row_starts, row_ahead, row_number = rows
    column_starts, column_ahead, column_number = columns
    groups = (row_starts.size - 1) * (column_starts.size - 1)
    ends = np.zeros(groups + 1, np.int64)
    tap = np.empty(row_ahead.size * column_ahead.size, np.int64)
    ahead = np.empty(tap.size, np.int64)
    filled = 0
    group = 0
    for a in range(row_starts.size - 1):
        for b in range(column_starts.size - 1):
            for i in range(row_starts[a], row_starts[a + 1]):
                for j in range(column_starts[b], column_starts[b + 1]):
                    q = taps[row_number[i], column_number[j]]
                    if q >= 0:
                        tap[filled] = q
                        ahead[filled] = row_ahead[i] * width + column_ahead[j]
                        filled += 1
            group += 1
            ends[group] = filled
    return tap[:filled], ahead[:filled], ends


@njit(cache=True)
def count_edges(neighbours):  # type: ignore[no-untyped-def]
    """Where the neighbours of every node begin in an array of all, int64 [n + 1]."""
    parts, lists, _, starts, _ = neighbours
    pointers = np.zeros(parts.size, np.int64)
    total = np.uint64(0)
    for v in range(parts.size - 1):
        for k in range(parts[v], parts[v + 1]):
            total += starts[lists[k] + 1] - starts[lists[k]]
        pointers[v + 1] = total
    return pointers


@njit(cache=True)
def write_edges(first, last, neighbours, weights, numbers, pointers, sources, values, layers):  # type: ignore[no-untyped-def]
    """Write the edges into nodes first .. last - 1, as the `pointers` say.

    weights   float32 [kinds, offsets], of the lists
    numbers   int16: the layers behind the parts of these nodes
    sources   uint32 [edges], values float32 [kinds, edges], layers int16 [edges]: written
    """
    parts, lists, shifts, starts, offsets = neighbours
    at = np.uint64(pointers[first])
    for v in range(first, last):
        for k in range(parts[v], parts[v + 1]):
            shift, start = shifts[k], starts[lists[k]]
            size = starts[lists[k] + 1] - start
            for i in range(size):
                sources[at + i] = offsets[start + i] + shift
            for kind in range(weights.shape[0]):
                for i in range(size):
                    values[kind, at + i] = weights[kind, start + i]
            if numbers.size > 1:
                layers[at : at + size] = numbers[k - parts[v]]
            at += size
    if numbers.size == 1:
        layers[pointers[first] : pointers[last]] = numbers[0]
