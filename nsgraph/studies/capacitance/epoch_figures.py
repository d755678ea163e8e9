"""What candidates looked like in their first epochs, and what was forecast from that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsgraph.ranking.forecasts.capacitance import at_zero
from nsgraph.studies.capacitance.zoo import OURS
from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curves_figure", "forecasts_figure"]

ABREAST = 4
FORECASTS = (0.0, 120.0)  # ends of the axis, per cent
SHOWN = (*OURS, "best-seen", "power-law", "bgrn")


def curves_figure(
    curves: pd.DataFrame, forecasts: pd.DataFrame, candidates: pd.DataFrame, total: int
) -> StudyFigure:
    """Validation accuracy against beta_eff, epoch by epoch: one panel a candidate, its first run.

    Parameters
    ----------
    curves, forecasts, candidates
        Tables of `nsgraph.studies.capacitance.zoo`.
    total
        Epochs of a whole training.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    names = list(candidates.sort_values(["rank", "candidate"])["candidate"])
    seed, seen = curves["seed"].min(), int(forecasts["epochs"].max())
    whole = curves[((curves["share"] == 1.0) & (curves["seed"] == seed)).to_numpy(dtype=bool)]
    rows = -(-len(names) // ABREAST)
    with style():
        figure = Figure(figsize=(2.55 * ABREAST, 2.1 * rows + 0.5))
        grid = figure.subplots(rows, ABREAST, squeeze=False, sharey=True)
        for axes, name in zip(grid.flat, names, strict=False):
            run = whole[(whole["candidate"] == name).to_numpy(dtype=bool)].sort_values("epoch")
            _curve_panel(axes, run, seen)
            axes.set_title(name.replace("_", " "), fontsize=8.5)
            axes.set_xlabel("beta_eff (local)")
        for axes in grid.flat[len(names) :]:
            axes.set_visible(False)
        for axes in grid[:, 0]:
            axes.set_ylabel("validation\naccuracy (%)")
        blue, vermilion = PALETTE[0], PALETTE[3]
        handles = [
            Line2D([], [], marker="o", ls="", color=blue, label=f"epochs 1 to {seen}"),
            Line2D([], [], marker="o", ls="", color="#bbbbbb", label=f"epochs to {total}"),
            Line2D([], [], color=vermilion, label="line from the chosen epoch on"),
            Line2D([], [], marker="*", ls="", color=vermilion, ms=9, label="forecast"),
            Line2D([], [], color=GREY, ls="--", label="final test accuracy"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=5)
    return StudyFigure(
        "curves",
        "Does beta_eff go to 0 as accuracy rises?",
        f"The first run of each candidate (n = {len(names)}), the most accurate first: validation "
        "accuracy against beta_eff of the probe (local reading) after each epoch; a larger dot is "
        f"the first epoch. The line is fitted to those of the first {seen} epochs that follow the "
        "chosen one and read off at beta_eff = 0 (star; at the edge if it is beyond).",
        "Scatter plots of accuracy against beta_eff, one panel for each candidate.",
        figure,
    )


def _curve_panel(axes: Axes, run: pd.DataFrame, seen: int) -> None:
    beta = run["local_beta"].to_numpy(dtype=np.float64, na_value=np.nan)
    accuracy = run["validation_accuracy"].to_numpy(dtype=np.float64)
    blue, vermilion = PALETTE[0], PALETTE[3]
    axes.plot(beta[seen:], 100 * accuracy[seen:], "o", color="#bbbbbb", ms=2.6)
    axes.plot(beta[:seen], 100 * accuracy[:seen], "o-", color=blue, ms=3.4, lw=0.6)
    axes.plot(beta[:1], 100 * accuracy[:1], "o", color=blue, ms=6)
    best = int(accuracy.argmax())
    axes.axhline(100 * run["test_accuracy"].iloc[best], color=GREY, ls="--", lw=1)
    found = at_zero(beta[:seen], accuracy[:seen])
    if found.value is not None and found.start is not None:
        used = slice(found.start - 1, seen)
        x, y = beta[used], accuracy[used]
        keep = np.isfinite(x)
        far = x[keep][np.abs(x[keep]).argmax()]
        centre = float(x[keep].mean()), float(y[keep].mean())
        slope = (centre[1] - found.value) / centre[0] if centre[0] else 0.0
        ends = np.array([0.0, far])
        axes.plot(ends, 100 * (found.value + slope * ends), color=vermilion, lw=1.1)
        star = 100 * min(max(found.value, 0.0), 1.12)
        axes.plot([0], [star], "*", color=vermilion, ms=9, clip_on=False, zorder=5)
    axes.axvline(0, color=GREY, lw=0.6)
    axes.set_ylim(0, 112)
    axes.locator_params(axis="x", nbins=4)


def forecasts_figure(forecasts: pd.DataFrame) -> StudyFigure:
    """Forecast against truth, a dot a run: predictors as columns, epochs seen as rows."""
    from matplotlib.figure import Figure

    whole = forecasts[(forecasts["share"] == 1.0).to_numpy(dtype=bool)]
    names = [name for name in SHOWN if name in set(whole["predictor"])]
    seen = sorted(whole["epochs"].unique())
    candidates = sorted(whole["candidate"].unique())
    truth = 100 * whole["truth"]
    low, high = float(truth.min()), float(truth.max())
    pad = 0.06 * max(high - low, 1.0)
    with style():
        figure = Figure(figsize=(1.95 * len(names) + 0.6, 2.3 * len(seen) + 0.4))
        grid = figure.subplots(len(seen), len(names), squeeze=False, sharex=True, sharey=True)
        for line, epochs in zip(grid, seen, strict=True):
            for axes, name in zip(line, names, strict=True):
                keep = (whole["epochs"] == epochs) & (whole["predictor"] == name)
                _forecast_panel(axes, whole[keep.to_numpy(dtype=bool)])
                axes.set_title(f"{name}\nafter {epochs} epochs", fontsize=8.5)
            line[0].set_ylabel("forecast (%)")
        for axes in grid[-1]:
            axes.set_xlim(low - pad, high + pad)
            axes.set_xlabel("final accuracy (%)")
    return StudyFigure(
        "forecasts",
        "How far off are the forecasts?",
        f"Forecast against final test accuracy: a dot a run, {len(whole['seed'].unique())} runs of "
        f"each of {len(candidates)} candidates. On the line the two are equal. Triangles at the "
        "edge are forecasts beyond the axis, and the numbers how many runs have no forecast.",
        "Scatter plots of forecast against true accuracy, one panel a predictor and epochs seen.",
        figure,
    )


def _forecast_panel(axes: Axes, own: pd.DataFrame) -> None:
    bottom, top = FORECASTS
    x = 100 * own["truth"].to_numpy(dtype=np.float64)
    y = 100 * own["forecast"].to_numpy(dtype=np.float64, na_value=np.nan)
    axes.plot([0, 100], [0, 100], color=GREY, lw=0.8)
    colour = PALETTE[3] if own["predictor"].iloc[0] in OURS else PALETTE[0]
    inside = (y >= bottom) & (y <= top)
    axes.plot(x[inside], y[inside], "o", color=colour, ms=3, alpha=0.7)
    for beyond, edge, marker in ((y > top, top, "^"), (y < bottom, bottom, "v")):
        if beyond.any():
            at = np.full(int(beyond.sum()), edge)
            axes.plot(x[beyond], at, marker, color=colour, ms=3.5, clip_on=False)
    missing = int(np.isnan(y).sum())
    if missing:
        axes.text(0.04, 0.97, f"none for {missing}", transform=axes.transAxes, fontsize=7, va="top")
    axes.set_ylim(bottom, top)
