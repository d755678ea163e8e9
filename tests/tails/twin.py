"""The definitions of the tail fit, written down: every sum in full, every optimum by scipy.

Only the bootstrap uses the fit itself, whose distance is held against the definition elsewhere.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import gammaln, zeta

from nsgraph.tails import fit_tail

LONG = 10**6
"""Where a sum without a bound ends, for distributions that have vanished there."""


def support(a, width):
    return np.arange(a, (LONG if width is None else width) + 1, dtype=np.float64)


def log_sum(s, a, width):
    """ln of the sum of k^-s over a .. width."""
    if width is None and s < 20:  # above, the sum vanishes early and zeta underflows
        return math.log(zeta(s, a))
    return -s * math.log(a) + math.log(np.sum((support(a, width) / a) ** -s))


def log_likelihood(tail, s, width):
    return -s * np.log(tail).sum() - tail.size * log_sum(s, tail.min(), width)


def exponent(tail, width):
    low = 1 + 1e-9 if width is None else 0
    return minimize_scalar(
        lambda s: -log_likelihood(tail, s, width),
        bounds=(low, 80),
        method="bounded",
        options={"xatol": 1e-12},
    ).x


def distance(tail, s, width):
    """Largest |P(degree <= k) - fitted| over all integers k."""
    k = np.arange(tail.min(), tail.max() + 1, dtype=np.float64)
    observed = np.array([np.mean(tail <= x) for x in k])
    fitted = np.cumsum(np.exp(-s * np.log(k) - log_sum(s, tail.min(), width)))
    return float(np.abs(observed - fitted).max())


def tails(degrees, width, min_tail):
    """xmin -> (exponent, distance) of every tail."""
    found = {}
    for a in np.unique(degrees[degrees > 0]):
        tail = degrees[degrees >= a].astype(np.float64)
        if tail.size >= min_tail and np.unique(tail).size >= 3:
            s = exponent(tail, width)
            found[int(a)] = s, distance(tail, s, width)
    return found


DENSITIES = {
    "exponential": lambda x, w, rate: -rate * x,
    "lognormal": lambda x, w, mu, sigma: -np.log(x) - (np.log(x) - mu) ** 2 / (2 * sigma**2),
    "stretched exponential": lambda x, w, shape, rate: (shape - 1) * np.log(x) - rate * x**shape,
    "truncated power law": lambda x, w, alpha, rate: -alpha * np.log(x) - rate * x,
    "binomial": lambda x, w, probability: (
        -gammaln(x + 1)
        - gammaln(w - x + 1)
        + x * np.log(probability)
        + (w - x) * np.log1p(-probability)
    ),
    "poisson": lambda x, w, mean: x * np.log(mean) - gammaln(x + 1),
}
"""ln f of each alternative, up to a constant."""


def log_p(name, x, a, width, **parameters):
    """ln of f(x) / sum of f over a .. width."""
    h = DENSITIES[name](support(a, width), width, **parameters)
    top = h.max()
    return DENSITIES[name](x, width, **parameters) - top - math.log(np.exp(h - top).sum())


def best_likelihood(name, tail, width, start):
    """The largest log-likelihood that a general optimiser finds from there."""
    names, values = list(start), np.array(list(start.values()))

    def cost(z):
        parameters = dict(zip(names, z, strict=True))
        free = ("mu",)
        if any(value < 0 for key, value in parameters.items() if key not in free):
            return math.inf
        if not 0.01 <= parameters.get("shape", 1) <= 5 or parameters.get("probability", 0.5) >= 1:
            return math.inf
        value = log_p(name, tail, tail.min(), width, **parameters).sum()
        return -value if np.isfinite(value) else math.inf

    options = {"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000}
    return -minimize(cost, values, method="Nelder-Mead", options=options).fun


def bootstrap(degrees, width, fit, samples, rng):
    """Fraction of semiparametric samples, each with its own xmin, at least as far as the fit."""
    body = degrees[degrees < fit.xmin]
    far = 0
    for _ in range(samples):
        drawn = power_law(rng, fit.alpha, fit.xmin, width, degrees.size)
        if body.size:
            below = rng.random(degrees.size) < body.size / degrees.size
            drawn[below] = rng.choice(body, below.sum())
        far += fit_tail(drawn, width, samples=0, compare=False).distance >= fit.distance
    return far / samples


@cache
def _cumulated(alpha, xmin, width):
    chances = np.cumsum(support(xmin, width) ** -alpha)
    return chances / chances[-1]


def power_law(rng, alpha, xmin, width, n):
    """n degrees from the power law on xmin .. width."""
    return xmin + np.searchsorted(_cumulated(alpha, xmin, width), rng.random(n), side="right")
