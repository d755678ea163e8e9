"""Power-law fits of degree sequences, with all that is needed to doubt them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.seeds import stream
from nsgraph.tails.alternatives import Alternative, alternatives
from nsgraph.tails.chance import EQUAL, by_chance
from nsgraph.tails.degrees import Degrees, distinct
from nsgraph.tails.verdict import decide

__all__ = ["TailFit", "fit_tail", "fit_tails"]

TABLE = 8192
"""Degrees of a tail that the bootstrap draws from a table; those beyond are searched for."""


@dataclass(frozen=True)
class TailFit:
    """The tail of one degree sequence. Values are None where `status` says that there is no fit.

    Attributes
    ----------
    status
        "ok", or the reason why there is no fit.
    n, n_zero
        Number of degrees above 0, which are fitted, and of zero degrees, which are left out.
    width
        Largest degree possible; None for no bound.
    largest
        Largest degree; 0 if there is none.
    chance
        p of "these are the degrees of an Erdos-Renyi layer", [0, 1]: `chance.by_chance`. None
        without a width.
    alpha, standard_error
        Exponent of p(k) ~ k^-alpha on xmin .. width, and its standard error from the observed
        information.
    xmin, n_tail
        Degree at which the tail starts, and number of degrees in it.
    distance
        Kolmogorov-Smirnov distance of the tail from the power law, [0, 1].
    p
        Goodness of fit: chance of a distance as large if the power law is true, (0, 1]; below .1
        the power law is rejected.
    log_likelihood, bic
        Of the power law on the tail.
    alternatives
        Name -> another distribution on the same tail.
    """

    status: str
    n: int
    n_zero: int
    width: int | None
    largest: int
    chance: float | None = None
    alpha: float | None = None
    standard_error: float | None = None
    xmin: int | None = None
    n_tail: int | None = None
    distance: float | None = None
    p: float | None = None
    log_likelihood: float | None = None
    bic: float | None = None
    alternatives: Mapping[str, Alternative] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """ "heavy-tailed", "not heavy-tailed" or "undecided"; the rules: `verdict.decide`."""
        return decide(self).label

    @property
    def reason(self) -> str:
        """Why the verdict is what it is."""
        return decide(self).reason


def fit_tails(
    sequences: Iterable[npt.ArrayLike], widths: Iterable[int | None] | None = None, **options: Any
) -> list[TailFit]:
    """`fit_tail` of many degree sequences, such as all layers at all pruning levels.

    Parameters
    ----------
    sequences
        Degree sequences.
    widths
        One for each, by default no bounds.
    options
        As in `fit_tail`.
    """
    rows = list(sequences)
    bounds = [None] * len(rows) if widths is None else list(widths)
    return [fit_tail(row, width, **options) for row, width in zip(rows, bounds, strict=True)]


def fit_tail(
    degrees: npt.ArrayLike,
    width: int | None = None,
    *,
    samples: int = 100,
    seed: int = 0,
    min_tail: int = 10,
    two_sided: bool = True,
    compare: bool = True,
) -> TailFit:
    """Fit a discrete power law to the tail of a degree sequence, and test it.

    The exponent is the maximum of the exact likelihood on the integers xmin .. width; the tail
    starts at the degree that gives the least Kolmogorov-Smirnov distance; goodness of fit is the
    semiparametric bootstrap, in which every sample finds its own start (Clauset, Shalizi & Newman
    2009). p is (1 + samples at least as far) / (1 + samples), never 0 (Phipson & Smyth 2010).

    Parameters
    ----------
    degrees
        Whole numbers >= 0, in any order; zeros are left out of the fit.
    width
        Largest degree possible: in a bipartite layer the number of nodes on the other side. None
        for no bound, as the power law has it in most of the literature.
    samples
        Samples of the bootstrap, and Erdos-Renyi layers; 0 leaves `p` and `chance` undefined, and
        with them the verdict.
    seed
        Of the bootstrap.
    min_tail
        Least number of degrees in a tail; it also has at least three distinct ones.
    two_sided
        Distance as the exact supremum over all x. False compares P(degree < x) at the distinct
        degrees x only, as the package powerlaw does.
    compare
        False leaves out the alternatives, and with them the verdict.

    Returns
    -------
    TailFit
        With a status instead of an exception where there is nothing to fit.

    Raises
    ------
    UserError
        If a degree is negative, no whole number, or above the width.

    Examples
    --------
    >>> fit = fit_tail([1] * 60 + [2] * 14 + [3] * 6 + [4, 4, 4, 5, 6, 8, 12])
    >>> fit.xmin, round(fit.alpha, 2)
    (1, 2.4)
    """
    known = distinct(degrees, width)
    values, counts, n_zero, b = known
    n, largest = int(counts.sum()), int(values[-1]) if values.size else 0
    if values.size == 0:
        return TailFit("no links", n, n_zero, width, largest)
    if values.size == 1 and n_zero == 0:
        return TailFit("constant degrees", n, n_zero, width, largest)
    chance = _chance(known, width, samples, seed) if samples and width else None
    if values.size < 3:
        return TailFit("fewer than 3 distinct degrees", n, n_zero, width, largest, chance)

    from nsgraph.tails import kernels

    logs = np.log1p((values - values[0]) / values[0])
    below = np.concatenate(([0.0], np.cumsum(counts)))
    log_sums = np.cumsum((counts * logs)[::-1])[::-1].copy()
    i, alpha, distance = kernels.best_start(values, logs, below, log_sums, min_tail, b, two_sided)
    if i < 0:
        status = f"no tail of {min_tail} degrees"
        return TailFit(status, n, n_zero, width, largest, chance)
    n_tail = n - int(below[i])
    z, z1, z2 = kernels.moments(alpha, values[i], b)
    log_power = -alpha * (logs[i:] - logs[i]) - math.log(z)
    likelihood = float(counts[i:] @ log_power)
    fitted = (i, alpha, distance)
    return TailFit(
        "ok",
        n,
        n_zero,
        width,
        largest,
        chance,
        alpha=alpha,
        standard_error=1 / math.sqrt(n_tail * (z2 / z - (z1 / z) ** 2)),
        xmin=int(values[i]),
        n_tail=n_tail,
        distance=distance,
        p=_goodness(known, fitted, samples, seed, min_tail, two_sided) if samples else None,
        log_likelihood=likelihood,
        bic=math.log(n_tail) - 2 * likelihood,
        alternatives=alternatives(values[i:], counts[i:], b, alpha, log_power) if compare else {},
    )


def _chance(known: Degrees, width: int, samples: int, seed: int) -> float:
    values, counts = known.values, known.counts
    if known.n_zero:
        values, counts = np.r_[0.0, values], np.r_[float(known.n_zero), counts]
    return by_chance(values, counts, width, samples, _draws(known, seed, "layers"))


def _draws(known: Degrees, seed: int, purpose: str) -> int:
    """Seed of the draws for these degrees: other degrees get draws independent of them.

    Were they the same, the error of one sample would be that of all layers of a network.
    """
    degrees = hashlib.sha256(known.values.tobytes() + known.counts.tobytes()).hexdigest()
    return int(stream(seed, f"tails/{purpose}/{degrees}").integers(2**63))


def _goodness(
    known: Degrees,
    fitted: tuple[int, float, float],
    samples: int,
    seed: int,
    min_tail: int,
    two_sided: bool,
) -> float:
    """Bootstrap p: below the tail the degrees themselves are drawn again, in it the power law."""
    from nsgraph.tails import kernels, sampling

    values, counts, _, b = known
    i, alpha, distance = fitted
    a, n = float(values[i]), counts.sum()
    tail = a + np.arange(min(TABLE, b - a + 1))
    in_tail = np.exp(-alpha * np.log1p((tail - a) / a)) / kernels.moments(alpha, a, b)[0]
    cumulated = np.cumsum(np.concatenate((counts[:i], in_tail * counts[i:].sum())) / n)
    if tail[-1] == b:
        cumulated[-1] = 1.0
    reached, drawn = sampling.exceedances(
        _draws(known, seed, "bootstrap"),
        samples,
        int(n),
        np.concatenate((values[:i], tail)),
        cumulated,
        sampling.places(cumulated),
        (a, alpha, distance * EQUAL),
        min_tail,
        b,
        two_sided,
    )
    return float((1 + reached) / (1 + drawn))
