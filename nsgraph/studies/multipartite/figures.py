"""Figures of the multipartite study (Cunegatti et al. 2024), one function each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsgraph.studies.accuracy import accuracy_table
from nsgraph.studies.accuracy_figure import accuracy_figure
from nsgraph.studies.capacitance.sparse_figure import sparse_figure
from nsgraph.studies.figures import StudyFigure, style
from nsgraph.studies.method_rows import (
    MethodRows,
    label_rows,
    legend_of_sparsities,
    rows_of_methods,
    sparsity_places,
)
from nsgraph.studies.multipartite.motifs import motifs_figure
from nsgraph.studies.panels import cases, rows_of, seeds_in_words
from nsgraph.studies.prediction.figures import prediction_figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "all_figures",
    "distance_figure",
    "metrics_figure",
]

# Shown if the table has them: column (without encoding), axis label.
KEY_METRICS = (
    ("local.effective_sparsity", "effective sparsity"),
    ("local.sources_per_node", "sources per node"),
    ("connectivity.components", "components"),
    ("motifs.chain_per_edge", "chains per edge"),
    ("neighbourhood.hop2_per_node", "share of nodes within 2 hops"),
    ("strength.final_mean", "mean node strength"),
)


def metrics_figure(networks: pd.DataFrame, encoding: str = "multipartite") -> StudyFigure:
    """Key metrics as dots: methods as rows, sparsities as colours, one column a metric."""
    from matplotlib.figure import Figure

    sparse = networks[(networks["sparsity"] > 0).to_numpy(dtype=bool)]
    names = [(f"{encoding}.{c}", label) for c, label in KEY_METRICS]
    shown = [(c, label) for c, label in names if c in sparse and sparse[c].notna().any()][:5]
    shown_cases, rows = cases(sparse), rows_of_methods(sparse)
    places = sparsity_places(sparse)
    with style():
        size = max(2.1 * len(shown) + 2.0, 5.5), len(shown_cases) * (rows.inches + 0.9) + 0.5
        figure = Figure(figsize=size)
        grid = figure.subplots(len(shown_cases), max(len(shown), 1), squeeze=False, sharey=True)
        for line, case in zip(grid, shown_cases, strict=True):
            own = rows_of(sparse, case)
            for axes, (column, label) in zip(line, shown, strict=False):
                _metric(axes, own, column, rows, places)
                axes.set_title(f"{case[1]}\non {case[0]}\n{label}", fontsize=8.5)
        label_rows(grid, rows)
        legend_of_sparsities(figure, places)
    return StudyFigure(
        "metrics",
        "What do their graphs look like?",
        f"Metrics of the {encoding} graph, one column a metric, one block of rows a data set and "
        "model; effective sparsity counts weights on no path from input to output as pruned. "
        f"{len(sparse)} networks, {seeds_in_words(networks)} seeds per point; points are means "
        "over seeds, bars span the lowest to the highest seed, colours are sparsities.",
        "Dot plots of graph metrics, one row for each pruning method, a colour for each sparsity.",
        figure,
    )


def _metric(
    axes: Axes,
    table: pd.DataFrame,
    column: str,
    rows: MethodRows,
    places: Mapping[float, tuple[float, str]],
) -> None:
    """Mean of the seeds, and a bar from the least to the greatest."""
    numbers = table.assign(value=table[column].astype("float64")).dropna(subset=["value"])
    for y in rows.methods.values():
        axes.axhline(y, color="#eeeeee", lw=0.7, zorder=0)
    for sparsity, own in numbers.groupby("sparsity", sort=True):
        shift, colour = places[float(sparsity)]
        found = own.groupby("method")["value"].agg(["mean", "min", "max"])
        place = np.array([rows.methods[method] for method in found.index]) + shift
        axes.hlines(place, found["min"], found["max"], color=colour, lw=1)
        axes.plot(found["mean"], place, "o", color=colour, ms=3.4, mec="#333333", mew=0.3)
    axes.ticklabel_format(axis="x", scilimits=(-3, 4))


def distance_figure(pairs: pd.DataFrame) -> StudyFigure:
    """NNSTD between seeds of one configuration, beside what chance gives; methods as rows."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    of_seeds = (pairs["sparsity"] > 0) & (pairs["differ"] == "seed")
    pairs = pairs[of_seeds.to_numpy(dtype=bool)]
    shown_cases, rows = cases(pairs), rows_of_methods(pairs)
    places = sparsity_places(pairs)
    with style():
        width = min(max(9.0 / max(len(shown_cases), 1), 2.5), 4.5)
        size = max(width * len(shown_cases) + 2.0, 5.5), max(rows.inches, 1.2) + 1.4
        figure = Figure(figsize=size)
        grid = figure.subplots(1, max(len(shown_cases), 1), squeeze=False, sharey=True)
        for axes, case in zip(grid[0], shown_cases, strict=False):
            for (method, sparsity), own in rows_of(pairs, case).groupby(["method", "sparsity"]):
                shift, colour = places[float(sparsity)]
                _beside_chance(axes, own, rows.methods[str(method)] + shift, colour)
            axes.set_title(f"{case[1]}\non {case[0]}", fontsize=8.5)
            axes.set_xlabel("NNSTD between two seeds (0 to 1)")
        label_rows(grid, rows)
        chance = Line2D([], [], ls="", marker="|", ms=8, color="#333333")
        legend_of_sparsities(figure, places, {"chance at the same layer densities": chance})
    return StudyFigure(
        "distance",
        "Do seeds end in the same topology?",
        "Topology distance (NNSTD; 0: the same up to relabelling of neurons) between networks of "
        f"one configuration that differ in their seed alone, {len(pairs)} pairs. Strokes and grey "
        "bands: mean and two standard deviations of random networks with the same layer densities. "
        "Points left of the stroke: the method leads different seeds to similar topologies.",
        "Topology distances between seeds for each method, with the level that chance gives.",
        figure,
    )


def _beside_chance(axes: Axes, pairs: pd.DataFrame, y: float, colour: str) -> None:
    mean = pairs["distance.nnstd_er_mean"].astype("float64").mean()
    spread = 2 * pairs["distance.nnstd_er_sd"].astype("float64").fillna(0.0).mean()
    axes.hlines(y, mean - spread, mean + spread, color="#cccccc", lw=3.5)
    axes.vlines(mean, y - 0.2, y + 0.2, color="#333333", lw=1.2)
    found = pairs["distance.nnstd"].to_numpy(dtype="float64")
    axes.plot(found, np.full(len(found), y), "o", ms=3.2, color=colour, mec="#333333", mew=0.3)


def all_figures(
    tables: Mapping[str, pd.DataFrame], predicted: Collection[str]
) -> list[StudyFigure]:
    """All figures of the study, in reading order.

    Parameters
    ----------
    tables
        `networks`, `nulls`, `pairs`, those of the prediction, and, where neural capacitance was
        asked for, `capacitance` and `sparse_scores`.
    predicted
        Names of the figures of the prediction.
    """
    networks = tables["networks"]
    figures = [
        accuracy_figure(accuracy_table(networks)),
        metrics_figure(networks),
        motifs_figure(tables["nulls"], networks),
        *prediction_figures(tables, predicted),
        distance_figure(tables["pairs"]),
    ]
    if "sparse_scores" in tables:
        figures.append(sparse_figure(tables["capacitance"], tables["sparse_scores"]))
    return figures
