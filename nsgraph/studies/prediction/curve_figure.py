"""Figure: scores against the number of networks that models learn from."""

from __future__ import annotations

import pandas as pd

from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style
from nsgraph.studies.panels import TASK_NAMES, legend_below

__all__ = ["curve_figure"]

LINES = {"random": ":", "grouped": "-"}


def curve_figure(curve: pd.DataFrame) -> StudyFigure:
    """One panel a task, one line a feature set and folding.

    Parameters
    ----------
    curve
        Table `prediction_curve`.
    """
    from matplotlib.figure import Figure

    scored = curve.dropna(subset=["score"])
    tasks = [t for t in TASK_NAMES if (scored["task"] == t).any()]
    features = list(dict.fromkeys(scored["features"]))
    with style():
        figure = Figure(figsize=(max(3.6 * len(tasks), 5.0), 3.9))
        panels = figure.subplots(1, max(len(tasks), 1), squeeze=False)[0]
        for axes, task in zip(panels, tasks, strict=False):
            own = scored[(scored["task"] == task).to_numpy(dtype=bool)]
            for (name, folding), rows in own.groupby(["features", "folding"], sort=False):
                line = rows.sort_values("n_training")
                colour = PALETTE[features.index(name) % len(PALETTE)]
                x = line["n_training"].astype("float64")
                axes.fill_between(x, line["low"], line["high"], color=colour, alpha=0.12, lw=0)
                look = {"ls": LINES.get(folding, "-"), "marker": "o", "ms": 3.5}
                axes.plot(x, line["score"], color=colour, label=f"{name}, {folding} folds", **look)
            if task.startswith("accuracy"):
                axes.axhline(0, color=GREY, lw=0.8)
            axes.set_ylim(max(-1.0, own["low"].min()) - 0.02, 1.02)
            axes.set_title(TASK_NAMES[task])
            axes.set_xlabel("networks in training")
        panels[0].set_ylabel("R² or balanced accuracy")
        if tasks:
            legend_below(figure, panels[0], 2)
    return StudyFigure(
        "curve",
        "Would more networks help?",
        "Scores of XGBoost that learns from a share of the training folds: whole configurations "
        "under grouped folds, networks under random ones; the networks asked about stay the same. "
        "Points are means over repeats, bands 95 % bootstrap intervals over configurations and "
        "repeats. A line that still rises at its end asks for more networks.",
        "Line plots of scores against the number of networks in training.",
        figure,
    )
