"""Cross-validated scores of every task, feature set and folding, with trivial baselines beside.

A score is computed once per repeat over the out-of-fold predictions of all networks, and averaged
over repeats. Its interval is a 95 % percentile bootstrap over configurations (data set, model,
method, sparsity) and repeats jointly: every resample draws configurations and one repeat, so that
the interval holds what other networks and what other folds would change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nsgraph.errors import UserError
from nsgraph.prediction.features import (
    BASELINES,
    feature_sets,
    flat_within,
    usable_columns,
)
from nsgraph.prediction.frames import COMPARISONS, IMPORTANCE, LEFT_OUT, REPEATS, SCORES, frame
from nsgraph.prediction.scores import group_weights, interval, mean_spearman, spearman_of_cells
from nsgraph.prediction.tasks import FOLDINGS, TASKS, Asked, families_of
from nsgraph.seeds import stream

__all__ = ["NOTHING", "RANKING", "Prediction", "check_names", "predict"]

RANKING = "ranking"
NOTHING = "nothing"  # what the dummy looks at
FLAT = "features do not differ within a data set, model and sparsity"


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


@dataclass
class _Scored:
    mean: float
    drawn: np.ndarray  # [resamples]
    flat: bool  # whether no cell has networks that differ


class _Bootstrap:
    """The same configurations and repeats for every score of a task, so that pairs are paired."""

    def __init__(self, asked: Asked, resamples: int) -> None:
        seed = asked.seed
        self.asked, self.resamples = asked, resamples
        self.weights = group_weights(
            asked.groups, asked.strata, resamples, stream(seed, "bootstrap")
        )
        repeats = stream(seed, "bootstrap-repeats")
        self.repeats = repeats.integers(len(asked.repeats), size=resamples)

    def scores(self, predicted: np.ndarray) -> np.ndarray:
        return self.asked.score(self.asked.target, predicted[self.repeats], self.weights)


def _score_row(about: dict, each: np.ndarray, drawn: np.ndarray) -> dict:
    low, high = interval(drawn)
    spread = float(each.std(ddof=1)) if len(each) > 1 else None
    return {**about, "score": float(each.mean()), "low": low, "high": high, "sd_repeats": spread}


def _repeat_rows(about: dict, each: np.ndarray) -> list[dict]:
    return [{**about, "repeat": r, "score": float(s)} for r, s in enumerate(each)]


def _rank(
    asked: Asked, about: dict, predicted: np.ndarray, flat: np.ndarray, resamples: int, out: _Rows
) -> None:
    """Add how well the algorithms are ranked at fixed data set, model and sparsity."""
    cells = spearman_of_cells(asked.table, asked.target, predicted, flat)
    about = {**about, "task": RANKING, "metric": "Spearman"}
    status = "no cell of three methods" if cells.shape[1] == 0 else FLAT if flat.all() else None
    if status is not None:
        out.scores.append({**about, "score.status": status})
        return
    drawn = mean_spearman(cells, resamples, stream(asked.seed, "bootstrap"))
    each = cells.mean(axis=1)
    out.scores.append(_score_row(about, each, drawn))
    out.repeats.extend(_repeat_rows(about, each))


def _importance(
    asked: Asked,
    where: dict,
    scored: _Scored,
    shuffled: np.ndarray,
    names: list[str],
    bootstrap: _Bootstrap,
) -> list[dict]:
    """A row a family: what is lost without it, and how much more than without any other."""
    families = families_of(names)
    points = np.array([scored.mean - asked.each(s).mean() for s in shuffled])
    drawn = np.array([scored.drawn - bootstrap.scores(s) for s in shuffled])
    rows = []
    for i, (family, columns) in enumerate(families.items()):
        low, high = interval(drawn[i])
        row = {**where, "family": family, "n_features": len(columns)}
        row |= {"importance": float(points[i]), "low": low, "high": high}
        if len(families) > 1:
            lead = drawn[i] - np.delete(drawn, i, axis=0).max(axis=0)
            row["lead"] = float(points[i] - np.delete(points, i).max())
            row["lead_low"], row["lead_high"] = interval(lead)
        rows.append(row)
    return rows


def _ask(
    asked: Asked,
    sets: dict[str, tuple[np.ndarray, list[str]]],
    encodings: list[str],
    resamples: int,
    out: _Rows,
) -> dict[str, _Scored]:
    """Add the rows of one task under one folding; the scores by feature set."""
    found: dict[str, _Scored] = {}
    bootstrap = _Bootstrap(asked, resamples) if asked.status is None else None
    for features, (matrix, names) in sets.items():
        model = "dummy" if features == NOTHING else "xgboost"
        about = asked.describe(features, model, len(names))
        status = asked.status
        if status is None and not names and features != NOTHING:
            status = "no usable column"
        if status is not None or bootstrap is None:
            out.scores.append({**about, "score.status": status})
            continue
        own = matrix[asked.rows]
        flat = flat_within(asked.cells, own)
        predicted = asked.predictions(model, own, names if features in encodings else [])
        each = asked.each(predicted[0])
        found[features] = _Scored(
            float(each.mean()), bootstrap.scores(predicted[0]), bool(flat.all())
        )
        out.scores.append(_score_row(about, each, found[features].drawn))
        out.repeats.extend(_repeat_rows(about, each))
        if asked.task.kind == "regress" and features != NOTHING:
            _rank(asked, about, predicted[0], flat, resamples, out)
        if len(predicted) > 1:
            where = {"task": asked.task.name, "folding": asked.folding, "features": features}
            out.importance += _importance(
                asked, where, found[features], predicted[1:], names, bootstrap
            )
    return found


def _compare(task: str, found: dict[str, dict[str, _Scored]], encodings: list[str]) -> list[dict]:
    """Differences between feature sets on the same folds, and between the foldings."""
    pairs = []
    for folding, scored in found.items():
        for features in (e for e in encodings if e in scored):
            pairs += [((folding, features), (folding, o)) for o in scored if o != features]
            pairs += [
                ((folding, features), (other, features))
                for other in list(found)[list(found).index(folding) + 1 :]
                if features in found[other]
            ]
    rows = []
    classify, metric = TASKS[task].kind == "classify", TASKS[task].metric
    for (folding, features), (other_folding, other) in pairs:
        a, b = found[folding][features], found[other_folding][other]
        if classify and b.flat:  # below chance by construction: beating it says nothing
            continue
        low, high = interval(a.drawn - b.drawn)
        rows.append(
            {
                "task": task,
                "folding": folding,
                "features": features,
                "compared_folding": other_folding,
                "compared_with": other,
                "metric": metric,
                "difference": a.mean - b.mean,
                "low": low,
                "high": high,
            }
        )
    return rows


def check_names(tasks: Sequence[str], foldings: Sequence[str]) -> None:
    """Refuse tasks and foldings that there are not."""
    for given, known, what in ((tasks, TASKS, "task"), (foldings, FOLDINGS, "folding")):
        for name in given:
            if name not in known:
                raise UserError(f"There is no {what} {name!r}, only {', '.join(known)}.")


def predict(
    table: pd.DataFrame,
    *,
    encodings: list[str] | None = None,
    tasks: Sequence[str] = tuple(TASKS),
    foldings: Sequence[str] = FOLDINGS,
    repeats: int = 10,
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
    check_names(tasks, foldings)
    table = table[(table["sparsity"] > 0).to_numpy(dtype=bool)].reset_index(drop=True)
    sets = feature_sets(table, encodings, weights)
    chosen = [name for name in sets if name not in BASELINES]
    matrices: dict[str, tuple[np.ndarray, list[str]]] = {}
    left_out: list[dict] = []
    for features, names in sets.items():
        matrix, used, reasons = usable_columns(table, names)
        matrices[features] = (matrix, used)
        left_out += [{"features": features, "column": c, "reason": r} for c, r in reasons]
    matrices[NOTHING] = (np.empty((len(table), 0)), [])
    out = _Rows([], [], [], [])
    for name in tasks:
        found: dict[str, dict[str, _Scored]] = {}
        for folding in foldings:
            if progress is not None:
                progress(f"{name}, {folding} folds")
            asked = Asked(TASKS[name], folding, table, folds, range(repeats), seed)
            found[folding] = _ask(asked, matrices, chosen, resamples, out)
        out.comparisons += _compare(name, found, chosen)
    return Prediction(
        frame(out.scores, SCORES),
        frame(out.repeats, REPEATS),
        frame(out.comparisons, COMPARISONS),
        frame(out.importance, IMPORTANCE),
        frame(left_out, LEFT_OUT),
    )
