"""Models asked about networks they were not fitted to, and about what they looked at there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from nsgraph.prediction.explain import Fitted, fit
from nsgraph.prediction.residuals import Residuals
from nsgraph.prediction.tasks import Asked
from nsgraph.seeds import stream

__all__ = ["ALONE", "BOTH", "HELD", "LEFT", "MEASURED", "Answers", "Seen", "answers"]

MEASURED = "metrics"
HELD = "layer densities"
LEFT = "residuals"
BOTH = "layer densities and residuals"
KINDS = (MEASURED, HELD, LEFT, BOTH)
ALONE = (MEASURED, LEFT)


class Seen(NamedTuple):
    """What models may see: rows as in the question's table.

    `metrics`: float64 [networks, metrics]. `held`: float64 [networks, columns], what residuals are
    free of.
    """

    metrics: np.ndarray
    held: np.ndarray

    def of_fold(
        self, train: np.ndarray, test: np.ndarray, groups: np.ndarray
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Training and test matrix of every kind; residuals are fitted to the training networks."""
        metrics, held = self.metrics[train], self.held[train]
        new, held_new = self.metrics[test], self.held[test]
        fitted = Residuals(held, metrics, groups[train])
        left, left_new = fitted.train, fitted.of(held_new, new)
        return {
            MEASURED: (metrics, new),
            HELD: (held, held_new),
            LEFT: (left, left_new),
            BOTH: (np.column_stack([left, held]), np.column_stack([left_new, held_new])),
        }


class Answers(NamedTuple):
    """Answers to one question, by sets of columns.

    `predicted`: [repeats, networks], out of fold. `shuffled`: [sets, repeats, networks], the same
    with a set's columns shuffled among the test networks. `pushed`: float64 [sets, repeats,
    networks], how far a set moves the answer: |sum of its SHAP values|, mean over classes.
    `gain`: float64 [sets, repeats], a set's share in the gain of all splits, mean over folds.
    """

    predicted: np.ndarray
    shuffled: np.ndarray
    pushed: np.ndarray
    gain: np.ndarray


def answers(asked: Asked, seen: Seen, sets: Mapping[str, np.ndarray]) -> dict[str, Answers]:
    """Fit every fold of every repeat to each kind of columns, and ask about the networks left out.

    Parameters
    ----------
    asked
        The question, with its folds.
    seen
        What there is to see.
    sets
        Name -> positions of columns of the metrics. They are weighed where metrics or residuals
        are seen alone.

    Returns
    -------
    dict
        `MEASURED`, `HELD`, `LEFT`, `BOTH` -> answers.
    """
    units = asked.groups if asked.folding == "grouped" else np.arange(len(asked.table))
    found = {kind: _empty(asked, len(sets) if kind in ALONE else 0) for kind in KINDS}
    for i, (repeat, folds) in enumerate(asked.folds.items()):
        seed = asked.seed + repeat
        rng = stream(seed, "permutation")
        for fold in np.unique(folds):
            test, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            mixed = [rng.permutation(len(test)) for _ in sets]
            for kind, (known, new) in seen.of_fold(train, test, units).items():
                model = fit(asked.task.kind, known, asked.target[train], seed)
                own = found[kind]
                own.predicted[i, test] = model.predict(new)
                if kind in ALONE:
                    own.gain[:, i] += _gains(model, known, sets) / asked.n_folds
                    _weigh(model, new, list(zip(sets.values(), mixed, strict=True)), own, i, test)
    return found


def _empty(asked: Asked, n_sets: int) -> Answers:
    shape = len(asked.repeats), len(asked.table)
    return Answers(
        np.empty(shape, dtype=asked.target.dtype),
        np.empty((n_sets, *shape), dtype=asked.target.dtype),
        np.zeros((n_sets, *shape)),
        np.zeros((n_sets, shape[0])),
    )


def _gains(model: Fitted, known: np.ndarray, sets: Mapping[str, np.ndarray]) -> np.ndarray:
    shares = model.gains(known.shape[1])
    return np.array([shares[columns].sum() for columns in sets.values()])


def _weigh(
    model: Fitted,
    new: np.ndarray,
    sets: list[tuple[np.ndarray, np.ndarray]],
    own: Answers,
    repeat: int,
    test: np.ndarray,
) -> None:
    """Fill in the test networks' answers with each set shuffled, and how far the set moves them."""
    values = model.contributions(new)
    for j, (columns, order) in enumerate(sets):
        mixed = new.copy()
        mixed[:, columns] = new[order][:, columns]
        own.shuffled[j, repeat, test] = model.predict(mixed)
        own.pushed[j, repeat, test] = np.abs(values[:, :, columns].sum(axis=2)).mean(axis=1)
