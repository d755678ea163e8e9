"""Compiled loops over packed channel matrices (see `bits`). Private."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["apply", "cliques", "lowest", "ones", "pack"]


@njit(cache=True)
def pack(kernel, rows, columns, diagonal, words, by_source, by_target):  # type: ignore[no-untyped-def]
    """Write the ones of a kernel, bool [out, in, i, j], as bits; returns their number.

    `rows[i]` and `columns[j]` are classes, -1 for none; `diagonal`: [channels, 1, i, j].
    """
    n_out, n_in, height, width = kernel.shape
    joined = 0
    for co in range(n_out):
        for c in range(n_in):
            ci = co if diagonal else c
            for i in range(height):
                for j in range(width):
                    if kernel[co, c, i, j] and rows[i] >= 0 and columns[j] >= 0:
                        _set(words, by_source, rows[i], columns[j], ci, co)
                        _set(words, by_target, rows[i], columns[j], co, ci)
                        joined += 1
    return joined


@njit(cache=True)
def _set(words, slices, a, b, channel, bit):  # type: ignore[no-untyped-def]
    start, n_columns, n_words, channels, _ = slices
    at = start + ((a * n_columns + b) * n_words + (bit >> 6)) * channels + channel
    words[at] |= np.uint64(1) << np.uint64(bit & 63)


@njit(cache=True)
def ones(x):  # type: ignore[no-untyped-def]
    """Number of ones of a 64-bit word; compilers know this form and use the machine's own."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True)
def lowest(x):  # type: ignore[no-untyped-def]
    """Place of the lowest one of a word that is not zero."""
    return ones((x & (~x + np.uint64(1))) - np.uint64(1))


@njit(cache=True)
def apply(words, by_target, spread, out):  # type: ignore[no-untyped-def]
    """Add to every channel of the target the values of those channels of the source it reads.

    `out` int64 [channels, values], `spread` int64 [row classes, column classes, source channels,
    values], `by_target` as `Slices`.
    """
    start, n_columns, n_words, channels, _ = by_target
    for a in range(spread.shape[0]):
        for b in range(spread.shape[1]):
            at = start + (a * n_columns + b) * n_words * channels
            for w in range(n_words):
                for co in range(channels):
                    x = words[at + w * channels + co]
                    while x:
                        ci = w * 64 + lowest(x)
                        x &= x - np.uint64(1)
                        for k in range(out.shape[1]):
                            out[co, k] += spread[a, b, ci, k]


@njit(cache=True)
def cliques(words, slices, rows, columns):  # type: ignore[no-untyped-def]
    """Channels joined all to all, for all pairs of signatures of four sets p, q, r, s.

    `slices` [6, 5] are those of p to q, r, s, of q to r, s, of r to s, each by source; `rows` and
    `columns` [n, 6] the classes in the same order. Returns int64 [row, column signatures].
    """
    found = np.zeros((rows.shape[0], columns.shape[0]), np.int64)
    n_p, n_q, n_r = slices[0, 3], slices[3, 3], slices[5, 3]
    over_q, over_r, over_s = slices[0, 2], slices[1, 2], slices[2, 2]
    at = np.empty(6, np.int64)
    to_s = np.empty(over_s, np.uint64)
    for y in range(rows.shape[0]):
        for x in range(columns.shape[0]):
            for k in range(6):
                start, n_columns, n_words, channels = (
                    slices[k, 0],
                    slices[k, 1],
                    slices[k, 2],
                    slices[k, 3],
                )
                at[k] = start + (rows[y, k] * n_columns + columns[x, k]) * n_words * channels
            for i in range(n_p):
                for wq in range(over_q):
                    second = words[at[0] + wq * n_p + i]
                    while second:
                        j = wq * 64 + lowest(second)
                        second &= second - np.uint64(1)
                        for ws in range(over_s):
                            to_s[ws] = words[at[2] + ws * n_p + i] & words[at[4] + ws * n_q + j]
                        for wr in range(over_r):
                            third = words[at[1] + wr * n_p + i] & words[at[3] + wr * n_q + j]
                            while third:
                                k = wr * 64 + lowest(third)
                                third &= third - np.uint64(1)
                                for ws in range(over_s):
                                    fourth = to_s[ws] & words[at[5] + ws * n_r + k]
                                    found[y, x] += ones(fourth)
    return found
