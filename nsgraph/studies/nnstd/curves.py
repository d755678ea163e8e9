"""Figures of the study of topology distance: accuracies, and distances by step and start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style
from nsgraph.studies.intervals import mean_interval
from nsgraph.studies.nnstd.numbers import from_first, only, retraining

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["accuracy_figure", "chain_figure", "chance_band", "evolution_figure", "points"]
__all__ += ["retraining_figure"]

BAND = "#dddddd"
T_INTERVAL = "95 % intervals (Student's t)"
CHANCE = (
    "Grey band: chance, the mean ± 2 standard deviations over Erdős–Rényi networks with as many "
    "links in every layer, by the same procedure; dotted: the closed form for such networks before "
    "their neurons are matched."
)


def points(
    axes: Axes, grid: pd.DataFrame, colour: str, label: str, marker: str = "o", shift: float = 0.0
) -> None:
    """Means of the columns with their intervals, joined by a line, `shift` beside their places."""
    found = [mean_interval(grid[column]) for column in grid]
    means = np.array([np.nan if each.mean is None else each.mean for each in found])
    low, high = (
        np.array([getattr(each, end) if each.low is not None else each.mean for each in found])
        for end in ("low", "high")
    )
    around = np.array([means - low, high - means])
    places = grid.columns.to_numpy(dtype=np.float64) + shift
    axes.errorbar(
        places, means, around, color=colour, marker=marker, ms=4, capsize=2.5, lw=1.3, label=label
    )


def chance_band(axes: Axes, rows: pd.DataFrame, words: str = "chance ± 2 sd") -> None:
    """Chance by place of the other network, and the closed form without matching."""
    level = rows.groupby("place_b")[["chance_mean", "chance_sd", "unaligned"]].mean()
    places = level.index.to_numpy(dtype=np.float64)
    mean, spread = level["chance_mean"], 2 * level["chance_sd"]
    axes.fill_between(places, mean - spread, mean + spread, color=BAND, lw=0, label=words)
    axes.plot(places, level["chance_mean"], color=GREY, lw=1)
    axes.plot(places, level["unaligned"], color=GREY, lw=1, ls=":", label="chance, not matched")


def log_ticks(axes: Axes, places: Iterable[float]) -> None:
    """A logarithmic horizontal axis with a tick at every place."""
    from matplotlib.ticker import NullLocator

    ticks = sorted(set(places))
    axes.set_xscale("log")
    axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def accuracy_figure(accuracy: pd.DataFrame) -> StudyFigure:
    """Accuracy against density, fixed and evolved, beside the dense network (figure 2)."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(6.4, 3.9))
        axes = figure.subplots()
        dense = only(accuracy, method="dense").iloc[0]
        mean, low, high = (100 * dense[name] for name in ("mean", "low", "high"))
        axes.axhspan(low, high, color=BAND, lw=0, zorder=0)
        axes.axhline(mean, color=GREY, ls="--", lw=1, label="dense", zorder=1)
        for method, label, colour, marker in (
            ("set", "trained by SET", PALETTE[0], "o"),
            ("er", "random, fixed", PALETTE[3], "s"),
        ):
            rows = only(accuracy, method=method).sort_values("sparsity", ascending=False)
            numbers = 100 * rows[["mean", "low", "high"]].to_numpy(dtype=np.float64)
            means, lows, highs = numbers.T
            axes.errorbar(
                100 * (1 - rows["sparsity"]),
                means,
                [means - lows, highs - means],
                color=colour,
                marker=marker,
                ms=4,
                capsize=2.5,
                label=label,
            )
        sparse = accuracy[(accuracy["sparsity"] > 0).to_numpy(dtype=bool)]
        log_ticks(axes, 100 * (1 - sparse["sparsity"]))
        axes.set_xlabel("density (% of weights kept)")
        axes.set_ylabel("test accuracy (%)")
        bottom, top = axes.get_ylim()
        axes.set_ylim(max(bottom, 0), min(top, 101))
        axes.legend(loc="lower right")
    return StudyFigure(
        "accuracy",
        "How many weights does it take?",
        f"Test accuracy at the epoch of best validation accuracy, means over n = {dense['n']} "
        f"seeds and {T_INTERVAL}. Dashed with a band: the dense network. After figure 2 of Liu et "
        "al. 2020.",
        "Accuracy against density for fixed random topologies and those trained by SET.",
        figure,
    )


def chain_figure(distances: pd.DataFrame) -> StudyFigure:
    """Distances of random networks: little by little apart, and of other densities (figure 3)."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(9.6, 3.9))
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, experiment in ((left, "chain"), (right, "densities")):
            rows = only(distances, experiment=experiment, layers="all")
            first = rows.groupby("root_a")["place_a"].transform("min")
            rows = rows[(rows["place_a"] == first).to_numpy(dtype=bool)]
            grid = from_first(distances, experiment)
            chance_band(axes, rows)
            for values in grid.to_numpy(dtype=np.float64):
                axes.plot(grid.columns, values, color=PALETTE[5], lw=0.7)
            points(axes, grid, PALETTE[0], "mean over roots")
        grid = from_first(distances, "chain")
        left.set_title("A few more links elsewhere at every step")
        left.set_xlabel("step: networks after the first")
        left.set_ylabel("distance to the first network")
        low = float(only(distances, experiment="densities")["place_a"].min())
        right.set_title(f"Independent networks, the first of {100 * low:g} %")
        right.set_xlabel("density of the other network (%)")
        log_ticks(right, from_first(distances, "densities").columns)
        right.set_xticklabels(f"{100 * d:.3g}" for d in right.get_xticks())
        left.set_ylim(0, 1.02)
        left.legend(loc="center right", bbox_to_anchor=(1, 0.6))
    return StudyFigure(
        "chain",
        "Does the distance grow with what is changed?",
        "Left: networks of which each differs from the one before in a few of its links, drawn at "
        "random. Right: independent random networks of two densities, so that the distance is that "
        f"of chance. Topology distance (NNSTD), all layers; thin: n = {len(grid)} roots; thick: "
        f"their mean with {T_INTERVAL}. {CHANCE} After figure 3 of Liu et al. 2020.",
        "Distance against step of a chain of networks, and against density, with chance.",
        figure,
    )


GROUPS = (
    ("before", True, "same start,\nbefore"),
    ("after", True, "same start,\nafter"),
    ("before", False, "different starts,\nbefore"),
    ("after", False, "different starts,\nafter"),
)


def evolution_figure(distances: pd.DataFrame) -> StudyFigure:
    """Distances of pairs before and after training, of one start and of two (figures 4 to 6)."""
    from matplotlib.figure import Figure

    rng = np.random.default_rng(0)  # of the places side by side
    with style():
        figure = Figure(figsize=(9.6, 4.2))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (layers, title) in zip(
            panels, (("all", "All layers"), ("first", "First layer only")), strict=True
        ):
            rows = only(distances, layers=layers)
            level = only(rows, experiment="after")
            mean, spread = level["chance_mean"].mean(), 2 * level["chance_sd"].mean()
            axes.axhspan(mean - spread, mean + spread, color=BAND, lw=0, label="chance ± 2 sd")
            axes.axhline(mean, color=GREY, lw=1)
            axes.axhline(
                level["unaligned"].mean(), color=GREY, lw=1, ls=":", label="chance, not matched"
            )
            for place, (experiment, same, _) in enumerate(GROUPS):
                chosen = only(rows, experiment=experiment)
                within = (chosen["root_a"] == chosen["root_b"]).to_numpy(dtype=bool)
                values = chosen[within == same]["distance"].to_numpy(dtype=np.float64)
                colour = PALETTE[0] if same else PALETTE[3]
                beside = place + rng.uniform(-0.16, 0.16, len(values))
                axes.plot(beside, values, "o", ms=3.5, alpha=0.55, mew=0, color=colour)
                axes.plot([place - 0.26, place + 0.26], 2 * [values.mean()], color="black", lw=1.6)
                if experiment == "after" and same:
                    _turnover(axes, chosen[within], place)
            axes.set_title(title)
            axes.set_xticks(range(len(GROUPS)), [words for *_, words in GROUPS], fontsize=8)
            axes.grid(axis="x", visible=False)
        panels[0].set_ylim(0, 1.02)
        panels[0].set_ylabel("distance of two networks")
        panels[0].legend(loc="lower right")
    pairs = only(distances, experiment="after", layers="all")
    n = len({*zip(pairs["root_a"], pairs["place_a"], strict=True)}) + 1
    return StudyFigure(
        "evolution",
        "Do networks that start alike end alike?",
        f"Topology distance (NNSTD) of all pairs of n = {n} networks before and after training by "
        "SET. Blue: pairs of one start, which share all but about 1 % of their links before; "
        "vermilion: pairs of independent starts; black: the mean. Green: networks that keep as "
        "many links of their start as training kept, while the rest is random (mean ± 2 sd). "
        f"{CHANCE} After figures 4 to 6 of Liu et al. 2020.",
        "Distances between networks of one start and of different starts, before and after "
        "training, with chance.",
        figure,
    )


def _turnover(axes: Axes, rows: pd.DataFrame, place: float) -> None:
    axes.errorbar(
        [place + 0.36],
        [rows["turnover_mean"].mean()],
        [2 * rows["turnover_sd"].mean()],
        color=PALETTE[2],
        marker="D",
        ms=4,
        capsize=3,
        label="as many links moved, at random",
    )


def retraining_figure(retrained: pd.DataFrame) -> StudyFigure:
    """Accuracy of retrained topologies against the epoch that they are from (figure 7)."""
    from matplotlib.figure import Figure

    random = retraining(retrained, "random", "fresh").iloc[:, 0]
    level = mean_interval(random)
    with style():
        figure = Figure(figsize=(6.4, 3.9))
        axes = figure.subplots()
        if level.low is not None and level.high is not None:
            axes.axhspan(level.low, level.high, color=BAND, lw=0, zorder=0)
        axes.axhline(
            float(random.mean()), color=GREY, ls="--", lw=1, label="random topology, fresh weights"
        )
        own = retraining(retrained, "evolved", "own")
        aside = 0.006 * float(own.columns.max())  # so that intervals do not cover each other
        points(axes, own, PALETTE[0], "evolved topology, its own weights", shift=-aside)
        fresh = retraining(retrained, "evolved", "fresh")
        points(axes, fresh, PALETTE[3], "evolved topology, fresh weights", "s", shift=aside)
        axes.set_xlabel("epoch that the topology is from")
        axes.set_ylabel("test accuracy after retraining (%)")
        axes.legend(loc="best")
    return StudyFigure(
        "retraining",
        "Is it the topology, or its weights?",
        "Test accuracy of topologies that SET had reached after some epochs, trained again with "
        f"fixed links for as long as before; n = {len(own)} networks, means and {T_INTERVAL}. Own "
        "weights were trained up to that epoch already. Dashed with a band: random topologies of "
        "the same layer densities. After figure 7 of Liu et al. 2020.",
        "Accuracy after retraining against the epoch the topology is from, from own and from fresh "
        "weights.",
        figure,
    )
