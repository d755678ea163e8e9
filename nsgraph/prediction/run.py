"""Cross-validated scores of every task, feature set and folding, with trivial baselines beside.

A score is computed once per repeat over the out-of-fold predictions of all networks, and averaged
over repeats. Its interval is a 95 % percentile bootstrap over configurations (data set, model,
method, sparsity) with the predictions held fixed; repeats are reported one by one beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nsgraph.errors import UserError
from nsgraph.prediction.features import DENSITY, SIZES, feature_sets, usable_columns
from nsgraph.prediction.scores import mean_spearman, spearman_of_cells
from nsgraph.prediction.tasks import FOLDINGS, TASKS, Asked, families_of
from nsgraph.seeds import stream

__all__ = ["NOTHING", "RANKING", "Prediction", "predict"]

RANKING = "ranking"
NOTHING = "nothing"  # what the dummy looks at
INTERVAL = (2.5, 97.5)  # percentiles


@dataclass(frozen=True)
class Prediction:
    """Tables of scores; see the data dictionary for their columns."""

    scores: pd.DataFrame
    repeats: pd.DataFrame
    comparisons: pd.DataFrame
    importance: pd.DataFrame
    columns: pd.DataFrame


@dataclass
class _Rows:
    scores: list[dict]
    repeats: list[dict]
    comparisons: list[dict]
    importance: list[dict]


def _interval(values: np.ndarray) -> tuple[float | None, float | None]:
    usable = values[~np.isnan(values)]
    if not len(usable):
        return None, None
    low, high = np.percentile(usable, INTERVAL)
    return float(low), float(high)


def _score_row(about: dict, each: np.ndarray, drawn: np.ndarray) -> dict:
    low, high = _interval(drawn)
    spread = float(each.std(ddof=1)) if len(each) > 1 else None
    return {
        **about,
        "score": float(each.mean()),
        "low": low,
        "high": high,
        "sd_repeats": spread,
        "score.status": None,
    }


def _rank(asked: Asked, about: dict, predicted: np.ndarray, resamples: int, out: _Rows) -> None:
    """Add how well the algorithms are ranked at fixed data set, model and sparsity."""
    cells = spearman_of_cells(asked.table, asked.target, predicted)
    about = {**about, "task": RANKING, "metric": "Spearman"}
    if cells.shape[1] == 0:
        out.scores.append({**about, "score": None, "score.status": "no cell of three methods"})
        return
    drawn = mean_spearman(cells, resamples, stream(asked.seed, "bootstrap"))
    each = cells.mean(axis=1)
    out.scores.append(_score_row(about, each, drawn))
    out.repeats.extend(_repeat_rows(about, each))


def _repeat_rows(about: dict, each: np.ndarray) -> list[dict]:
    keys = ("task", "folding", "features", "model", "metric")
    return [
        {**{k: about[k] for k in keys}, "repeat": r, "score": float(s)} for r, s in enumerate(each)
    ]


def _ask(
    asked: Asked,
    sets: dict[str, tuple[np.ndarray, list[str]]],
    encodings: list[str],
    resamples: int,
    out: _Rows,
) -> None:
    drawn: dict[str, np.ndarray] = {}
    means: dict[str, float] = {}
    for features, (matrix, names) in sets.items():
        model = "dummy" if features == NOTHING else "xgboost"
        about = asked.describe(features, model, len(names))
        status = asked.status
        if status is None and not names and features != NOTHING:
            status = "no usable column"
        if status is not None:
            out.scores.append({**about, "score": None, "score.status": status})
            continue
        own = matrix[asked.rows]
        predicted = asked.predictions(model, own, names if features in encodings else [])
        each = np.array([asked.score(asked.target, p[None], asked.all)[0] for p in predicted[0]])
        drawn[features] = asked.score(asked.target, predicted[0], asked.drawn)
        means[features] = float(each.mean())
        out.scores.append(_score_row(about, each, drawn[features]))
        out.repeats.extend(_repeat_rows(about, each))
        if asked.task.kind == "regress" and features != NOTHING:
            _rank(asked, about, predicted[0], resamples, out)
        where = {"task": asked.task.name, "folding": asked.folding, "features": features}
        families = families_of(names) if len(predicted) > 1 else {}
        for (family, columns), shuffled in zip(families.items(), predicted[1:], strict=True):
            lost = drawn[features] - asked.score(asked.target, shuffled, asked.drawn)
            point = means[features] - asked.score(asked.target, shuffled, asked.all)[0]
            low, high = _interval(lost)
            out.importance.append(
                {
                    **where,
                    "family": family,
                    "n_features": len(columns),
                    "importance": float(point),
                    "low": low,
                    "high": high,
                }
            )
    for features in (e for e in encodings if e in drawn):
        for other in (o for o in drawn if o != features):
            low, high = _interval(drawn[features] - drawn[other])
            out.comparisons.append(
                {
                    "task": asked.task.name,
                    "folding": asked.folding,
                    "features": features,
                    "compared_with": other,
                    "metric": asked.task.metric,
                    "difference": means[features] - means[other],
                    "low": low,
                    "high": high,
                }
            )


def predict(
    table: pd.DataFrame,
    *,
    encodings: list[str] | None = None,
    tasks: Sequence[str] = tuple(TASKS),
    foldings: Sequence[str] = FOLDINGS,
    repeats: int = 3,
    folds: int = 5,
    seed: int = 0,
    resamples: int = 1000,
    weights: str = "final",
    progress: Callable[[str], None] | None = None,
) -> Prediction:
    """Ask every task of every feature set under every folding; the same seed, the same tables.

    Parameters
    ----------
    table
        Networks table (`nsgraph.report.networks_table`).
    encodings, weights
        See `feature_sets`.
    tasks, foldings
        Names of `TASKS` and `FOLDINGS`. `random`: stratified by class where there are classes.
        `grouped`: all seeds of a configuration in one fold, classes spread over folds.
    repeats, folds
        How often cross-validation is repeated with new folds, and in how many.
    resamples
        Of the bootstrap behind the intervals.
    progress
        Called with one line before each task.
    """
    for given, known, what in ((tasks, TASKS, "task"), (foldings, FOLDINGS, "folding")):
        for name in given:
            if name not in known:
                raise UserError(f"There is no {what} {name!r}, only {', '.join(known)}.")
    table = table.reset_index(drop=True)
    sets = feature_sets(table, encodings, weights)
    chosen = [name for name in sets if name not in (DENSITY, SIZES)]
    sparse = (table["sparsity"] > 0).to_numpy(dtype=bool)
    matrices: dict[str, tuple[np.ndarray, list[str]]] = {}
    left_out: list[dict] = []
    for features, names in sets.items():
        values, used, reasons = usable_columns(table[sparse], names)
        matrix = np.full((len(table), len(used)), np.nan)
        matrix[sparse] = values
        matrices[features] = (matrix, used)
        left_out += [{"features": features, "column": c, "reason": r} for c, r in reasons]
    matrices[NOTHING] = (np.empty((len(table), 0)), [])
    out = _Rows([], [], [], [])
    for name in tasks:
        for folding in foldings:
            if progress is not None:
                progress(f"{name}, {folding} folds")
            asked = Asked(TASKS[name], folding, table, folds, repeats, resamples, seed)
            _ask(asked, matrices, chosen, resamples, out)
    return Prediction(
        _frame(out.scores, SCORES),
        _frame(out.repeats, REPEATS),
        _frame(out.comparisons, COMPARISONS),
        _frame(out.importance, IMPORTANCE),
        _frame(left_out, LEFT_OUT),
    )


SCORES = (
    "task",
    "folding",
    "features",
    "model",
    "metric",
    "n_networks",
    "n_configurations",
    "n_classes",
    "n_features",
    "folds",
    "repeats",
    "score",
    "low",
    "high",
    "sd_repeats",
    "score.status",
)
REPEATS = ("task", "folding", "features", "model", "metric", "repeat", "score")
COMPARISONS = (
    "task",
    "folding",
    "features",
    "compared_with",
    "metric",
    "difference",
    "low",
    "high",
)
IMPORTANCE = ("task", "folding", "features", "family", "n_features", "importance", "low", "high")
LEFT_OUT = ("features", "column", "reason")
INTEGERS = (
    "n_networks",
    "n_configurations",
    "n_classes",
    "n_features",
    "folds",
    "repeats",
    "repeat",
)


def _frame(rows: list[dict], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame({c: [row.get(c) for row in rows] for c in columns})
    whole = {c: "Int64" for c in INTEGERS if c in columns}
    numbers = ("score", "low", "high", "sd_repeats", "difference", "importance")
    typed = frame.astype({**whole, **{c: "float64" for c in numbers if c in columns}})
    return typed.round(12)  # what is beyond is the order in which a processor adds
