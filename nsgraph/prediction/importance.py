"""Which metrics a prediction rests on, and what is left of it beyond the densities of the layers.

Three ways to weigh a set of columns, all of them on networks that the model was not fitted to, but
for gain, which stands beside them because papers report it: the score lost when the set is shuffled
among the test networks (Breiman 2001), how far the set moves the answers (SHAP, Lundberg et al.
2020), and its share in what all splits gained. Sets are families of metrics, and clusters of
metrics that are correlated: shuffling one of two metrics that say the same loses nothing.

The same again for residuals: every metric less what the densities of the layers, the architecture
and the data set tell of it. What layer densities predict, residuals cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nsgraph.prediction.features import usable_columns
from nsgraph.prediction.importance_frames import BEYOND, CLUSTERS, WEIGHED, table_of
from nsgraph.prediction.out_of_fold import ALONE, HELD, Answers, Seen, answers
from nsgraph.prediction.redundancy import Redundancy, redundancy
from nsgraph.prediction.residuals import Residuals
from nsgraph.prediction.scores import group_weights, interval
from nsgraph.prediction.tasks import TASKS, Asked, families_of
from nsgraph.seeds import stream

__all__ = ["Importance", "held_fixed", "importance"]

WAYS = ("permutation", "SHAP", "gain")


@dataclass(frozen=True)
class Importance:
    """Tables; see the data dictionary for their columns."""

    importance: pd.DataFrame
    beyond: pd.DataFrame
    clusters: pd.DataFrame


def held_fixed(table: pd.DataFrame, densities: list[str]) -> np.ndarray:
    """Layer densities, data set and model as numbers: float64 [networks, columns].

    A layer that a network does not have counts 0; model and data set are 0 or 1 each.
    """
    layers = table[densities].astype("float64").fillna(0.0)
    places = pd.get_dummies(table[["dataset", "model"]].astype(str), dtype="float64")
    found = np.column_stack([layers.to_numpy(), places.to_numpy()])
    return found[:, (found != found[:1]).any(axis=0)]


def importance(
    table: pd.DataFrame,
    columns: list[str],
    densities: list[str],
    *,
    features: str,
    part: str = "all",
    tasks: Sequence[str] = ("category-of-three", "accuracy-drop"),
    foldings: Sequence[str] = ("grouped",),
    repeats: int = 10,
    folds: int = 5,
    seed: int = 0,
    resamples: int = 1000,
    progress: Callable[[str], None] | None = None,
) -> Importance:
    """Weigh the columns of one feature set, as measured and as residuals.

    Parameters
    ----------
    table
        Networks table, without dense networks.
    columns, features
        Columns of the metrics, and what the set is called.
    densities
        Columns with the densities of the layers.
    tasks, foldings, repeats, folds, seed, resamples, progress
        As in `predict`.
    """
    matrix, names, _ = usable_columns(table, columns)
    places = table.groupby(["dataset", "model"]).ngroup().to_numpy()
    alike = redundancy(matrix, names, places)
    held = held_fixed(table, densities)
    weighed: list[dict] = []
    beyond: list[dict] = []
    for task in tasks:
        for folding in foldings:
            if progress is not None:
                progress(f"{features}: {task}, {folding} folds")
            asked = Asked(TASKS[task], folding, table, folds, range(repeats), seed)
            where = {"part": part, "task": task, "folding": folding, "features": features}
            status = asked.status or (None if names else "no usable column")
            if status is not None:
                beyond.append({**where, "metric": asked.task.metric, "score.status": status})
                continue
            seen = Seen(matrix[asked.rows], held[asked.rows])
            found = answers(asked, seen, {**families_of(names), **_named(alike)})
            drawn = _Drawn(asked, resamples)
            weighed += _weighed(asked, where, drawn, found, alike)
            beyond += _beyond(asked, where, drawn, found)
    explained = _explained(table, matrix, held)
    return Importance(
        table_of(weighed, WEIGHED),
        table_of(beyond, BEYOND),
        table_of(_clusters(part, features, alike, explained), CLUSTERS),
    )


def _named(alike: Redundancy) -> dict[str, np.ndarray]:
    """Clusters of metrics, by the metric that is most like all of its cluster."""
    found = {}
    for cluster in range(1, int(alike.clusters.max(initial=0)) + 1):
        members = np.flatnonzero(alike.clusters == cluster)
        near = np.abs(alike.correlations[np.ix_(members, members)]).sum(axis=1)
        found[alike.names[members[near.argmax()]]] = members
    return found


class _Drawn:
    """Resamples of configurations and repeats, the same for everything that is compared."""

    def __init__(self, asked: Asked, resamples: int) -> None:
        self.asked = asked
        self.weights = group_weights(
            asked.groups, asked.strata, resamples, stream(asked.seed, "bootstrap")
        )
        repeats = stream(asked.seed, "bootstrap-repeats")
        self.repeats = repeats.integers(len(asked.repeats), size=resamples)

    def scores(self, predicted: np.ndarray) -> np.ndarray:
        """Score of every resample, from predictions [repeats, networks]."""
        return self.asked.score(self.asked.target, predicted[self.repeats], self.weights)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Mean over networks of every resample, from values [repeats, networks]."""
        total = (self.weights * values[self.repeats]).sum(axis=1)
        return np.asarray(total / self.weights.sum(axis=1))


def _weighed(
    asked: Asked, where: dict, drawn: _Drawn, found: dict[str, Answers], alike: Redundancy
) -> list[dict]:
    """A row a set of columns, way of weighing and kind of metrics."""
    families = families_of(alike.names)
    sets = [("family", name, len(columns)) for name, columns in families.items()]
    sets += [("cluster", name, len(columns)) for name, columns in _named(alike).items()]
    rows = []
    for kind in ALONE:
        own = found[kind]
        score, drawn_score = asked.each(own.predicted).mean(), drawn.scores(own.predicted)
        lost = [score - asked.each(s).mean() for s in own.shuffled]
        drawn_lost = [drawn_score - drawn.scores(s) for s in own.shuffled]
        moved = [p.mean() for p in own.pushed]
        drawn_moved = [drawn.means(p) for p in own.pushed]
        share = [g.mean() for g in own.gain]
        drawn_share = [g[drawn.repeats] for g in own.gain]
        ways = ((lost, drawn_lost), (moved, drawn_moved), (share, drawn_share))
        for way, (points, spread) in zip(WAYS, ways, strict=True):
            for level in ("family", "cluster"):
                mine = [i for i, (of, _, _) in enumerate(sets) if of == level]
                for i in mine:
                    row = {**where, "sees": kind, "way": way, "level": level}
                    row |= {"name": sets[i][1], "n_features": sets[i][2]}
                    row |= _interval_row("importance", points[i], spread[i])
                    others = [j for j in mine if j != i]
                    if others:
                        best = max(points[j] for j in others)
                        beaten = spread[i] - np.max([spread[j] for j in others], axis=0)
                        row |= _interval_row("lead", points[i] - best, beaten, "lead_")
                    rows.append(row)
    return rows


def _interval_row(name: str, value: float, drawn: np.ndarray, prefix: str = "") -> dict:
    low, high = interval(drawn)
    return {name: float(value), f"{prefix}low": low, f"{prefix}high": high}


def _beyond(asked: Asked, where: dict, drawn: _Drawn, found: dict[str, Answers]) -> list[dict]:
    """Scores by what models saw, and how much better than layer densities alone."""
    reference, drawn_reference = (
        asked.each(found[HELD].predicted),
        drawn.scores(found[HELD].predicted),
    )
    rows = []
    for kind, own in found.items():
        each, spread = asked.each(own.predicted), drawn.scores(own.predicted)
        row = {**where, "metric": asked.task.metric, "sees": kind}
        row |= {"n_networks": len(asked.table), "n_configurations": len(np.unique(asked.groups))}
        row |= _interval_row("score", each.mean(), spread)
        if kind != HELD:
            better = each.mean() - reference.mean()
            row |= _interval_row("gained", better, spread - drawn_reference, "gained_")
        rows.append(row)
    return rows


def _explained(table: pd.DataFrame, matrix: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Share of every metric's variance that layer densities, data set and model explain."""
    from nsgraph.prediction.folds import configuration_groups

    if not matrix.shape[1] or not held.shape[1]:
        return np.zeros(matrix.shape[1])
    return Residuals(held, matrix, configuration_groups(table)).explained


def _clusters(part: str, features: str, alike: Redundancy, explained: np.ndarray) -> list[dict]:
    names = {int(alike.clusters[m[0]]): name for name, m in _named(alike).items()}
    places = {int(column): place for place, column in enumerate(alike.order)}
    return [
        {
            "part": part,
            "features": features,
            "position": places[i],
            "column": name,
            "cluster": int(alike.clusters[i]),
            "representative": names[int(alike.clusters[i])],
            "explained": explained[i],
        }
        for i, name in enumerate(alike.names)
    ]
