"""Parts that figures share: which panels there are, in which order methods come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "CATEGORIES",
    "TASK_NAMES",
    "cases",
    "legend_below",
    "method_order",
    "rows_of",
    "seeds_in_words",
    "share_title",
]

CATEGORIES = (
    "layer-wise random",
    "pruning at initialisation",
    "dynamic sparse training",
    "magnitude",
    "post-training",
)
TASK_NAMES = {
    "category-of-three": "category (paper's three)",
    "category": "category (all)",
    "algorithm": "algorithm",
    "accuracy-drop": "accuracy drop",
    "accuracy": "accuracy",
    "ranking": "ranking of algorithms",
}
"""What the tasks of a prediction are called in titles, in this order."""


def method_order(table: pd.DataFrame) -> list[str]:
    """Methods by category, then by name; never the dense reference."""
    pairs = table.loc[table["sparsity"] > 0, ["category", "method"]].drop_duplicates()
    rank = {c: i for i, c in enumerate(CATEGORIES)}
    rows = pairs.itertuples(index=False, name=None)
    return [m for c, m in sorted(rows, key=lambda r: (rank.get(r[0], len(rank)), r[0], r[1]))]


def cases(table: pd.DataFrame) -> list[tuple[str, str]]:
    """(data set, model) of all rows, sorted."""
    pairs = table[["dataset", "model"]].drop_duplicates()
    return sorted(pairs.itertuples(index=False, name=None))


def rows_of(table: pd.DataFrame, case: tuple[str, str]) -> pd.DataFrame:
    """Rows of one data set and model, as a table of their own."""
    keep = (table["dataset"] == case[0]) & (table["model"] == case[1])
    return table[keep.to_numpy(dtype=bool)].copy()  # one block again, for it gets more columns


def seeds_in_words(table: pd.DataFrame) -> str:
    """Number of seeds of a configuration of sparse networks: "3", or "2 to 3"."""
    sparse = table[(table["sparsity"] > 0).to_numpy(dtype=bool)]
    counts = sparse.groupby(["dataset", "model", "method", "sparsity"]).size()
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"


def share_title(part: str) -> str:
    """Which networks of the table are shown, as the tail of a sentence; empty for all."""
    return "" if part == "all" else f", networks of {part} alone"


def legend_below(figure: Any, axes: Axes, columns: int = 9) -> None:
    """Put the legend of one panel below the whole figure."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)))
