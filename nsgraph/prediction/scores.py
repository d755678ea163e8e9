"""Scores of predictions, and how far they would wander if other configurations had been drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["balanced_accuracy", "group_weights", "mean_spearman", "r_squared", "spearman_of_cells"]


def balanced_accuracy(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over classes of the share of a class's networks that are named right; in [0, 1].

    Parameters
    ----------
    truth
        [networks], class codes.
    predicted
        [repeats, networks]; the score is the mean over repeats.
    weights
        [resamples, networks], how often each network counts. A class that no network of a resample
        belongs to is not in its mean.

    Returns
    -------
    array
        [resamples].
    """
    right = (predicted == truth).mean(axis=0)
    classes = np.unique(truth)
    members = (truth[:, None] == classes).astype(np.float64)
    total = weights @ members
    hits = weights @ (members * right[:, None])
    recall = np.divide(hits, total, out=np.full_like(hits, np.nan), where=total > 0)
    return np.nanmean(recall, axis=1)


def r_squared(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """R^2 = 1 - sum (y - p)^2 / sum (y - mean y)^2 over all out-of-fold predictions; at most 1.

    0 is what the mean of all networks would score, and the mean of the training folds a little
    less. NaN where `truth` is constant. Arguments as in `balanced_accuracy`.
    """
    error = ((predicted - truth) ** 2).mean(axis=0)
    count = weights.sum(axis=1)
    centred = truth - truth.mean()
    mean = weights @ centred / count
    spread = weights @ centred**2 - count * mean**2
    defined = spread > 1e-12 * (weights @ centred**2)
    lost = np.divide(weights @ error, spread, out=np.full_like(spread, np.nan), where=defined)
    return np.asarray(1.0 - lost)


def group_weights(
    groups: np.ndarray, strata: np.ndarray | None, resamples: int, rng: np.random.Generator
) -> np.ndarray:
    """Bootstrap weights [resamples, networks]: whole groups are drawn, not networks.

    Networks of a configuration are near copies, and drawing them one by one would make intervals
    too narrow. With `strata` (class codes) as many groups are drawn of each class as it has.
    """
    names, first, members = np.unique(groups, return_index=True, return_inverse=True)
    stratum = np.zeros(len(names), dtype=np.int64) if strata is None else strata[first]
    counts = np.zeros((resamples, len(names)))
    for value in np.unique(stratum):
        columns = np.flatnonzero(stratum == value)
        drawn = rng.multinomial(len(columns), np.full(len(columns), 1 / len(columns)), resamples)
        counts[:, columns] = drawn
    return counts[:, members]


def spearman_of_cells(table: pd.DataFrame, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Spearman correlation of true and predicted accuracy drop over the methods of each cell.

    A cell is a data set, a model and a sparsity; each method counts with its mean over seeds. Cells
    of fewer than three methods, or where either ranking is constant, are left out.

    Returns
    -------
    array
        [repeats, cells], each in [-1, 1].
    """
    cells = table.groupby(["dataset", "model", "sparsity"], sort=True).ngroup().to_numpy()
    methods = pd.factorize(table["method"], sort=True)[0]
    rows = []
    for own in predicted:
        frame = pd.DataFrame({"cell": cells, "method": methods, "truth": truth, "own": own})
        means = frame.groupby(["cell", "method"]).mean()
        ranks = means.groupby("cell")[["truth", "own"]].rank()
        rows.append([_correlation(r["truth"], r["own"]) for _, r in ranks.groupby("cell")])
    found = np.array(rows, dtype=np.float64)
    return found[:, ~np.isnan(found).any(axis=0)]


def _correlation(a: pd.Series, b: pd.Series) -> float:
    if len(a) < 3 or a.nunique() == 1 or b.nunique() == 1:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def mean_spearman(cells: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Mean over repeats and cells, for bootstrap resamples of the cells: [resamples]."""
    n_cells = cells.shape[1]
    weights = rng.multinomial(n_cells, np.full(n_cells, 1 / n_cells), resamples)
    return weights @ cells.mean(axis=0) / n_cells
