"""Other distributions on the same tail, and Vuong's test of the power law against each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Alternative", "alternatives"]

Floats = npt.NDArray[np.float64]

FREE = {
    "exponential": 1,
    "lognormal": 2,
    "stretched exponential": 2,
    "truncated power law": 2,
    "binomial": 1,
    "poisson": 1,
}
"""Number of parameters of each alternative."""

NOTHING_BELOW = 12  # standard deviations from a tail's start to the mean that leave nothing out
SAME = 1e-9  # two distributions whose ln p differ by less, up to a constant, are one


class Alternative(NamedTuple):
    """Another distribution, fitted to the tail by maximum likelihood.

    Attributes
    ----------
    parameters
        As in the density below. Empty where the best fit is the limit at which the alternative is a
        power law (lognormal, stretched exponential, truncated power law) or, of the exponential,
        the uniform distribution.
    log_likelihood
        Of all degrees of the tail, natural logarithm.
    ratio
        Vuong's normalised log-likelihood ratio, in standard deviations: above 0 the power law is
        the better one, below 0 the alternative.
    p
        Chance of a ratio that far from 0 if both are equally good; for the truncated power law,
        which contains the power law, by Wilks's theorem.
    bic
        Bayesian information criterion, k ln n - 2 ln L; the least is the best.
    """

    parameters: Mapping[str, float]
    log_likelihood: float
    ratio: float
    p: float
    bic: float


class _Tail(NamedTuple):
    """Distinct degrees of a tail, their counts, their logarithms ln(x/a), and the grid."""

    a: float
    b: float
    values: Floats
    counts: Floats
    logs: Floats
    offsets: Floats
    weights: Floats
    y: Floats

    def mean(self, statistic: Floats) -> float:
        return float(self.counts @ statistic) / float(self.counts.sum())

    def moments(self, statistic: Floats) -> tuple[float, float]:
        """Mean and standard deviation over the degrees."""
        mean = self.mean(statistic)
        return mean, math.sqrt(self.mean((statistic - mean) ** 2))


Fitted = tuple[dict[str, float], Floats]
"""Parameters and ln p of every distinct degree."""


def alternatives(
    values: Floats, counts: Floats, b: float, alpha: float, log_power: Floats
) -> dict[str, Alternative]:
    """All alternatives on values[0] .. b; `log_power` is ln p of the power law at each value.

    Each is f(x) / sum over values[0] .. b of f, with f(x) =

    - exponential: exp(-rate x)
    - lognormal: exp(-(ln x - mu)^2 / (2 sigma^2)) / x
    - stretched exponential: x^(shape - 1) exp(-rate x^shape)
    - truncated power law: x^-alpha exp(-rate x)
    - binomial: C(b, x) probability^x (1 - probability)^(b - x); poisson: mean^x / x!

    with alpha and rates of at least 0, and a shape from .01 to 5 (Clauset et al. 2009, table 2.1).
    """
    from nsgraph.tails import families

    a = float(values[0])
    offsets, weights = families.grid(a, b, *families.gauss_points())
    logs, y = np.log1p((values - a) / a), np.log1p(offsets / a)
    tail = _Tail(a, b, values, counts, logs, offsets, weights, y)
    found = {
        "exponential": _exponential(tail),
        "lognormal": _lognormal(tail, alpha),
        "stretched exponential": _stretched(tail),
        "truncated power law": _truncated(tail, alpha),
        "binomial" if b < math.inf else "poisson": _binomial(tail),
    }
    return {
        name: _compared(name, parameters, counts, log_power, log_p)
        for name, (parameters, log_p) in found.items()
    }


def _compared(
    name: str, parameters: dict[str, float], counts: Floats, log_power: Floats, log_p: Floats
) -> Alternative:
    n = float(counts.sum())
    gap = log_power - log_p
    total = float(counts @ gap)
    spread = math.sqrt(float(counts @ (gap - total / n) ** 2) / n)
    ratio = total / (spread * math.sqrt(n)) if spread > SAME else 0.0
    contained = name == "truncated power law"
    p = math.erfc(math.sqrt(max(-total, 0.0)) if contained else abs(ratio) / math.sqrt(2))
    likelihood = float(counts @ log_p)
    return Alternative(parameters, likelihood, ratio, p, FREE[name] * math.log(n) - 2 * likelihood)


def _exponential(tail: _Tail) -> Fitted:
    from nsgraph.tails.families import one

    scale = tail.mean(tail.values - tail.a)
    eta, log_z = one(tail.weights, 0 * tail.y, tail.offsets / scale, 1.0, -1.0, 0.0)
    parameters = {"rate": -eta / scale} if eta < 0 else {}
    return parameters, eta / scale * (tail.values - tail.a) - log_z


def _lognormal(tail: _Tail, alpha: float) -> Fitted:
    """As exp(eta_1 z + eta_2 z^2), z the standardised logarithm: narrow tails keep their digits."""
    from nsgraph.tails.families import one, two

    mean, scale = tail.moments(tail.logs)
    z, own = (tail.y - mean) / scale, (tail.logs - mean) / scale
    limit = -alpha * scale
    if alpha == 0:  # the power law does not rise, but a lognormal may
        limit = one(tail.weights, 0 * z, z, 0.0, 0.0, math.inf)[0]
    eta1, eta2, log_z = two(tail.weights, z, z**2, 0.0, 1.0, limit)
    parameters = {}
    if eta2 < 0:
        variance = -0.5 * scale**2 / eta2
        mu = math.log(tail.a) + mean + variance * (eta1 / scale + 1)
        parameters = {"mu": mu, "sigma": math.sqrt(variance)}
    return parameters, eta1 * own + eta2 * own**2 - log_z


def _stretched(tail: _Tail) -> Fitted:
    from nsgraph.tails.families import SHAPES, stretched

    shape, eta, log_z = stretched(tail.weights, tail.y, tail.logs, tail.counts)
    log_p = (shape - 1) * tail.logs + eta / shape * np.expm1(shape * tail.logs) - log_z
    if shape == SHAPES[0]:
        return {}, log_p
    return {"shape": shape, "rate": -eta / shape * tail.a**-shape}, log_p


def _truncated(tail: _Tail, alpha: float) -> Fitted:
    from nsgraph.tails.families import two

    offsets = tail.values - tail.a
    (mean1, scale1), (mean2, scale2) = tail.moments(tail.logs), tail.moments(offsets)
    eta1, eta2, log_z = two(
        tail.weights,
        (tail.y - mean1) / scale1,
        (tail.offsets - mean2) / scale2,
        0.0,
        0.0,
        -alpha * scale1,
    )
    if eta1 > 0:  # the optimum has alpha < 0, so that among alpha >= 0 it is at 0
        parameters, log_p = _exponential(tail)
        return {"alpha": 0.0, **parameters}, log_p
    parameters = {"alpha": -eta1 / scale1, "rate": -eta2 / scale2} if eta2 < 0 else {}
    own = eta1 * (tail.logs - mean1) / scale1 + eta2 * (offsets - mean2) / scale2
    return parameters, own - log_z


def _binomial(tail: _Tail) -> Fitted:
    """Newton's steps on ln odds, unless the tail holds all of the distribution."""
    from scipy.special import gammaln

    from nsgraph.tails.families import one

    mean, width, finite = tail.mean(tail.values), tail.b, tail.b < math.inf
    odds = mean / (width - mean) if finite else mean
    deviation = math.sqrt(mean * (1 - mean / width))

    def log_choices(x: Floats | float) -> Floats:
        """ln C(width, x), or ln 1 / x!."""
        over = gammaln(width + 1) - gammaln(width - x + 1) if finite else 0.0
        return np.asarray(over - gammaln(x + 1))

    first = log_choices(tail.a)
    if mean - tail.a > NOTHING_BELOW * deviation:
        eta = math.log(odds)
        log_z = (width * math.log1p(odds) if finite else odds) - float(first) - tail.a * eta
    else:
        base = log_choices(tail.a + tail.offsets) - first
        eta, log_z = one(tail.weights, base, tail.offsets, mean - tail.a, math.log(odds), math.inf)
    odds = math.exp(eta)
    parameters = {"probability": odds / (1 + odds)} if finite else {"mean": odds}
    offsets = tail.values - tail.a
    return parameters, log_choices(tail.values) - first + eta * offsets - log_z
