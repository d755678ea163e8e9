"""What a family of metrics is, and the list of families.

A family is one file: a function from a graph to values, and the descriptions of those values. To
add one, write the file and name it in `FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import NamedTuple

from nsgraph.errors import UserError
from nsgraph.graphs.graph import Graph

__all__ = [
    "FAMILIES",
    "ON_REQUEST",
    "Family",
    "Metric",
    "MetricInfo",
    "Part",
    "Undefined",
    "Value",
    "chosen",
    "described",
]

FAMILIES = (
    *("size", "local", "motifs", "neighbourhood", "connectivity", "communities"),
    *("strength", "spectral", "expansion", "heterogeneity", "tails"),
)
"""Families in the order of the tables; each is the module of that name in this folder."""

ON_REQUEST = ("blocks",)
"""Families that are measured only if asked for by name."""

MULTIPARTITE = "Cunegatti et al. 2024 (multipartite graph encoding)"
"""Source of the metrics that the multipartite study introduced or used."""


class Undefined(NamedTuple):
    """Value of a metric that has none for a graph, with the reason."""

    reason: str


Value = int | float | Undefined


class Metric(NamedTuple):
    """Description of one metric; `normalised`: also divided by nodes and by edges."""

    name: str
    meaning: str
    unit: str
    formula: str
    source: str
    normalised: bool = True


Measure = Callable[[Graph], Mapping[str, Value]]


class Part(NamedTuple):
    """Metrics of a family that are computed together, and the ways to compute them.

    `unrolled` works on the edges of the graph. `implicit`, where there is one, gives the same
    values from the masks alone (`graph.compact`), at a cost that does not grow with the map.
    `names` are the metrics it returns; empty for all metrics of the family. If `streamed`, the
    first looks at the edges by `graph.below` and `graph.above`, for which none is stored. `unfit`
    gives the reason why a graph has none of the values, or nothing; no edge is needed then.
    """

    unrolled: Measure
    implicit: Measure | None = None
    names: tuple[str, ...] = ()
    streamed: bool = False
    unfit: Callable[[Graph], str | None] | None = None


class Family(NamedTuple):
    """Metrics that belong together: what each one means, and the parts that compute them."""

    name: str
    parts: tuple[Part, ...]
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class MetricInfo:
    """A row of the data dictionary. `name` is `family.metric`, as in the results of `measure`."""

    name: str
    family: str
    meaning: str
    unit: str
    formula: str
    source: str


def chosen(names: object = None) -> list[Family]:
    """The families of those names (a list, or one name), by default those of `FAMILIES`.

    Raises
    ------
    UserError
        On an unknown name.
    """
    wanted = FAMILIES if names is None else (names,) if isinstance(names, str) else tuple(names)  # type: ignore[arg-type]
    for name in wanted:
        if name not in (*FAMILIES, *ON_REQUEST):
            known = ", ".join((*FAMILIES, *ON_REQUEST))
            raise UserError(f"Family {name!r} is unknown; expected some of {known}.")
    # in the order of the tables: the census is counted with the motifs, and used after them
    order = [name for name in (*FAMILIES, *ON_REQUEST) if name in wanted]
    return [import_module(f"nsgraph.metrics.{name}").FAMILY for name in order]


def described(family: Family) -> list[MetricInfo]:
    """Rows of the data dictionary for one family, normalised metrics included."""
    rows = []
    for metric in family.metrics:
        name = f"{family.name}.{metric.name}"
        raw = MetricInfo(
            name, family.name, metric.meaning, metric.unit, metric.formula, metric.source
        )
        rows.append(raw)
        if metric.normalised:
            rows += [
                replace(
                    raw,
                    name=f"{name}_per_{unit}",
                    meaning=f"{metric.meaning}, divided by the number of {unit}s",
                    unit=f"{metric.unit.split(',')[0]} per {unit}",
                    formula=f"({metric.formula}) / {symbol}",
                )
                for unit, symbol in (("node", "N"), ("edge", "E"))
            ]
    return rows
