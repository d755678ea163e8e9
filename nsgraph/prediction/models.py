"""Models: functions from training data and test features to predictions.

A model is told the training rows' answers and nothing else: scaling and the choice of penalties
happen in here, on those rows alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nsgraph.errors import UserError

__all__ = ["MODELS", "XGBOOST", "fit_predict", "xgboost_options"]

Model = Callable[[str, np.ndarray, np.ndarray, np.ndarray, int, np.ndarray], np.ndarray]

# Cunegatti et al. 2024: 100 trees of depth 6 at rate .3, which are also XGBoost's defaults.
XGBOOST: dict[str, Any] = {"max_depth": 6, "learning_rate": 0.3, "nthread": 1}
TREES = 100
FEW_ROWS = 512
"""Up to here every split is tried, beyond values are sorted into 256 bins (XGBoost's default).

Small tables are faster so, and splits lie midway between values instead of at one."""


def xgboost_options(kind: str, rows: int, classes: int, seed: int) -> dict[str, Any]:
    """Options of XGBoost for so many training rows and classes; one thread."""
    options = {**XGBOOST, "tree_method": "exact" if rows <= FEW_ROWS else "hist", "seed": seed}
    if kind == "classify":
        options |= {"objective": "multi:softmax", "num_class": classes}
    return options


def _of_classes(
    fit: Callable[[np.ndarray, int], np.ndarray], target: np.ndarray, n_test: int
) -> np.ndarray:
    """Answers of a classifier that wants codes from 0 without gaps, and at least two of them."""
    classes, codes = np.unique(target, return_inverse=True)
    if len(classes) == 1:
        return np.repeat(classes, n_test)
    return np.asarray(classes[fit(codes, len(classes)).astype(np.int64)])


def xgboost(
    kind: str,
    train: np.ndarray,
    target: np.ndarray,
    test: np.ndarray,
    seed: int,
    groups: np.ndarray,
) -> np.ndarray:
    """Gradient-boosted trees (Chen & Guestrin 2016) with XGBoost's defaults: see `fit_predict`."""
    import xgboost as library

    def fit(answers: np.ndarray, classes: int) -> np.ndarray:
        options = xgboost_options(kind, len(train), classes, seed)
        fitted = library.train(options, library.DMatrix(train, answers, nthread=1), TREES)
        return np.asarray(fitted.predict(library.DMatrix(test, nthread=1)), dtype=np.float64)

    return fit(target, 0) if kind == "regress" else _of_classes(fit, target, len(test))


def xgboost_tuned(
    kind: str,
    train: np.ndarray,
    target: np.ndarray,
    test: np.ndarray,
    seed: int,
    groups: np.ndarray,
) -> np.ndarray:
    """The same with the options that did best on folds of the training rows."""
    import xgboost as library

    from nsgraph.prediction.tuning import best_boosting

    def fit(answers: np.ndarray, classes: int) -> np.ndarray:
        options = xgboost_options(kind, len(train), classes, seed)
        chosen, trees = best_boosting(kind, train, answers, groups, options, seed)
        known = library.DMatrix(train, answers, nthread=1)
        fitted = library.train({**options, **chosen}, known, trees)
        return np.asarray(fitted.predict(library.DMatrix(test, nthread=1)), dtype=np.float64)

    return fit(target, 0) if kind == "regress" else _of_classes(fit, target, len(test))


def forest(
    kind: str,
    train: np.ndarray,
    target: np.ndarray,
    test: np.ndarray,
    seed: int,
    groups: np.ndarray,
    *,
    extra: bool,
) -> np.ndarray:
    """Random forest (Breiman 2001) or extremely randomised trees (Geurts et al. 2006).

    Trees and options are scikit-learn's, but for the columns that a split of the random forest
    looks at in regression: a third of them, as Breiman has it.
    """
    from sklearn import ensemble

    name = "ExtraTrees" if extra else "RandomForest"
    options: dict[str, Any] = {"n_estimators": TREES, "random_state": seed, "n_jobs": 1}
    if kind == "classify":
        fitted = getattr(ensemble, f"{name}Classifier")(**options).fit(train, target)
    else:
        options |= {} if extra else {"max_features": 1 / 3}
        fitted = getattr(ensemble, f"{name}Regressor")(**options).fit(train, target)
    return np.asarray(fitted.predict(test))


def linear(
    kind: str,
    train: np.ndarray,
    target: np.ndarray,
    test: np.ndarray,
    seed: int,
    groups: np.ndarray,
    *,
    penalised: bool,
) -> np.ndarray:
    """Least squares, or ridge regression with the penalty that did best on folds of groups.

    Columns are scaled to mean 0 and variance 1. A class is the one whose indicator, regressed like
    a number, is largest.
    """
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from nsgraph.prediction.tuning import best_ridge

    def fit(answers: np.ndarray) -> np.ndarray:
        last = best_ridge(train, answers, groups, seed) if penalised else LinearRegression()
        return np.asarray(make_pipeline(StandardScaler(), last).fit(train, answers).predict(test))

    def name(codes: np.ndarray, classes: int) -> np.ndarray:
        return np.asarray(fit(np.eye(classes)[codes]).argmax(axis=1))

    return fit(target) if kind == "regress" else _of_classes(name, target, len(test))


def dummy(
    kind: str,
    train: np.ndarray,
    target: np.ndarray,
    test: np.ndarray,
    seed: int,
    groups: np.ndarray,
) -> np.ndarray:
    """The most frequent class, or the mean: what is known without looking at a graph."""
    if kind == "regress":
        return np.full(len(test), target.mean())
    classes, counts = np.unique(target, return_counts=True)
    return np.repeat(classes[counts.argmax()], len(test))


MODELS: dict[str, Model] = {
    "xgboost": xgboost,
    "xgboost tuned": xgboost_tuned,
    "random forest": partial(forest, extra=False),
    "extra trees": partial(forest, extra=True),
    "ridge": partial(linear, penalised=True),
    "ols": partial(linear, penalised=False),
    "dummy": dummy,
}


def fit_predict(
    model: str,
    kind: str,
    train: np.ndarray,
    target: np.ndarray,
    test: np.ndarray,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Fit on training rows, predict test rows; the same on every call, on one thread.

    Parameters
    ----------
    model
        A name of `MODELS`.
    kind
        `"classify"` or `"regress"`.
    train, test
        float64 [rows, features].
    target
        [training rows]: class codes or numbers.
    seed
        At least 0.
    groups
        [training rows], what the folds inside of which a model is tuned keep together; by default
        every row is its own group.

    Returns
    -------
    array
        [test rows]: class codes or numbers.
    """
    if model not in MODELS:
        raise UserError(f"There is no model {model!r}, only {', '.join(MODELS)}.")
    own = np.arange(len(train)) if groups is None else groups
    return MODELS[model](kind, train, target, test, seed, own)
