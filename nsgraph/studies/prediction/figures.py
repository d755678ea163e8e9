"""Figures of a prediction: scores beside baselines and shuffled labels, and all the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
import pandas as pd

from nsgraph.prediction import feature_sets, usable_columns
from nsgraph.prediction.run import sparse_networks
from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, empty_figure, style
from nsgraph.studies.panels import TASK_NAMES, legend_below, share_title
from nsgraph.studies.prediction.answers_figure import confusion_figure, drops_figure
from nsgraph.studies.prediction.curve_figure import curve_figure
from nsgraph.studies.prediction.flattery_figure import flattery_figure
from nsgraph.studies.prediction.importance_figure import beyond_figure, importance_figure
from nsgraph.studies.prediction.parts_figure import models_figure, parts_figure, transfer_figure
from nsgraph.studies.prediction.redundancy_figure import redundancy_figure
from nsgraph.studies.prediction.sparsity_figure import sparsities_figure

__all__ = ["prediction_figure", "prediction_figures"]

SHUFFLED = "labels shuffled"
FOLDINGS = (("random", "random folds", PALETTE[1]), ("grouped", "grouped folds", PALETTE[0]))
BASELINES = (
    *("Ramanujan", "parameters and FLOPs", "nodes and edges", "layer densities", "sparsity"),
    "nothing",
)

RESTS_ON = {  # figure: table of a prediction that may be empty, if no task could be asked
    "curve": "curve",
    "beyond": "beyond",
    "importance": "importance",
    "redundancy": "clusters",
    "confusion": "confusion",
    "drops": "drops",
}


def prediction_figures(
    tables: Mapping[str, pd.DataFrame], names: Collection[str]
) -> list[StudyFigure]:
    """Those of the figures that are asked for, in reading order.

    Parameters
    ----------
    tables
        `networks` and those of the prediction.
    names
        Of `nsgraph.studies.prediction.jobs.figures`.
    """

    def table(name: str) -> pd.DataFrame:
        return tables[f"prediction_{name}"]

    networks = tables["networks"]
    draw: dict[str, Callable[[], StudyFigure]] = {
        "prediction": lambda: prediction_figure(table("scores"), table("null")),
        "flattery": lambda: flattery_figure(networks, _metrics(networks)),
        "sparsities": lambda: sparsities_figure(table("scores")),
        "parts": lambda: parts_figure(table("scores")),
        "models": lambda: models_figure(table("scores")),
        "transfer": lambda: transfer_figure(table("scores")),
        "curve": lambda: curve_figure(table("curve")),
        "beyond": lambda: beyond_figure(table("beyond")),
        "importance": lambda: importance_figure(table("importance")),
        "redundancy": lambda: redundancy_figure(networks, table("clusters")),
        "confusion": lambda: confusion_figure(table("confusion"), networks),
        "drops": lambda: drops_figure(table("drops"), networks),
    }
    empty = {
        name
        for name, found in RESTS_ON.items()
        if f"prediction_{found}" in tables and table(found).empty
    }
    return [
        empty_figure(name, f"Of these networks the question of the figure {name!r} has no answer.")
        if name in empty
        else make()
        for name, make in draw.items()
        if name in names
    ]


def _metrics(networks: pd.DataFrame) -> list[str]:
    """Metrics of the first encoding that all networks have, without the sizes."""
    asked = sparse_networks(networks)
    columns = next(iter(feature_sets(asked, without=["size"]).values()))
    return usable_columns(asked, columns)[1]


def _score_rows(scores: pd.DataFrame, null: pd.DataFrame) -> list[str]:
    """Rows of the panels: encodings, each with its null below it, then the trivial baselines."""
    order = {name: i + 1 for i, name in enumerate(BASELINES)}
    rows = []
    for name in sorted(set(scores["features"]), key=lambda f: (order.get(f, 0), f)):
        rows += [name, f"{name},\n{SHUFFLED}"] if (null["features"] == name).any() else [name]
    return rows


def prediction_figure(scores: pd.DataFrame, null: pd.DataFrame, part: str = "all") -> StudyFigure:
    """Scores of every feature set and of shuffled labels, both foldings, one panel a task."""
    from matplotlib.figure import Figure

    keep = (scores["part"] == part) & scores["model"].isin(["xgboost", "dummy"])
    scores = scores[keep.to_numpy(dtype=bool)]
    null = null[(null["part"] == part).to_numpy(dtype=bool)]
    tasks = [t for t in TASK_NAMES if (scores["task"] == t).any()]
    rows = _score_rows(scores, null)
    with style():
        figure = Figure(figsize=(max(2.35 * len(tasks) + 1.2, 5.5), 0.36 * len(rows) + 1.9))
        panels = figure.subplots(1, max(len(tasks), 1), squeeze=False, sharey=True)[0]
        for axes, task in zip(panels, tasks, strict=False):
            metric = scores[(scores["task"] == task).to_numpy(dtype=bool)]["metric"].iloc[0]
            if metric != "balanced accuracy":
                axes.axvline(0, color=GREY, lw=0.8)
            lowest = 0.0
            for shift, (folding, name, colour) in zip((-0.15, 0.15), FOLDINGS, strict=True):
                own, shuffled = (
                    t[((t["task"] == task) & (t["folding"] == folding)).to_numpy(dtype=bool)]
                    for t in (scores, null)
                )
                own, shuffled = own.dropna(subset=["score"]), shuffled.dropna(subset=["null_mean"])
                y = np.array([rows.index(f) for f in own["features"]]) + shift
                axes.hlines(y, own["low"], own["high"], color=colour, lw=2, alpha=0.6)
                axes.plot(own["score"], y, "o", color=colour, ms=5, label=name)
                y = np.array([rows.index(f) + 1 for f in shuffled["features"]]) + shift
                axes.hlines(y, shuffled["null_low"], shuffled["null_high"], color=colour, lw=1)
                look = {"marker": "D", "ls": "", "mfc": "white", "mec": colour, "ms": 4.5}
                axes.plot(shuffled["null_mean"], y, label=f"{name}, {SHUFFLED}", **look)
                ends = [lowest, *own["low"].dropna(), *shuffled["null_low"].dropna()]
                lowest = min(ends)
            axes.set_title(TASK_NAMES[task])
            axes.set_xlabel(
                {"R2": "R² (1 = perfect)", "Spearman": "Spearman correlation"}.get(metric, metric)
            )
            axes.set_xlim(max(lowest, -1.0) - 0.05, 1.05)
        panels[0].set_yticks(range(len(rows)), rows)
        panels[0].set_ylim(len(rows) - 0.5, -0.5)
        panels[0].set_ylabel("what the model sees")
        legend_below(figure, panels[0])
    scored = scores.dropna(subset=["score"])
    sizes = sorted(set(scored["n_networks"])) or [0]
    n = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    repeats, folds = int(scores["repeats"].max()), int(scores["folds"].max())
    shuffles = int(null["null_samples"].max()) if len(null) else 0
    return StudyFigure(
        "prediction",
        "What do the graphs tell, and how much of it do trivial numbers tell?",
        f"Scores of XGBoost in {folds}-fold cross-validation, {repeats} repeats, n = {n} networks"
        f"{share_title(part)}. "
        "Grouped folds keep all seeds of a configuration (data set, model, method, sparsity) "
        "together; random folds, as in the paper, do not. Points are means over repeats, lines "
        "95 % bootstrap intervals over configurations and repeats (for the ranking: over data "
        "sets, models and sparsities, and repeats). Diamonds: the same model on labels, or "
        "accuracy drops, shuffled among the configurations of each data set, model and sparsity, "
        f"seeds kept together: mean and 95 % range of {shuffles} shuffles. This is what a score "
        "has to beat. Vertical lines: 0, what the mean (R²) or no order (Spearman) scores. What "
        "does not differ within a data set, model and sparsity cannot rank, and to classify by it "
        "scores below one in the number of classes by construction: the class of the left-out "
        "network is the one that training lacks.",
        "Dot plots of prediction scores for each encoding, shuffled labels and trivial baselines, "
        "random and grouped folds in two colours.",
        figure,
    )
