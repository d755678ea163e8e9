"""Compiled products of packed channel matrices (see `bits`). Private.

A pair of node sets p, q has channels j of p and i of q. For every pair of signatures, one of the
rows and one of the columns, the kernels count for all i, j at once
    F  two-step paths from j to i,     O  common targets,     I  common sources,
and D, whether j -> i is an edge, and sum what `N_SUMS` lists. F, O and I are sums over terms: a
term is one matrix per side, whose inner product over the channels in between it adds.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from nsgraph.metrics.census.bit_kernels import lowest, ones

__all__ = ["N_SUMS", "products"]

N_SUMS = 15
"""Sums over i, j: C(F,2), C(O,2), C(I,2), F O, [F > 0]; and where D: F, O, I, [F > 0], C(F,2),
C(O,2), C(I,2), F O, F I, O I."""

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
                    right = rows[1][ey] * routes[r, 2] + columns[1][ex]
                    left = rows[2][ey] * routes[r, 5] + columns[2][ex]
                    terms[n, 0] = routes[r, 4] + left * routes[r, 6]
                    terms[n, 1] = routes[r, 1] + right * routes[r, 3]
                    terms[n, 2] = routes[r, 7] + right * routes[r, 8]
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
            ends[kind + 1] += routes[terms[t, 3], 0]
    steps = np.empty((ends[3], 3), np.int64)
    n = 0
    for t in range(bounds[3]):
        for w in range(routes[terms[t, 3], 0]):
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
                _count(counts[kind], words, of_kind, start, stop, n_right, strict)
        for i in range(start, stop):
            count, high = counts[:, i - start], i if strict else n_right
            for kind in range(3):
                if needed[kind]:
                    sums[kind] += _pairs(counts[kind, i - start, :high])
            if needed[0]:
                both, reached = _met(counts[0, i - start, :high], counts[1, i - start, :high])
                sums[3] += both
                sums[4] += reached
            if at >= 0:
                _close(words, at, n_left, i, n_right, count, sums, by_right, by_left)


@njit(cache=True)
def _count(counts, words, steps, start, stop, n_right, strict):  # type: ignore[no-untyped-def]
    """Count for channels i = start .. stop - 1 the ones in common with all channels j.

    Word i + `left` is held against all words j + `right`, for all `steps` (left, right, weight).
    Four steps and several i at a time, so that counts and words are fetched less often.
    """
    k, n = 0, len(steps)
    while k < n:
        if k + 4 <= n and steps[k : k + 4, 2].max() == 1:
            p = words[steps[k, 1] : steps[k, 1] + n_right]
            q = words[steps[k + 1, 1] : steps[k + 1, 1] + n_right]
            r = words[steps[k + 2, 1] : steps[k + 2, 1] + n_right]
            s = words[steps[k + 3, 1] : steps[k + 3, 1] + n_right]
            for i in range(start, stop):
                a, b = words[steps[k, 0] + i], words[steps[k + 1, 0] + i]
                c, d = words[steps[k + 2, 0] + i], words[steps[k + 3, 0] + i]
                if a | b | c | d:
                    count = counts[i - start]
                    for j in range(i if strict else n_right):
                        count[j] += (
                            ones(a & p[j]) + ones(b & q[j]) + ones(c & r[j]) + ones(d & s[j])
                        )
            k += 4
        else:
            p, weight = words[steps[k, 1] : steps[k, 1] + n_right], steps[k, 2]
            for i in range(start, stop):
                x = words[steps[k, 0] + i]
                if x:
                    count = counts[i - start]
                    for j in range(i if strict else n_right):
                        count[j] += weight * ones(x & p[j])
            k += 1


@njit(cache=True)
def _pairs(count):  # type: ignore[no-untyped-def]
    pairs = 0
    for j in range(count.size):
        pairs += count[j] * (count[j] - 1)
    return pairs // 2


@njit(cache=True)
def _met(paths, targets):  # type: ignore[no-untyped-def]
    both = reached = 0
    for j in range(paths.size):
        both += paths[j] * targets[j]
        reached += paths[j] > 0
    return both, reached


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
                    left, route = terms[t, 0] + i, routes[terms[t, 3]]
                    n = _add_channels(
                        words, left, n_left, terms[t], route, high, counts[kind], touched[kind], n
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
def _add_channels(words, left, n_left, term, route, high, count, touched, n):  # type: ignore[no-untyped-def]
    """Add one term to the counts of one i, whose words are `n_left` apart from `left` on.

    `touched[:n]` are the j that have been counted so far. Returns the new n.
    """
    between = route[9]
    for w in range(route[0]):
        x = words[left + w * n_left]
        while x:
            k = w * 64 + lowest(x)
            x &= x - np.uint64(1)
            for m in range((high + 63) >> 6):
                y = words[term[2] + m * between + k]
                while y:
                    j = m * 64 + lowest(y)
                    y &= y - np.uint64(1)
                    if j < high:
                        if count[j] == 0:
                            touched[n] = j
                            n += 1
                        count[j] += term[4]
    return n


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
    routes          int64 [routes, 10]: words in between; right side (start, classes of columns,
                    words a matrix) by channels j, left side likewise by channels i; the right side
                    from the other side (start, words a matrix), channels in between
    n_terms         no pair of signatures has more
    words           `Bits.words`
    direct          (start, classes of columns, words a matrix) of D, by channels i; start -1: none
    shape           (first channel i, one past the last; channels of q, of p; whether p = q)
    wanted          whether O and I are wanted where there is neither F nor D
    sparse          count one by one, not by words

    Returns int64 [row signatures, column signatures, N_SUMS], and with D sums for the triangles by
    j [.., .., p] and by i [.., .., q, 2], else empty ones.
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
