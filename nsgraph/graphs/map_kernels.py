"""Compiled loops over kernels and maps. Private: callers are the modules of this folder.

T target channels, S source channels times taps, p positions of the target's map, w words of 64 such
positions. A kernel is bool [T, S]. *Columns*, [S, p] or [S, w], are what the taps read of the
source's map (see `taps`); a target's map is [T, p] or [T, w]. Words are uint64, numbers int64.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = [
    "count_joined",
    "joined",
    "kept_channels",
    "pull",
    "pull_sums",
    "push",
    "push_sums",
    "weight_sums",
]


@njit(cache=True)
def pull(kernel, columns, reached):  # type: ignore[no-untyped-def]
    """Mark in the map `reached` what the kernel joins to marked positions of the columns."""
    words = columns.shape[1]
    anywhere = np.zeros(words, np.uint64)
    for s in range(columns.shape[0]):
        for i in range(words):
            anywhere[i] |= columns[s, i]
    for t in range(kernel.shape[0]):
        left = np.uint64(0)  # positions that may still be reached
        for i in range(words):
            left |= anywhere[i] & ~reached[t, i]
        for s in range(kernel.shape[1]):
            if left == 0:
                break
            if kernel[t, s]:
                left = np.uint64(0)
                for i in range(words):
                    reached[t, i] |= columns[s, i]
                    left |= anywhere[i] & ~reached[t, i]


@njit(cache=True)
def push(kernel, reaching, columns):  # type: ignore[no-untyped-def]
    """Mark in the columns what the kernel joins to marked positions of the map `reaching`."""
    words = columns.shape[1]
    anywhere = np.zeros(words, np.uint64)
    for t in range(kernel.shape[0]):
        for i in range(words):
            anywhere[i] |= reaching[t, i]
    settled = np.zeros(kernel.shape[1], np.bool_)
    unsettled = kernel.shape[1] if anywhere.any() else 0
    for t in range(kernel.shape[0]):
        if unsettled == 0:
            break
        for s in range(kernel.shape[1]):
            if kernel[t, s] and not settled[s]:
                left = np.uint64(0)
                for i in range(words):
                    columns[s, i] |= reaching[t, i]
                    left |= anywhere[i] & ~columns[s, i]
                if left == 0:
                    settled[s] = True
                    unsettled -= 1


@njit(cache=True)
def count_joined(kernel, columns, reaching):  # type: ignore[no-untyped-def]
    """Number of marked positions of columns and map that the kernel joins, over its entries."""
    count = 0
    for t in range(kernel.shape[0]):
        for s in range(kernel.shape[1]):
            if kernel[t, s]:
                for i in range(columns.shape[1]):
                    count += _ones(columns[s, i] & reaching[t, i])
    return count


@njit(cache=True)
def joined(kernel, columns, reaching):  # type: ignore[no-untyped-def]
    """bool [T, S]: entries of the kernel that join two marked positions."""
    found = np.zeros(kernel.shape, np.bool_)
    for t in range(kernel.shape[0]):
        for s in range(kernel.shape[1]):
            if kernel[t, s]:
                for i in range(columns.shape[1]):
                    if columns[s, i] & reaching[t, i]:
                        found[t, s] = True
                        break
    return found


@njit(cache=True)
def pull_sums(kernel, columns, total):  # type: ignore[no-untyped-def]
    """Add to the map `total` what the kernel makes of the columns."""
    for t in range(kernel.shape[0]):
        for s in range(kernel.shape[1]):
            if kernel[t, s]:
                for i in range(columns.shape[1]):
                    total[t, i] += columns[s, i]


@njit(cache=True)
def push_sums(kernel, values, columns):  # type: ignore[no-untyped-def]
    """Add to the columns what the transposed kernel makes of the map `values`."""
    for t in range(kernel.shape[0]):
        for s in range(kernel.shape[1]):
            if kernel[t, s]:
                for i in range(columns.shape[1]):
                    columns[s, i] += values[t, i]


@njit(cache=True)
def kept_channels(kernel):  # type: ignore[no-untyped-def]
    """Numbers of kept weights by tap and by target and source channel, int64 [taps, channels].

    The kernel is [target channels, source channels, taps].
    """
    n_out, n_in, taps = kernel.shape
    into = np.zeros((taps, n_out), np.int64)
    out_of = np.zeros((taps, n_in), np.int64)
    for t in range(n_out):
        for c in range(n_in):
            for q in range(taps):
                into[q, t] += kernel[t, c, q]
                out_of[q, c] += kernel[t, c, q]
    return into, out_of


@njit(cache=True)
def weight_sums(kernel, weights):  # type: ignore[no-untyped-def]
    """Sums of absolute kept weights by target and by source channel, float64 [channels, taps].

    Kernel and weights are [target channels, source channels, taps].
    """
    n_out, n_in, taps = kernel.shape
    into = np.zeros((n_out, taps))
    out_of = np.zeros((n_in, taps))
    for t in range(n_out):
        for c in range(n_in):
            for q in range(taps):
                if kernel[t, c, q]:
                    size = abs(weights[t, c, q])
                    into[t, q] += size
                    out_of[c, q] += size
    return into, out_of


@njit(cache=True)
def _ones(x):  # type: ignore[no-untyped-def]
    """Number of ones of a 64-bit word (Warren 2013, Hacker's Delight, section 5-1)."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))
