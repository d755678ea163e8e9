"""The study of pruning methods: what they are, their figures, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nsgraph.files import canonical_json
from nsgraph.studies.accuracy_figure import accuracy_figure
from nsgraph.studies.figures import StudyFigure
from nsgraph.studies.methods.density_figure import density_figure

__all__ = ["all_figures", "headline", "methods_table"]


def methods_table(
    names: Sequence[str],
    options: Mapping[str, Mapping[str, Any]] | None = None,
    external: Mapping[str, Mapping[str, Any]] | None = None,
) -> pd.DataFrame:
    """One row a method of the study. Imports torch, for methods are programs.

    Parameters
    ----------
    names
        Methods of `nsgraph.pruning.registry`, or keys of `external`.
    options
        Options that the study sets, by method.
    external
        Methods that other programs carry out: name -> `category` and `reference`.

    Returns
    -------
    frame
        `method`, `category`, `needs` (nothing, batches, shape, training, external), `options`
        in force (JSON) and `reference`.
    """
    from nsgraph.pruning import registry

    rows = []
    for name in names:
        if external and name in external:
            about = external[name]
            rows.append((name, about["category"], "external", "{}", about["reference"]))
            continue
        method = registry.get(name).configured((options or {}).get(name, {}))
        in_force = canonical_json(method.options)
        rows.append((name, method.category, method.needs or "nothing", in_force, method.reference))
    columns = ["method", "category", "needs", "options", "reference"]
    return pd.DataFrame(rows, columns=columns, dtype="string").sort_values(
        ["category", "method"], ignore_index=True
    )


def all_figures(accuracy: pd.DataFrame, densities: pd.DataFrame) -> list[StudyFigure]:
    """All figures of the study, in reading order."""
    return [accuracy_figure(accuracy), density_figure(densities)]


def headline(accuracy: pd.DataFrame, claims: pd.DataFrame) -> str:
    """What came out, in a few sentences.

    Parameters
    ----------
    accuracy
        `nsgraph.studies.accuracy.accuracy_table`.
    claims
        `nsgraph.studies.methods.contrasts.method_claims_table`.
    """
    parts = []
    for (dataset, model), case in accuracy.groupby(["dataset", "model"], sort=True):
        sparse = case[(case["sparsity"] > 0).to_numpy(dtype=bool)].dropna(subset=["rank"])
        if sparse.empty:
            continue
        highest = sparse[(sparse["sparsity"] == sparse["sparsity"].max()).to_numpy(dtype=bool)]
        best = highest.sort_values(["rank", "method"]).iloc[0]
        tied = int((highest["best_rank"] == 1).sum()) - 1
        text = (
            f"{model} on {dataset} at {100 * best['sparsity']:g} % sparsity: {best['method']} is "
            f"the most accurate of {len(highest)} methods, {_span(best)}"
        )
        dense = case[(case["method"] == "dense").to_numpy(dtype=bool)]
        if not dense.empty:
            text += f" against {_span(dense.iloc[0])} dense"
        if tied > 0:
            text += f"; {tied} {'other is' if tied == 1 else 'others are'} not worse for certain"
        parts.append(f"{text}.")
    counts = claims.loc[~claims["statement"].str.endswith(" % pruned)."), "verdict"].value_counts()
    if len(counts):
        words = ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items()))
        parts.append(f"Claims about groups of methods, over all sparsities: {words}.")
    return " ".join(parts)


def _span(row: pd.Series) -> str:
    text = f"{100 * row['mean']:.1f} %"
    if pd.isna(row["low"]):
        return text
    return f"{text} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
