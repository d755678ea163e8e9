"""Figures: scores part by part, model by model, and on what training has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style
from nsgraph.studies.panels import TASK_NAMES, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["models_figure", "parts_figure", "transfer_figure"]

AT = "sparsity "
"""How the names of parts begin that are the networks of one sparsity; `sparsities` shows these."""
FOLDINGS = ("random", "grouped")
SHOWN = (
    *("multipartite", "rolled", "rolled-channel", "layer densities", "nodes and edges"),
    *("sparsity", "Ramanujan"),
)
COLOURS = dict(zip(SHOWN, (*PALETTE[:3], GREY, *PALETTE[3:6]), strict=True))


def _rows(scores: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    keep = scores["score"].notna()
    for name, value in wanted.items():
        keep &= scores[name] == value
    return scores[keep.to_numpy(dtype=bool)]


def _panels(
    scores: pd.DataFrame,
    columns: Sequence[str],
    column: str,
    lines: Sequence[str],
    line: str,
) -> Figure:
    """Figure with one panel a task and value of `column`: rows are `lines`, colours features."""
    from matplotlib.figure import Figure

    tasks = [t for t in TASK_NAMES if t != "ranking" and (scores["task"] == t).any()]
    names = [f for f in SHOWN if (scores["features"] == f).any()]
    figure = Figure(
        figsize=(
            max(2.6 * len(tasks) * len(columns) ** 0.5 + 2.0, 6.5),
            (0.15 * len(names) * max(len(lines), 2) + 0.9) * len(columns) + 0.8,
        )
    )
    grid = figure.subplots(len(columns), max(len(tasks), 1), squeeze=False, sharey=True)
    for axes_row, value in zip(grid, columns, strict=True):
        for axes, task in zip(axes_row, tasks, strict=False):
            own = _rows(scores, task=task, **{column: value})
            _dots(axes, own, names, lines, line)
            metric = "R² (1 = perfect)" if task.startswith("accuracy") else "balanced accuracy"
            axes.set_xlabel(metric)
            axes.set_title(f"{TASK_NAMES[task]}\n{value}")
        axes_row[0].set_yticks(range(len(lines)), lines)
        axes_row[0].set_ylim(len(lines) - 0.5, -0.5)
    legend_below(figure, grid[0, 0])
    return figure


def _dots(
    axes: Axes, own: pd.DataFrame, names: Sequence[str], lines: Sequence[str], line: str
) -> None:
    axes.axvline(0, color=GREY, lw=0.8)
    for i, features in enumerate(names):
        rows = _rows(own, features=features)
        shift = 0.7 * ((i + 0.5) / len(names) - 0.5)
        y = np.array([list(lines).index(v) for v in rows[line]]) + shift
        colour = COLOURS[features]
        axes.hlines(y, rows["low"], rows["high"], color=colour, lw=1.4, alpha=0.6)
        axes.plot(rows["score"], y, "o", color=colour, ms=3.6, label=features)
    lowest = own["low"].min() if len(own) else 0.0
    axes.set_xlim(max(min(lowest, 0.0), -1.0) - 0.05, 1.05)


def parts_figure(scores: pd.DataFrame) -> StudyFigure:
    """Scores of single architectures and data sets, both foldings."""
    own = _rows(scores, model="xgboost")
    own = own[own["folding"].isin(FOLDINGS).to_numpy(dtype=bool)]
    parts = sorted(p for p in set(own["part"]) - {"all"} if not (p.startswith(AT) or " on " in p))
    with style():
        figure = _panels(
            own[own["part"].isin(parts).to_numpy(dtype=bool)], FOLDINGS, "folding", parts, "part"
        )
        _folding_titles(figure)
    return StudyFigure(
        "parts",
        "Does it hold for every architecture and data set?",
        "XGBoost that learns from and is asked about the networks of one architecture or data "
        "set alone. Above: random folds, below: grouped folds. Points are means over "
        "repeats, lines 95 % bootstrap intervals over configurations and repeats.",
        "Dot plots of scores by architecture and data set, feature sets in colours.",
        figure,
    )


def models_figure(scores: pd.DataFrame) -> StudyFigure:
    """Scores of all models on the same folds."""
    own = _rows(scores, part="all")
    own = own[own["folding"].isin(FOLDINGS).to_numpy(dtype=bool)]
    models = [m for m in dict.fromkeys(own["model"]) if m != "dummy"]
    order = ("xgboost", "xgboost tuned", "random forest", "extra trees", "ridge", "ols")
    models = sorted(models, key=lambda m: order.index(m) if m in order else len(order))
    with style():
        figure = _panels(own, FOLDINGS, "folding", models, "model")
        _folding_titles(figure)
    return StudyFigure(
        "models",
        "Does it depend on the model?",
        "All models see the same folds; those that are tuned are tuned on folds of the training "
        "networks. Above: random folds, below: grouped folds. Points are means over repeats, lines "
        "95 % bootstrap intervals over configurations and repeats.",
        "Dot plots of scores by model, a colour for each feature set.",
        figure,
    )


def transfer_figure(scores: pd.DataFrame) -> StudyFigure:
    """Scores on architectures and data sets that training has not seen, beside grouped folds."""
    own = _rows(scores, part="all", model="xgboost")
    lines = ["grouped", "leave-one-model-out", "leave-one-dataset-out"]
    lines = [line for line in lines if (own["folding"] == line).any()]
    own = own[own["folding"].isin(lines).to_numpy(dtype=bool)]
    with style():
        figure = _panels(own, ["all"], "part", lines, "folding")
        _folding_titles(figure)
    return StudyFigure(
        "transfer",
        "Does it carry over to an architecture or a data set that was never seen?",
        "XGBoost asked about all networks of one architecture, or of one data set, having learnt "
        "from all others; beside it the grouped folds, which know architectures and data sets. "
        "Below 0 (R²): worse than answering the mean.",
        "Dot plots of scores by what is left out of training, a colour for each feature set.",
        figure,
    )


def _folding_titles(figure: Figure) -> None:
    for axes in figure.axes:
        axes.set_title(axes.get_title().replace("\nall", ""))
        for folding in FOLDINGS:
            title = axes.get_title()
            if title.endswith(f"\n{folding}"):
                axes.set_title(f"{title} folds")
