"""Figure: scores among the networks of one sparsity, from the densest to the sparsest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from nsgraph.studies.figures import GREY, StudyFigure, style
from nsgraph.studies.panels import TASK_NAMES, legend_below
from nsgraph.studies.prediction.parts_figure import AT, COLOURS, FOLDINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["sparsities_figure"]


def sparsities_figure(scores: pd.DataFrame) -> StudyFigure:
    """One panel a task and folding, one line a feature set.

    Parameters
    ----------
    scores
        Table `prediction_scores`.
    """
    from matplotlib.figure import Figure

    own = scores.dropna(subset=["score"])
    keep = own["part"].str.startswith(AT) & own["folding"].isin(FOLDINGS)
    keep &= (own["model"] == "xgboost") & own["features"].isin(list(COLOURS))
    own = own[keep.to_numpy(dtype=bool)]
    own = own.assign(at=own["part"].str.removeprefix(AT).astype("float64"))
    places = {at: place for place, at in enumerate(sorted(own["at"].unique()))}
    tasks = [task for task in TASK_NAMES if (own["task"] == task).any()]
    with style():
        size = max(3.3 * len(tasks) + 0.6, 5.5), 5.8
        figure = Figure(figsize=size)
        grid = figure.subplots(2, max(len(tasks), 1), squeeze=False, sharex=True)
        for line, folding in zip(grid, FOLDINGS, strict=True):
            for axes, task in zip(line, tasks, strict=False):
                asked = (own["task"] == task) & (own["folding"] == folding)
                _lines(axes, own[asked.to_numpy(dtype=bool)], places)
                axes.set_title(f"{TASK_NAMES[task]}\n{folding} folds")
                drop = task.startswith("accuracy")
                metric = "Spearman correlation" if task == "ranking" else "balanced accuracy"
                axes.set_ylabel("R² (1 = perfect)" if drop else metric)
                axes.set_xticks(list(places.values()), [f"{100 * at:g}" for at in places])
        for axes in grid[1]:
            axes.set_xlabel("weights removed (%)")
        if tasks:
            legend_below(figure, grid[0, 0], 5)
    return StudyFigure(
        "sparsities",
        "Does it hold at every sparsity?",
        "XGBoost that learns from and is asked about the networks of one sparsity alone. Points "
        "are means over repeats, bands 95 % bootstrap intervals over configurations and repeats. "
        "Dashed: what guessing scores (one in the number of classes; else 0). The sparsity "
        "itself is the same for all here and tells nothing.",
        "Line plots of scores against sparsity, a colour for each feature set.",
        figure,
    )


def _lines(axes: Axes, own: pd.DataFrame, places: dict[float, int]) -> None:
    classes = own["n_classes"].dropna()
    axes.axhline(1 / classes.max() if len(classes) else 0.0, color=GREY, lw=0.8, ls="--")
    for features, colour in COLOURS.items():
        rows = own[(own["features"] == features).to_numpy(dtype=bool)].sort_values("at")
        x = rows["at"].map(places)
        axes.fill_between(x, rows["low"], rows["high"], color=colour, alpha=0.1, lw=0)
        if len(rows):
            axes.plot(x, rows["score"], "-o", color=colour, ms=3.5, label=features)
    axes.set_ylim(max(min(own["low"].min(), 0.0), -1.0) - 0.03 if len(own) else 0.0, 1.03)
