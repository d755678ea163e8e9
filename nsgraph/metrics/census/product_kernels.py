"""Compiled products of packed channel matrices (see `bits`). Private.

A pair of node sets p, q has channels j of p and i of q. For every pair of signatures, one of the
rows and one of the columns, the kernels count for all i, j at once
    F  two-step paths from j to i,     O  common targets,     I  common sources,
and D, whether j -> i is an edge, and sum what `SUMS` lists. F, O and I are sums over terms: a
term is one matrix per side, whose inner product over the channels in between it adds.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from nsgraph.metrics.census.bit_kernels import lowest
from nsgraph.metrics.census.count_kernels import count_channels, count_words, sum_both, sum_pairs

__all__ = ["ROUTE", "SUMS", "products"]

SUMS = (
    "biparallel",  # C(F, 2)
    "common_targets",  # C(O, 2)
    "common_sources",  # C(I, 2)
    "cycle_skip",  # F O
    "two_step",  # [F > 0]
    # and where D
    "triangle",  # F
    "triangle_by_targets",  # O
    "triangle_by_sources",  # I
    "shortcut",  # [F > 0]
    "multi_middle",  # C(F, 2)
    "multi_output",  # C(O, 2)
    "multi_input",  # C(I, 2)
    "middle_output",  # F O
    "input_middle",  # F I
    "input_output",  # O I
)
"""What is summed over all i, j, in this order."""

N_SUMS = len(SUMS)

ROUTE = (
    "words",  # of the channels in between
    "right",  # side, by channels j: start of its words
    "right_columns",  # classes of columns
    "right_step",  # words of one matrix
    "left",  # side, by channels i
    "left_columns",
    "left_step",
    "other",  # the right matrices by the channels in between
    "other_step",
    "between",  # number of channels in between
)
"""Columns of the table of routes (see `bits.Slices`)."""

WORDS, RIGHT, RIGHT_COLUMNS, RIGHT_STEP = range(4)
LEFT, LEFT_COLUMNS, LEFT_STEP, OTHER, OTHER_STEP, BETWEEN = range(4, 10)

AT_ONCE = 8
"""Channels i that are counted while the words of all j pass by once."""


@njit(cache=True)
def _terms(rows, columns, kinds, first_route, routes, sy, sx, terms, bounds):  # type: ignore[no-untyped-def]
    """Fill `terms` (left, right, other, route, weight) for one pair of signatures.

    Terms of kind k are bounds[k] to bounds[k + 1] - 1; kinds come in order.
    """
    n = 0
    bounds[:] = 0
    for t in range(kinds.size):
        for ey in range(rows[0][sy, t], rows[0][sy, t + 1]):
            for ex in range(columns[0][sx, t], columns[0][sx, t + 1]):
                for r in range(first_route[t], first_route[t + 1]):
                    right = rows[1][ey] * routes[r, RIGHT_COLUMNS] + columns[1][ex]
                    left = rows[2][ey] * routes[r, LEFT_COLUMNS] + columns[2][ex]
                    terms[n, 0] = routes[r, LEFT] + left * routes[r, LEFT_STEP]
                    terms[n, 1] = routes[r, RIGHT] + right * routes[r, RIGHT_STEP]
                    terms[n, 2] = routes[r, OTHER] + right * routes[r, OTHER_STEP]
                    terms[n, 3] = r
                    terms[n, 4] = rows[3][ey] * columns[3][ex]
                    n += 1
        for k in range(kinds[t] + 1, bounds.size):
            bounds[k] = n
    return n


@njit(cache=True)
def _related(same, rows, columns, sy, sx):  # type: ignore[no-untyped-def]
    """0: these rows and columns are met the other way round; 2: the very same places; else 1."""
    if not same:
        return 1
    order = rows[5][sy] if rows[5][sy] != 0 else columns[5][sx]
    return 1 + (order == 0) if order >= 0 else 0


@njit(cache=True)
def _dense(words, terms, bounds, routes, shape, strict, at, needed, sums, by_right, by_left):  # type: ignore[no-untyped-def]
    """One pair of signatures by words: for every word of a channel i, all j at once."""
    first, last, n_left, n_right, _ = shape
    ends = np.zeros(4, np.int64)  # of the steps of every kind
    for kind in range(3):
        ends[kind + 1] = ends[kind]
        for t in range(bounds[kind], bounds[kind + 1]):
            ends[kind + 1] += routes[terms[t, 3], WORDS]
    steps = np.empty((ends[3], 3), np.int64)
    n = 0
    for t in range(bounds[3]):
        for w in range(routes[terms[t, 3], WORDS]):
            steps[n, 0] = terms[t, 0] + w * n_left
            steps[n, 1] = terms[t, 1] + w * n_right
            steps[n, 2] = terms[t, 4]
            n += 1
    counts = np.zeros((3, AT_ONCE, n_right), np.int64)
    for start in range(first, last, AT_ONCE):
        stop = min(start + AT_ONCE, last)
        counts[:] = 0
        for kind in range(3):
            if needed[kind]:
                of_kind = steps[ends[kind] : ends[kind + 1]]
                count_words(counts[kind], words, of_kind, start, stop, n_right, strict)
        for i in range(start, stop):
            count, high = counts[:, i - start], i if strict else n_right
            for kind in range(3):
                if needed[kind]:
                    sums[kind] += sum_pairs(counts[kind, i - start, :high])
            if needed[0]:
                both, reached = sum_both(counts[0, i - start, :high], counts[1, i - start, :high])
                sums[3] += both
                sums[4] += reached
            if at >= 0:
                _close(words, at, n_left, i, n_right, count, sums, by_right, by_left)


@njit(cache=True)
def _sparse(words, terms, bounds, routes, shape, strict, at, needed, sums, by_right, by_left):  # type: ignore[no-untyped-def]
    """The same one by one: for every channel in between that i has, all j that it has."""
    first, last, n_left, n_right, _ = shape
    counts = np.zeros((3, n_right), np.int64)
    touched = np.empty((3, n_right), np.int64)
    n_touched = np.zeros(3, np.int64)
    for i in range(first, last):
        high = i if strict else n_right
        n_touched[:] = 0
        for kind in range(3):
            if needed[kind]:
                n = 0
                for t in range(bounds[kind], bounds[kind + 1]):
                    route = routes[terms[t, 3]]
                    n = count_channels(
                        counts[kind],
                        touched[kind],
                        n,
                        high,
                        words,
                        (terms[t, 0] + i, n_left, route[WORDS]),
                        (terms[t, 2], route[BETWEEN]),
                        terms[t, 4],
                    )
                for t in range(n):
                    c = counts[kind, touched[kind, t]]
                    sums[kind] += c * (c - 1) // 2
                n_touched[kind] = n
        for t in range(n_touched[0]):
            sums[3] += counts[0, touched[0, t]] * counts[1, touched[0, t]]
        sums[4] += n_touched[0]
        if at >= 0:
            _close(words, at, n_left, i, n_right, counts, sums, by_right, by_left)
        for kind in range(3):
            for t in range(n_touched[kind]):
                counts[kind, touched[kind, t]] = 0


@njit(cache=True)
def _close(words, at, n_left, i, n_right, counts, sums, by_right, by_left):  # type: ignore[no-untyped-def]
    """Add what is asked where D: its bits for channel i are the words from `at` on.

    Also the sum of D F for every j, and those of D F and D O for i.
    """
    for w in range((n_right + 63) >> 6):
        x = words[at + w * n_left + i]
        while x:
            j = w * 64 + lowest(x)
            x &= x - np.uint64(1)
            f, o, s = counts[0, j], counts[1, j], counts[2, j]
            sums[5] += f
            sums[6] += o
            sums[7] += s
            sums[8] += f > 0
            sums[9] += f * (f - 1) // 2
            sums[10] += o * (o - 1) // 2
            sums[11] += s * (s - 1) // 2
            sums[12] += f * o
            sums[13] += f * s
            sums[14] += o * s
            by_right[j] += f
            by_left[i, 0] += f
            by_left[i, 1] += o


@njit(cache=True)
def products(  # type: ignore[no-untyped-def]
    rows, columns, kinds, first_route, routes, n_terms, words, direct, shape, wanted, sparse
):
    """Sums over all pairs of channels, for all pairs of signatures.

    rows, columns   `Signatures.arrays`
    kinds           kind of every join, ascending; its routes are first_route[k] to [k + 1] - 1
    routes          int64 [routes, 10], see `ROUTE`
    n_terms         no pair of signatures has more
    words           `Bits.words`
    direct          (start, classes of columns, words a matrix) of D, by channels i; start -1: none
    shape           (first channel i, one past the last; channels of q, of p; whether p = q)
    wanted          whether O and I are wanted where there is neither F nor D
    sparse          count one by one, not by words

    Returns `SUMS` as int64 [row signatures, column signatures, 15], and with D sums for the
    triangles by j [.., .., p] and by i [.., .., q, 2], else empty ones.
    """
    _, _, n_left, n_right, same = shape
    n_y, n_x = rows[4].size, columns[4].size
    linked = direct[0] >= 0
    sums = np.zeros((n_y, n_x, N_SUMS), np.int64)
    by_right = np.zeros((n_y, n_x, n_right if linked else 0), np.int64)
    by_left = np.zeros((n_y, n_x, n_left if linked else 0, 2), np.int64)
    terms = np.empty((n_terms, 5), np.int64)
    bounds = np.empty(4, np.int64)
    for sy in range(n_y):
        for sx in range(n_x):
            related = _related(same, rows, columns, sy, sx)
            if related == 0:
                continue
            _terms(rows, columns, kinds, first_route, routes, sy, sx, terms, bounds)
            closing = linked and rows[4][sy] >= 0 and columns[4][sx] >= 0
            through = bounds[1] > 0
            needed = (
                through,
                bounds[2] > bounds[1] and (wanted[0] or closing or through),
                bounds[3] > bounds[2] and (wanted[1] or closing),
            )
            if not (needed[0] or needed[1] or needed[2]):
                continue
            at = -1
            if closing:
                at = direct[0] + (rows[4][sy] * direct[1] + columns[4][sx]) * direct[2]
            strict = related == 2
            found, right, left = sums[sy, sx], by_right[sy, sx], by_left[sy, sx]
            if sparse:
                _sparse(words, terms, bounds, routes, shape, strict, at, needed, found, right, left)
            else:
                _dense(words, terms, bounds, routes, shape, strict, at, needed, found, right, left)
    return sums, by_right, by_left
