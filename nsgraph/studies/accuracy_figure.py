"""The accuracy of every method as a dot with its interval, also where there are many methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsgraph.studies.figures import GREY, StudyFigure, style
from nsgraph.studies.method_rows import MethodRows, colour_of, label_rows, rows_by_category
from nsgraph.studies.panels import cases, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["accuracy_figure"]

PANELS = 6  # side by side
WIDTH = 11.0  # inches, if the panels do not get too wide or too narrow
MORE = " *"


def accuracy_figure(accuracy: pd.DataFrame) -> StudyFigure:
    """Dots with intervals: methods as rows, one panel a data set, model and sparsity.

    Parameters
    ----------
    accuracy
        `nsgraph.studies.accuracy.accuracy_table`.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    sparse = accuracy[(accuracy["sparsity"] > 0).to_numpy(dtype=bool)]
    shown, sparsities = cases(sparse), sorted(sparse["sparsity"].unique())
    rows, longer = rows_by_category(_in_order(sparse)), _trained_longer(accuracy)
    abreast = max(1, PANELS // max(len(sparsities), 1)) * len(sparsities)
    panels = [(case, sparsity) for case in shown for sparsity in sparsities]
    columns, blocks = min(abreast, len(panels)), -(-len(panels) // abreast)
    with style():
        width = min(max((WIDTH - 1.8) / columns, 1.75), 2.7)
        size = columns * width + 1.8, blocks * (rows.inches + 1.05) + 0.35
        figure = Figure(figsize=size)
        grid = figure.subplots(blocks, columns, squeeze=False, sharey=True)
        for axes, (case, sparsity) in zip(grid.flat, panels, strict=False):
            of_case = rows_of(accuracy, case)
            _panel(axes, of_case, sparsity, rows)
            title = f"{case[1]}\non {case[0]}\n{100 * sparsity:g} % pruned"
            axes.set_title(title, fontsize=8.5)
            axes.set_xlabel("test accuracy (%)")
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        label_rows(grid, rows, dict.fromkeys(longer, MORE))
        dense = Line2D([], [], color=GREY, ls="--", lw=1, label="dense, with its 95 % interval")
        figure.legend(handles=[dense], loc="outside lower center")
    caption = (
        "Test accuracy at the epoch of best validation accuracy: means over seeds "
        f"({_seeds_in_words(sparse)} a point) and 95 % intervals (Student's t), cut off at the "
        "edge of a panel. Methods by category, and in each by their mean over the panels. Dashed "
        "line and grey band: the dense networks. A number beside an arrow is the mean of a method "
        "that lies further left."
    )
    if longer:
        caption += f" Methods with{MORE} are trained for more epochs than the others."
    return StudyFigure(
        "accuracy",
        "How accurate are the sparse networks?",
        caption,
        "Dot plots of test accuracy, one row for each pruning method, with the dense accuracy as a "
        "line.",
        figure,
    )


def _in_order(sparse: pd.DataFrame) -> list[tuple[str, str]]:
    """(category, method), the best first: by accuracy less the mean of the panel."""
    panel = sparse.groupby(["dataset", "model", "sparsity"])["mean"].transform("mean")
    lead = (sparse["mean"] - panel).groupby([sparse["category"], sparse["method"]]).mean()
    ordered = sorted(lead.items(), key=lambda item: (pd.isna(item[1]), -item[1], item[0]))
    return [(str(category), str(method)) for (category, method), _ in ordered]


def _trained_longer(accuracy: pd.DataFrame) -> list[str]:
    """Methods with more epochs than most at the same data set and model."""
    usual = accuracy.groupby(["dataset", "model"])["epochs"].transform("median")
    longer = (accuracy["epochs"] > usual).fillna(False).to_numpy(dtype=bool)
    return sorted(accuracy.loc[longer, "method"].unique())


def _seeds_in_words(sparse: pd.DataFrame) -> str:
    low, high = int(sparse["n"].min()), int(sparse["n"].max())
    return f"n = {low}" if low == high else f"n = {low} to {high}"


def _panel(axes: Axes, of_case: pd.DataFrame, sparsity: float, rows: MethodRows) -> None:
    dense = of_case[(of_case["method"] == "dense").to_numpy(dtype=bool)]
    shown = of_case[(of_case["sparsity"] == sparsity).to_numpy(dtype=bool)].dropna(subset=["mean"])
    for y in rows.methods.values():
        axes.axhline(y, color="#eeeeee", lw=0.7, zorder=0)
    if not dense.empty and pd.notna(dense["mean"].iloc[0]):
        mean, low, high = (100 * dense[c].iloc[0] for c in ("mean", "low", "high"))
        if pd.notna(low):
            axes.axvspan(low, high, color="#e2e2e2", lw=0, zorder=0.5)
        axes.axvline(mean, color=GREY, ls="--", lw=1, zorder=0.6)
    if shown.empty:
        return
    left, right = _limits(shown, dense)
    for row in shown.itertuples(index=False):
        y, colour = rows.methods[row.method], colour_of(row.category)
        mean = 100 * row.mean
        if mean < left:
            axes.plot([left], [y], marker="<", color=colour, ms=4.5, clip_on=False)
            text = f"{mean:.1f}"
            axes.annotate(
                text,
                (left, y),
                (5, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                color=colour,
            )
            continue
        axes.hlines(y, 100 * row.low, 100 * row.high, color=colour, lw=1.6, alpha=0.55)
        axes.plot([mean], [y], "o", color=colour, ms=4.2, mec="#333333", mew=0.3)
    axes.set_xlim(left, right)


def _limits(shown: pd.DataFrame, dense: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis: most means and intervals are inside, and a few far below squeeze none."""
    means = 100 * pd.concat([shown["mean"], dense["mean"].dropna()]).to_numpy(dtype=np.float64)
    top, quarter = float(means.max()), float(np.percentile(means, 25))
    left = max(float(means.min()), top - 3 * max(top - quarter, 0.5))
    width = max(top - left, 0.5)
    low = 100 * shown["low"].where(100 * shown["mean"] >= left).min()
    high = 100 * shown["high"].max()
    left = max(float(low), left - 0.3 * width) if pd.notna(low) else left
    right = min(max(float(high), top), top + 0.3 * width) if pd.notna(high) else top
    return left - 0.06 * width, right + 0.06 * width
