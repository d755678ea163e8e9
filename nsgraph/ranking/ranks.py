"""How well forecasts rank candidates: Spearman correlation and regret, with bootstrap intervals.

A candidate's forecast and its truth are means over its runs. A resample draws runs of every
candidate with replacement, so that the interval holds what other runs would change; a second one
draws the candidates too, for what another zoo would change. Means of resampled runs are noisier
than those of the runs, which pulls rank correlations towards 0: where runs of one candidate differ
as much as candidates do, the interval is low, on the careful side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError
from nsgraph.ranking.curves import Array
from nsgraph.seeds import stream

__all__ = ["Draws", "Ranked", "draw", "rank", "rank_difference", "spearman"]

RESAMPLES = 1000
LEVEL = 0.95
SHUFFLES = 4000
LEAST = 3  # candidates that can be ranked
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Ranked:
    """A ranking beside the truth.

    Attributes
    ----------
    n
        Candidates that have a forecast and a truth.
    spearman, low, high
        Rank correlation of mean forecasts and mean truths, and its interval over runs.
    zoo_low, zoo_high
        Its interval when the candidates are drawn too.
    single
        Mean rank correlation when each candidate is seen in one run alone, with the mean truth of
        its other runs; None with fewer than two runs.
    regret, regret_low, regret_high
        True accuracy of the best candidate less that of the one ranked first.
    chance_low, chance_high, chance_regret
        Central 95 % of the rank correlation of random ranks, and the mean regret of a random pick.
    """

    n: int
    spearman: float
    low: float
    high: float
    zoo_low: float
    zoo_high: float
    single: float | None
    regret: float
    regret_low: float
    regret_high: float
    chance_low: float
    chance_high: float
    chance_regret: float


@dataclass(frozen=True)
class Draws:
    """Resamples that all predictors of one zoo share, so that their differences are paired.

    `runs` is `[resamples, candidates, runs]`, `candidates` `[resamples, candidates]`.
    """

    runs: Indices
    candidates: Indices

    def among(self, n: int) -> Indices:
        """Draws of n of n candidates, `[resamples, n]`: of those that can be ranked."""
        resamples, candidates = self.candidates.shape
        if n == candidates:
            return self.candidates
        return stream(n, "bootstrap-candidates").integers(n, size=(resamples, n))


def draw(candidates: int, runs: int, resamples: int = RESAMPLES, seed: int = 0) -> Draws:
    """Resamples of `runs` runs of each of `candidates` candidates."""
    rng = stream(seed, "bootstrap")
    return Draws(
        rng.integers(runs, size=(resamples, candidates, runs)),
        rng.integers(candidates, size=(resamples, candidates)),
    )


def spearman(a: Array, b: Array) -> Array:
    """Rank correlation of rows: `[rows, n]` each to `[rows]`; 0 where a row is constant.

    Examples
    --------
    >>> spearman(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 3.0, 2.0]])).tolist()
    [0.5]
    """
    from scipy.stats import rankdata

    x, y = (rankdata(values, axis=1) for values in (a, b))
    x, y = (r - r.mean(axis=1, keepdims=True) for r in (x, y))
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.asarray(
        np.divide((x * y).sum(axis=1), scale, out=np.zeros_like(scale), where=scale > 0)
    )


def rank(forecast: Array, truth: Array, draws: Draws) -> Ranked | None:
    """How well forecasts rank.

    Parameters
    ----------
    forecast, truth
        `[candidates, runs]`; not finite where there is none. A candidate without any of either is
        left out; in a resample without any it keeps its own mean.
    draws
        Of as many candidates and runs.

    Returns
    -------
    Ranked or None
        None with fewer than three candidates to rank.

    Raises
    ------
    UserError
        If shapes differ.
    """
    _check(forecast, truth, draws)
    forecast, truth = _finite(forecast), _finite(truth)
    known = _known(forecast, truth)
    if known.sum() < LEAST:
        return None
    predicted, true = _mean(forecast[known])[None], _mean(truth[known])[None]
    drawn, reached = _drawn(forecast, draws, known), _drawn(truth, draws, known)
    found, regret = float(spearman(predicted, true)[0]), float(_regret(predicted, true)[0])
    low, high = _interval(spearman(drawn, reached))
    regrets = _interval(_regret(drawn, reached))
    zoo = _interval(_with_candidates(drawn, reached, draws))
    shuffled = stream(0, "chance").permuted(np.tile(true, (SHUFFLES, 1)), axis=1)
    chance = _interval(spearman(shuffled, np.repeat(true, len(shuffled), axis=0)))
    return Ranked(
        n=int(known.sum()),
        spearman=found,
        low=low,
        high=high,
        zoo_low=zoo[0],
        zoo_high=zoo[1],
        single=_single(forecast[known], truth[known]),
        regret=regret,
        regret_low=regrets[0],
        regret_high=regrets[1],
        chance_low=chance[0],
        chance_high=chance[1],
        chance_regret=float(true.max() - true.mean()),
    )


def rank_difference(
    forecast: Array, other: Array, truth: Array, draws: Draws
) -> tuple[int, float, float, float, float, float] | None:
    """Rank correlation of one forecast less that of another, over the candidates that both rank.

    Returns
    -------
    tuple or None
        Candidates, difference, its interval over runs, and its interval over runs and candidates;
        None with fewer than three candidates.
    """
    _check(forecast, truth, draws)
    _check(other, truth, draws)
    forecast, other, truth = _finite(forecast), _finite(other), _finite(truth)
    known = _known(forecast, truth) & _known(other, truth)
    if known.sum() < LEAST:
        return None
    ours, theirs, reached = (_drawn(x, draws, known) for x in (forecast, other, truth))
    means = [_mean(x[known])[None] for x in (forecast, other, truth)]
    found = float(spearman(means[0], means[2])[0] - spearman(means[1], means[2])[0])
    runs = _interval(spearman(ours, reached) - spearman(theirs, reached))
    zoo = _interval(
        _with_candidates(ours, reached, draws) - _with_candidates(theirs, reached, draws)
    )
    return int(known.sum()), found, *runs, *zoo


def _interval(drawn: Array) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _check(forecast: Array, truth: Array, draws: Draws) -> None:
    if forecast.shape != truth.shape or draws.runs.shape[1:] != truth.shape:
        raise UserError(
            f"Forecasts are {forecast.shape}, truths {truth.shape} and resamples of "
            f"{draws.runs.shape[1:]}; expected the same candidates and runs."
        )


def _finite(values: Array) -> Array:
    """NaN in the place of what is infinite, which would outrank every mean."""
    return np.where(np.isfinite(values), values, np.nan)


def _known(forecast: Array, truth: Array) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isfinite(forecast).any(axis=1) & np.isfinite(truth).any(axis=1))


def _mean(values: Array) -> Array:
    return np.asarray(np.nanmean(values, axis=1))


def _drawn(values: Array, draws: Draws, known: npt.NDArray[np.bool_]) -> Array:
    """Means over the drawn runs: `[resamples, known candidates]`."""
    own = values[known]
    taken = np.take_along_axis(own[None], draws.runs[:, known], axis=2)
    count = np.isfinite(taken).sum(axis=2)
    means = np.nansum(taken, axis=2) / np.maximum(count, 1)
    return np.asarray(np.where(count > 0, means, _mean(own)))


def _with_candidates(forecast: Array, truth: Array, draws: Draws) -> Array:
    """Rank correlations when candidates are drawn as well, of those that there are."""
    chosen = draws.among(forecast.shape[1])
    return spearman(
        np.take_along_axis(forecast, chosen, axis=1), np.take_along_axis(truth, chosen, axis=1)
    )


def _regret(forecast: Array, truth: Array) -> Array:
    """Best truth less the truth of the candidate ranked first; of several first, their mean."""
    first = forecast == forecast.max(axis=1, keepdims=True)
    return np.asarray(truth.max(axis=1) - (truth * first).sum(axis=1) / first.sum(axis=1))


def _single(forecast: Array, truth: Array) -> float | None:
    runs = forecast.shape[1]
    if runs < 2:
        return None
    found = []
    for run in range(runs):
        rest = _mean(np.delete(truth, run, axis=1))
        known = np.isfinite(forecast[:, run]) & np.isfinite(rest)
        if known.sum() >= LEAST:
            found.append(float(spearman(forecast[None, known, run], rest[None, known])[0]))
    return float(np.mean(found)) if found else None
