"""What a fitted XGBoost model says of its own columns: SHAP values and gain."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nsgraph.prediction.models import TREES, xgboost_options

if TYPE_CHECKING:
    from xgboost import Booster

__all__ = ["Fitted", "fit"]


class Fitted(NamedTuple):
    """A model with the classes it was told about (None for regression)."""

    booster: Booster
    classes: np.ndarray | None

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Numbers, or class codes [rows]."""
        margins = self.margins(matrix)
        if self.classes is None:
            return margins[:, 0]
        return np.asarray(self.classes[margins.argmax(axis=1)])

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        """What the trees add up to: float64 [rows, outputs], log-odds in classification."""
        import xgboost

        found = self.booster.predict(xgboost.DMatrix(matrix, nthread=1), output_margin=True)
        return np.asarray(found, dtype=np.float64).reshape(len(matrix), -1)

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """SHAP values: float64 [rows, outputs, columns + 1], the last of them the same for all.

        They sum to `margins`. Exact for trees (Lundberg et al. 2020, path-dependent), as XGBoost
        computes them itself.
        """
        import xgboost

        found = self.booster.predict(xgboost.DMatrix(matrix, nthread=1), pred_contribs=True)
        return np.asarray(found, dtype=np.float64).reshape(len(matrix), -1, matrix.shape[1] + 1)

    def gains(self, n_columns: int) -> np.ndarray:
        """Share of every column in what all splits gained: float64 [columns], sum 1 (or 0)."""
        found = np.zeros(n_columns)
        for name, gain in self.booster.get_score(importance_type="total_gain").items():
            found[int(name[1:])] = gain
        total = found.sum()
        return found / total if total > 0 else found


def fit(kind: str, train: np.ndarray, target: np.ndarray, seed: int) -> Fitted:
    """The XGBoost model of `nsgraph.prediction.models`, kept to be asked about itself.

    Parameters
    ----------
    kind
        `"classify"` or `"regress"`.
    train, target
        float64 [rows, features]; [rows], class codes or numbers.
    seed
        At least 0.
    """
    import xgboost

    classes, answers = None, target
    if kind == "classify":
        classes, answers = np.unique(target, return_inverse=True)
    n_classes = 0 if classes is None else max(len(classes), 2)
    options = xgboost_options(kind, len(train), n_classes, seed)
    known = xgboost.DMatrix(train, answers, nthread=1)
    return Fitted(xgboost.train(options, known, TREES), classes)
