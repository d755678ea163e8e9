"""Scores of predictions, and how far they would wander with other configurations and folds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nsgraph.prediction.folds import cells_of, configuration_groups

__all__ = [
    "balanced_accuracy",
    "fold_scores",
    "group_weights",
    "interval",
    "mean_spearman",
    "r_squared",
    "spearman_of_cells",
]

INTERVAL = (2.5, 97.5)  # percentiles


def balanced_accuracy(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over classes of the share of a class's networks that are named right; in [0, 1].

    Parameters
    ----------
    truth
        [networks], class codes.
    predicted
        [rows, networks]; a row is a repeat, or the repeat that a resample drew.
    weights
        [rows or 1, networks], how often each network counts. A class that no network of a resample
        belongs to is not in its mean.

    Returns
    -------
    array
        [rows].
    """
    classes = np.unique(truth)
    members = (truth[:, None] == classes).astype(np.float64)
    hits = (weights * (predicted == truth)) @ members
    total = np.broadcast_to(weights @ members, hits.shape)
    recall = np.divide(hits, total, out=np.full_like(hits, np.nan), where=total > 0)
    return np.nanmean(recall, axis=1)


def r_squared(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """R^2 = 1 - sum (y - p)^2 / sum (y - mean y)^2 over all out-of-fold predictions; at most 1.

    0 is what the mean of all networks would score, and the mean of the training folds a little
    less. The mean is that of all networks in every resample: around its own mean a resample
    spreads less than the sample, which would push every resampled score down. NaN where `truth` is
    constant. Arguments as in `balanced_accuracy`.
    """
    lost = (weights * (predicted - truth) ** 2).sum(axis=1)
    spread = np.broadcast_to(weights @ (truth - truth.mean()) ** 2, lost.shape)
    defined = spread > 1e-24 * (weights @ truth**2)  # below is rounding
    return np.asarray(1.0 - np.divide(lost, spread, out=np.full_like(lost, np.nan), where=defined))


def fold_scores(
    kind: str, truth: np.ndarray, predicted: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """What each fold adds to a repeat's score: the score is their mean, weighed by size.

    A network adds 1 - (y - p)^2 / variance to R^2, and 1 / (classes x share of its class) to the
    balanced accuracy if it is named right: a score is the mean of what its networks add.

    Parameters
    ----------
    kind
        `"classify"` or `"regress"`.
    truth
        [networks].
    predicted, folds
        [repeats, networks]; folds from 0 without gaps.

    Returns
    -------
    array
        [repeats, folds].

    Examples
    --------
    >>> fold_scores("classify", np.array([0, 0, 1, 1]), np.array([[0, 1, 1, 1]]),
    ...             np.array([[0, 1, 0, 1]]))
    array([[1. , 0.5]])
    """
    if kind == "classify":
        codes, counts = np.unique(truth, return_inverse=True, return_counts=True)[1:]
        added = (predicted == truth) * (len(truth) / (len(counts) * counts[codes]))
    else:
        added = 1.0 - (predicted - truth) ** 2 / truth.var()
    return np.stack([np.bincount(f, a) / np.bincount(f) for f, a in zip(folds, added, strict=True)])


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


def interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """95 % percentile interval of the values that are not NaN; (None, None) if there are none."""
    usable = values[~np.isnan(values)]
    if not len(usable):
        return None, None
    low, high = np.percentile(usable, INTERVAL)
    return float(low), float(high)


def spearman_of_cells(
    table: pd.DataFrame,
    truth: np.ndarray,
    predicted: np.ndarray,
    flat: np.ndarray | None = None,
) -> np.ndarray:
    """Spearman correlation of true and predicted accuracy drop over the methods of each cell.

    A cell is a data set, a model and a sparsity; each method counts with its mean over seeds. Cells
    of fewer than three methods, or where the truth is constant, are left out. Where nothing is
    ranked (predictions are constant, or the cell is `flat`) the correlation is 0.

    Parameters
    ----------
    table
        Networks table.
    truth
        [networks].
    predicted
        [repeats, networks].
    flat
        bool [cells], cells whose networks do not differ in what the model sees (`flat_within`).
        What a model answers there differs by who was left out of its training: a ranking that is
        reversed by construction, for without the best method the rest look worse.

    Returns
    -------
    array
        [repeats, cells], each in [-1, 1].
    """
    from scipy.stats import rankdata

    cells = cells_of(table)
    configurations, members = np.unique(configuration_groups(table), return_inverse=True)
    cell_of = np.zeros(len(configurations), dtype=np.int64)
    cell_of[members] = cells
    size = np.bincount(members)
    means = np.stack([np.bincount(members, own) / size for own in (truth, *predicted)])
    found = np.full((len(predicted), int(cells.max(initial=-1)) + 1), np.nan)
    for cell in range(found.shape[1]):
        ranks = rankdata(means[:, cell_of == cell], axis=1)
        centred = ranks - ranks.mean(axis=1, keepdims=True)
        spread = (centred**2).sum(axis=1)
        if centred.shape[1] < 3 or spread[0] == 0:
            continue
        ranked = (spread[1:] > 0) & (flat is None or not flat[cell])
        product = np.sqrt(spread[0] * np.where(ranked, spread[1:], 1.0))
        found[:, cell] = np.where(ranked, centred[1:] @ centred[0] / product, 0.0)
    return found[:, ~np.isnan(found).any(axis=0)]


def mean_spearman(cells: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Mean over cells of one repeat, for bootstrap resamples of cells and repeat: [resamples]."""
    n_cells = cells.shape[1]
    weights = rng.multinomial(n_cells, np.full(n_cells, 1 / n_cells), resamples)
    return (weights * cells[rng.integers(len(cells), size=resamples)]).sum(axis=1) / n_cells
