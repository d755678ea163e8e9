"""The study of neural capacitance: its figures, and what came out in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from nsgraph.studies.capacitance_claims import BETA, best_baseline, ranked, span
from nsgraph.studies.capacitance_figures import curves_figure, forecasts_figure
from nsgraph.studies.figures import StudyFigure
from nsgraph.studies.ranking_figures import ranking_figure, shares_figure, starts_figure
from nsgraph.studies.sparse_capacitance_figure import sparse_figure
from nsgraph.studies.zoo import OURS

if TYPE_CHECKING:
    from nsgraph.capacitance.zoo import Zoo

__all__ = ["all_figures", "facts_of_zoo", "headline"]


def all_figures(tables: Mapping[str, pd.DataFrame], total: int) -> list[StudyFigure]:
    """All figures of the study, in reading order.

    Parameters
    ----------
    tables
        Those of `nsgraph.studies.zoo`, by name, and, where there are any, `capacitance` and
        `sparse_scores`.
    total
        Epochs of a whole training.
    """
    figures = [
        ranking_figure(tables["ranking"]),
        forecasts_figure(tables["forecasts"]),
        curves_figure(tables["curves"], tables["forecasts"], tables["candidates"], total),
        shares_figure(tables["ranking"]),
        starts_figure(tables["starts"]),
    ]
    if "sparse_scores" in tables:
        figures.append(sparse_figure(tables["capacitance"], tables["sparse_scores"]))
    return figures


def headline(tables: Mapping[str, pd.DataFrame]) -> str:
    """Rank correlations after the fewest epochs observed and the most, beside the best baseline."""
    ranking = tables["ranking"]
    parts = []
    for epochs in sorted(set(ranking["epochs"])):
        ours = [
            f"{name} {span(found)}"
            for name in OURS
            if (found := ranked(ranking, epochs, name)) is not None
        ]
        best = best_baseline(ranking, epochs)
        beside = ranked(ranking, epochs, best) if best else None
        first = ranked(ranking, epochs, "last-seen")
        if not ours or beside is None or first is None:
            continue
        text = f"After {epochs} epochs the forecasts' rank correlation with the final accuracy of "
        text += f"{first['candidates']} candidates is {', '.join(ours)}; the accuracy seen last "
        text += f"ranks them with {span(first)}"
        if best != "last-seen":
            text += f", the best baseline, {best}, with {span(beside)}"
        parts.append(f"{text}.")
    scores = tables.get("sparse_scores")
    if scores is not None:
        grouped = scores[(scores["folding"] == "grouped") & (scores["task"] == "accuracy-drop")]
        known = grouped.dropna(subset=["score"]).set_index("features")["score"]
        if BETA in known:
            words = ", ".join(
                f"{name} {value:.2f}" for name, value in known.items() if name != "nothing"
            )
            parts.append(f"R² of the accuracy drop of sparse networks, grouped folds: {words}.")
    return " ".join(parts)


def facts_of_zoo(zoo: Zoo) -> dict[str, Any]:
    """What was ranked, label -> value, for the page."""
    tuning, probe = zoo.tuning, zoo.probe
    start = "their initial weights"
    if zoo.source:
        start = f"their training on {zoo.source}"
    return {
        "candidates": [candidate.name for candidate in zoo.candidates],
        "fine-tuned to": zoo.target,
        "starting from": start,
        "runs of each": len(zoo.seeds),
        "fine-tuning": (
            f"{tuning.epochs} epochs, batch {tuning.batch}, {tuning.optimizer}, learning rate "
            f"{tuning.lr:g}; observed for {' and '.join(map(str, zoo.observe))} epochs, with "
            f"{', '.join(f'{100 * share:g} %' for share in zoo.shares)} of the images"
        ),
        "probe": (
            f"frozen layers of {', '.join(map(str, probe.widths))} neurons"
            f"{' with batch norm' if probe.batch_norm else ''}, dropout {probe.dropout:g}, and an "
            f"output layer; beta_eff of {tuning.images} training images"
        ),
    }
