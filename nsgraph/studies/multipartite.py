"""Figures of the multipartite study (Cunegatti et al. 2024), one function each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nsgraph.studies.accuracy import accuracy_table
from nsgraph.studies.accuracy_figure import accuracy_figure
from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style
from nsgraph.studies.motifs import motifs_figure
from nsgraph.studies.panels import (
    against_sparsity,
    cases,
    legend_below,
    method_order,
    rows_of,
    seeds_in_words,
)

__all__ = [
    "all_figures",
    "distance_figure",
    "metrics_figure",
    "prediction_figure",
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
TASKS = (
    ("category-of-three", "category (paper's three)", "balanced accuracy"),
    ("category", "category (all)", "balanced accuracy"),
    ("algorithm", "algorithm", "balanced accuracy"),
    ("accuracy-drop", "accuracy drop", "R² (1 = perfect)"),
    ("ranking", "ranking of algorithms", "Spearman correlation"),
)
SHUFFLED = "labels shuffled"
FOLDINGS = (("random", "random folds", PALETTE[1]), ("grouped", "grouped folds", PALETTE[0]))


def metrics_figure(networks: pd.DataFrame, encoding: str = "multipartite") -> StudyFigure:
    """Key metrics against sparsity: a row of panels for each data set and model."""
    from matplotlib.figure import Figure

    methods = method_order(networks)
    names = [(f"{encoding}.{c}", label) for c, label in KEY_METRICS]
    shown = [(c, label) for c, label in names if c in networks and networks[c].notna().any()][:5]
    shown_cases = cases(networks)
    with style():
        figure = Figure(figsize=(max(2.6 * len(shown), 5.5), 2.3 * len(shown_cases) + 0.9))
        grid = figure.subplots(len(shown_cases), max(len(shown), 1), squeeze=False)
        for row, case in zip(grid, shown_cases, strict=True):
            rows = rows_of(networks, case)
            rows = rows[(rows["sparsity"] > 0).to_numpy(dtype=bool)]
            for axes, (column, label) in zip(row, shown, strict=False):
                numbers = rows.assign(**{column: rows[column].astype("float64")})
                against_sparsity(axes, numbers, column, methods)
                axes.ticklabel_format(axis="y", scilimits=(-3, 4))
                if case == shown_cases[0]:
                    axes.set_title(label)
                if case == shown_cases[-1]:
                    axes.set_xlabel("sparsity (%)")
            row[0].set_ylabel(f"{case[1]}\non {case[0]}")
        if shown:
            legend_below(figure, grid[0, 0])
    n = int((networks["sparsity"] > 0).sum())
    return StudyFigure(
        "metrics",
        "What do their graphs look like?",
        f"Metrics of the {encoding} graph against sparsity, one column a metric, one row a data "
        f"set and model; effective sparsity counts weights on no path from input to output as "
        f"pruned. {n} networks, {seeds_in_words(networks)} seeds per point; points are means over "
        "seeds, bars span the lowest to the highest seed.",
        "Small line charts of graph metrics against sparsity, one line for each pruning method.",
        figure,
    )


def _score_rows(scores: pd.DataFrame, null: pd.DataFrame) -> list[str]:
    """Rows of the panels: encodings, each with its null below it, then the trivial baselines."""
    order = {"nothing": 3, "nodes and edges": 2, "density": 1}
    rows = []
    for name in sorted(set(scores["features"]), key=lambda f: (order.get(f, 0), f)):
        rows += [name, f"{name},\n{SHUFFLED}"] if (null["features"] == name).any() else [name]
    return rows


def prediction_figure(scores: pd.DataFrame, null: pd.DataFrame) -> StudyFigure:
    """Scores of every feature set and of shuffled labels, both foldings, one panel a task."""
    from matplotlib.figure import Figure

    tasks = [t for t in TASKS if (scores["task"] == t[0]).any()]
    rows = _score_rows(scores, null)
    with style():
        figure = Figure(figsize=(max(2.35 * len(tasks) + 1.2, 5.5), 0.45 * len(rows) + 1.7))
        panels = figure.subplots(1, max(len(tasks), 1), squeeze=False, sharey=True)[0]
        for axes, (task, title, label) in zip(panels, tasks, strict=False):
            if label[0] in "RS":
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
            axes.set_title(title)
            axes.set_xlabel(label)
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
        f"Scores of XGBoost in {folds}-fold cross-validation, {repeats} repeats, n = {n} networks. "
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


def distance_figure(pairs: pd.DataFrame) -> StudyFigure:
    """NNSTD between seeds of one configuration, beside what chance gives."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    pairs = pairs[(pairs["sparsity"] > 0).to_numpy(dtype=bool)]
    shown_cases = cases(pairs)
    with style():
        figure = Figure(figsize=(max(4.6 * len(shown_cases), 5.5), 3.6))
        panels = figure.subplots(1, max(len(shown_cases), 1), squeeze=False, sharey=True)[0]
        sparsities = sorted(pairs["sparsity"].unique())
        colours = {s: PALETTE[i % len(PALETTE)] for i, s in enumerate(sparsities)}
        for axes, case in zip(panels, shown_cases, strict=False):
            rows = rows_of(pairs, case)
            methods = method_order(rows) if "category" in rows else sorted(rows["method"].unique())
            groups = rows.groupby(["method", "sparsity"], sort=True)
            for (method, sparsity), own in groups:
                step = 0.8 / len(sparsities)
                left = methods.index(method) - 0.4 + step * sparsities.index(sparsity)
                x = left + step * (np.arange(len(own)) + 1) / (len(own) + 1)
                mean = own["distance.nnstd_er_mean"].astype("float64").mean()
                spread = 2 * own["distance.nnstd_er_sd"].astype("float64").fillna(0.0).mean()
                axes.fill_between(
                    [left, left + step], mean - spread, mean + spread, color="#cccccc", lw=0
                )
                axes.hlines(mean, left, left + step, color="#333333", lw=1.2)
                axes.plot(
                    x,
                    own["distance.nnstd"],
                    "o",
                    ms=3.5,
                    color=colours[sparsity],
                    markeredgecolor="#333333",
                    markeredgewidth=0.3,
                )
            axes.set_xticks(range(len(methods)), methods, rotation=35, ha="right")
            axes.grid(axis="x", visible=False)
            axes.set_title(f"{case[1]} on {case[0]}")
        panels[0].set_ylabel("NNSTD between two seeds (0 to 1)")
        handles = [
            Line2D([], [], ls="", marker="o", ms=5, color=c, label=f"{100 * s:g} % pruned")
            for s, c in colours.items()
        ]
        handles.append(Line2D([], [], color="#333333", label="chance at the same layer densities"))
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return StudyFigure(
        "distance",
        "Do seeds end in the same topology?",
        "Topology distance (NNSTD; 0: the same up to relabelling of neurons) between networks of "
        f"one configuration that differ in their seed alone, {len(pairs)} pairs. Lines and grey "
        "bands: mean and two standard deviations of random networks with the same layer densities. "
        "Points below the line: the method leads different seeds to similar topologies.",
        "Topology distances between seeds for each method, with the level that chance gives.",
        figure,
    )


def all_figures(
    networks: pd.DataFrame,
    nulls: pd.DataFrame,
    pairs: pd.DataFrame,
    scores: pd.DataFrame,
    null: pd.DataFrame,
) -> list[StudyFigure]:
    """All figures of the study, in reading order."""
    return [
        accuracy_figure(accuracy_table(networks)),
        metrics_figure(networks),
        motifs_figure(nulls, networks),
        prediction_figure(scores, null),
        distance_figure(pairs),
    ]
