"""Figures with one row a method, grouped by category, side by side with the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import pandas as pd

from nsgraph.studies.figures import GREY, PALETTE
from nsgraph.studies.panels import CATEGORIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = [
    "MethodRows",
    "colour_of",
    "label_rows",
    "legend_of_sparsities",
    "rows_by_category",
    "rows_of_methods",
    "sparsity_places",
]

HEIGHT = 0.185  # inches a row
GAP = 0.35  # rows of space above a category
OTHERS = "methods"  # header where categories are not known


@dataclass(frozen=True)
class MethodRows:
    """Where rows are: `methods` and `headers` (categories) map to y, downwards from 0."""

    methods: Mapping[str, float]
    headers: Mapping[str, float]
    bottom: float

    @property
    def inches(self) -> float:
        """Height of a panel."""
        return HEIGHT * (self.bottom + 1)


def rows_by_category(methods: Iterable[tuple[str, str]]) -> MethodRows:
    """Rows for (category, method) pairs: categories in their fixed order, methods as they come.

    >>> rows_by_category([("magnitude", "gmp"), ("layer-wise random", "er")]).methods
    {'er': 1.0, 'gmp': 3.35}
    """
    groups: dict[str, list[str]] = {}
    for category, method in methods:
        groups.setdefault(category, []).append(method)
    rank = {category: i for i, category in enumerate(CATEGORIES)}
    place, headers, y = {}, {}, 0.0
    for category in sorted(groups, key=lambda c: (rank.get(c, len(rank)), c)):
        headers[category] = y
        for method in groups[category]:
            y += 1
            place[method] = y
        y += 1 + GAP
    return MethodRows(place, headers, y - 1 - GAP)


def rows_of_methods(table: pd.DataFrame) -> MethodRows:
    """Rows for the methods of a table, by category (if the table has that) and name."""
    if "category" not in table:
        return rows_by_category((OTHERS, str(name)) for name in sorted(table["method"].unique()))
    pairs = table[["category", "method"]].drop_duplicates().itertuples(index=False, name=None)
    return rows_by_category(sorted(pairs))


def sparsity_places(table: pd.DataFrame) -> dict[float, tuple[float, str]]:
    """Where in its row a sparsity is drawn, as an offset, and in which colour."""
    sparsities = sorted(float(s) for s in table["sparsity"].unique())
    step = 0.7 / max(len(sparsities), 1)
    return {
        sparsity: ((i - (len(sparsities) - 1) / 2) * step, PALETTE[i % len(PALETTE)])
        for i, sparsity in enumerate(sparsities)
    }


def legend_of_sparsities(
    figure: Figure,
    places: Mapping[float, tuple[float, str]],
    others: Mapping[str, Line2D] | None = None,
) -> None:
    """What the colours mean, below the figure; and the `others`, by label."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], ls="", marker="o", ms=5, color=colour, label=f"{100 * sparsity:g} % pruned")
        for sparsity, (_, colour) in places.items()
    ]
    for label, handle in (others or {}).items():
        handle.set_label(label)
        handles.append(handle)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def colour_of(category: str) -> str:
    """The colour of a category's rows; grey for one that is not known."""
    if category not in CATEGORIES:
        return GREY
    return PALETTE[CATEGORIES.index(category)]


def label_rows(
    panels: npt.NDArray[Any], rows: MethodRows, marks: Mapping[str, str] | None = None
) -> None:
    """Write methods and, in bold, categories on the y axes that the panels `[row, column]` share.

    `marks` go behind the names of methods.
    """
    names = [f"{method}{(marks or {}).get(method, '')}" for method in rows.methods]
    places = [*rows.methods.values(), *rows.headers.values()]
    panels[0, 0].set_ylim(rows.bottom + 0.7, -0.6)
    for axes in panels.flat:
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
    for axes in panels[:, 0]:
        axes.set_yticks(places, [*names, *rows.headers], fontsize=8)
        for label, category in zip(axes.get_yticklabels()[len(names) :], rows.headers, strict=True):
            label.set_fontweight("bold")
            label.set_color(colour_of(category))
