"""Compiled inner loops of the products of packed channel matrices. Private."""

from __future__ import annotations

import numpy as np
from numba import njit

from nsgraph.metrics.census.bit_kernels import lowest, ones

__all__ = ["count_channels", "count_words", "sum_both", "sum_pairs"]


@njit(cache=True)
def count_words(counts, words, steps, start, stop, n_right, strict):  # type: ignore[no-untyped-def]
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
def count_channels(count, touched, n, high, words, of_i, of_k, weight):  # type: ignore[no-untyped-def]
    """Count for one i all j < `high`, for every channel k in between that i has.

    `of_i` (start, distance, number) of the words with i's channels in between; `of_k` (start,
    distance) of the words with the channels j of every k. `touched[:n]` are the j that have been
    counted so far; returns the new n.
    """
    for w in range(of_i[2]):
        x = words[of_i[0] + w * of_i[1]]
        while x:
            k = w * 64 + lowest(x)
            x &= x - np.uint64(1)
            for m in range((high + 63) >> 6):
                y = words[of_k[0] + m * of_k[1] + k]
                while y:
                    j = m * 64 + lowest(y)
                    y &= y - np.uint64(1)
                    if j < high:
                        if count[j] == 0:
                            touched[n] = j
                            n += 1
                        count[j] += weight
    return n


@njit(cache=True)
def sum_pairs(count):  # type: ignore[no-untyped-def]
    """Sum of c (c - 1) / 2."""
    pairs = 0
    for j in range(count.size):
        pairs += count[j] * (count[j] - 1)
    return pairs // 2


@njit(cache=True)
def sum_both(paths, targets):  # type: ignore[no-untyped-def]
    """Sum of the products, and number of paths that are not 0."""
    both = reached = 0
    for j in range(paths.size):
        both += paths[j] * targets[j]
        reached += paths[j] > 0
    return both, reached
