"""Parts that figures share: who is drawn in which colour, and lines against sparsity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nsgraph.studies.figures import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "against_sparsity",
    "cases",
    "legend_below",
    "looks",
    "method_order",
    "rows_of",
    "seeds_in_words",
    "sparsity_axis",
]

CATEGORIES = (
    "layer-wise random",
    "pruning at initialisation",
    "dynamic sparse training",
    "magnitude",
    "post-training",
)
# Built-in methods look the same in every report; others take what comes next.
KNOWN = (
    *("er", "erk", "uniform", "snip", "synflow", "rigl", "set", "magnitude"),
    *("random", "grasp", "magnitude-at-init"),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def method_order(table: pd.DataFrame) -> list[str]:
    """Methods by category, then by name; never the dense reference."""
    pairs = table.loc[table["sparsity"] > 0, ["category", "method"]].drop_duplicates()
    rank = {c: i for i, c in enumerate(CATEGORIES)}
    rows = pairs.itertuples(index=False, name=None)
    return [m for c, m in sorted(rows, key=lambda r: (rank.get(r[0], len(rank)), r[0], r[1]))]


def looks(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour, marker and line of each method: no two share all three, nor colour and marker."""
    n = len(PALETTE)
    others = sorted(set(methods) - set(KNOWN))
    place = {method: i for i, method in enumerate((*KNOWN, *others))}
    return {
        m: {
            "color": PALETTE[i % n],
            "marker": MARKERS[(i + i // n) % n],
            "linestyle": ("-", "--", ":")[i // n % 3],
            "markersize": 4.5,
            "markeredgecolor": "#333333",
            "markeredgewidth": 0.4,
        }
        for m, i in ((m, place[m]) for m in methods)
    }


def cases(table: pd.DataFrame) -> list[tuple[str, str]]:
    """(data set, model) of all rows, sorted."""
    pairs = table[["dataset", "model"]].drop_duplicates()
    return sorted(pairs.itertuples(index=False, name=None))


def rows_of(table: pd.DataFrame, case: tuple[str, str]) -> pd.DataFrame:
    """Rows of one data set and model, as a table of their own."""
    keep = (table["dataset"] == case[0]) & (table["model"] == case[1])
    return table[keep.to_numpy(dtype=bool)].copy()  # one block again, for it gets more columns


def sparsity_axis(axes: Axes, sparsities: Sequence[float]) -> None:
    """Make the axis one of sparsities in percent, evenly spaced."""
    axes.set_xticks(range(len(sparsities)), [f"{100 * s:g}" for s in sparsities])
    axes.set_xlim(-0.5, len(sparsities) - 0.5)
    axes.grid(axis="x", visible=False)


def against_sparsity(axes: Axes, rows: pd.DataFrame, value: str, methods: Sequence[str]) -> None:
    """One line a method over sparsities: mean of the seeds, bar from the least to the greatest."""
    sparsities = sorted(rows.loc[rows["sparsity"] > 0, "sparsity"].unique())
    look = looks(methods)
    for i, method in enumerate(methods):
        own = rows[(rows["method"] == method).to_numpy(dtype=bool)].dropna(subset=[value])
        if own.empty:
            continue
        by_sparsity = own.groupby("sparsity")[value].agg(["mean", "min", "max"]).astype("float64")
        offset = 0.5 * ((i + 0.5) / len(methods) - 0.5)  # side by side, so that bars do not hide
        x = np.array([sparsities.index(s) for s in by_sparsity.index]) + offset
        axes.vlines(x, by_sparsity["min"], by_sparsity["max"], color=look[method]["color"], lw=1)
        axes.plot(x, by_sparsity["mean"], label=method, **look[method])
    sparsity_axis(axes, sparsities)


def seeds_in_words(table: pd.DataFrame) -> str:
    """Number of seeds of a configuration of sparse networks: "3", or "2 to 3"."""
    sparse = table[(table["sparsity"] > 0).to_numpy(dtype=bool)]
    counts = sparse.groupby(["dataset", "model", "method", "sparsity"]).size()
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"


def legend_below(figure: Any, axes: Axes, columns: int = 9) -> None:
    """Put the legend of one panel below the whole figure."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)))
