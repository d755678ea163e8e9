"""Figures: who is taken for whom, and predicted beside true accuracy drops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsgraph.studies.figures import GREY, StudyFigure, style
from nsgraph.studies.method_rows import colour_of
from nsgraph.studies.panels import CATEGORIES, TASK_NAMES, cases

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["confusion_figure", "drops_figure"]

FOLDINGS = ("random", "grouped")


def _in_order(labels: list[str], networks: pd.DataFrame) -> list[str]:
    """Classes by category: methods of one category stand together."""
    of = networks.drop_duplicates("method").set_index("method")["category"].to_dict()
    rank = {c: i for i, c in enumerate(CATEGORIES)}
    return sorted(labels, key=lambda m: (rank.get(of.get(m, m), len(rank)), m))


def confusion_figure(confusion: pd.DataFrame, networks: pd.DataFrame) -> StudyFigure:
    """Heat maps, rows true and columns predicted: tasks below, foldings beside each other.

    Parameters
    ----------
    confusion
        Table `prediction_confusion`.
    networks
        Networks table, for the categories of methods.
    """
    from matplotlib.figure import Figure

    tasks = [t for t in TASK_NAMES if t in set(confusion["task"])]
    classes = {
        t: _in_order(sorted(set(confusion[confusion["task"] == t]["truth"])), networks)
        for t in tasks
    }
    with style():
        heights = [0.26 * len(classes[t]) + 1.6 for t in tasks] or [2.0]
        width = 0.3 * max([len(c) for c in classes.values()] or [3]) * 2 + 3.4
        figure = Figure(figsize=(max(width, 6.5), sum(heights)))
        grid = figure.subplots(
            max(len(tasks), 1), 2, squeeze=False, gridspec_kw={"height_ratios": heights}
        )
        for line, task in zip(grid, tasks, strict=False):
            for axes, folding in zip(line, FOLDINGS, strict=True):
                keep = (confusion["task"] == task) & (confusion["folding"] == folding)
                own = confusion[keep.to_numpy(dtype=bool)]
                own = own[(own["part"] == "all").to_numpy(dtype=bool)]
                _shares(axes, own, classes[task])
                axes.set_title(f"{TASK_NAMES[task]}, {folding} folds")
                if axes is line[0]:
                    axes.set_ylabel("true")
                else:
                    axes.set_yticklabels([])
    return StudyFigure(
        "confusion",
        "Who is taken for whom?",
        "Share (%) of a class's networks (rows) that XGBoost names so (columns), out of fold, mean "
        "over repeats; shares below 1 % are not written. Grouped folds keep all seeds of a "
        "configuration together.",
        "Confusion matrices of categories and algorithms under random and grouped folds.",
        figure,
    )


def _shares(axes: Axes, own: pd.DataFrame, classes: list[str]) -> None:
    table = own.pivot(index="truth", columns="predicted", values="share")
    values = table.reindex(index=classes, columns=classes).to_numpy(dtype=np.float64)
    axes.imshow(np.nan_to_num(values), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    for i, j in np.argwhere(values >= 0.01):
        colour = "white" if values[i, j] > 0.6 else "#333333"
        axes.text(
            j, i, f"{100 * values[i, j]:.0f}", ha="center", va="center", fontsize=7, color=colour
        )
    axes.set_yticks(range(len(classes)), classes, fontsize=7.5)
    axes.set_xticks(range(len(classes)), classes, rotation=60, ha="right", fontsize=7.5)
    axes.set_xlabel("predicted")


def drops_figure(drops: pd.DataFrame, networks: pd.DataFrame) -> StudyFigure:
    """Predicted beside true accuracy drop, and the same as ranks within each cell.

    Parameters
    ----------
    drops
        Table `prediction_drops`.
    networks
        Networks table.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    about = networks[["network", "dataset", "model", "method", "category", "sparsity"]]
    rows = drops[(drops["part"] == "all").to_numpy(dtype=bool)].merge(
        about, on="network", validate="many_to_one"
    )
    with style():
        figure = Figure(figsize=(8.6, 8.2))
        grid = figure.subplots(2, 2)
        for (top, below), folding in zip(grid.T, FOLDINGS, strict=True):
            own = rows[(rows["folding"] == folding).to_numpy(dtype=bool)]
            _scatter(top, 100 * own["truth"], 100 * own["predicted"], own["category"])
            top.set_title(f"{folding} folds")
            top.set(xlabel="true accuracy drop (%)", ylabel="predicted accuracy drop (%)")
            ranks = _ranks(own)
            _scatter(below, ranks["truth"], ranks["predicted"], ranks["category"])
            below.set(xlabel="true rank of the algorithm (1 = least lost)", ylabel="predicted rank")
        shown = [c for c in CATEGORIES if c in set(rows["category"])]
        dots = [
            Line2D([], [], ls="", marker="o", ms=4.5, color=colour_of(c), label=c) for c in shown
        ]
        figure.legend(handles=dots, loc="outside lower center", ncols=5)
    n = rows["network"].nunique()
    return StudyFigure(
        "drops",
        "How far off are predicted accuracy drops, and do they rank the algorithms?",
        f"Out-of-fold predictions of XGBoost, mean over repeats. Above: {n} networks. "
        "Below: algorithms ranked by their mean over seeds within each data set, model "
        f"and sparsity ({len(cases(networks))} data sets and models); dots are jittered by up to "
        ".25 so that they do not hide each other. On the diagonal: right.",
        "Scatter plots of predicted against true accuracy drops and ranks.",
        figure,
    )


def _ranks(own: pd.DataFrame) -> pd.DataFrame:
    cell = ["dataset", "model", "sparsity"]
    means = own.groupby([*cell, "method", "category"], as_index=False)[
        ["truth", "predicted"]
    ].mean()
    ranks = means.groupby(cell)[["truth", "predicted"]].rank()
    jitter = np.random.default_rng(0).uniform(-0.25, 0.25, ranks.shape)
    return ranks.add(jitter).assign(category=means["category"])


def _scatter(axes: Axes, x: pd.Series, y: pd.Series, categories: pd.Series) -> None:
    ends = [min(x.min(), y.min(), 0), max(x.max(), y.max(), 1)] if len(x) else [0, 1]
    axes.plot(ends, ends, color=GREY, lw=0.8)
    colours = [colour_of(c) for c in categories]
    axes.scatter(x, y, s=9, c=colours, alpha=0.6, linewidths=0)
    axes.set_aspect("equal", adjustable="datalim")
