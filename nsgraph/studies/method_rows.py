"""Figures with one row a method, grouped by category, side by side with the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from nsgraph.studies.figures import GREY, PALETTE
from nsgraph.studies.panels import CATEGORIES

__all__ = ["MethodRows", "colour_of", "label_rows", "rows_by_category"]

HEIGHT = 0.185  # inches a row
GAP = 0.35  # rows of space above a category


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
