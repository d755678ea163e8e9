"""Metrics beside chance: random networks that keep some of a network's structure, and z-scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from nsgraph.errors import UserError
from nsgraph.graphs import Graph
from nsgraph.metrics.evaluation import Values, flat
from nsgraph.metrics.null_networks import NULLS, null_graphs
from nsgraph.metrics.registry import MetricInfo, Undefined, Value, chosen

__all__ = ["NULLS", "null_dictionary", "null_values"]

SOURCES = {
    "er": "Erdos & Renyi 1959, layer by layer",
    "degree": "Strona et al. 2014 (curveball); Carstens 2015",
    "strength": "Rubinov & Sporns 2011; Strona et al. 2014",
}

MERGED = 0.01
"""Largest change of the number of edges, as a share, at which a null still keeps degrees."""

ROUNDING = 1e-12
"""Spread of floats, relative to their size, that is rounding: sums taken in another order."""

Measured = Callable[[Graph, Any], Mapping[str, Any]]

CLUSTERING, PATH_LENGTH = "heterogeneity.bipartite_clustering", "heterogeneity.path_length"


def null_values(
    graph: Graph,
    families: Iterable[str] | str | None = None,
    kind: str = "degree",
    samples: int = 50,
    seed: int = 0,
    *,
    values: Mapping[str, Any] | None = None,
    measure: Measured | None = None,
    progress: Callable[[int], None] | None = None,
) -> Values:
    """Every metric of a graph beside a null model.

    Parameters
    ----------
    graph
        From `encode`.
    families
        As in `measure`.
    kind
        One of `NULLS`.
    samples
        Null networks to draw, at least 2. The standard error of a mean is sd / sqrt(samples).
    seed
        Of the draws. The k-th null network is the same, however many are drawn.
    values
        What `measure` gave for the graph, where that is known.
    measure
        Called with a graph and the families; by default `nsgraph.metrics.measure`.
    progress
        Called with the number of null networks measured so far.

    Returns
    -------
    dict
        For every metric x, without the normalised ones (their z is the same where edges are kept):
        "x_<kind>_mean", "x_<kind>_sd" (n - 1) and "x_<kind>_z" = (x - mean) / sd; and, where the
        values hold clustering and path length, "heterogeneity.small_worldness_<kind>". An undefined
        value is None, and its ".status" says why; mean and sd are undefined if the metric is so in
        any null network. In the encodings that do not link the layers, x is the mean over layers.
        For "degree" and "strength" also "null.degrees_kept_<kind>", the least share of nodes whose
        degrees are the graph's own; it is below 1 where coinciding edges merge. If that changes the
        number of edges by more than `MERGED`, no z is given.

    Raises
    ------
    UserError
        On an unknown kind or family, fewer than two samples, a graph that is not a whole network's,
        or the null of strengths for a graph without weights.
    """
    if not isinstance(samples, int) or samples < 2:
        raise UserError(f"A null needs a whole number of at least 2 samples, not {samples!r}.")
    families = families if families is None or isinstance(families, str) else tuple(families)
    names = [
        f"{family.name}.{metric.name}" for family in chosen(families) for metric in family.metrics
    ]
    measured = measure or _measured
    graphs = null_graphs(graph, kind, seed)
    drawn: dict[str, list[Value]] = {name: [] for name in names}
    kept, merged = 1.0, 0.0
    for done in range(1, samples + 1):
        sample = next(graphs)
        if kind != "er":
            kept = min(kept, _degrees_kept(graph, sample))
            merged = max(merged, abs(sample.n_edges - graph.n_edges) / max(graph.n_edges, 1))
        found = measured(sample, families)
        for name in names:
            drawn[name].append(_value(found, name))
        if progress is not None:
            progress(done)
    found = measured(graph, families) if values is None else values
    own = {name: _value(found, name) for name in names}
    beside = {name: _beside(own[name], drawn[name]) for name in names}
    rows = {
        f"{name}_{kind}_{statistic}": value
        for name, statistics in beside.items()
        for statistic, value in statistics.items()
    }
    if CLUSTERING in own and PATH_LENGTH in own:
        means = {name: statistics["mean"] for name, statistics in beside.items()}
        rows[f"heterogeneity.small_worldness_{kind}"] = _small_worldness(own, means)
    if merged > MERGED:
        reason = f"coinciding edges merge: {kept:.0%} of the nodes keep their degrees"
        rows = {name: Undefined(reason) if name.endswith("_z") else v for name, v in rows.items()}
    if kind != "er":
        rows[f"null.degrees_kept_{kind}"] = kept
    return flat(rows)


def null_dictionary(rows: Iterable[MetricInfo], kinds: Iterable[str] = NULLS) -> list[MetricInfo]:
    """Rows of the data dictionary for what `null_values` adds to the given raw metrics."""
    rows, kinds = list(rows), list(kinds)
    statistics = (
        ("mean", "mean of", None, "mean over null networks"),
        ("sd", "standard deviation of", None, "standard deviation (n - 1) over null networks"),
        ("z", "standard deviations from the mean of", "sd", "({name} - mean) / sd"),
    )
    beside = [
        replace(
            row,
            name=f"{row.name}_{kind}_{statistic}",
            meaning=f"{words} '{row.meaning}' over {NULLS[kind]}",
            unit=unit or row.unit,
            formula=formula.format(name=row.name),
            source=f"{row.source}; null: {SOURCES[kind]}",
        )
        for row in rows
        for kind in kinds
        for statistic, words, unit, formula in statistics
    ]
    if {CLUSTERING, PATH_LENGTH} <= {row.name for row in rows}:
        beside += [
            MetricInfo(
                f"heterogeneity.small_worldness_{kind}",
                "heterogeneity",
                f"clustering against path length, each over its mean over {NULLS[kind]}",
                "ratio, >= 0",
                "(C / mean null C) / (L / mean null L)",
                f"Humphries & Gurney 2008; null: {SOURCES[kind]}",
            )
            for kind in kinds
        ]
    beside += [
        MetricInfo(
            f"null.degrees_kept_{kind}",
            "null",
            "least share of nodes whose degrees are the graph's own, over the null networks; "
            "below 1 where coinciding edges merge",
            "[0, 1]",
            "#{v: a and b as in the graph} / N",
            SOURCES[kind],
        )
        for kind in kinds
        if kind != "er"
    ]
    return beside


def _degrees_kept(graph: Graph, sample: Graph) -> float:
    """Share of nodes whose in- and out-degree are the same in both graphs; 1 without nodes."""
    same = (graph.in_degrees == sample.in_degrees) & (graph.out_degrees == sample.out_degrees)
    return float(same.mean()) if same.size else 1.0


def _value(values: Mapping[str, Any], name: str) -> Value:
    return Undefined(values[f"{name}.status"]) if values[name] is None else values[name]


def _beside(value: Value, drawn: list[Value]) -> dict[str, Value]:
    """Mean, sd and z; exact up to the last division, as counts may be far beyond 2^53."""
    reasons = [v.reason for v in drawn if isinstance(v, Undefined)]
    if reasons:
        nothing = Undefined(f"{reasons[0]}, in {len(reasons)} of {len(drawn)} null networks")
        return dict.fromkeys(("mean", "sd", "z"), nothing)
    exact = [Fraction(v) for v in drawn]  # type: ignore[arg-type]  # none is Undefined
    mean = sum(exact) / len(exact)
    sd = math.sqrt(sum((x - mean) ** 2 for x in exact) / (len(exact) - 1))
    if any(isinstance(v, float) for v in drawn) and sd <= ROUNDING * max(map(abs, exact)):
        sd = 0.0
    z: Value
    if isinstance(value, Undefined):
        z = value
    elif sd == 0:
        z = Undefined("the null does not vary")
    else:
        z = float(Fraction(value) - mean) / sd
    return {"mean": float(mean), "sd": sd, "z": z}


def _small_worldness(values: Mapping[str, Value], means: Mapping[str, Value]) -> Value:
    """sigma of Humphries & Gurney (2008), with clustering and path length of that family."""
    ratios = []
    for name in (CLUSTERING, PATH_LENGTH):
        value, mean = values[name], means[name]
        if isinstance(value, Undefined):
            return value
        if isinstance(mean, Undefined):
            return mean
        if mean == 0:
            return Undefined(f"{name} is 0 in the null networks")
        ratios.append(value / mean)
    return ratios[0] / ratios[1] if ratios[1] else Undefined(f"{PATH_LENGTH} is 0")


def _measured(graph: Graph, families: Any) -> Mapping[str, Any]:
    from nsgraph.metrics.measure import measure  # which offers the nulls in its turn

    return measure(graph, families)
