"""How a family is evaluated: from the masks where it can be, on the unrolled edges otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from nsgraph.graphs import Graph
from nsgraph.metrics.registry import Family, Part, Undefined, Value

__all__ = ["MAX_EDGES", "Step", "Values", "evaluate", "flat", "merged"]

MAX_EDGES = 100_000_000
"""Graphs with more edges are not unrolled unless asked for: about 20 bytes an edge."""

Values = dict[str, int | float | str | None]


class Step(NamedTuple):
    """One part of a measurement: what was computed, on which path, in how many seconds.

    `path` is "implicit" (from the masks), "streamed" (edge by edge, none of them stored),
    "unrolled" (on the edges) or "left out"; `note` says why where it is not the first.
    """

    family: str
    metrics: tuple[str, ...]
    path: str
    seconds: float
    note: str = ""


def evaluate(
    graph: Graph, family: Family, max_edges: int = MAX_EDGES, steps: list[Step] | None = None
) -> dict[str, Value]:
    """Raw values of a family by the metric's name; appends to `steps` what was done."""
    values: dict[str, Value] = {}
    for part in family.parts:
        names = part.names or tuple(metric.name for metric in family.metrics)
        path, note = _path(graph, part, max_edges)
        if path == "unrolled" and graph.compact is not None and not graph.is_unrolled:
            started = time.perf_counter()
            graph.unrolled()
            _note(steps, Step("graph", ("edges",), path, time.perf_counter() - started))
        started = time.perf_counter()
        way = part.implicit if path == "implicit" and part.implicit else part.unrolled
        try:
            left_out = path == "left out"
            values |= dict.fromkeys(names, Undefined(note)) if left_out else way(graph)
        except OverflowError as error:  # a status rather than a number that may be wrong
            values |= dict.fromkeys(names, Undefined(str(error)))
        _note(steps, Step(family.name, names, path, time.perf_counter() - started, note))
    return values


def merged(steps: Iterable[Step]) -> list[Step]:
    """The same steps of several layers as one, seconds added."""
    found: dict[tuple[object, ...], Step] = {}
    for step in steps:
        key = step.family, step.metrics, step.path
        before = found.get(key, step._replace(seconds=0.0))
        found[key] = before._replace(seconds=before.seconds + step.seconds)
    return list(found.values())


def flat(values: Mapping[str, Value]) -> Values:
    """Values as they are handed out: None and a status for what is undefined."""
    out: Values = {}
    for name, value in values.items():
        if isinstance(value, Undefined):
            out[name] = None
            out[f"{name}.status"] = value.reason
        else:
            out[name] = value
    return out


def _path(graph: Graph, part: Part, max_edges: int) -> tuple[str, str]:
    if part.implicit is not None and graph.compact is not None:
        return "implicit", ""
    if part.unfit is not None and part.unfit(graph):
        return "implicit", ""
    if graph.n_edges > max_edges:
        return "left out", f"{graph.n_edges} edges are more than the {max_edges} to be unrolled"
    if part.streamed and graph.compact is not None:
        return "streamed", "needs the edges one by one"
    if part.implicit is None:
        return "unrolled", "needs the edges one by one"
    return "unrolled", "the graph has no compact form"


def _note(steps: list[Step] | None, step: Step) -> None:
    if steps is not None:
        steps.append(step)
