"""Compiled loops of the power-law fit: its sums, exponent, distance and start. Private.

A power law on the integers a .. b is p(k) = k^-s / sum_{i=a}^{b} i^-s; b is the width of the other
side, or infinity (then the sum is the Hurwitz zeta function, and s > 1). All terms are taken
relative to the first, (k/a)^-s, so that nothing underflows.

Degrees come as their distinct values, ascending: `values` float64 [u], `logs` = ln(value / least)
[u], `below` float64 [u + 1] = number of degrees less than each (the last entry: all of them), and
`log_sums` [u] = sum of `logs` over the degrees from each value on.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["best_start", "distance", "exponent", "moments", "reaches"]

# B_2j / (2j)!, the coefficients of the Euler-Maclaurin formula.
COEFFICIENTS = (
    1 / 12,
    -1 / 720,
    1 / 30240,
    -1 / 1209600,
    1 / 47900160,
    -691 / 1307674368000,
)
NEGLIGIBLE = 1e-18  # a term that small against the sum ends it
SMOOTH = 10.0  # from 10 + 2 s on the formula has all digits; the terms before are added up
DISTINCT = 3  # a tail has at least that many distinct degrees


@njit(cache=True)
def _edge(s, x):  # type: ignore[no-untyped-def]
    """1/2 + sum_j c_j (s)_(2j-1) / x^(2j-1), and its two derivatives in s."""
    value, first, second = 0.5, 0.0, 0.0
    p, p1, p2 = s / x, 1.0 / x, 0.0
    for j in range(len(COEFFICIENTS)):
        value += COEFFICIENTS[j] * p
        first += COEFFICIENTS[j] * p1
        second += COEFFICIENTS[j] * p2
        for i in range(2 * j + 1, 2 * j + 3):
            factor = (s + i) / x
            p2 = p2 * factor + 2.0 * p1 / x
            p1 = p1 * factor + p / x
            p = p * factor
    return value, first, second


@njit(cache=True)
def _span(s, length):  # type: ignore[no-untyped-def]
    """Integral of e^((1 - s) v) over 0 <= v <= length, and its two derivatives in s."""
    if length == math.inf:
        q = 1.0 / (s - 1.0)
        return q, -q * q, 2.0 * q * q * q
    u = (1.0 - s) * length
    if abs(u) < 0.5:  # the closed form would lose digits
        f = f1 = f2 = 0.0
        power = 1.0
        for k in range(15):
            f += power / (k + 1.0)
            f1 += power / (k + 2.0)
            f2 += power / (k + 3.0)
            power *= u / (k + 1.0)
    else:
        f = math.expm1(u) / u
        f1 = (math.exp(u) - f) / u
        f2 = (math.exp(u) - 2.0 * f1) / u
    return length * f, -(length**2) * f1, length**3 * f2


@njit(cache=True)
def _rest(s, x, a, b):  # type: ignore[no-untyped-def]
    """Sum over x .. b of (k/a)^-s by the Euler-Maclaurin formula, and its derivatives in s."""
    y = math.log1p((x - a) / a)
    f = math.exp(-s * y)
    e, e1, e2 = _edge(s, x)
    i, i1, i2 = _span(s, math.inf if b == math.inf else math.log1p((b + 1.0 - x) / x))
    e, e1, e2 = e + x * i, e1 + x * i1, e2 + x * i2
    z, z1, z2 = f * e, f * (e1 - y * e), f * (e2 - 2.0 * y * e1 + y * y * e)
    if b < math.inf:
        y = math.log1p((b + 1.0 - a) / a)
        f = math.exp(-s * y)
        e, e1, e2 = _edge(s, b + 1.0)
        z -= f * e
        z1 -= f * (e1 - y * e)
        z2 -= f * (e2 - 2.0 * y * e1 + y * y * e)
    return z, z1, z2


@njit(cache=True)
def moments(s, a, b):  # type: ignore[no-untyped-def]
    """Sums over k = a .. b of (k/a)^-s times 1, y and y^2, with y = ln(k/a)."""
    z = z1 = z2 = 0.0
    k = a
    while k < SMOOTH + 2.0 * s:
        if k > b:
            return z, z1, z2
        y = math.log1p((k - a) / a)
        f = math.exp(-s * y)
        if k > a and f * y * y <= NEGLIGIBLE * z2:
            return z, z1, z2
        z += f
        z1 += f * y
        z2 += f * y * y
        k += 1.0
    if k > b:
        return z, z1, z2
    r, r1, r2 = _rest(s, k, a, b)
    return z + r, z1 - r1, z2 + r2


@njit(cache=True)
def exponent(mean_log, a, b, start):  # type: ignore[no-untyped-def]
    """Most likely s for degrees with that mean of ln(k/a), and the sum of (k/a)^-s.

    Root of E[ln(k/a)] = mean_log, which falls with s: Newton's steps within a bracket. On a finite
    support the least exponent is 0, all degrees alike.
    """
    low, high = 1.0 if b == math.inf else 0.0, math.inf
    s = max(start, low + 0.01)
    for _ in range(200):
        z, z1, z2 = moments(s, a, b)
        mean = z1 / z
        spread = z2 / z - mean * mean
        gap = mean - mean_log
        if gap > 0.0:
            low = s
        else:
            high = s
        step = gap / spread if spread > 0.0 else -math.inf
        if abs(step) < 1e-7 * s:  # the next step would be the square of it
            return s + step, z * math.exp(step * (0.5 * step * spread - mean))
        if low < s + step < high:
            s += step
        elif low == 0.0:
            z, z1, z2 = moments(0.0, a, b)
            if z1 / z <= mean_log:
                return 0.0, z
            low, s = 1e-9, 0.5 * s
        else:
            s = 0.5 * (low + high) if high < math.inf else 2.0 * s
    return s, z


@njit(cache=True)
def distance(values, logs, below, i, b, s, z, both, bound):  # type: ignore[no-untyped-def]
    """Kolmogorov-Smirnov distance of the degrees from values[i] on to their power law.

    The largest difference of P(degree < x) over all distinct degrees x, and with `both` also that
    of P(degree <= x): together the exact supremum. Stops where it reaches `bound`.
    """
    a = values[i]
    n = below[-1] - below[i]
    smooth = SMOOTH + 2.0 * s
    left, k = z, a  # left = sum over k .. b
    c = np.empty(len(COEFFICIENTS))
    p = s
    for j in range(len(COEFFICIENTS)):
        c[j] = COEFFICIENTS[j] * p
        p *= (s + (2 * j + 1)) * (s + (2 * j + 2))
    t = 1.0 - s
    if b < math.inf:
        last = math.log1p((b + 1.0 - a) / a)
        end = math.exp(-s * last)
        at_end = end * _edge(s, b + 1.0)[0]
        end *= b + 1.0
    else:
        last = math.inf
        end = at_end = 0.0
    worst = 0.0
    for j in range(i, values.size):
        x = values[j]
        y = logs[j] - logs[i]
        f = math.exp(-s * y)
        if x < smooth:
            while k < x and left > 0.0:
                term = math.exp(-s * math.log1p((k - a) / a))
                left = left - term if term > NEGLIGIBLE * z else 0.0
                k += 1.0
            rest = left
        else:
            r = 1.0 / x
            q = r * r
            edge = c[0] + q * (c[1] + q * (c[2] + q * (c[3] + q * (c[4] + q * c[5]))))
            span = (end - x * f) / t if abs(t) > 1e-3 else x * f * _span(s, last - y)[0]
            rest = span + f * (0.5 + r * edge) - at_end
        gap = abs((below[j] - below[i]) / n - 1.0 + rest / z)
        if both:
            gap = max(gap, abs((below[j + 1] - below[i]) / n - 1.0 + (rest - f) / z))
        if gap > worst:
            worst = gap
            if worst >= bound:
                break
    return worst


@njit(cache=True)
def _fit_from(values, logs, below, log_sums, i, b, start, both, bound):  # type: ignore[no-untyped-def]
    """Exponent and distance of the tail from values[i] on."""
    mean_log = log_sums[i] / (below[-1] - below[i]) - logs[i]
    s, z = exponent(mean_log, values[i], b, start)
    return s, distance(values, logs, below, i, b, s, z, both, bound)


@njit(cache=True)
def _starts(below, least):  # type: ignore[no-untyped-def]
    """Number of distinct degrees at which a tail may start."""
    i = below.size - DISTINCT
    while i > 0 and below[-1] - below[i - 1] < least:
        i -= 1
    return max(i, 0)


@njit(cache=True)
def best_start(values, logs, below, log_sums, least, b, both):  # type: ignore[no-untyped-def]
    """Index, exponent and distance of the tail of at least `least` degrees that fits best.

    Among equal distances the longest tail; index -1 if there is none of that many degrees.
    """
    best, best_s, best_d = -1, 0.0, math.inf
    s = 2.5
    for i in range(_starts(below, least)):
        s, d = _fit_from(values, logs, below, log_sums, i, b, s, both, best_d)
        if d < best_d:
            best, best_s, best_d = i, s, d
    return best, best_s, best_d


@njit(cache=True)
def reaches(values, logs, below, log_sums, least, b, both, start, s, bound):  # type: ignore[no-untyped-def]
    """Whether the best distance is at least `bound`: 1, 0, or -1 where there is no tail.

    Begins at the tail from `start` on, as the first tail that comes below the bound settles it.
    """
    number = _starts(below, least)
    if number == 0:
        return -1
    first = min(np.searchsorted(values, start), number - 1)
    for step in range(number):
        i = first + step if first + step < number else number - 1 - step
        if _fit_from(values, logs, below, log_sums, i, b, s, both, bound)[1] < bound:
            return 0
    return 1
