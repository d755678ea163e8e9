"""The published networks asked again: how well do their metrics tell the accuracy drop?

Static methods alone, whose tables hold one kind of weights; metrics of one encoding without the
numbers of nodes and edges, which name the data set; accuracy drop against the best sparse network
of that model and data set. One split into folds, in the order of the file, is what a single
analysis would have reported (`one_split`); repeated folds and whole configurations drawn anew say
how far such a number may be trusted (`repeated`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from nsgraph.prediction.features import usable_columns
from nsgraph.prediction.models import TREES, XGBOOST
from nsgraph.prediction.published import read_published
from nsgraph.prediction.published_columns import FAMILIES, METHOD_PREFIX
from nsgraph.prediction.published_files import read_files
from nsgraph.prediction.run import Prediction, predict
from nsgraph.prediction.scores import r_squared

__all__ = ["STATIC", "adjusted_r_squared", "one_split", "repeated", "without_sizes"]

STATIC = ("uniform", "er", "erk", "snip", "grasp", "synflow", "prospr")
"""Published methods that prune before training."""

SIZES = ("nodes", "edges")


def without_sizes(table: pd.DataFrame) -> pd.DataFrame:
    """Networks of the static methods, without the numbers of nodes and edges of any encoding."""
    static = table["method"].isin([METHOD_PREFIX + m for m in STATIC])
    sizes = [c for c in table if c.split(".")[1:2] == ["size"] and c.split(".")[2] in SIZES]
    return table[static.to_numpy(dtype=bool)].drop(columns=sizes).reset_index(drop=True)


def one_split(path: str | os.PathLike[str], folds: int = 5) -> pd.DataFrame:
    """R^2 of one split into folds over the multipartite table, in the order of the file.

    Folds are scikit-learn's `KFold(shuffle=True, random_state=0)`, and `GroupKFold` with the
    configurations as groups. XGBoost with its default method, on values in 256 bins.

    Returns
    -------
    frame
        Columns `model` (architecture), `n_networks`, `random`, `grouped`.
    """
    import xgboost
    from sklearn.model_selection import GroupKFold, KFold

    options = {**XGBOOST, "tree_method": "hist"}
    files = read_files(path)
    table = next(t for n, t in files.items() if n.endswith("unrolled.csv")).drop_duplicates()
    best = table.groupby(["model", "dataset"])["accuracy"].transform("max")
    table = table.assign(drop=1.0 - table["accuracy"] / best)
    table = table[table["pruning"].isin(STATIC)]
    columns = [c for c in table if c in FAMILIES and c not in SIZES]
    rows = []
    for architecture, own in table.groupby("model", sort=False):
        matrix = own[columns].to_numpy(dtype=np.float64)
        drop = own["drop"].to_numpy()
        groups = own[["dataset", "pruning", "sparsity"]].astype(str).agg("|".join, axis=1)
        random = KFold(folds, shuffle=True, random_state=0).split(matrix)
        grouped = GroupKFold(folds).split(matrix, drop, groups)
        row: dict[str, object] = {"model": architecture, "n_networks": len(own)}
        for folding, splits in (("random", random), ("grouped", grouped)):
            found = np.empty(len(own))
            for train, test in splits:
                known = xgboost.DMatrix(matrix[train], drop[train], nthread=1)
                fitted = xgboost.train(options, known, TREES)
                found[test] = fitted.predict(xgboost.DMatrix(matrix[test], nthread=1))
            row[folding] = float(r_squared(drop, found[None], np.ones((1, len(own))))[0])
        rows.append(row)
    return pd.DataFrame(rows)


def repeated(
    path: str | os.PathLike[str],
    *,
    models: Sequence[str] = ("xgboost",),
    encodings: Sequence[str] | None = ("multipartite",),
    repeats: int = 10,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Prediction:
    """The same question under repeated folds of both kinds, with intervals: see `predict`.

    One part is one architecture.
    """
    return predict(
        without_sizes(read_published(path).networks),
        encodings=None if encodings is None else list(encodings),
        tasks=["accuracy-drop"],
        models=models,
        parts=["model"],
        repeats=repeats,
        seed=seed,
        weights="initial",
        progress=progress,
    )


def adjusted_r_squared(table: pd.DataFrame, columns: Sequence[str]) -> tuple[float, int]:
    """Adjusted R^2 of least squares for the accuracy drop, fitted and judged on all networks.

    What papers report beside tables of coefficients; it knows no test networks. With k independent
    columns it is 1 - (1 - R^2) (n - 1) / (n - k - 1).

    Returns
    -------
    tuple
        The adjusted R^2, and k.
    """
    matrix, _, _ = usable_columns(table, list(columns))
    drop = table["accuracy_drop"].to_numpy(dtype=np.float64)
    scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    centred = drop - drop.mean()
    weights, _, rank, _ = np.linalg.lstsq(scaled, centred, rcond=None)
    lost = ((centred - scaled @ weights) ** 2).sum() / (centred**2).sum()
    return 1.0 - float(lost) * (len(drop) - 1) / (len(drop) - int(rank) - 1), int(rank)
