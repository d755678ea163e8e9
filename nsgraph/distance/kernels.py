"""Compiled loops over input sets. Private.

A layer's links come as compressed rows or columns; `column` [columns of a] says where each column
of `a` lies in `b`, -1 for nowhere.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

__all__ = [
    "common_by_bits",
    "common_by_links",
    "common_of_pairs",
    "gain_by_bits",
    "gain_by_links",
    "noise",
    "reader_bits",
    "whole_costs",
]


@intrinsic
def _ones(typingctx, word):  # type: ignore[no-untyped-def]
    """Number of ones of a 64-bit word, one instruction."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@njit(cache=True, nogil=True)
def common_by_links(rows_a, start_a, columns_a, column, start_b, rows_b, n_b):  # type: ignore[no-untyped-def]
    """Sizes of the intersections of input sets, int32 [rows_a, n_b], link by link."""
    common = np.zeros((len(rows_a), n_b), np.int32)
    for place in range(len(rows_a)):
        line = common[place]
        for link in range(start_a[rows_a[place]], start_a[rows_a[place] + 1]):
            there = column[columns_a[link]]
            if there >= 0:
                for other in range(start_b[there], start_b[there + 1]):
                    line[rows_b[other]] += 1
    return common


@njit(cache=True, nogil=True)
def common_by_bits(rows_a, start_a, columns_a, column, bits_b):  # type: ignore[no-untyped-def]
    """Sizes of the intersections of input sets, int32 [rows_a, rows of b], 64 columns at a time."""
    n_b, words = bits_b.shape
    common = np.empty((len(rows_a), n_b), np.int32)
    mine = np.empty(words, np.uint64)
    for place in range(len(rows_a)):
        mine[:] = 0
        for link in range(start_a[rows_a[place]], start_a[rows_a[place] + 1]):
            there = column[columns_a[link]]
            if there >= 0:
                mine[there >> 6] |= np.uint64(1) << np.uint64(there & 63)
        for row in range(n_b):
            theirs, count = bits_b[row], np.uint64(0)
            for word in range(words):
                count += _ones(mine[word] & theirs[word])
            common[place, row] = count
    return common


@njit(cache=True, nogil=True)
def common_of_pairs(rows_a, rows_b, start_a, columns_a, column, start_b, columns_b, n_columns):  # type: ignore[no-untyped-def]
    """Sizes of the intersections of the input sets of pairs of rows, int64 [pairs]."""
    common, mark = np.zeros(len(rows_a), np.int64), np.full(n_columns, -1)
    for pair in range(len(rows_a)):
        for link in range(start_a[rows_a[pair]], start_a[rows_a[pair] + 1]):
            there = column[columns_a[link]]
            if there >= 0:
                mark[there] = pair
        for link in range(start_b[rows_b[pair]], start_b[rows_b[pair] + 1]):
            if mark[columns_b[link]] == pair:
                common[pair] += 1
    return common


@njit(cache=True, nogil=True)
def whole_costs(common, size_a, size_b, scale):  # type: ignore[no-untyped-def]
    """Symmetric difference over union in units of 1 / scale, rounded, int64 as `common`.

    common 1 of sets of 2 and 2, scale 6 -> 4
    """
    costs = np.empty(common.shape, np.int64)
    for i in range(common.shape[0]):
        for j in range(common.shape[1]):
            union = size_a[i] + size_b[j] - common[i, j]
            share = (union - common[i, j]) / max(union, 1)
            costs[i, j] = np.int64(share * scale + 0.5)
    return costs


@njit(cache=True, nogil=True)
def gain_by_links(  # type: ignore[no-untyped-def]
    pair_of_a, row_of_pair, weight, start_a, neuron_a, tag_a, start_b, neuron_b, tag_b, total
):
    """Add to int64 `total` [n_a, n_b] the weights of the pairs of rows that read both neurons.

    Row r of `a` is in pair `pair_of_a[r]` (-1: none), which is with row `row_of_pair` of `b`. The
    links of a row are sorted by tag; a link counts with those of equal tag.
    """
    for row in range(len(pair_of_a)):
        pair = pair_of_a[row]
        if pair < 0:
            continue
        one, end = start_a[row], start_a[row + 1]
        other, stop = start_b[row_of_pair[pair]], start_b[row_of_pair[pair] + 1]
        while one < end and other < stop:
            if tag_a[one] < tag_b[other]:
                one += 1
            elif tag_a[one] > tag_b[other]:
                other += 1
            else:
                tag, last = tag_a[one], other
                while last < stop and tag_b[last] == tag:
                    last += 1
                while one < end and tag_a[one] == tag:
                    line = total[neuron_a[one]]
                    for link in range(other, last):
                        line[neuron_b[link]] += weight[pair]
                    one += 1
                other = last


@njit(cache=True, nogil=True)
def reader_bits(pair_of_row, tags, start, neurons, tag, bits):  # type: ignore[no-untyped-def]
    """Set bit `pair * tags + tag` of each neuron that a row in a pair reads; `bits` [n, words]."""
    for row in range(len(pair_of_row)):
        if pair_of_row[row] >= 0:
            for link in range(start[row], start[row + 1]):
                bit = pair_of_row[row] * tags + tag[link]
                bits[neurons[link], bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)


@njit(cache=True, nogil=True)
def gain_by_bits(bits_a, bits_b, planes, total):  # type: ignore[no-untyped-def]
    """Add to int64 `total` [n_a, n_b] the weights of common bits, binary digits in `planes`."""
    n_planes, words = planes.shape
    line = np.empty(words, np.uint64)
    for i in range(len(bits_a)):
        for digit in range(n_planes):
            for word in range(words):
                line[word] = bits_a[i, word] & planes[digit, word]
            for j in range(len(bits_b)):
                theirs, count = bits_b[j], np.uint64(0)
                for word in range(words):
                    count += _ones(line[word] & theirs[word])
                total[i, j] += np.int64(count) << digit


@njit(cache=True, nogil=True)
def noise(rows, columns, seed, levels):  # type: ignore[no-untyped-def]
    """Whole numbers from 0 to levels - 1, int64 [rows, columns], the same for a seed every time.

    The hash of `hashing.mix`, of the seed and the place, without arrays of its steps.
    """
    values = np.empty((rows, columns), np.int64)
    for i in range(rows):
        for j in range(columns):
            z = np.uint64(seed) + np.uint64(i * columns + j + 1) * np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
            values[i, j] = ((z >> np.uint64(32)) * np.uint64(levels)) >> np.uint64(32)
    return values
