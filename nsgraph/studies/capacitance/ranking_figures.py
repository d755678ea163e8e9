"""How well predictors rank candidates: all of them, by share of the images, by start epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from nsgraph.studies.capacitance.claims import PUBLISHED
from nsgraph.studies.capacitance.zoo import OURS
from nsgraph.studies.figures import GREY, PALETTE, StudyFigure, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["KINDS", "ranking_figure", "shares_figure", "starts_figure"]

BLUE, ORANGE, GREEN, VERMILION, PURPLE = PALETTE[:5]
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "beta_eff": ("read off at beta_eff = 0", VERMILION, OURS),
    "own": (
        "from the run's own accuracies or losses",
        BLUE,
        ("last-seen", "best-seen", "training-loss", "power-law"),
    ),
    "others": ("from other candidates' whole runs too", GREEN, ("bgrn", "cl")),
    "start": (
        "from the network before fine-tuning",
        ORANGE,
        ("logme", "h-score", "leep", "nce"),
    ),
}
"""Groups of predictors: label, colour, and members in the order of the rows."""
BAND = "#e2e2e2"
OTHER = "other"


def _groups(names: set[str]) -> list[tuple[str, str, list[str]]]:
    """(label, colour, members that there are), and those that nobody knows of at the end."""
    found = [(label, c, [n for n in own if n in names]) for label, c, own in KINDS.values()]
    rest = sorted(names - {n for _, _, own in KINDS.values() for n in own})
    return [g for g in [*found, (OTHER, PURPLE, rest)] if g[2]]


def _runs(ranking: pd.DataFrame) -> str:
    candidates, runs = int(ranking["candidates"].max()), int(ranking["runs"].max())
    return f"{candidates} candidates, {runs} runs of each"


def ranking_figure(ranking: pd.DataFrame) -> StudyFigure:
    """Dots with intervals: predictors as rows, a panel a number of epochs seen.

    Parameters
    ----------
    ranking
        `nsgraph.studies.capacitance.zoo.ranking_table`.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    whole = ranking[(ranking["share"] == 1.0).to_numpy(dtype=bool)]
    groups = _groups(set(whole["predictor"]))
    places: dict[str, float] = {}
    height = 0.0
    for _, _, members in groups:
        for name in members:
            places[name] = height
            height += 1
        height += 0.5
    seen = sorted(whole["epochs"].unique())
    with style():
        figure = Figure(figsize=(1.9 + 3.6 * len(seen), 1.6 + 0.27 * height))
        panels = figure.subplots(1, len(seen), squeeze=False, sharey=True)[0]
        for axes, epochs in zip(panels, seen, strict=True):
            part = whole[(whole["epochs"] == epochs).to_numpy(dtype=bool)].set_index("predictor")
            _ranking_panel(axes, part, groups, places, PUBLISHED.get(int(epochs), {}))
            axes.set_title(f"after {epochs} epochs")
        panels[0].set_yticks(list(places.values()), list(places))
        panels[0].invert_yaxis()
        handles: list[Artist] = [
            Line2D([], [], marker="o", color=colour, label=label) for label, colour, _ in groups
        ]
        handles.append(
            Line2D(
                [],
                [],
                marker="D",
                ls="",
                mfc="none",
                color=GREY,
                label="published, CIFAR-10 (Jiang et al. 2024)",
            )
        )
        handles.append(Patch(color=BAND, label="95 % of random rankings"))
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    caption = (
        "Spearman rank correlation between the mean forecast of a candidate and its mean final "
        f"test accuracy: {_runs(whole)}. Lines: 95 % bootstrap intervals over runs. A predictor "
        "without a dot has no forecast; the table says why."
    )
    return StudyFigure(
        "ranking",
        "Who foresees the ranking?",
        caption,
        "Dot plot of rank correlations, one row for each predictor, with chance as a grey band.",
        figure,
    )


def _ranking_panel(
    axes: Axes,
    part: pd.DataFrame,
    groups: list[tuple[str, str, list[str]]],
    places: dict[str, float],
    published: dict[str, float],
) -> None:
    known = part.dropna(subset=["spearman"])
    if not known.empty:
        axes.axvspan(known["chance_low"].max(), known["chance_high"].min(), color=BAND, lw=0)
    axes.axvline(0, color=GREY, lw=0.8)
    for _, colour, members in groups:
        for name in members:
            y = places[name]
            axes.axhline(y, color="#eeeeee", lw=0.7, zorder=0)
            number = published.get("beta" if name in OURS else name)
            if number is not None:
                axes.plot([number], [y], "D", mfc="none", color=GREY, ms=6)
            if name in known.index:
                row = known.loc[name]
                axes.hlines(y, row["low"], row["high"], color=colour, lw=1.8, alpha=0.55)
                axes.plot([row["spearman"]], [y], "o", color=colour, ms=5, mec="#333333", mew=0.3)
            else:
                axes.text(-0.98, y, "no forecast", color=GREY, fontsize=7.5, va="center")
    axes.set_xlim(-1.03, 1.03)
    axes.set_xlabel("Spearman correlation")
    axes.grid(False, axis="y")


def shares_figure(ranking: pd.DataFrame) -> StudyFigure:
    """Rank correlation against the share of the training images that candidates are seen with."""
    from matplotlib.figure import Figure

    named = (*OURS, "last-seen", "best-seen", "training-loss")
    colours = dict(zip(named, (VERMILION, PURPLE, BLUE, PALETTE[5], GREEN), strict=True))
    shares, seen = sorted(ranking["share"].unique()), sorted(ranking["epochs"].unique())
    with style():
        figure = Figure(figsize=(1.2 + 3.4 * len(seen), 3.6))
        panels = figure.subplots(1, len(seen), squeeze=False, sharey=True)[0]
        for axes, epochs in zip(panels, seen, strict=True):
            part = ranking[(ranking["epochs"] == epochs).to_numpy(dtype=bool)]
            _chance(axes, part)
            for i, name in enumerate(named):
                own = part[part["predictor"] == name].dropna(subset=["spearman"])
                own = own.sort_values("share")
                at = [shares.index(s) + 0.07 * (i - (len(named) - 1) / 2) for s in own["share"]]
                _line(axes, at, own, colours[name], name)
            axes.set_xticks(range(len(shares)), [f"{100 * share:g}" for share in shares])
            axes.set_xlim(-0.4, len(shares) - 0.6)
            axes.set_xlabel("training images (%)")
            axes.set_title(f"after {epochs} epochs")
        panels[0].set_ylabel("Spearman correlation")
        panels[0].set_ylim(-1.03, 1.03)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(named))
    return StudyFigure(
        "shares",
        "How many images does a forecast need?",
        "Rank correlation of forecasts from candidates that see a share of the training images, "
        "with the final accuracy of those that see all: "
        f"{_runs(ranking)}, 95 % bootstrap intervals over runs. Epochs are passes over the share, "
        "so that fewer images are fewer steps. Grey band: 95 % of random rankings.",
        "Rank correlations against the share of the training images, one line a predictor.",
        figure,
    )


def starts_figure(starts: pd.DataFrame) -> StudyFigure:
    """Rank correlation against the epoch from which on the line is fitted."""
    from matplotlib.figure import Figure

    colours = dict(zip(OURS, (VERMILION, PURPLE), strict=True))
    seen = sorted(starts["epochs"].unique())
    with style():
        figure = Figure(figsize=(1.2 + 3.4 * len(seen), 4.6))
        grid = figure.subplots(
            2, len(seen), squeeze=False, sharex="col", sharey="row", height_ratios=(3, 1)
        )
        for (axes, below), epochs in zip(grid.T, seen, strict=True):
            part = starts[(starts["epochs"] == epochs).to_numpy(dtype=bool)]
            axes.axhline(0, color=GREY, lw=0.8)
            for name, shift in zip(OURS, (-0.08, 0.08), strict=True):
                own = part[part["predictor"] == name]
                known = own.dropna(subset=["spearman"])
                _line(axes, list(known["start"] + shift), known, colours[name], name)
                below.bar(
                    own["start"] + 2.4 * shift, 100 * own["chosen"], 0.36, color=colours[name]
                )
            below.set_xticks(sorted(part["start"].unique()))
            below.set_xlabel("first epoch of the line")
            axes.set_title(f"after {epochs} epochs")
        grid[0, 0].set_ylabel("Spearman correlation")
        grid[0, 0].set_ylim(-1.03, 1.03)
        grid[1, 0].set_ylabel("chosen (%)")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return StudyFigure(
        "starts",
        "From which epoch on is accuracy a line in beta_eff?",
        "Top: rank correlation if the line is fitted to all epochs from a fixed one on, 95 % "
        "bootstrap intervals over runs. Bottom: of how many runs the criterion (least Bayesian "
        "information criterion per epoch, over windows of equal length) chooses each epoch.",
        "Rank correlations against the first epoch of the fit; bars of how often it is chosen.",
        figure,
    )


def _chance(axes: Axes, part: pd.DataFrame) -> None:
    known = part.dropna(subset=["chance_low"])
    axes.axhline(0, color=GREY, lw=0.8)
    if not known.empty:
        axes.axhspan(known["chance_low"].max(), known["chance_high"].min(), color=BAND, lw=0)


def _line(axes: Axes, at: list[float], rows: pd.DataFrame, colour: str, label: str) -> None:
    axes.vlines(at, rows["low"], rows["high"], color=colour, lw=1.6, alpha=0.5)
    axes.plot(at, rows["spearman"], "o-", color=colour, ms=4.5, lw=1.1, label=label)
