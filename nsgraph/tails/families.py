"""Compiled loops that fit exponential families on the integers a .. b. Private.

p(x) ~ exp(base(x) + eta_1 T_1(x) + eta_2 T_2(x)) is most likely where the mean statistics T of the
family are those of the degrees, and the likelihood is concave in eta.

Sums over a .. b are taken on a grid: nodes x [q] and weights w [q] with sum_k f(k) = sum_q w f(x).
It holds the first integers one by one, then Gauss's points for the sum over a block of integers,
longer and longer with the offset from a: whatever is smooth on the scale of that offset is summed
to about ten digits at any width.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["SHAPES", "gauss_points", "grid", "one", "stretched", "two"]

Floats = npt.NDArray[np.float64]

POINTS = 8
LEVELS = 51  # blocks of 2^0 .. 2^50 integers
LAST_LOG = 690.0  # an infinite sum ends at e^690, near the largest float
SHAPES = (0.01, 5.0)  # of the stretched exponential


@cache
def gauss_points() -> tuple[Floats, Floats]:
    """Nodes and weights [LEVELS + 1, POINTS] of the mean over 2^l equally spaced points of [0, 1).

    From the Jacobi matrix of the discrete Chebyshev polynomials (Golub & Welsch 1969). The last row
    is their limit, Gauss and Legendre's rule for an integral over [0, 1].
    """
    k = np.arange(1.0, POINTS)
    nodes, weights = np.zeros((2, LEVELS + 1, POINTS))
    for level in range(4, LEVELS + 1):
        size = 2.0**level if level < LEVELS else math.inf
        beside = np.sqrt(k**2 * (1 - (k / size) ** 2) / (4 * (4 * k**2 - 1)))
        x, vectors = np.linalg.eigh(np.diag(beside, 1) + np.diag(beside, -1))
        nodes[level] = x + 0.5 - 0.5 / size
        weights[level] = vectors[0] ** 2
    return nodes, weights


@njit(cache=True)
def grid(a, b, nodes, weights):  # type: ignore[no-untyped-def]
    """Offsets x - a [q] and weights [q] of the grid, from the points of `gauss_points`."""
    limit = b - a + 1.0
    x, w = np.empty(4096), np.empty(4096)
    q = level = 0
    offset = 0.0
    while offset < limit:
        while 8.0 * 2.0**level <= offset:
            level += 1
        if level == LEVELS:
            break
        row = level
        while offset + 2.0**row > limit:
            row -= 1
        if row < 4:
            x[q], w[q] = offset, 1.0
            offset += 1.0
            q += 1
        else:
            for i in range(POINTS):
                x[q], w[q] = offset + 2.0**row * nodes[row, i], 2.0**row * weights[row, i]
                q += 1
            offset += 2.0**row
    if offset < limit:  # an integral over ln x, in steps that double
        low, step = math.log(a + offset - 0.5), 1.0
        while low < LAST_LOG:
            step = min(step, LAST_LOG - low)
            for i in range(POINTS):
                x[q] = math.exp(low + step * nodes[LEVELS, i])
                w[q] = x[q] * step * weights[LEVELS, i]
                q += 1
            low += step
            step *= 2.0
    return x[:q].copy(), w[:q].copy()


@njit(cache=True)
def _sums(w, base, t1, t2, eta1, eta2):  # type: ignore[no-untyped-def]
    """ln of the sum, means of T_1 and T_2, their variances and covariance."""
    h = base + eta1 * t1 + eta2 * t2
    top = h.max()
    z = m1 = m2 = v1 = v2 = c = 0.0
    for q in range(w.size):
        f = w[q] * math.exp(h[q] - top)
        if f > 0.0:  # a statistic that overflows belongs to a term that vanishes
            z += f
            m1 += f * t1[q]
            m2 += f * t2[q]
            v1 += f * t1[q] * t1[q]
            v2 += f * t2[q] * t2[q]
            c += f * t1[q] * t2[q]
    m1, m2 = m1 / z, m2 / z
    return top + math.log(z), m1, m2, v1 / z - m1 * m1, v2 / z - m2 * m2, c / z - m1 * m2


@njit(cache=True)
def one(w, base, t, mean, start, most):  # type: ignore[no-untyped-def]
    """Most likely eta <= most of a family of one statistic, and ln of its sum."""
    low, high = -math.inf, most
    if most < math.inf:
        log_z, m, _, _, _, _ = _sums(w, base, t, t, most, 0.0)
        if m <= mean:
            return most, log_z
    eta = start
    for _ in range(100):
        log_z, m, _, v, _, _ = _sums(w, base, t, t, eta, 0.0)
        gap = mean - m
        if gap > 0.0:
            low = eta
        else:
            high = eta
        step = gap / v if v > 0.0 else math.inf
        if abs(gap * step) < 1e-22:  # of the likelihood; `two` needs its roots to the last digit
            break
        if low < eta + step < high:
            eta += step
        elif low == -math.inf:
            eta -= 1.0 + abs(eta)
        elif high == math.inf:
            eta += 1.0 + abs(eta)
        else:
            eta = 0.5 * (low + high)
    return eta, log_z


@njit(cache=True)
def two(w, t1, t2, mean1, mean2, eta1):  # type: ignore[no-untyped-def]
    """Most likely (eta_1, eta_2 <= 0) of a family of two statistics, and ln of its sum.

    The statistics are standardised. `eta1` is the optimum at eta_2 = 0; if the likelihood falls
    from there, it stays there. Else Newton's steps on eta_2, each with the best eta_1: both at once
    can jam at the bound.
    """
    log_z, _, m2, _, _, _ = _sums(w, 0.0 * t1, t1, t2, eta1, 0.0)
    if m2 <= mean2:
        return eta1, 0.0, log_z
    low, high = -math.inf, 0.0
    eta2 = -0.1
    for _ in range(100):
        eta1, log_z = one(w, eta2 * t2, t1, mean1, eta1, math.inf)
        _, _, m2, v1, v2, c = _sums(w, 0.0 * t1, t1, t2, eta1, eta2)
        gap = mean2 - m2
        if gap > 0.0:
            low = eta2
        else:
            high = eta2
        v = v2 - c * c / v1 if v1 > 0.0 else 0.0
        step = gap / v if v > 0.0 else math.inf
        if abs(gap * step) < 1e-16 or 0.0 <= v < 1e-9 * v2:  # or both statistics are one
            break
        if low < eta2 + step < high:
            eta2 += step
        else:
            eta2 = 0.5 * (low + high) if low > -math.inf else 2.0 * eta2
    return eta1, eta2, log_z


@njit(cache=True)
def _of_shape(shape, w, y, logs, counts, start):  # type: ignore[no-untyped-def]
    """Value, eta and ln sum of x^(shape - 1) exp(eta (x^shape - 1) / shape), at the best eta."""
    n = counts.sum()
    mean_base = (shape - 1.0) * (counts * logs).sum() / n
    mean = (counts * np.expm1(shape * logs)).sum() / (shape * n)
    statistic = np.minimum(np.expm1(shape * y) / shape, 1e300)
    eta, log_z = one(w, (shape - 1.0) * y, statistic, mean, start, 0.0)
    return mean_base + eta * mean - log_z, eta, log_z


@njit(cache=True)
def stretched(w, y, logs, counts):  # type: ignore[no-untyped-def]
    """Most likely shape, eta and ln sum of the stretched exponential; golden section over ln shape.

    `y` are the logarithms ln(x/a) of the nodes, `logs` and `counts` those of the degrees.
    """
    golden = 0.5 * (math.sqrt(5.0) - 1.0)
    low, high = math.log(SHAPES[0]), math.log(SHAPES[1])
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, eta, _ = _of_shape(math.exp(left), w, y, logs, counts, -1.0)
    at_right, eta, _ = _of_shape(math.exp(right), w, y, logs, counts, eta)
    while high - low > 1e-5:
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left, eta, _ = _of_shape(math.exp(left), w, y, logs, counts, eta)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right, eta, _ = _of_shape(math.exp(right), w, y, logs, counts, eta)
    shape = math.exp(0.5 * (low + high))
    if low == math.log(SHAPES[0]):
        shape = SHAPES[0]
    elif high == math.log(SHAPES[1]):
        shape = SHAPES[1]
    _, eta, log_z = _of_shape(shape, w, y, logs, counts, eta)
    return shape, eta, log_z
