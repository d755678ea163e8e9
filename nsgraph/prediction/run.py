"""Cross-validated scores of every task, feature set, model and folding, with trivial baselines.

A score is computed once per repeat over the out-of-fold predictions of all networks, and averaged
over repeats. Its interval is a 95 % percentile bootstrap over configurations (data set, model,
method, sparsity) and repeats jointly: every resample draws configurations and one repeat, so that
the interval holds what other networks and what other folds would change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nsgraph.errors import UserError
from nsgraph.prediction.comparisons import Bootstrap, Scored, compare
from nsgraph.prediction.features import BASELINES, feature_sets, flat_within, usable_columns
from nsgraph.prediction.folds import CONFIGURATION, FOLDINGS, TRANSFER
from nsgraph.prediction.frames import COLUMNS, COMPARISONS, REPEATS, SCORES, frame
from nsgraph.prediction.models import MODELS
from nsgraph.prediction.parts import PARTS, WHOLE, parts_of
from nsgraph.prediction.scores import interval, mean_spearman, spearman_of_cells
from nsgraph.prediction.tasks import TASKS, Asked, check_names
from nsgraph.seeds import stream

__all__ = ["NOTHING", "RANKING", "Prediction", "predict", "sparse_networks"]

RANKING = "ranking"
NOTHING = "nothing"  # what the dummy looks at
DUMMY = "dummy"
FLAT = "features do not differ within a data set, model and sparsity"


@dataclass(frozen=True)
class Prediction:
    """Tables of scores; see the data dictionary for their columns."""

    scores: pd.DataFrame
    repeats: pd.DataFrame
    comparisons: pd.DataFrame
    columns: pd.DataFrame


@dataclass
class _Rows:
    scores: list[dict] = field(default_factory=list)
    repeats: list[dict] = field(default_factory=list)
    comparisons: list[dict] = field(default_factory=list)
    columns: list[dict] = field(default_factory=list)

    def add(self, about: dict, each: np.ndarray, row: dict) -> None:
        self.scores.append({**about, **row})
        self.repeats += [{**about, "repeat": r, "score": float(s)} for r, s in enumerate(each)]


@dataclass(frozen=True)
class _Features:
    """A feature set of one part of the table."""

    name: str
    matrix: np.ndarray
    columns: list[str]


def sparse_networks(table: pd.DataFrame) -> pd.DataFrame:
    """The networks that can be asked about, in order: dense ones are what a drop is measured from.

    Raises
    ------
    UserError
        If two rows are of one network, for under random folds one would give the other away; or if
        what a network is is not known of all.
    """
    for name in (*CONFIGURATION, "seed"):
        if name not in table:
            raise UserError(f"The networks table has no column {name}.")
        missing = int(table[name].isna().sum())
        if missing:
            raise UserError(f"In the networks table {missing} rows have no {name}.")
    sparse = table[(table["sparsity"] > 0).to_numpy(dtype=bool)]
    # folds are drawn by position: whichever order rows come in, they are the same
    sparse = sparse.sort_values([*CONFIGURATION, "seed"], kind="stable", ignore_index=True)
    repeated = int(sparse.duplicated([*CONFIGURATION, "seed"]).sum())
    if repeated:
        raise UserError(
            f"{repeated} rows of the networks table repeat another row's data set, model, method, "
            "sparsity and seed; a network may be there once."
        )
    return sparse


def predict(
    table: pd.DataFrame,
    *,
    encodings: list[str] | None = None,
    tasks: Sequence[str] = tuple(TASKS),
    foldings: Sequence[str] = FOLDINGS,
    models: Sequence[str] = ("xgboost",),
    parts: Sequence[str] = (WHOLE,),
    repeats: int = 10,
    folds: int = 5,
    seed: int = 0,
    resamples: int = 1000,
    weights: str = "final",
    without: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> Prediction:
    """Ask every task of every feature set under every folding; the same seed, the same tables.

    Parameters
    ----------
    table
        Networks table (`nsgraph.report.networks_table`), with the columns of `with_layers` for the
        baselines that need layers.
    encodings, weights, without
        See `feature_sets`.
    tasks, models
        Names of `TASKS` and `MODELS`. All models see the same folds; the dummy is always there.
    foldings
        `random`: stratified by class where there are classes. `grouped`: all seeds of a
        configuration in one fold, classes spread over folds. `leave-one-model-out` and
        `leave-one-dataset-out`: tested on an architecture or data set that training has not seen.
    parts
        Names of `PARTS`: the whole table, or each sparsity, model, data set, or model and data set
        on its own.
    repeats, folds
        How often cross-validation is repeated with new folds, and in how many.
    resamples
        Of the bootstrap behind the intervals.
    progress
        Called with one line before each question.
    """
    check_names("task", tasks, TASKS)
    check_names("folding", foldings, (*FOLDINGS, *TRANSFER))
    check_names("model", models, MODELS)
    check_names("part", parts, PARTS)
    table = sparse_networks(table)
    out = _Rows()
    for part, rows in parts_of(table, tuple(parts)).items():
        own = table[rows].reset_index(drop=True)
        sets = list(_feature_sets(part, own, (encodings, weights, without), out))
        better = [s.name for s in sets if s.name not in (*BASELINES, NOTHING)]
        for task in tasks:
            found: dict[str, dict[tuple[str, str], Scored]] = {}
            for folding in foldings:
                if progress is not None:
                    progress(f"{part}: {task}, {folding} folds")
                asked = Asked(TASKS[task], folding, own, folds, range(repeats), seed)
                found[folding] = _ask(part, asked, sets, models, resamples, out)
            about = {"part": part, "task": task, "metric": TASKS[task].metric}
            compared = compare(found, better, TASKS[task].kind == "classify")
            out.comparisons += [{**about, **row} for row in compared]
    return Prediction(
        frame(out.scores, SCORES),
        frame(out.repeats, REPEATS),
        frame(out.comparisons, COMPARISONS),
        frame(out.columns, COLUMNS),
    )


def _feature_sets(
    part: str,
    table: pd.DataFrame,
    chosen: tuple[list[str] | None, str, Sequence[str]],
    out: _Rows,
) -> Iterator[_Features]:
    """The feature sets of a part; columns that cannot be used there are noted."""
    for name, columns in feature_sets(table, *chosen).items():
        matrix, used, reasons = usable_columns(table, columns)
        yield _Features(name, matrix, used)
        noted = {"part": part, "features": name}
        out.columns += [{**noted, "column": c, "reason": reason} for c, reason in reasons]
    yield _Features(NOTHING, np.empty((len(table), 0)), [])


def _ask(
    part: str,
    asked: Asked,
    sets: list[_Features],
    models: Sequence[str],
    resamples: int,
    out: _Rows,
) -> dict[tuple[str, str], Scored]:
    """Add the rows of one task under one folding; the scores by feature set and model."""
    found: dict[tuple[str, str], Scored] = {}
    bootstrap = Bootstrap(asked, resamples) if asked.status is None else None
    for features in sets:
        nothing = features.name == NOTHING
        status = asked.status or (None if features.columns or nothing else "no usable column")
        for model in (DUMMY,) if nothing else models:
            about = {"part": part, **asked.describe(features.name, model, len(features.columns))}
            if status is not None or bootstrap is None:
                out.scores.append({**about, "score.status": status})
                continue
            own = features.matrix[asked.rows]
            flat = flat_within(asked.cells, own)
            predicted = asked.predictions(model, own)
            scored = bootstrap.scored(predicted, bool(flat.all()))
            found[features.name, model] = scored
            out.add(about, scored.each, scored.row())
            if asked.task.ranks and not nothing:
                _rank(asked, about, predicted, flat, resamples, out)
    return found


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
    low, high = interval(drawn)
    spread = float(each.std(ddof=1)) if len(each) > 1 else None
    row = {"score": float(each.mean()), "low": low, "high": high, "sd_repeats": spread}
    out.add(about, each, row)
