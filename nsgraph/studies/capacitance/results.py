"""The study of neural capacitance: its figures, and what came out in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from nsgraph.studies.capacitance.claims import IN_WORDS, best_baseline, ranked, span
from nsgraph.studies.capacitance.epoch_figures import curves_figure, forecasts_figure
from nsgraph.studies.capacitance.ranking_figures import ranking_figure, shares_figure, starts_figure
from nsgraph.studies.capacitance.sparse_claims import sparse_in_words
from nsgraph.studies.capacitance.sparse_figure import sparse_figure
from nsgraph.studies.capacitance.zoo import OURS
from nsgraph.studies.figures import StudyFigure

if TYPE_CHECKING:
    from nsgraph.capacitance.zoo import Zoo

__all__ = ["all_figures", "facts_of_zoo", "headline"]

NEARLY = 0.005  # the same when shown with two digits


def all_figures(tables: Mapping[str, pd.DataFrame], total: int) -> list[StudyFigure]:
    """All figures of the study, in reading order.

    Parameters
    ----------
    tables
        Those of `nsgraph.studies.capacitance.zoo`, by name, and, where there are any,
        `capacitance` and `sparse_scores`.
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
            f"{span(found)} ({IN_WORDS[name]})"
            for name in OURS
            if (found := ranked(ranking, epochs, name)) is not None
        ]
        best = best_baseline(ranking, epochs)
        beside = ranked(ranking, epochs, best) if best else None
        last = ranked(ranking, epochs, "last-seen")
        if not ours or beside is None or last is None:
            continue
        text = f"After {epochs} epochs, forecasts by beta_eff rank {last['candidates']} candidates "
        text += f"with a Spearman correlation of {' and '.join(ours)} with their final accuracy; "
        text += f"the accuracy seen last does so with {span(last)}"
        if beside["spearman"] > last["spearman"] + NEARLY:
            text += f", the best of the baselines, {best}, with {span(beside)}"
        parts.append(f"{text}.")
    return " ".join([*parts, *sparse_in_words(tables.get("sparse_scores"))])


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
