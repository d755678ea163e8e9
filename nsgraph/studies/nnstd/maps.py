"""Heat maps of the study of topology distance: before and after training, and along one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nsgraph.distance.matrix import clustering
from nsgraph.studies.figures import PALETTE, StudyFigure, style
from nsgraph.studies.nnstd.curves import CHANCE, T_INTERVAL, chance_band, points
from nsgraph.studies.nnstd.numbers import from_first, only

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["heat_map_figure", "trajectory_figure"]

Key = tuple[int, float]


def square(rows: pd.DataFrame) -> tuple[list[Key], npt.NDArray[np.float64]]:
    """Networks (root, place) in order and their `[n, n]` distances, from a row for each pair."""
    one = list(zip(rows["root_a"].astype(int), rows["place_a"], strict=True))
    other = list(zip(rows["root_b"].astype(int), rows["place_b"], strict=True))
    names = sorted({*one, *other})
    place = {name: i for i, name in enumerate(names)}
    values = np.zeros((len(names), len(names)))
    i, j = [place[name] for name in one], [place[name] for name in other]
    values[i, j] = values[j, i] = rows["distance"].to_numpy(dtype=np.float64)
    return names, values


def heat_map_figure(distances: pd.DataFrame) -> StudyFigure:
    """All pairs of trained networks before and after, each map ordered by clustering."""
    from matplotlib.figure import Figure

    panels = [
        (experiment, layers, f"{words}, {when}")
        for layers, words in (("all", "All layers"), ("first", "First layer"))
        for experiment, when in (("before", "before training"), ("after", "after training"))
    ]
    with style():
        figure = Figure(figsize=(8.2, 7.4))
        grid = figure.subplots(2, 2)
        for axes, (experiment, layers, title) in zip(grid.flat, panels, strict=True):
            names, values = square(only(distances, experiment=experiment, layers=layers))
            image = _ordered(axes, names, values)
            axes.set_title(title)
            if experiment == "after":  # one scale a row: chance of these layers is marked on it
                row = grid[("all", "first").index(layers)]
                _scale(figure.colorbar(image, ax=row, shrink=0.85, aspect=18), distances, layers)
    starts = len({start for start, _ in names})
    return StudyFigure(
        "heat_maps",
        "Which networks are alike?",
        f"Topology distance (NNSTD) between all pairs of n = {len(names)} networks from {starts} "
        "starts (one colour each; letters: starts, numbers: networks), ordered by hierarchical "
        "clustering (average linkage, optimal leaf order) in each map. The mark on each scale is "
        "chance, for all layers or the first. After figures 4, 5, 6a and 6b of Liu et al. 2020.",
        "Four heat maps of the distances between networks, before and after training.",
        figure,
    )


def _ordered(axes: Axes, names: list[Key], values: npt.NDArray[np.float64]) -> Any:
    from scipy.cluster.hierarchy import leaves_list

    order = [int(leaf) for leaf in leaves_list(clustering(values))]
    image = axes.imshow(values[np.ix_(order, order)], vmin=0, vmax=1, cmap="viridis")
    starts = sorted({start for start, _ in names})
    letters = {start: chr(ord("A") + i % 26) for i, start in enumerate(starts)}
    shown = [names[leaf] for leaf in order]
    words = [f"{letters[start]}{int(number) + 1}" for start, number in shown]
    axes.set_xticks(range(len(order)), words, rotation=90, fontsize=7.5)
    axes.set_yticks(range(len(order)), words, fontsize=7.5)
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        for label, (start, _) in zip(labels, shown, strict=True):
            label.set_color(PALETTE[starts.index(start) % 7])
            label.set_fontweight("bold")
    _plain(axes)
    return image


def _plain(axes: Axes) -> None:
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _scale(bar: Any, distances: pd.DataFrame, layers: str = "all") -> None:
    """The scale, with a mark at the level of chance."""
    level = float(only(distances, experiment="after", layers=layers)["chance_mean"].mean())
    bar.set_label("distance (NNSTD)")
    bar.outline.set_visible(False)
    bar.ax.axhline(level, color="white", lw=2.4)
    bar.ax.axhline(level, color="black", lw=1)
    bar.ax.text(
        -0.4,
        level,
        "chance",
        ha="right",
        va="center",
        rotation=90,
        fontsize=7.5,
        transform=bar.ax.get_yaxis_transform(),
    )


def trajectory_figure(distances: pd.DataFrame) -> StudyFigure:
    """One network's snapshots against each other, and how far several are from their starts."""
    from matplotlib.figure import Figure

    rows = only(distances, experiment="trajectory", layers="all")
    grid = from_first(distances, "trajectory")
    first = rows.groupby("root_a")["place_a"].transform("min")
    from_start = rows[(rows["place_a"] == first).to_numpy(dtype=bool)]
    shown = int(rows["root_a"].min())
    with style():
        figure = Figure(figsize=(9.8, 3.9))
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
        names, values = square(rows[(rows["root_a"] == shown).to_numpy(dtype=bool)])
        image = left.imshow(values, vmin=0, vmax=1, cmap="viridis")
        epochs = [f"{epoch:g}" for _, epoch in names]
        left.set_xticks(range(len(names)), epochs)
        left.set_yticks(range(len(names)), epochs)
        left.set_xlabel("epoch")
        left.set_ylabel("epoch")
        left.set_title("One network, against itself")
        _plain(left)
        _scale(figure.colorbar(image, ax=left, shrink=0.85), distances)
        chance_band(right, from_start)
        for values_of_one in grid.to_numpy(dtype=np.float64):
            right.plot(grid.columns, values_of_one, color=PALETTE[5], lw=0.7)
        points(right, grid, PALETTE[0], "mean over networks")
        right.set_ylim(0, 1.02)
        right.set_xlabel("epoch")
        right.set_ylabel("distance from the start")
        right.set_title("How far from the start?")
        right.legend(loc="lower right")
    return StudyFigure(
        "trajectory",
        "How far does training move a topology?",
        "Topology distance (NNSTD), all layers, between snapshots of one network trained by SET "
        f"(left), and from the start of n = {len(grid)} networks of different starts (thin; thick: "
        f"their mean with {T_INTERVAL}). {CHANCE} After figure 6c of Liu et al. 2020.",
        "Heat map of the distances between snapshots of a training, and distance from the start "
        "against the epoch.",
        figure,
    )
