"""Tests of differences between scores that share their networks, and of many of them at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Tested", "corrected_test", "holm"]


class Tested(NamedTuple):
    """Of the hypothesis that the mean difference is 0; p is two-sided, or there is a reason."""

    t: float | None
    df: int | None
    p: float | None
    status: str | None = None


def corrected_test(differences: np.ndarray, test_share: float) -> Tested:
    """Corrected resampled t-test (Nadeau & Bengio 2003) of differences between two models.

    Scores of different folds share most of their training networks, and those of different repeats
    all of their networks: their variance over J folds, divided by J, is far too small. With n1
    networks in training and n2 in test it is taken (1 / J + n2 / n1) times instead, as for J
    independent splits.

    Parameters
    ----------
    differences
        [J], of the scores of every fold of every repeat (J at least 2).
    test_share
        n2 / n1; 1 / (folds - 1) in cross-validation.

    Examples
    --------
    >>> found = corrected_test(np.array([0.1, 0.3, 0.2, 0.2]), 0.25)
    >>> round(found.t, 3), found.df, round(found.p, 3)
    (3.464, 3, 0.041)
    """
    from scipy.stats import t as student

    n = len(differences)
    if n < 2:
        return Tested(None, None, None, "fewer than two folds")
    mean, variance = float(differences.mean()), float(differences.var(ddof=1))
    if variance <= 1e-24 * max(mean**2, 1.0):
        if abs(mean) <= 1e-12:
            return Tested(0.0, n - 1, 1.0)
        return Tested(None, None, None, "the same difference in every fold")
    found = mean / np.sqrt((1.0 / n + test_share) * variance)
    return Tested(float(found), n - 1, float(2 * student.sf(abs(found), n - 1)))


def holm(p: np.ndarray) -> np.ndarray:
    """p values adjusted for a family of tests (Holm 1979); NaN stays, and is not of the family.

    Sorted from the least, the i-th of m is multiplied by m - i + 1; none is less than those before.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    found = np.full(len(p), np.nan)
    order = np.argsort(p)[: int((~np.isnan(p)).sum())]
    steps = p[order] * (len(order) - np.arange(len(order)))
    found[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return found
