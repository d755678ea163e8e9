"""Compiled loops that draw degrees at random and fit what they drew. Private.

Values are drawn by inverting their cumulated chances: `support` [m] ascending, `cumulated` [m], and
`first` [2 m], the place at which the search begins for each 2m-th of the unit interval.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from nsgraph.tails.kernels import moments, reaches

__all__ = ["binomial_distance", "binomial_distances", "exceedances", "places"]

LARGEST = 2.0**52  # beyond, floats know no halves, and soon no odd numbers


@njit(cache=True)
def _uniform(state):  # type: ignore[no-untyped-def]
    """Next number in [0, 1) of splitmix64 (Steele et al. 2014), whose state is uint64 [1]."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * 2.0**-53


@njit(cache=True)
def places(cumulated):  # type: ignore[no-untyped-def]
    """The table `first` of those cumulated chances."""
    first = np.empty(2 * cumulated.size, np.int64)
    at = 0
    for i in range(first.size):
        while at < cumulated.size and cumulated[at] <= i / first.size:
            at += 1
        first[i] = at
    return first


@njit(cache=True)
def histogram(state, cumulated, first, n, counts, beyond):  # type: ignore[no-untyped-def]
    """Draw n values; `counts` [m] of each, and the uniforms past the last into `beyond` [n]."""
    counts[:] = 0
    n_beyond = 0
    for _ in range(n):
        u = _uniform(state)
        at = first[int(u * first.size)]
        while at < cumulated.size and cumulated[at] <= u:
            at += 1
        if at < cumulated.size:
            counts[at] += 1
        else:
            beyond[n_beyond] = (u - cumulated[-1]) / (1.0 - cumulated[-1])
            n_beyond += 1
    return n_beyond


@njit(cache=True)
def _far(u, s, x, b):  # type: ignore[no-untyped-def]
    """Quantile u of the power law on x .. b: the least v with P(value > v) <= 1 - u."""
    target = (1.0 - u) * moments(s, x, b)[0]
    low, high = x, min(b, LARGEST)
    while low < high:
        middle = math.floor(0.5 * (low + high))
        k = middle + 1.0
        left = moments(s, k, b)[0] * math.exp(-s * math.log1p((k - x) / x)) if k <= b else 0.0
        if left <= target:
            high = middle
        else:
            low = k
    return low


@njit(cache=True)
def exceedances(seed, samples, n, support, cumulated, first, fit, least, b, both):  # type: ignore[no-untyped-def]
    """Samples whose best distance is at least that of the fit, and samples that have a tail.

    `fit` is (start of the tail, exponent, distance). What is drawn past the support continues the
    power law.
    """
    start, s, bound = fit
    state = np.array([seed], np.uint64)
    counts = np.empty(support.size, np.int64)
    beyond = np.empty(n)
    least_value = support[0]
    logs_of = np.log1p((support - least_value) / least_value)
    values, logs, log_sums, below = np.empty(n), np.empty(n), np.empty(n), np.empty(n + 1)
    reached = fitted = 0
    for _ in range(samples):
        n_beyond = histogram(state, cumulated, first, n, counts, beyond)
        u = 0
        total = 0.0
        for i in range(support.size):
            if counts[i]:
                values[u], logs[u], below[u] = support[i], logs_of[i], total
                total += counts[i]
                u += 1
        for v in np.sort(beyond[:n_beyond]):
            x = _far(v, s, support[-1] + 1.0, b)
            if u == 0 or values[u - 1] != x:
                values[u], below[u] = x, total
                logs[u] = math.log1p((x - least_value) / least_value)
                u += 1
            total += 1.0
        below[u] = total
        sums = 0.0
        for i in range(u - 1, -1, -1):
            sums += (below[i + 1] - below[i]) * logs[i]
            log_sums[i] = sums
        found = reaches(
            values[:u], logs[:u], below[: u + 1], log_sums[:u], least, b, both, start, s, bound
        )
        if found >= 0:
            fitted += 1
            reached += found
    return reached, fitted


@njit(cache=True)
def _binomial_table(mean, width):  # type: ignore[no-untyped-def]
    """Least value k, and P(value <= k), P(value <= k + 1), ... of a binomial variable."""
    odds = mean / (width - mean)
    mode = math.floor((width + 1.0) * mean / width)
    reach = math.floor(20.0 + 10.0 * math.sqrt(mean))
    low, high = max(0.0, mode - reach), min(width, mode + reach)
    table = np.empty(int(high - low) + 1)
    at = int(mode - low)
    table[at] = 1.0
    for i in range(at + 1, table.size):
        table[i] = table[i - 1] * odds * (width - low - i + 1.0) / (low + i)
    for i in range(at - 1, -1, -1):
        table[i] = table[i + 1] * (low + i + 1.0) / (odds * (width - low - i))
    table = np.cumsum(table)
    return low, table / table[-1]


@njit(cache=True)
def _distance_from(values, below, low, table):  # type: ignore[no-untyped-def]
    """Kolmogorov-Smirnov distance of degrees from a distribution on low, low + 1, ..."""
    worst = 0.0
    n = below[-1]
    for j in range(values.size):
        i = int(values[j] - low)
        at = 0.0 if i < 0 else table[min(i, table.size - 1)]
        before = 0.0 if i < 1 else table[min(i - 1, table.size - 1)]
        worst = max(worst, abs(below[j + 1] / n - at), abs(below[j] / n - before))
    return worst


@njit(cache=True)
def binomial_distance(values, below, mean, width):  # type: ignore[no-untyped-def]
    """Kolmogorov-Smirnov distance of degrees from the binomial distribution of that mean."""
    low, table = _binomial_table(mean, width)
    return _distance_from(values, below, low, table)


@njit(cache=True)
def binomial_distances(seed, samples, n, mean, width):  # type: ignore[no-untyped-def]
    """That distance of `samples` binomial sequences, each from its own mean."""
    low, cumulated = _binomial_table(mean, width)
    first = places(cumulated)
    state = np.array([seed], np.uint64)
    counts = np.empty(cumulated.size, np.int64)
    beyond = np.empty(n)
    values, below = np.empty(cumulated.size), np.empty(cumulated.size + 1)
    found = np.zeros(samples)
    for sample in range(samples):
        histogram(state, cumulated, first, n, counts, beyond)
        u = 0
        total = links = 0.0
        for i in range(counts.size):
            if counts[i]:
                values[u], below[u] = low + i, total
                total += counts[i]
                links += counts[i] * (low + i)
                u += 1
        below[u] = total
        if 0.0 < links < n * width:
            found[sample] = binomial_distance(values[:u], below[: u + 1], links / n, width)
    return found
