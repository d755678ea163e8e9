"""What models answered, network by network: who is taken for whom, and how far drops are off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from nsgraph.prediction.features import usable_columns
from nsgraph.prediction.tasks import TASKS, Asked

__all__ = ["AnswerTables", "predict_answers"]

CONFUSION = ("part", "task", "folding", "features", "truth", "predicted", "networks", "share")
DROPS = ("part", "folding", "features", "network", "truth", "predicted", "sd_repeats")


class AnswerTables(NamedTuple):
    """`confusion`: a row for two classes. `drops`: a row a network. See the data dictionary."""

    confusion: pd.DataFrame
    drops: pd.DataFrame


def predict_answers(
    table: pd.DataFrame,
    columns: list[str],
    *,
    features: str,
    part: str = "all",
    tasks: Sequence[str] = ("category", "algorithm", "accuracy-drop"),
    foldings: Sequence[str] = ("random", "grouped"),
    repeats: int = 5,
    folds: int = 5,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> AnswerTables:
    """Out-of-fold answers of XGBoost; the same folds and answers as in `predict`.

    Parameters
    ----------
    table
        Networks table, without dense networks.
    columns, features
        What models see, and what the set is called.
    part
        What the table's rows are called.
    tasks, foldings, repeats, folds, seed, progress
        As in `predict`. Questions that cannot be asked have no rows.
    """
    matrix, names, _ = usable_columns(table, columns)
    confusion: list[pd.DataFrame] = []
    drops: list[pd.DataFrame] = []
    for task in tasks:
        for folding in foldings if names else ():
            if progress is not None:
                progress(f"{features}: {task}, {folding} folds")
            asked = Asked(TASKS[task], folding, table, folds, range(repeats), seed)
            if asked.status is not None:
                continue
            predicted = asked.predictions("xgboost", matrix[asked.rows])
            where = {"part": part, "folding": folding, "features": features}
            if asked.task.kind == "classify":
                classes = sorted(asked.table[asked.task.target].unique())
                found = _confusion(asked.target, predicted, classes)
                confusion.append(found.assign(task=task, **where))
            else:
                drops.append(_drops(asked, predicted).assign(**where))
    return AnswerTables(_stacked(confusion, CONFUSION), _stacked(drops, DROPS))


def _stacked(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame({c: [] for c in columns})
    return pd.concat(parts, ignore_index=True)[list(columns)]


def _confusion(truth: np.ndarray, predicted: np.ndarray, classes: list[str]) -> pd.DataFrame:
    """A row for every true and predicted class: networks, mean over repeats, and their share."""
    n = len(classes)
    counts = np.zeros((n, n))
    np.add.at(counts, (np.broadcast_to(truth, predicted.shape), predicted), 1 / len(predicted))
    share = counts / counts.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "truth": np.repeat(classes, n),
            "predicted": np.tile(classes, n),
            "networks": counts.ravel().round(12),
            "share": share.ravel().round(12),
        }
    )


def _drops(asked: Asked, predicted: np.ndarray) -> pd.DataFrame:
    several = len(predicted) > 1
    return pd.DataFrame(
        {
            "network": asked.table["network"],
            "truth": asked.target.round(12),
            "predicted": predicted.mean(axis=0).round(12),
            "sd_repeats": predicted.std(axis=0, ddof=1).round(12) if several else np.nan,
        }
    )
