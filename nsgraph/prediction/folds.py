"""Who is tested when: folds that keep what belongs together together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nsgraph.seeds import stream

__all__ = [
    "CELL",
    "CONFIGURATION",
    "FOLDINGS",
    "TRANSFER",
    "assign_folds",
    "cells_of",
    "configuration_groups",
    "folds_of_repeats",
    "shuffle_configurations",
]

FOLDINGS = ("random", "grouped")
"""Folds that are drawn, again for every repeat."""

TRANSFER = {"leave-one-model-out": "model", "leave-one-dataset-out": "dataset"}
"""Folds that are given: one for every value of a column."""

CELL = ("dataset", "model", "sparsity")
CONFIGURATION = ("dataset", "model", "method", "sparsity")


def cells_of(table: pd.DataFrame) -> np.ndarray:
    """Number of each network's cell (data set, model and sparsity): int64 [networks], from 0."""
    return table.groupby(list(CELL), sort=True).ngroup().to_numpy(dtype=np.int64)


def configuration_groups(table: pd.DataFrame) -> np.ndarray:
    """Number of each network's configuration: data set, model, method and sparsity.

    Networks of one configuration differ in their seed alone and have nearly the same graph. Under
    random folds a model has mostly seen a twin of the network it is tested on; with configurations
    as groups it never has.

    Returns
    -------
    array
        int64 [networks], from 0, in the order of first appearance.
    """
    return table.groupby(list(CONFIGURATION), sort=False).ngroup().to_numpy(dtype=np.int64)


def assign_folds(
    groups: np.ndarray, labels: np.ndarray | None, n_folds: int, rng: np.random.Generator
) -> np.ndarray:
    """Fold of each network; all networks of a group are in one fold.

    Groups are shuffled within each class and dealt out in turn, the next class going on where the
    last one stopped: every class is spread as evenly over the folds as its groups allow, and the
    folds' numbers of groups differ by one at most. With every network its own group this is
    stratified k-fold; with `labels` None it is plain (grouped) k-fold.

    Parameters
    ----------
    groups
        [networks], the group of each network.
    labels
        [networks], the class of each network, or None. A group of several classes counts with its
        most frequent one.
    n_folds
        At least 2.
    rng
        Source of the shuffle.

    Returns
    -------
    array
        int64 [networks], in 0 .. n_folds - 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> folds = assign_folds(np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1]), 2, rng)
    >>> bool(folds[0] == folds[1] and folds[0] != folds[2])
    True
    """
    names, members = np.unique(groups, return_inverse=True)
    strata = np.zeros(len(names), dtype=np.int64)
    if labels is not None:
        _, codes = np.unique(labels, return_inverse=True)
        counts = np.zeros((len(names), int(codes.max()) + 1), dtype=np.int64)
        np.add.at(counts, (members, codes), 1)
        strata = counts.argmax(axis=1)
    fold_of_group = np.empty(len(names), dtype=np.int64)
    dealt = 0
    for stratum in rng.permutation(np.unique(strata)):
        shuffled = rng.permutation(np.flatnonzero(strata == stratum))
        fold_of_group[shuffled] = (dealt + np.arange(len(shuffled))) % n_folds
        dealt += len(shuffled)
    return fold_of_group[members]


def folds_of_repeats(
    units: np.ndarray, strata: np.ndarray | None, n_folds: int, repeats: list[int], seed: int
) -> dict[int, np.ndarray]:
    """Repeat -> fold of each network (`assign_folds`); the same seed and repeat, the same folds."""
    return {r: assign_folds(units, strata, n_folds, stream(seed, f"folds-{r}")) for r in repeats}


def shuffle_configurations(
    values: np.ndarray, table: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Values dealt anew to the configurations of each data set, model and sparsity.

    A configuration gets the values of another one of its cell (or keeps its own), seed by seed:
    seeds stay together and cells keep their values. What a model still finds is how alike seeds
    are and what a cell as a whole tells, not what a graph says about how it was made. Where
    configurations have unequally many seeds, values are repeated or cut.

    Parameters
    ----------
    values
        [networks], the class or the accuracy drop.
    table
        Networks table, its rows in the order of `values`.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "d", "model": "m", "sparsity": 0.9, "seed": [0, 1, 0, 1],
    ...                       "method": ["er", "er", "snip", "snip"]})
    >>> rng = np.random.default_rng(3)
    >>> shuffle_configurations(np.array([1, 2, 3, 4]), table, rng).tolist()
    [3, 4, 1, 2]
    """
    groups, cells = configuration_groups(table), cells_of(table)
    order = np.lexsort((table["seed"].to_numpy(), groups))
    members = {int(g): order[groups[order] == g] for g in np.unique(groups)}
    shuffled = values.copy()
    for cell in np.unique(cells):
        own = np.unique(groups[cells == cell])
        for to, of in zip(own, rng.permutation(own), strict=True):
            shuffled[members[to]] = np.resize(values[members[of]], len(members[to]))
    return shuffled
