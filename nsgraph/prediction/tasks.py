"""The study's questions, and one question under one folding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nsgraph.errors import UserError
from nsgraph.prediction.folds import (
    TRANSFER,
    cells_of,
    configuration_groups,
    folds_of_repeats,
    shuffle_configurations,
)
from nsgraph.prediction.models import fit_predict
from nsgraph.prediction.scores import balanced_accuracy, r_squared
from nsgraph.seeds import stream

__all__ = ["HEADLINE", "TASKS", "Asked", "Task", "check_names", "families_of"]

PAPERS_THREE = ("layer-wise random", "pruning at initialisation", "dynamic sparse training")
HEADLINE = ("category-of-three", "algorithm", "accuracy-drop")
"""Tasks that the claims are about."""


@dataclass(frozen=True)
class Task:
    """One question: which column is asked for, of which networks."""

    name: str
    kind: str  # classify | regress
    target: str
    only: tuple[str, ...] | None = None  # categories; None: all
    ranks: bool = False  # whether answers also rank methods

    @property
    def metric(self) -> str:
        """Name of the score."""
        return "balanced accuracy" if self.kind == "classify" else "R2"

    def rows(self, table: pd.DataFrame) -> np.ndarray:
        """Networks that can be asked about. Dense ones cannot: nothing was pruned."""
        if self.target not in table:
            raise UserError(f"Task {self.name!r} needs the column {self.target}; there is none.")
        keep = (table["sparsity"] > 0) & table[self.target].notna()
        if self.kind == "regress":
            keep &= np.isfinite(table[self.target].astype("float64"))
        if self.only is not None:
            keep &= table["category"].isin(self.only)
        return keep.to_numpy(dtype=bool)


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("category-of-three", "classify", "category", PAPERS_THREE),
        Task("category", "classify", "category"),
        Task("algorithm", "classify", "method"),
        Task("accuracy-drop", "regress", "accuracy_drop", ranks=True),
        Task("accuracy", "regress", "test_accuracy"),
    )
}


def _family(column: str) -> str:
    parts = column.split(".")  # <encoding>.<family>.<metric>
    return parts[1] if len(parts) > 2 else column


def families_of(names: Sequence[str]) -> dict[str, np.ndarray]:
    """Family of metrics -> positions of its columns `<encoding>.<family>.<metric>`."""
    found = np.array([_family(n) for n in names])
    return {str(f): np.flatnonzero(found == f) for f in np.unique(found)}


def check_names(what: str, given: Sequence[str], known: Iterable[str]) -> None:
    """Refuse names that there are not."""
    for name in given:
        if name not in known:
            raise UserError(f"There is no {what} {name!r}, only {', '.join(known)}.")


def _why_not(task: Task, target: np.ndarray, units: np.ndarray, folding: str) -> str | None:
    """Why a task cannot be scored with these units, or None.

    Units are what folds keep whole: networks, configurations, or all of a model or data set.
    """
    if folding in TRANSFER:
        if len(np.unique(units)) < 2:
            return f"only one {TRANSFER[folding]}"
        single = len(np.unique(target)) < 2
        kind = "fewer than two classes" if task.kind == "classify" else "constant target"
        return kind if single else None
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
    """One task under one folding: everything that all feature sets and models share.

    Parameters
    ----------
    task, folding, table
        What is asked, under which folds, of which networks.
    n_folds
        Wanted; fewer if there are fewer units, and one for every model or data set in transfer.
    repeats
        Numbers of the repeats; each has its own folds. Transfer has one repeat: its folds are
        given.
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
        if n_folds < 2 or not len(repeats):
            raise UserError(
                f"{len(repeats)} repeats of {n_folds} folds were asked; expected 1 of 2 at least."
            )
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
        transfer = folding in TRANSFER
        self.units = self._units()
        self.repeats = list(repeats)[:1] if transfer else list(repeats)
        self.status = _why_not(task, self.target, self.units, folding)
        n_units = len(np.unique(self.units))
        self.n_folds = 0 if self.status else n_units if transfer else min(n_folds, n_units)
        self.folds: dict[int, np.ndarray] = {}
        if self.status is None:
            self.folds = (
                dict.fromkeys(self.repeats, self.units)
                if transfer
                else folds_of_repeats(self.units, self.strata, self.n_folds, self.repeats, seed)
            )

    def _units(self) -> np.ndarray:
        """What folds keep whole: int64 [networks], from 0."""
        if self.folding == "grouped":
            return self.groups
        if self.folding in TRANSFER:
            return pd.factorize(self.table[TRANSFER[self.folding]], sort=True)[0]
        return np.arange(len(self.table))

    def training(self, share: float = 1.0) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Position of the repeat, rows to learn from and rows to answer: bool [networks] both.

        With a share below 1 whole units of the training folds are left out; what a smaller share
        holds, a larger one does too.
        """
        for i, (repeat, folds) in enumerate(self.folds.items()):
            for fold in np.unique(folds):
                test, train = folds == fold, folds != fold
                if share < 1:
                    rng = stream(self.seed, f"share-{repeat}-{fold}")
                    order = rng.permutation(np.unique(self.units[train]))
                    train &= np.isin(self.units, order[: math.ceil(share * len(order))])
                yield i, train, test

    def n_training(self, share: float = 1.0) -> int:
        """Networks that a model learns from: mean over folds and repeats."""
        return round(float(np.mean([train.sum() for _, train, _ in self.training(share)])))

    def predictions(self, model: str, matrix: np.ndarray, share: float = 1.0) -> np.ndarray:
        """Out-of-fold predictions [repeats, networks] from float64 [networks, features]."""
        found = np.empty((len(self.repeats), len(self.target)), dtype=self.target.dtype)
        inner = self.groups if self.folding != "random" else np.arange(len(self.target))
        for i, train, test in self.training(share):
            found[i, test] = fit_predict(
                model,
                self.task.kind,
                matrix[train],
                self.target[train],
                matrix[test],
                self.seed + self.repeats[i],
                inner[train],
            )
        return found

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
