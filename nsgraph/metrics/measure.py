"""Measure a graph, or a saved network in several encodings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from nsgraph.graphs import Graph, encode
from nsgraph.graphs.network import as_network
from nsgraph.metrics.layers import LAYER_METRICS, edge_rows, mask_rows
from nsgraph.metrics.registry import (
    FAMILIES,
    Family,
    MetricInfo,
    Undefined,
    Value,
    chosen,
    described,
)

__all__ = ["dictionary", "families", "measure", "measure_layers", "measure_network"]

Values = dict[str, int | float | str | None]
Row = dict[str, Any]


def families() -> list[str]:
    """Names of the families."""
    return list(FAMILIES)


def dictionary() -> list[MetricInfo]:
    """Every metric that `measure` and the long rows of `measure_network` may return.

    Beside a metric `x`, `x.status` says why it is undefined, where it is.
    """
    rows = [row for family in chosen() for row in described(family)]
    return [*rows, *LAYER_METRICS]


def measure(graph: Graph, families: Iterable[str] | str | None = None) -> Values:
    """Measure a graph.

    Parameters
    ----------
    graph
        From `encode` or `Graph.from_edges`.
    families
        Names of families, by default all of `families()`.

    Returns
    -------
    dict
        "family.metric" -> number, and "family.metric_per_node", "family.metric_per_edge". An
        undefined value is None and "family.metric.status" says why. In the encodings that do not
        link the layers, the mean over the layers in which the value is defined.

    Raises
    ------
    UserError
        On an unknown family.

    Examples
    --------
    >>> measure(Graph.from_edges(3, [0, 1], [1, 2]), "motifs")["motifs.chain"]
    1
    """
    wanted = chosen(families)
    if graph.linked:
        return _flat(_raw(graph, wanted))
    return _flat(_mean(list(_raw_layers(graph, wanted).values())))


def measure_layers(graph: Graph, families: Iterable[str] | str | None = None) -> dict[str, Values]:
    """Layer name -> its own `measure`, for an encoding that does not link the layers."""
    return {name: _flat(values) for name, values in _raw_layers(graph, chosen(families)).items()}


def measure_network(
    saved: Any,
    encodings: Iterable[str] | None = None,
    families: Iterable[str] | str | None = None,
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
    complete = all(name in saved.initial for name in saved.masks)
    network = as_network(saved, weights="both" if complete else "final")
    if encodings is None:
        encodings = ("rolled",) if network.wiring is None else ("multipartite", "rolled")
    wide: Values = {}
    long: list[Row] = list(mask_rows(network))
    for encoding in encodings:
        graph = encode(network, encoding=encoding)
        long += edge_rows(graph, encoding)
        if graph.linked:
            values = _raw(graph, wanted)
        else:
            layers = _raw_layers(graph, wanted)
            values = _mean(list(layers.values()))
            long += [
                {"encoding": encoding, "layer": layer, "metric": metric, "value": value}
                for layer, own in layers.items()
                for metric, value in _flat(_plain(own, wanted)).items()
                if not metric.endswith(".status")
            ]
        wide.update({f"{encoding}.{name}": value for name, value in _flat(values).items()})
    return wide, long


def _raw(graph: Graph, wanted: list[Family]) -> dict[str, Value]:
    """Values by full name, normalised ones included, `Undefined` where there is none."""
    values: dict[str, Value] = {}
    for family in wanted:
        found: dict[str, Value] = {}
        for part in family.parts:
            found |= part.unrolled(graph)
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


def _raw_layers(graph: Graph, wanted: list[Family]) -> dict[str, dict[str, Value]]:
    return {name: _raw(part, wanted) for name, part in graph.layer_graphs().items()}


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


def _flat(values: Mapping[str, Value]) -> Values:
    out: Values = {}
    for name, value in values.items():
        if isinstance(value, Undefined):
            out[name] = None
            out[f"{name}.status"] = value.reason
        else:
            out[name] = value
    return out
