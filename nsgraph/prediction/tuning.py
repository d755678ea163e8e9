"""Options of models, chosen on folds of the training rows.

The folds inside are dealt like those outside, by groups: where all seeds of a configuration are
kept together outside, they are inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nsgraph.prediction.folds import assign_folds
from nsgraph.seeds import stream

if TYPE_CHECKING:
    from sklearn.linear_model import Ridge

__all__ = ["best_boosting", "best_ridge"]

INNER_FOLDS = 3
PENALTIES = np.logspace(-3, 4, 15)  # beside columns of variance 1, per 100 rows
STAGES = (25, 50, 100)
"""Numbers of trees: all of them are read off one fit of the largest."""
TREES = 100  # where there is nothing to choose by
DRAWS = 8
SURVIVORS = 3
SPACE: dict[str, tuple[float, ...]] = {
    "max_depth": (2, 3, 4, 6, 8),
    "learning_rate": (0.1, 0.2, 0.3),
    "min_child_weight": (1, 3, 10),
    "subsample": (0.6, 0.8, 1.0),
    "colsample_bytree": (0.3, 0.6, 1.0),
    "reg_lambda": (0.1, 1.0, 10.0),
}


def inner_folds(groups: np.ndarray, target: np.ndarray | None, seed: int) -> list[np.ndarray]:
    """Masks of the rows left out, one a fold; a fold for every group where these are few."""
    n_folds = min(INNER_FOLDS, len(np.unique(groups)))
    if n_folds < 2:
        return []
    folds = assign_folds(groups, target, n_folds, stream(seed, "inner-folds"))
    return [folds == fold for fold in range(n_folds)]


def best_boosting(
    kind: str,
    train: np.ndarray,
    target: np.ndarray,
    groups: np.ndarray,
    options: dict[str, Any],
    seed: int,
) -> tuple[dict[str, Any], int]:
    """Options and number of trees of least loss among the defaults and some random draws.

    All run in the first fold, the best of them in the others too, where the sum over folds decides.
    The loss is the squared error, or the logarithmic loss of classes. `target` holds numbers, or
    codes from 0 without gaps.
    """
    classify = kind == "classify"
    left_out = inner_folds(groups, target if classify else None, seed)
    if not left_out:
        return {}, TREES
    draw = stream(seed, "tuning")
    candidates: list[dict[str, Any]] = [{}]
    for _ in range(DRAWS):
        picked = {name: draw.choice(values).item() for name, values in SPACE.items()}
        candidates.append({**picked, "max_depth": int(picked["max_depth"])})
    if classify:
        options = {**options, "objective": "multi:softprob"}
    losses = np.zeros((len(candidates), len(STAGES)))
    running = list(range(len(candidates)))
    for out in left_out:
        for i in running:
            own = {**options, **candidates[i]}
            losses[i] += _staged_losses(train, target, out, own, classify)
        running = sorted(running, key=lambda i: losses[i].min())[:SURVIVORS]
    best = min(running, key=lambda i: losses[i].min())
    return candidates[best], STAGES[int(losses[best].argmin())]


def _staged_losses(
    train: np.ndarray, target: np.ndarray, out: np.ndarray, options: dict[str, Any], classify: bool
) -> np.ndarray:
    """Summed loss on the rows left out, after each number of trees of `STAGES`."""
    import xgboost

    known = xgboost.DMatrix(train[~out], target[~out], nthread=1)
    asked = xgboost.DMatrix(train[out], nthread=1)
    fitted = xgboost.train(options, known, STAGES[-1])
    losses = []
    for trees in STAGES:
        found = fitted.predict(asked, iteration_range=(0, trees)).astype(np.float64)
        if classify:
            own = found[np.arange(len(found)), target[out]]
            losses.append(-np.log(np.maximum(own, 1e-15)).sum())
        else:
            losses.append(((found - target[out]) ** 2).sum())
    return np.array(losses)


def best_ridge(train: np.ndarray, target: np.ndarray, groups: np.ndarray, seed: int) -> Ridge:
    """Ridge regression, not yet fitted, with the penalty of least squared error.

    Every fold is decomposed once for all penalties (Hastie et al. 2009, section 3.4.1), its columns
    scaled by the rows that are not left out.
    """
    from sklearn.linear_model import Ridge

    errors = np.zeros(len(PENALTIES))
    for out in inner_folds(groups, None, seed):
        mean, sd = train[~out].mean(axis=0), train[~out].std(axis=0)
        scale = np.where(sd > 0, sd, 1.0)
        centre = target[~out].mean(axis=0)
        left, values, right = np.linalg.svd((train[~out] - mean) / scale, full_matrices=False)
        turned = left.T @ (target[~out] - centre)
        new = ((train[out] - mean) / scale) @ right.T
        for i, penalty in enumerate(PENALTIES * len(left) / 100):
            shrunk = values / (values**2 + penalty)
            found = centre + new @ (shrunk * turned.T).T
            errors[i] += ((found - target[out]) ** 2).sum()
    return Ridge(alpha=float(PENALTIES[errors.argmin()] * len(train) / 100))
