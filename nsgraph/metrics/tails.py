"""Heavy tails: power-law fits of a layer's in- and out-degrees, and whether to believe them."""

from __future__ import annotations

from typing import Any

import numpy as np

from nsgraph.graphs.graph import Graph
from nsgraph.metrics.registry import Family, Metric, Part, Undefined, Value

__all__ = ["FAMILY"]

SAMPLES = 50
"""Bootstrap samples of a fit."""
LAYERS = 20
"""Erdos-Renyi layers beside each layer."""
COMPARED = ("exponential", "binomial", "lognormal")
"""Alternatives whose Vuong ratio is a metric."""


def _measure(graph: Graph) -> dict[str, Value]:
    """In-degrees of the nodes that are no inputs, out-degrees of those that are no outputs.

    In a bipartite layer these are the right and the left nodes, and each side is as wide as the
    degrees of the other can be; in a grouped convolution one group of it is.
    """
    rolled = graph.encoding in ("rolled", "rolled-channel")
    if not rolled and (len(graph.layers) > 1 or any(s.size > s.channels for s in graph.sets)):
        reason = Undefined("degrees repeat over positions; measured in the rolled encodings")
        return {metric.name: reason for metric in FAMILY.metrics}
    targets = ~graph.inputs | (graph.in_degrees > 0)
    sources = ~graph.outputs | (graph.out_degrees > 0)
    groups = _groups(graph)
    return {
        **_side("in", graph.in_degrees[targets], int(np.count_nonzero(sources)) // groups),
        **_side("out", graph.out_degrees[sources], int(np.count_nonzero(targets)) // groups),
    }


def _groups(graph: Graph) -> int:
    """Number of groups of the one layer: its nodes over the inputs of one output."""
    if graph.network is None:
        return 1
    mask = next(iter(graph.network.masks.values()))
    return graph.sets[0].channels // mask.shape[1]


def _side(side: str, degrees: Any, width: int) -> dict[str, Value]:
    from nsgraph.tails import fit_tail, heavy_by_chance

    fit = fit_tail(degrees, width, samples=SAMPLES)
    links = int(degrees.sum())
    values: dict[str, Value | None] = {
        "alpha": fit.alpha,
        "standard_error": fit.standard_error,
        "xmin": fit.xmin,
        "n_tail": fit.n_tail,
        "distance": fit.distance,
        "p": fit.p,
        "er_p": fit.chance,
        "heavy": _decided(fit.verdict, fit.reason),
        "heavy_er": heavy_by_chance(degrees.size, width, links, layers=LAYERS, samples=SAMPLES),
    }
    for name in COMPARED:
        values[f"versus_{name}"] = fit.alternatives[name].ratio if fit.alternatives else None
    missing = Undefined(fit.status)
    return {f"{side}_{k}": missing if v is None else v for k, v in values.items()}


def _decided(verdict: str, reason: str) -> Value:
    if verdict == "undecided":
        return Undefined(f"undecided: {reason}")
    return int(verdict == "heavy-tailed")


CLAUSET = "Clauset, Shalizi & Newman 2009"
VUONG = f"Vuong 1989; {CLAUSET}, section 5"
OWN = f"{CLAUSET}; Broido & Clauset 2019; rules in nsgraph.tails.verdict"


def _metrics(side: str) -> tuple[Metric, ...]:
    of = f"{side}-degrees of the layer"
    rows = (
        (
            "alpha",
            f"exponent of the power law that fits the tail of the {of} best",
            ">= 0",
            "argmax of prod k^-alpha / sum over i = xmin .. width of i^-alpha",
            CLAUSET,
        ),
        (
            "standard_error",
            f"standard error of that exponent, {of}",
            ">= 0",
            "1 / sqrt(observed information)",
            CLAUSET,
        ),
        (
            "xmin",
            f"degree at which the tail starts, {of}",
            "links, >= 1",
            "argmin of the distance",
            CLAUSET,
        ),
        ("n_tail", f"number of degrees in the tail, {of}", "nodes, >= 1", "#{k >= xmin}", CLAUSET),
        (
            "distance",
            f"Kolmogorov-Smirnov distance of the tail from the power law, {of}",
            "[0, 1]",
            "max over k of |P(degree <= k) - fitted P(degree <= k)|",
            CLAUSET,
        ),
        (
            "p",
            f"goodness of fit: below .1 the power law is rejected, {of}",
            "(0, 1]",
            f"(1 + #samples at least as far) / (1 + {SAMPLES}), semiparametric bootstrap",
            CLAUSET,
        ),
        (
            "er_p",
            f"p of the hypothesis that the {of} are those of an Erdos-Renyi layer",
            "[0, 1]",
            "2 min(p of the largest degree, p of the distance from the binomial)",
            "Lilliefors 1967 (distance with a fitted mean), Bonferroni",
        ),
        (
            "heavy",
            f"1: the {of} are heavy-tailed, 0: they are not, undefined: undecided; over several "
            "layers the fraction of the decided ones that are",
            "[0, 1]",
            "1 if p >= .1 and the power law is significantly better than exponential and binomial",
            OWN,
        ),
        (
            "heavy_er",
            f"fraction of {LAYERS} Erdos-Renyi layers of the same shape whose {side}-degrees the "
            "same test calls heavy-tailed",
            "[0, 1]",
            f"#heavy-tailed / {LAYERS}",
            OWN,
        ),
    )
    compared = (
        (
            f"versus_{name}",
            f"normalised log-likelihood ratio of power law and {name} distribution on the tail, "
            f"{of}; above 0 the power law is better, significantly above 1.96",
            "standard deviations",
            f"sum ln(p_power / p_{name}) / sqrt(n variance)",
            VUONG,
        )
        for name in COMPARED
    )
    return tuple(
        Metric(f"{side}_{name}", meaning, unit, formula, source, normalised=False)
        for name, meaning, unit, formula, source in (*rows, *compared)
    )


# from degrees alone, which the masks give
FAMILY = Family("tails", (Part(_measure, _measure),), (*_metrics("in"), *_metrics("out")))
