"""One job of the prediction stage: which networks, which question, and the tables it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from nsgraph.errors import UserError
from nsgraph.prediction import (
    feature_sets,
    learning_curve,
    predict,
    predict_null,
    with_layers,
)
from nsgraph.prediction.answers import CONFUSION, DROPS, predict_answers
from nsgraph.prediction.frames import COLUMNS, COMPARISONS, CURVE, NULL_SAMPLES, REPEATS, SCORES
from nsgraph.prediction.frames import frame as typed
from nsgraph.prediction.importance import importance
from nsgraph.prediction.importance_frames import BEYOND, CLUSTERS, WEIGHED, table_of
from nsgraph.prediction.parts import parts_of
from nsgraph.prediction.run import sparse_networks
from nsgraph.studies.prediction.jobs import named

__all__ = ["answer", "joined", "networks_asked"]

Progress = Callable[[str], None]


def networks_asked(
    networks: pd.DataFrame, layers: pd.DataFrame | None, where: Mapping[str, Sequence[Any]]
) -> pd.DataFrame:
    """Networks of a job, with the densities of their layers as columns.

    Parameters
    ----------
    networks, layers
        Tables; without `layers` the networks have these columns already.
    where
        Column -> values of the networks that are kept.
    """
    found = networks if layers is None else with_layers(networks, layers)
    for column, values in where.items():
        if column not in found:
            raise UserError(f"A prediction keeps networks by {column!r}; there is no such column.")
        found = found[found[column].isin(list(values)).to_numpy(dtype=bool)]
        if found.empty:
            raise UserError(
                f"There is no network with {column} among {', '.join(map(str, values))}."
            )
    return found.reset_index(drop=True)


def answer(
    kind: str, table: pd.DataFrame, asked: Mapping[str, Any], progress: Progress | None = None
) -> dict[str, pd.DataFrame]:
    """Name -> table of a job.

    Parameters
    ----------
    kind
        `scores`, `importance`, `answers`, `null` or `curve`.
    table
        `networks_asked`.
    asked
        `nsgraph.studies.prediction.jobs.ask_of`.
    """
    found = ANSWERS[kind](table, asked, progress)
    for own in found.values():
        if "part" in own:
            own["part"] = [named(str(part), asked["name"]) for part in own["part"]]
    return found


def _shared(asked: Mapping[str, Any], *more: str) -> dict[str, Any]:
    names = ("encodings", "tasks", "foldings", "folds", "weights", "without", *more)
    return {name: asked[name] for name in names}


def _scores(
    table: pd.DataFrame, asked: Mapping[str, Any], progress: Progress | None
) -> dict[str, pd.DataFrame]:
    found = predict(table, **_shared(asked, "repeats", "models", "parts"), progress=progress)
    return {name: getattr(found, name) for name in ("scores", "repeats", "comparisons", "columns")}


def _null(
    table: pd.DataFrame, asked: Mapping[str, Any], progress: Progress | None
) -> dict[str, pd.DataFrame]:
    found = predict_null(table, **_shared(asked, "samples"), progress=progress)
    return {"null_samples": found}


def _curve(
    table: pd.DataFrame, asked: Mapping[str, Any], progress: Progress | None
) -> dict[str, pd.DataFrame]:
    return {"curve": learning_curve(table, **_shared(asked, "repeats"), progress=progress)}


def _columns(table: pd.DataFrame, asked: Mapping[str, Any]) -> dict[str, list[str]]:
    return feature_sets(table, asked["encodings"], asked["weights"], asked["without"])


def _answers(
    table: pd.DataFrame, asked: Mapping[str, Any], progress: Progress | None
) -> dict[str, pd.DataFrame]:
    own = sparse_networks(table)
    features = asked["encodings"][0]
    names = ("tasks", "foldings", "repeats", "folds")
    found = predict_answers(
        own,
        _columns(own, asked)[features],
        features=features,
        progress=progress,
        **{name: asked[name] for name in names},
    )
    return found._asdict()


def _importance(
    table: pd.DataFrame, asked: Mapping[str, Any], progress: Progress | None
) -> dict[str, pd.DataFrame]:
    sparse = sparse_networks(table)
    names = ("tasks", "foldings", "repeats", "folds")
    found = []
    for part, rows in parts_of(sparse, tuple(asked["parts"])).items():
        own = sparse[rows].reset_index(drop=True)
        sets = _columns(own, asked)
        for features in asked["encodings"]:
            weighed = importance(
                own,
                sets[features],
                sets["layer densities"],
                features=features,
                part=part,
                progress=progress,
                **{name: asked[name] for name in names},
            )
            found.append(weighed)
    tables = ("importance", "beyond", "clusters")
    return {name: joined(name, [getattr(f, name) for f in found]) for name in tables}


ANSWERS = {
    "scores": _scores,
    "importance": _importance,
    "answers": _answers,
    "null": _null,
    "curve": _curve,
}
TYPED = {
    "scores": (typed, SCORES),
    "repeats": (typed, REPEATS),
    "comparisons": (typed, COMPARISONS),
    "columns": (typed, COLUMNS),
    "null_samples": (typed, NULL_SAMPLES),
    "curve": (typed, CURVE),
    "importance": (table_of, WEIGHED),
    "beyond": (table_of, BEYOND),
    "clusters": (table_of, CLUSTERS),
}
PLAIN = {"confusion": CONFUSION, "drops": DROPS}


def joined(name: str, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several jobs as one table, each once, with the types of a single one."""
    full = [table for table in tables if len(table)]
    if name in PLAIN:
        rows = pd.concat(full, ignore_index=True) if full else tables[0]
        return rows[list(PLAIN[name])].drop_duplicates(ignore_index=True)
    make, columns = TYPED[name]
    rows = [row for table in full for row in table.to_dict("records")]
    return make(rows, columns).drop_duplicates(ignore_index=True)
