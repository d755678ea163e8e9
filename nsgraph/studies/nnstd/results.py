"""The study of topology distance: its figures, and what came out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from nsgraph.studies.figures import StudyFigure
from nsgraph.studies.nnstd.curves import (
    accuracy_figure,
    chain_figure,
    evolution_figure,
    retraining_figure,
)
from nsgraph.studies.nnstd.maps import heat_map_figure, trajectory_figure

__all__ = ["all_figures", "headline"]


def all_figures(tables: Mapping[str, pd.DataFrame]) -> list[StudyFigure]:
    """All figures of the study, in reading order."""
    distances = tables["distances"]
    return [
        accuracy_figure(tables["accuracy"]),
        chain_figure(distances),
        evolution_figure(distances),
        heat_map_figure(distances),
        trajectory_figure(distances),
        retraining_figure(tables["retrained"]),
    ]


def headline(distances: pd.DataFrame, evolved: pd.DataFrame, claims: pd.DataFrame) -> str:
    """What came out, in a few sentences."""
    from nsgraph.studies.nnstd.numbers import between_starts, only, within_starts

    before, after = (within_starts(distances, when).mean() for when in ("before", "after"))
    turnover = within_starts(distances, "after", column="turnover_mean").mean()
    other = between_starts(distances, "after").mean()
    level = only(distances, experiment="after", layers="all")["chance_mean"].mean()
    kept = 100 * evolved["start_kept"].mean()
    counts = ", ".join(
        f"{n} {verdict}" for verdict, n in sorted(claims["verdict"].value_counts().items())
    )
    return (
        f"Networks that start {before:.2f} apart are {after:.2f} apart after training by SET, "
        f"those of different starts {other:.2f}; chance is {level:.2f}. SET keeps {kept:.0f} % of "
        "the links of a start: networks that keep as many of them, chosen at random, and are "
        f"random otherwise, are {turnover:.2f} apart. Claims: {counts}."
    )
