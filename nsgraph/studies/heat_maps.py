"""Matrices of distances as heat maps, relatives beside each other or in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from nsgraph.distance.matrix import clustering
from nsgraph.errors import UserError
from nsgraph.studies.figures import StudyFigure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["matrix_figure", "square"]

FloatArray = npt.NDArray[np.float64]

NAMED = 45  # networks; the names of more would run into each other
NUMBERS = 12  # networks; in a larger map the cells are too small for a number
PALE = 0.65  # distance above which a cell is so bright that its number has to be dark
CHANCE = {
    "distance.nnstd_er_mean": "random networks with the same layer densities",
    "distance.nnstd_degree_mean": "random networks in which all neurons keep their degrees",
}


def matrix_figure(
    rows: pd.DataFrame,
    *,
    order: Literal["clustering", "given"] = "clustering",
    name: str = "matrix",
    title: str = "How far apart are the networks?",
    axis: str = "",
    labels: Mapping[str, str] | None = None,
) -> StudyFigure:
    """Heat map of the distances between all pairs of some networks.

    Parameters
    ----------
    rows
        `Matrix.rows()` as a table: `network_a`, `network_b`, `distance.nnstd`, and for the mark of
        chance `distance.nnstd_er_mean` or `distance.nnstd_degree_mean`; one row for every pair.
    order
        `"clustering"`: along a dendrogram (average linkage, optimal leaf order), which is drawn;
        `"given"`: as the networks first appear, for trajectories.
    name, title
        Of the figure.
    axis
        Label of both axes, such as "epoch".
    labels
        Names to be shown instead of the networks'.

    Raises
    ------
    UserError
        If there is no row for a pair, or more than one.
    """
    from matplotlib.figure import Figure

    names, values = square(rows)
    level = _level(rows)
    tree = clustering(values) if order == "clustering" and len(names) > 2 else None
    inches = min(max(0.24 * len(names), 2.4), 9.0)
    with style():
        figure = Figure(figsize=(inches + (2.9 if tree is None else 3.8), inches + 1.2))
        if tree is None:
            axes, places = figure.subplots(), list(range(len(names)))
        else:
            beside, axes = figure.subplots(1, 2, width_ratios=(0.9, inches))
            places = _tree(beside, tree)
        image = _map(axes, values[np.ix_(places, places)])
        shown = [(labels or {}).get(names[place], names[place]) for place in places]
        _name(axes, shown, axis)
        _colour_bar(figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02), level)
    chance = _in_words(level)
    arranged = "Networks stand in the order given. " if tree is None else CLUSTERED
    return StudyFigure(
        name,
        title,
        f"Topology distance (NNSTD; 0: the same up to relabelling of neurons) between n = "
        f"{len(names)} networks, {len(rows)} pairs. {arranged}{chance}",
        f"Heat map of the distances between {len(names)} networks.",
        figure,
    )


CLUSTERED = (
    "Networks are ordered by hierarchical clustering (average linkage, optimal leaf order), drawn "
    "on the left. "
)


def square(rows: pd.DataFrame) -> tuple[list[str], FloatArray]:
    """Names and [n, n] distances of a table with a row for each pair."""
    a, b = (rows[column].astype(str).tolist() for column in ("network_a", "network_b"))
    names = list(dict.fromkeys(n for pair in zip(a, b, strict=True) for n in pair))
    place = {name: i for i, name in enumerate(names)}
    values = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(values, 0.0)
    i, j = ([place[n] for n in column] for column in (a, b))
    values[i, j] = values[j, i] = rows["distance.nnstd"].to_numpy(dtype=np.float64)
    pairs = len(names) * (len(names) - 1) // 2
    if len(rows) != pairs or np.isnan(values).any() or len(names) < 2:
        raise UserError(
            f"A matrix of {len(names)} networks has one row for each of {pairs} pairs; the table "
            f"has {len(rows)} rows, {int(np.isnan(values).sum()) // 2} pairs are missing."
        )
    return names, values


def _tree(axes: Axes, tree: FloatArray) -> list[int]:
    """Draw the dendrogram; returns the networks from top to bottom."""
    from scipy.cluster.hierarchy import dendrogram

    drawn = dendrogram(
        tree,
        ax=axes,
        orientation="left",
        no_labels=True,
        color_threshold=0,
        above_threshold_color="#444444",
    )
    axes.invert_yaxis()  # the first leaf on top, as in the map
    axes.set_axis_off()
    return [int(leaf) for leaf in drawn["leaves"]]


def _map(axes: Axes, values: FloatArray) -> Any:
    image = axes.imshow(values, vmin=0, vmax=1, cmap="viridis", aspect="auto")
    if len(values) <= NUMBERS:
        for (i, j), value in np.ndenumerate(values):
            pale = "black" if value > PALE else "white"
            text = f"{value:.2f}".removeprefix("0")
            axes.text(j, i, text, ha="center", va="center", fontsize=6.5, color=pale)
    return image


def _name(axes: Axes, shown: list[str], axis: str) -> None:
    step = -(-len(shown) // NAMED)
    ticks = range(0, len(shown), step)
    some = [shown[place] for place in ticks]
    size = 8 if len(shown) <= 20 else 6.5
    axes.set_xticks(ticks, some, rotation=90, fontsize=size)
    axes.set_yticks(ticks, some, fontsize=size)
    axes.set_xlabel(axis)
    axes.set_ylabel(axis)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _colour_bar(bar: Any, level: pd.Series) -> None:
    """The scale, with a mark where chance is: its mean, and its range over the pairs."""
    bar.set_label("NNSTD (0 to 1)")
    bar.outline.set_visible(False)
    if level.empty:
        return
    mean = float(level.mean())
    bar.ax.axhspan(float(level.min()), float(level.max()), color="white", alpha=0.45, lw=0)
    bar.ax.axhline(mean, color="white", lw=1.6)
    bar.ax.axhline(mean, color="black", lw=0.8)
    bar.ax.text(
        -0.3,
        mean,
        "chance",
        ha="right",
        va="center",
        fontsize=7.5,
        rotation=90,
        transform=bar.ax.get_yaxis_transform(),
    )


def _level(rows: pd.DataFrame) -> pd.Series:
    """Mean distance of random networks for each pair, under the column's name; or nothing."""
    column = next((name for name in CHANCE if name in rows), None)
    return pd.Series(dtype=float) if column is None else rows[column].astype("float64").dropna()


def _in_words(level: pd.Series) -> str:
    if level.empty:
        return "No level of chance was asked for."
    low, high = float(level.min()), float(level.max())
    found = f"{low:.3f}" if f"{low:.3f}" == f"{high:.3f}" else f"{low:.3f} to {high:.3f}"
    return f"The mark on the scale is chance: {CHANCE[str(level.name)]} are at {found} on average."
