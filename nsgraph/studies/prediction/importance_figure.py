"""Figures: which families a prediction rests on, and what is left of it beyond layer densities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style
from nsgraph.studies.panels import TASK_NAMES, legend_below, share_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["beyond_figure", "importance_figure"]

SEES = (("metrics", "as measured", PALETTE[0]), ("residuals", "beyond layer densities", PALETTE[3]))
WAYS = (
    ("permutation", "score lost when\nthe family is shuffled"),
    ("SHAP", "how far the family\nmoves the answer (mean |SHAP|)"),
    ("gain", "share in the gain\nof all splits"),
)
INPUTS = (
    ("layer densities", GREY),
    ("metrics", PALETTE[0]),
    ("residuals", PALETTE[3]),
    ("layer densities and residuals", PALETTE[2]),
)


def importance_figure(
    importance: pd.DataFrame, part: str = "all", folding: str = "grouped"
) -> StudyFigure:
    """Families as rows, ways of weighing as columns, tasks below each other.

    Parameters
    ----------
    importance
        Table `prediction_importance`.
    part, folding
        Which of its rows.
    """
    from matplotlib.figure import Figure

    shown = _rows(importance, part=part, folding=folding, level="family")
    features = shown["features"].iloc[0] if len(shown) else "multipartite"
    shown = _rows(shown, features=features)
    tasks = [t for t in TASK_NAMES if t in set(shown["task"])]
    height = 0.24 * max(shown["name"].nunique(), 3) + 1.1
    with style():
        figure = Figure(figsize=(10.5, height * max(len(tasks), 1) + 0.4))
        grid = figure.subplots(max(len(tasks), 1), len(WAYS), squeeze=False)
        for line, task in zip(grid, tasks, strict=False):
            own = _rows(shown, task=task)
            families = _order(own)
            for axes, (way, label) in zip(line, WAYS, strict=True):
                _weights(axes, _rows(own, way=way), families)
                axes.set_title(TASK_NAMES[task] if axes is line[0] else "", loc="left")
                axes.set_xlabel(label)
                axes.set_yticks(range(len(families)), families if axes is line[0] else [])
                axes.set_ylim(len(families) - 0.5, -0.5)
        if tasks:
            legend_below(figure, grid[0, 0])
    return StudyFigure(
        "importance",
        "Which metrics does the prediction rest on?",
        f"Families of metrics of the {features} graph, {folding} folds"
        f"{share_title(part)}. Left: score lost on held-out networks when the columns of a family "
        "are shuffled together among them. Middle: mean absolute sum of the family's SHAP values "
        "on held-out networks, in units of the answer (log-odds for classes). Right: share in the "
        "gain of all splits, for reference: it is taken on training networks and is unstable. "
        "Red: the same for metrics less what layer densities, model and data set tell of them. "
        "Lines are 95 % bootstrap intervals over configurations and repeats (for the gain: over "
        "repeats).",
        "Dot plots of the importance of families of metrics, as measured and as residuals.",
        figure,
    )


def _rows(table: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    keep = np.ones(len(table), dtype=bool)
    for name, value in wanted.items():
        keep &= (table[name] == value).to_numpy(dtype=bool)
    return table[keep]


def _order(own: pd.DataFrame) -> list[str]:
    """Families, the one whose shuffling costs most first."""
    rows = _rows(own, way="permutation", sees="metrics")
    return [str(n) for n in rows.sort_values("importance", ascending=False)["name"]]


def _weights(axes: Axes, rows: pd.DataFrame, families: list[str]) -> None:
    axes.axvline(0, color=GREY, lw=0.8)
    for shift, (sees, label, colour) in zip((-0.14, 0.14), SEES, strict=True):
        own = _rows(rows, sees=sees)
        y = np.array([families.index(n) for n in own["name"]]) + shift
        axes.hlines(y, own["low"], own["high"], color=colour, lw=1.8, alpha=0.6)
        axes.plot(own["importance"], y, "o", color=colour, ms=4.5, label=label)


def beyond_figure(beyond: pd.DataFrame) -> StudyFigure:
    """Scores by what models saw: parts of the table as rows, one panel a task and folding.

    Parameters
    ----------
    beyond
        Table `prediction_beyond`.
    """
    from matplotlib.figure import Figure

    scored = beyond.dropna(subset=["score"])
    features = scored["features"].iloc[0] if len(scored) else "multipartite"
    scored = _rows(scored, features=features)
    panels = [
        (task, folding)
        for task in TASK_NAMES
        for folding in ("random", "grouped")
        if len(_rows(scored, task=task, folding=folding))
    ]
    parts = list(dict.fromkeys(scored["part"])) or ["all"]
    with style():
        figure = Figure(
            figsize=(max(2.7 * len(panels) + 1.4, 5.5), 0.62 * max(len(parts), 2) + 1.7)
        )
        grid = figure.subplots(1, max(len(panels), 1), squeeze=False, sharey=True)[0]
        for axes, (task, folding) in zip(grid, panels, strict=False):
            own = _rows(scored, task=task, folding=folding)
            axes.axvline(0, color=GREY, lw=0.8)
            for i, (sees, colour) in enumerate(INPUTS):
                rows = _rows(own, sees=sees)
                y = np.array([parts.index(p) for p in rows["part"]]) + 0.17 * (i - 1.5)
                axes.hlines(y, rows["low"], rows["high"], color=colour, lw=1.8, alpha=0.6)
                axes.plot(rows["score"], y, "o", color=colour, ms=4.5, label=sees)
            axes.set_xlim(max(own["low"].min(), -1.0) - 0.05, 1.05)
            axes.set_title(f"{TASK_NAMES[task]}\n{folding} folds")
            axes.set_xlabel("R² (1 = perfect)" if task.startswith("acc") else "balanced accuracy")
        grid[0].set_yticks(range(len(parts)), parts)
        grid[0].set_ylim(len(parts) - 0.5, -0.5)
        if panels:
            legend_below(figure, grid[0])
    return StudyFigure(
        "beyond",
        "Does topology say anything beyond the densities of the layers?",
        "XGBoost that sees the densities of the layers alone (grey), the metrics of the "
        f"{features} graph (blue), what is left of these metrics when layer densities, model and "
        "data set are known (red), and layer densities with what is left (green). Layer densities "
        "here come with model and data set. Topology says something of its own where red is above "
        "chance and green is right of grey. Lines are 95 % bootstrap intervals over "
        "configurations and repeats; residuals are fitted inside each fold.",
        "Dot plots of scores by what a model sees: layer densities, metrics, residuals, both.",
        figure,
    )
