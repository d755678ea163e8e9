"""Models: functions from training data and test features to predictions.

A model is told the training rows' answers and nothing else: scaling and the choice of penalties
happen in here, on those rows alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nsgraph.errors import UserError

__all__ = ["MODELS", "XGBOOST", "Problem", "fit_predict", "xgboost_options"]

# Cunegatti et al. 2024: 100 trees of depth 6 at rate .3, which are also XGBoost's defaults.
XGBOOST: dict[str, Any] = {"max_depth": 6, "learning_rate": 0.3, "nthread": 1}
TREES = 100
FEW_ROWS = 512
"""Up to here every split is tried, beyond values are sorted into 256 bins (XGBoost's default).

Small tables are faster so, and splits lie midway between values instead of at one."""


@dataclass(frozen=True)
class Problem:
    """What a model is given; see `fit_predict`."""

    kind: str
    train: np.ndarray
    target: np.ndarray
    test: np.ndarray
    seed: int
    groups: np.ndarray

    def solved(self, fit: Callable[[np.ndarray, int], np.ndarray]) -> np.ndarray:
        """Answers of `fit(target, classes)`, which is given numbers and 0 classes, or codes.

        Codes are from 0 without gaps, and there are at least two of them.
        """
        if self.kind == "regress":
            return fit(self.target, 0)
        classes, codes = np.unique(self.target, return_inverse=True)
        if len(classes) == 1:
            return np.repeat(classes, len(self.test))
        return np.asarray(classes[fit(codes, len(classes)).astype(np.int64)])


Model = Callable[[Problem], np.ndarray]


def xgboost_options(kind: str, rows: int, classes: int, seed: int) -> dict[str, Any]:
    """Options of XGBoost for so many training rows and classes; one thread."""
    options = {**XGBOOST, "tree_method": "exact" if rows <= FEW_ROWS else "hist", "seed": seed}
    if kind == "classify":
        options |= {"objective": "multi:softmax", "num_class": classes}
    return options


def boosted(p: Problem, *, tuned: bool) -> np.ndarray:
    """Gradient-boosted trees (Chen & Guestrin 2016).

    With XGBoost's defaults, or the options that did best on folds of the training rows.
    """
    import xgboost as library

    from nsgraph.prediction.tuning import best_boosting

    def fit(answers: np.ndarray, classes: int) -> np.ndarray:
        options, trees = xgboost_options(p.kind, len(p.train), classes, p.seed), TREES
        if tuned:
            chosen, trees = best_boosting(p.kind, p.train, answers, p.groups, options, p.seed)
            options |= chosen
        fitted = library.train(options, library.DMatrix(p.train, answers, nthread=1), trees)
        return np.asarray(fitted.predict(library.DMatrix(p.test, nthread=1)), dtype=np.float64)

    return p.solved(fit)


def forest(p: Problem, *, extra: bool) -> np.ndarray:
    """Random forest (Breiman 2001) or extremely randomised trees (Geurts et al. 2006).

    Trees and options are scikit-learn's, but for the columns that a split of the random forest
    looks at in regression: a third of them, as Breiman has it.
    """
    from sklearn import ensemble

    name = "ExtraTrees" if extra else "RandomForest"
    options: dict[str, Any] = {"n_estimators": TREES, "random_state": p.seed, "n_jobs": 1}
    if p.kind == "classify":
        fitted = getattr(ensemble, f"{name}Classifier")(**options).fit(p.train, p.target)
    else:
        options |= {} if extra else {"max_features": 1 / 3}
        fitted = getattr(ensemble, f"{name}Regressor")(**options).fit(p.train, p.target)
    return np.asarray(fitted.predict(p.test))


def linear(p: Problem, *, penalised: bool) -> np.ndarray:
    """Least squares, or ridge regression with the penalty that did best on folds of groups.

    Columns are scaled to mean 0 and variance 1. A class is the one whose indicator, regressed like
    a number, is largest.
    """
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from nsgraph.prediction.tuning import best_ridge

    def fit(answers: np.ndarray, classes: int) -> np.ndarray:
        wanted = np.eye(classes)[answers] if classes else answers
        last = best_ridge(p.train, wanted, p.groups, p.seed) if penalised else LinearRegression()
        fitted = make_pipeline(StandardScaler(), last).fit(p.train, wanted)
        found = np.asarray(fitted.predict(p.test))
        return np.asarray(found.argmax(axis=1)) if classes else found

    return p.solved(fit)


def dummy(p: Problem) -> np.ndarray:
    """The most frequent class, or the mean: what is known without looking at a graph."""
    if p.kind == "regress":
        return np.full(len(p.test), p.target.mean())
    classes, counts = np.unique(p.target, return_counts=True)
    return np.repeat(classes[counts.argmax()], len(p.test))


MODELS: dict[str, Model] = {
    "xgboost": partial(boosted, tuned=False),
    "xgboost tuned": partial(boosted, tuned=True),
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
    return MODELS[model](Problem(kind, train, target, test, seed, own))
