"""Measure a graph, or a saved network in several encodings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from nsgraph.graphs import Graph, encode
from nsgraph.graphs.network import as_network
from nsgraph.metrics.evaluation import MAX_EDGES, Step, Values, evaluate, flat, merged
from nsgraph.metrics.layers import LAYER_METRICS, edge_rows, mask_rows
from nsgraph.metrics.registry import (
    FAMILIES,
    ON_REQUEST,
    Family,
    MetricInfo,
    Undefined,
    Value,
    chosen,
    described,
)

__all__ = [
    "dictionary",
    "explain",
    "families",
    "measure",
    "measure_layers",
    "measure_network",
    "network_graphs",
]

Row = dict[str, Any]


def families() -> list[str]:
    """Names of the families that `measure` computes by default."""
    return list(FAMILIES)


def dictionary() -> list[MetricInfo]:
    """Every metric that `measure` and the long rows of `measure_network` may return.

    Beside a metric `x`, `x.status` says why it is undefined, where it is.
    """
    rows = [row for family in chosen((*FAMILIES, *ON_REQUEST)) for row in described(family)]
    return [*rows, *LAYER_METRICS]


def measure(
    graph: Graph,
    families: Iterable[str] | str | None = None,
    *,
    null: str | None = None,
    samples: int = 50,
    seed: int = 0,
    max_edges: int = MAX_EDGES,
    progress: Callable[[int], None] | None = None,
) -> Values:
    """Measure a graph.

    Parameters
    ----------
    graph
        From `encode` or `Graph.from_edges`.
    families
        Names of families, by default all of `families()`.
    null
        Also measure random networks: "er" (Erdos-Renyi: every layer keeps its number of links),
        "degree" (every node keeps its in- and out-degree) or "strength" (degrees kept, strengths
        nearly so). The graph must have been made from a network.
    samples, seed
        Number of random networks, and what they are drawn from.
    max_edges
        Larger graphs are not unrolled: metrics that need their edges one by one get a status.
    progress
        Called with the number of random networks measured so far.

    Returns
    -------
    dict
        "family.metric" -> number, and "family.metric_per_node", "family.metric_per_edge"; beside a
        null, "family.metric_<null>_mean", "_sd" and "_z". An undefined value is None and
        "family.metric.status" says why. In the encodings that do not link the layers, the mean over
        the layers in which the value is defined.

    Raises
    ------
    UserError
        On an unknown family or null, or a null of a graph without a network.

    Examples
    --------
    >>> measure(Graph.from_edges(3, [0, 1], [1, 2]), "motifs")["motifs.chain"]
    1
    """
    families = families if families is None or isinstance(families, str) else tuple(families)
    values = flat(_values(graph, chosen(families), max_edges))
    if null is not None:
        from nsgraph.metrics.null import null_values

        same = partial(measure, max_edges=max_edges)
        values |= null_values(
            graph, families, null, samples, seed, values=values, measure=same, progress=progress
        )
    return values


def explain(
    graph: Graph, families: Iterable[str] | str | None = None, *, max_edges: int = MAX_EDGES
) -> tuple[Values, list[Step]]:
    """`measure`, and how each part of it was computed, in order; layers of one graph are summed."""
    steps: list[Step] = []
    values = flat(_values(graph, chosen(families), max_edges, steps))
    return values, merged(steps)


def measure_layers(graph: Graph, families: Iterable[str] | str | None = None) -> dict[str, Values]:
    """Layer name -> its own `measure`, for an encoding that does not link the layers."""
    return {
        name: flat(values)
        for name, values in _raw_layers(graph, chosen(families), MAX_EDGES).items()
    }


def measure_network(
    saved: Any,
    encodings: Iterable[str] | None = None,
    families: Iterable[str] | str | None = None,
    *,
    max_edges: int = MAX_EDGES,
) -> tuple[Values, list[Row]]:
    """Everything the tables hold about one network.

    Parameters
    ----------
    saved
        A `SavedNetwork`. Initial weights are measured if it has those of all layers.
    encodings
        Names of encodings, see `nsgraph.graphs.ENCODINGS`; by default multipartite and rolled, for
        a network without wiring rolled alone.
    families
        As in `measure`; the family `size` is always among them, as the trivial baselines need it.
    max_edges
        As in `measure`.

    Returns
    -------
    wide : dict
        "<encoding>.<family>.<metric>" -> value, as `measure` gives it.
    long : list of dict
        Rows with keys encoding, layer, metric, value: the layers' sizes and densities (encoding
        "mask"), edges per layer, and all raw metrics of every layer in the unlinked encodings.
    """
    wanted = chosen(families)
    if all(family.name != "size" for family in wanted):
        wanted = chosen("size") + wanted
    graphs = network_graphs(saved, encodings)
    wide: Values = {}
    long: list[Row] = list(mask_rows(as_network(saved, weights=_kinds(saved))))
    for encoding, graph in graphs.items():
        long += edge_rows(graph, encoding)
        if graph.linked:
            values = _raw(graph, wanted, max_edges)
        else:
            layers = _raw_layers(graph, wanted, max_edges)
            values = _mean(list(layers.values()))
            long += [
                {"encoding": encoding, "layer": layer, "metric": metric, "value": value}
                for layer, own in layers.items()
                for metric, value in flat(_plain(own, wanted)).items()
                if not metric.endswith(".status")
            ]
        wide.update({f"{encoding}.{name}": value for name, value in flat(values).items()})
    return wide, long


def network_graphs(saved: Any, encodings: Iterable[str] | None = None) -> dict[str, Graph]:
    """Graphs of a saved network by encoding, with initial weights if it has those of all layers."""
    network = as_network(saved, weights=_kinds(saved))
    if encodings is None:
        encodings = ("rolled",) if network.wiring is None else ("multipartite", "rolled")
    return {encoding: encode(network, encoding=encoding) for encoding in encodings}


def _kinds(saved: Any) -> str:
    return "both" if all(name in saved.initial for name in saved.masks) else "final"


def _values(
    graph: Graph, wanted: list[Family], max_edges: int, steps: list[Step] | None = None
) -> dict[str, Value]:
    if graph.linked:
        return _raw(graph, wanted, max_edges, steps)
    return _mean(list(_raw_layers(graph, wanted, max_edges, steps).values()))


def _raw(
    graph: Graph, wanted: list[Family], max_edges: int, steps: list[Step] | None = None
) -> dict[str, Value]:
    """Values by full name, normalised ones included, `Undefined` where there is none."""
    values: dict[str, Value] = {}
    for family in wanted:
        found = evaluate(graph, family, max_edges, steps)
        for metric in family.metrics:
            value = found[metric.name]
            if isinstance(value, float) and not math.isfinite(value):
                value = Undefined("not finite")
            name = f"{family.name}.{metric.name}"
            values[name] = value
            if metric.normalised:
                values[f"{name}_per_node"] = _ratio(value, graph.n_nodes, "no nodes")
                values[f"{name}_per_edge"] = _ratio(value, graph.n_edges, "no edges")
    return values


def _raw_layers(
    graph: Graph, wanted: list[Family], max_edges: int, steps: list[Step] | None = None
) -> dict[str, dict[str, Value]]:
    return {
        name: _raw(part, wanted, max_edges, steps) for name, part in graph.layer_graphs().items()
    }


def _ratio(value: Value, by: int, reason: str) -> Value:
    if isinstance(value, Undefined):
        return value
    return value / by if by else Undefined(reason)


def _mean(layers: list[dict[str, Value]]) -> dict[str, Value]:
    means: dict[str, Value] = {}
    for name in layers[0]:
        defined = [v for layer in layers if not isinstance(v := layer[name], Undefined)]
        means[name] = sum(defined) / len(defined) if defined else layers[0][name]
    return means


def _plain(values: Mapping[str, Value], wanted: list[Family]) -> dict[str, Value]:
    """Only the metrics themselves, without the normalised ones."""
    names = [f"{family.name}.{metric.name}" for family in wanted for metric in family.metrics]
    return {name: values[name] for name in names}
