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

__all__ = ["binomial", "binomial_sums", "gauss_points", "grid", "one", "stretched", "two"]

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
def one(w, base, t, mean, start):  # type: ignore[no-untyped-def]
    """Most likely eta <= 0 of a family of one statistic, and ln of its sum."""
    low, high = -math.inf, 0.0
    log_z, m, _, _, _, _ = _sums(w, base, t, t, 0.0, 0.0)
    if m <= mean:
        return 0.0, log_z
    eta = start
    for _ in range(200):
        log_z, m, _, v, _, _ = _sums(w, base, t, t, eta, 0.0)
        gap = mean - m
        if gap > 0.0:
            low = eta
        else:
            high = eta
        step = gap / v if v > 0.0 else math.inf
        if abs(gap * step) < 1e-16:
            break
        if low < eta + step < high:
            eta += step
        else:
            eta = 0.5 * (low + high) if low > -math.inf else 2.0 * eta
    return eta, log_z


@njit(cache=True)
def two(w, t1, t2, mean1, mean2, eta1):  # type: ignore[no-untyped-def]
    """Most likely (eta_1, eta_2 <= 0) of a family of two statistics, and ln of its sum.

    `eta1` is the optimum at eta_2 = 0; if the likelihood falls from there, it stays there.
    """
    base = np.zeros(w.size)
    log_z, _, m2, _, _, _ = _sums(w, base, t1, t2, eta1, 0.0)
    if m2 <= mean2:
        return eta1, 0.0, log_z
    eta2 = -0.1 / mean2
    log_z, m1, m2, v1, v2, c = _sums(w, base, t1, t2, eta1, eta2)
    value = eta1 * mean1 + eta2 * mean2 - log_z
    for _ in range(200):
        g1, g2 = mean1 - m1, mean2 - m2
        det = v1 * v2 - c * c
        if not det > 0.0:
            break
        step1, step2 = (v2 * g1 - c * g2) / det, (v1 * g2 - c * g1) / det
        gain = g1 * step1 + g2 * step2
        if gain < 1e-16:
            break
        size = 1.0
        while eta2 + size * step2 >= 0.0:
            size *= 0.5
        while size > 1e-12:
            new1, new2 = eta1 + size * step1, eta2 + size * step2
            log_z, m1, m2, v1, v2, c = _sums(w, base, t1, t2, new1, new2)
            new = new1 * mean1 + new2 * mean2 - log_z
            if new >= value + 1e-4 * size * gain:
                break
            size *= 0.5
        if size <= 1e-12:
            break
        eta1, eta2, value = new1, new2, new
    return eta1, eta2, eta1 * mean1 + eta2 * mean2 - value


@njit(cache=True)
def _of_shape(shape, w, y, logs, counts, start):  # type: ignore[no-untyped-def]
    """Value, eta and ln sum of x^(shape - 1) exp(eta (x^shape - 1) / shape), at the best eta."""
    n = counts.sum()
    mean_base = (shape - 1.0) * (counts * logs).sum() / n
    mean = (counts * np.expm1(shape * logs)).sum() / (shape * n)
    statistic = np.minimum(np.expm1(shape * y) / shape, 1e300)
    eta, log_z = one(w, (shape - 1.0) * y, statistic, mean, start)
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
    _, eta, log_z = _of_shape(shape, w, y, logs, counts, eta)
    return shape, eta, log_z


@njit(cache=True)
def binomial_sums(odds, a, width):  # type: ignore[no-untyped-def]
    """Mode, sum relative to the mode, mean and variance of a binomial cut off below a.

    Of a Poisson distribution with mean `odds` where the width is infinite.
    """
    finite = width < math.inf
    mode = math.floor((width + 1.0) * odds / (1.0 + odds)) if finite else math.floor(odds)
    mode = max(a, min(mode, width))
    z, m, v = 1.0, 0.0, 0.0
    for direction in (1.0, -1.0):
        k, f = mode, 1.0
        while f > 1e-18 * z:
            if direction > 0.0:
                f *= odds * ((width - k) if finite else 1.0) / (k + 1.0)
            elif k <= a:
                break
            else:
                f *= k / (odds * ((width - k + 1.0) if finite else 1.0))
            k += direction
            z += f
            m += f * (k - mode)
            v += f * (k - mode) ** 2
    m /= z
    return mode, z, mode + m, v / z - m * m


@njit(cache=True)
def binomial(mean, a, width):  # type: ignore[no-untyped-def]
    """Most likely odds p / (1 - p) of a binomial cut off below a; the mean of a Poisson one."""
    low, high = -math.inf, math.inf
    eta = math.log(mean / (width - mean) if width < math.inf else mean)
    for _ in range(200):
        _, _, m, v = binomial_sums(math.exp(eta), a, width)
        gap = mean - m
        if gap > 0.0:
            low = eta
        else:
            high = eta
        step = gap / v if v > 0.0 else gap * math.inf
        if abs(gap * step) < 1e-16:
            break
        if low < eta + step < high and abs(step) < 5.0:
            eta += step
        elif math.isinf(low) or math.isinf(high):
            eta += 5.0 if gap > 0.0 else -5.0
        else:
            eta = 0.5 * (low + high)
    return math.exp(eta)
