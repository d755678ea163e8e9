"""Neural capacitance: accuracy as a line in beta_eff, read off where beta_eff is 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsgraph.ranking.curves import Array, Curve, Forecast
from nsgraph.ranking.registry import predictor

__all__ = ["at_zero", "beta_exact", "beta_local", "first_epoch"]

LEAST = 3  # epochs for a line and its spread
QUANTILE = 1.959963984540054  # of a 95 % interval
PARAMETERS = 3  # slope, intercept, spread
REFERENCE = "Jiang et al. 2024"


@predictor("beta-local", reference=REFERENCE)
def beta_local(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
    """Read off at beta_eff = 0, with the local reading of the weight graph; see `at_zero`."""
    return at_zero(seen.beta.get("local"), seen.accuracy)


@predictor("beta-exact", reference=REFERENCE)
def beta_exact(seen: Curve, others: Sequence[Curve], total: int) -> Forecast:
    """Read off at beta_eff = 0, with the exact reading of the weight graph; see `at_zero`."""
    return at_zero(seen.beta.get("exact"), seen.accuracy)


def at_zero(beta: Array | None, accuracy: Array, start: int | None = None) -> Forecast:
    """The accuracy at beta = 0 of a Bayesian ridge regression of accuracy on beta.

    As learning comes to its end the gradients vanish, and beta_eff with them: the intercept is what
    the accuracy heads for. The interval is that of a new observation there: noise, the mean's error
    and the slope's.

    Parameters
    ----------
    beta, accuracy
        `[epochs]`, after epoch 1, 2, ...; epochs without a beta (NaN) are passed over.
    start
        First epoch that the line is fitted to, from 1; by default as `first_epoch` chooses.

    Returns
    -------
    Forecast
        Without a value where beta does not vary, or has a value in fewer than three epochs.
    """
    from sklearn.linear_model import BayesianRidge

    if beta is None or len(beta) == 0:
        return Forecast.none("beta_eff was not measured")
    defined = np.isfinite(beta)
    epoch, beta, accuracy = 1 + np.flatnonzero(defined), beta[defined], accuracy[defined]
    if len(beta) < LEAST:
        return Forecast.none(f"beta_eff has a value in fewer than {LEAST} epochs")
    first = int(epoch[first_epoch(beta, accuracy) - 1]) if start is None else start
    x, y = beta[epoch >= first], accuracy[epoch >= first]
    if len(x) < LEAST:
        return Forecast.none(f"beta_eff has a value in fewer than {LEAST} epochs from the start on")
    spread = float(x.std())
    if spread <= 1e-12 * float(np.abs(x).max()):
        return Forecast.none("beta_eff does not vary")
    if float(np.ptp(y)) == 0.0:  # nothing to explain: the noise's precision has no bound
        return Forecast(float(y[0]), float(y[0]), float(y[0]), first)
    x = x / spread  # one scale for the priors, whatever the unit; 0 stays 0
    line = BayesianRidge().fit(x[:, None], y)
    value = float(line.intercept_)
    variance = (1 + 1 / len(x)) / float(line.alpha_) + float(x.mean() ** 2 * line.sigma_[0, 0])
    half = QUANTILE * float(np.sqrt(variance))
    return Forecast(value, value - half, value + half, first)


def first_epoch(beta: Array, accuracy: Array) -> int:
    """The epoch from which on a line is fitted, from 1, of those that are given.

    Windows of one length slide over the epochs seen; the one whose least-squares line has the least
    Bayesian information criterion per epoch begins at it. Of windows of several lengths the
    criterion nearly always takes the shortest, since few points are always near a line.

    Parameters
    ----------
    beta, accuracy
        `[epochs]`; a window has half of them, and at least three.

    Examples
    --------
    >>> import numpy as np
    >>> beta = np.array([9.0, 7.0, 4.0, 3.0, 2.0, 1.0])
    >>> first_epoch(beta, np.array([0.1, 0.9, 0.6, 0.7, 0.8, 0.9]))
    3
    """
    length = max(LEAST, -(-len(beta) // 2))
    found = []
    for start in range(len(beta) - length + 1):
        x, y = beta[start : start + length], accuracy[start : start + length]
        found.append(_criterion(x, y))
    return 1 + int(np.argmin(found))


def _criterion(x: Array, y: Array) -> float:
    """Bayesian information criterion per point of a line with normal noise."""
    n = len(x)
    design = np.column_stack([np.ones(n), x / max(float(np.abs(x).max()), 1e-300)])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    variance = max(float(residual @ residual) / n, 1e-12)  # below: accuracies are rounded coarser
    return float(np.log(2 * np.pi * variance)) + 1 + PARAMETERS * float(np.log(n)) / n
