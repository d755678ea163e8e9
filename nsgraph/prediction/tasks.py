"""The study's questions, and one question under one folding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nsgraph.prediction.folds import (
    assign_folds,
    cells_of,
    configuration_groups,
    shuffle_configurations,
)
from nsgraph.prediction.models import fit_predict
from nsgraph.prediction.scores import balanced_accuracy, r_squared
from nsgraph.seeds import stream

__all__ = ["FOLDINGS", "TASKS", "Asked", "Task", "families_of"]

FOLDINGS = ("random", "grouped")
PAPERS_THREE = ("layer-wise random", "pruning at initialisation", "dynamic sparse training")


@dataclass(frozen=True)
class Task:
    """One question: which column is asked for, of which networks."""

    name: str
    kind: str  # classify | regress
    target: str
    only: tuple[str, ...] | None = None  # categories; None: all

    @property
    def metric(self) -> str:
        """Name of the score."""
        return "balanced accuracy" if self.kind == "classify" else "R2"

    def rows(self, table: pd.DataFrame) -> np.ndarray:
        """Networks that can be asked about. Dense ones cannot: nothing was pruned."""
        keep = (table["sparsity"] > 0) & table[self.target].notna()
        if self.only is not None:
            keep &= table["category"].isin(self.only)
        return keep.to_numpy(dtype=bool)


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("category-of-three", "classify", "category", PAPERS_THREE),
        Task("category", "classify", "category"),
        Task("algorithm", "classify", "method"),
        Task("accuracy-drop", "regress", "accuracy_drop"),
    )
}


def _family(column: str) -> str:
    parts = column.split(".")  # <encoding>.<family>.<metric>
    return parts[1] if len(parts) > 2 else column


def families_of(names: Sequence[str]) -> dict[str, np.ndarray]:
    """Family of metrics -> positions of its columns `<encoding>.<family>.<metric>`."""
    found = np.array([_family(n) for n in names])
    return {str(f): np.flatnonzero(found == f) for f in np.unique(found)}


def _out_of_fold(
    model: str,
    task: Task,
    matrix: np.ndarray,
    target: np.ndarray,
    folds: np.ndarray,
    families: dict[str, np.ndarray],
    seed: int,
) -> np.ndarray:
    """Predictions [1 + families, networks]: as measured, and with one family's columns shuffled.

    The columns of a family are shuffled together among the networks of the test fold, so that
    they keep their relation to each other and lose the one to the network.
    """
    predictions = np.empty((1 + len(families), len(target)), dtype=target.dtype)
    rng = stream(seed, "permutation")
    for fold in np.unique(folds):
        tested = np.flatnonzero(folds == fold)
        train = np.flatnonzero(folds != fold)
        versions = [matrix[tested]]
        for columns in families.values():
            shuffled = matrix[tested].copy()
            shuffled[:, columns] = shuffled[rng.permutation(len(tested))][:, columns]
            versions.append(shuffled)
        answers = fit_predict(
            model, task.kind, matrix[train], target[train], np.concatenate(versions), seed
        )
        predictions[:, tested] = answers.reshape(len(versions), len(tested))
    return predictions


def _why_not(task: Task, target: np.ndarray, units: np.ndarray) -> str | None:
    """Why a task cannot be scored with these units (networks or configurations), or None."""
    if task.kind == "regress":
        few = len(np.unique(units)) < 3
        constant = len(target) > 0 and bool((target == target[0]).all())
        return "fewer than three units" if few else "constant target" if constant else None
    classes = np.unique(target)
    if len(classes) < 2:
        return "fewer than two classes"
    if min(len(np.unique(units[target == c])) for c in classes) < 2:
        return "a class has fewer than two units"
    return None


class Asked:
    """One task under one folding: everything that all feature sets share.

    Parameters
    ----------
    task, folding, table
        What is asked, under which folds, of which networks.
    n_folds
        Wanted; fewer if there are fewer units.
    repeats
        Numbers of the repeats; each has its own folds.
    seed
        At least 0.
    shuffle
        If given, labels (or drops) are first shuffled among the configurations of each cell.
    """

    def __init__(
        self,
        task: Task,
        folding: str,
        table: pd.DataFrame,
        n_folds: int,
        repeats: Sequence[int],
        seed: int,
        shuffle: np.random.Generator | None = None,
    ) -> None:
        self.task, self.folding, self.seed = task, folding, seed
        self.rows = task.rows(table)
        self.table = table[self.rows].reset_index(drop=True)
        self.groups = configuration_groups(self.table)
        self.cells = cells_of(self.table)
        classify = task.kind == "classify"
        answers = self.table[task.target]
        self.target = (
            pd.factorize(answers, sort=True)[0] if classify else answers.to_numpy(dtype=np.float64)
        )
        if shuffle is not None:
            self.target = shuffle_configurations(self.target, self.table, shuffle)
        self.strata = self.target if classify else None
        self.score = balanced_accuracy if classify else r_squared
        units = self.groups if folding == "grouped" else np.arange(len(self.table))
        self.status = _why_not(task, self.target, units)
        self.n_folds = min(n_folds, len(np.unique(units))) if self.status is None else 0
        self.repeats = list(repeats)
        if self.status is None:
            self.folds = {
                r: assign_folds(units, self.strata, self.n_folds, stream(seed, f"folds-{r}"))
                for r in self.repeats
            }

    def predictions(self, model: str, matrix: np.ndarray, names: list[str]) -> np.ndarray:
        """Out-of-fold predictions [1 + families, repeats, networks].

        The first are those from the columns as measured; each other one has the columns of one
        family of `names` shuffled. `matrix`: float64 [networks asked about, features].
        """
        families = families_of(names) if len(names) > 2 else {}
        by_repeat = [
            _out_of_fold(model, self.task, matrix, self.target, folds, families, self.seed + r)
            for r, folds in self.folds.items()
        ]
        return np.stack(by_repeat, axis=1)

    def each(self, predicted: np.ndarray) -> np.ndarray:
        """Score of each row of predictions [repeats, networks]: [repeats]."""
        return self.score(self.target, predicted, np.ones((1, len(self.table))))

    def describe(self, features: str, model: str, n_features: int) -> dict:
        """What all rows of the scores say about the question."""
        return {
            "task": self.task.name,
            "folding": self.folding,
            "features": features,
            "model": model,
            "metric": self.task.metric,
            "n_networks": len(self.table),
            "n_configurations": len(np.unique(self.groups)),
            "n_classes": len(np.unique(self.target)) if self.task.kind == "classify" else None,
            "n_features": n_features,
            "folds": self.n_folds,
            "repeats": len(self.repeats),
        }
