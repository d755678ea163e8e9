"""Models: a function from training data and test features to predictions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsgraph.errors import UserError

__all__ = ["MODELS", "fit_predict"]

Model = Callable[[str, np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]

# Cunegatti et al. 2024: 100 trees of depth 6 at rate .3, which are also XGBoost's defaults. "exact"
# tries every split, which XGBoost did by itself on tables of this size until version 2.
XGBOOST = {"max_depth": 6, "learning_rate": 0.3, "tree_method": "exact", "nthread": 1}
TREES = 100


def xgboost(
    kind: str, train: np.ndarray, target: np.ndarray, test: np.ndarray, seed: int
) -> np.ndarray:
    """Gradient-boosted trees (Chen & Guestrin 2016): see `fit_predict`."""
    import xgboost as library

    options = {**XGBOOST, "seed": seed}
    if kind == "regress":
        fitted = library.train(options, library.DMatrix(train, target, nthread=1), TREES)
        return np.asarray(fitted.predict(library.DMatrix(test, nthread=1)), dtype=np.float64)
    classes, codes = np.unique(target, return_inverse=True)
    if len(classes) == 1:
        return np.repeat(classes, len(test))
    options |= {"objective": "multi:softmax", "num_class": len(classes)}
    fitted = library.train(options, library.DMatrix(train, codes, nthread=1), TREES)
    return classes[fitted.predict(library.DMatrix(test, nthread=1)).astype(np.int64)]


def dummy(
    kind: str, train: np.ndarray, target: np.ndarray, test: np.ndarray, seed: int
) -> np.ndarray:
    """The most frequent class, or the mean: what is known without looking at a graph."""
    if kind == "regress":
        return np.full(len(test), target.mean())
    classes, counts = np.unique(target, return_counts=True)
    return np.repeat(classes[counts.argmax()], len(test))


MODELS: dict[str, Model] = {"xgboost": xgboost, "dummy": dummy}


def fit_predict(
    model: str,
    kind: str,
    train: np.ndarray,
    target: np.ndarray,
    test: np.ndarray,
    seed: int = 0,
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

    Returns
    -------
    array
        [test rows]: class codes or numbers.
    """
    if model not in MODELS:
        raise UserError(f"There is no model {model!r}, only {', '.join(MODELS)}.")
    return MODELS[model](kind, train, target, test, seed)
