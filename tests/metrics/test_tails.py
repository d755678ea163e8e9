"""The family "tails" against the fit itself, on layers drawn by hand and on encoded ones."""

from __future__ import annotations

import numpy as np
import pytest

from nsgraph.graphs import Graph, encode
from nsgraph.metrics.registry import Undefined
from nsgraph.metrics.tails import FAMILY, SAMPLES
from nsgraph.tails import fit_tail
from tests.graphs.networks import Builder

pytestmark = pytest.mark.filterwarnings("error")
measured = FAMILY.parts[0].unrolled


def heavy_mask(n_out=300, n_in=400, seed=0):
    """In-degrees from a power law of exponent 2; sources at random, hence light out-degrees."""
    rng = np.random.default_rng(seed)
    k = np.arange(1, n_in + 1)
    degrees = rng.choice(k, n_out, p=k**-2.0 / np.sum(k**-2.0))
    mask = np.zeros((n_out, n_in), dtype=bool)
    for row, degree in zip(mask, degrees, strict=True):
        row[rng.choice(n_in, degree, replace=False)] = True
    return mask


def check(values, side, degrees, width):
    fit = fit_tail(degrees, width, samples=SAMPLES)
    for name in ("alpha", "standard_error", "xmin", "n_tail", "distance", "p"):
        assert values[f"{side}_{name}"] == getattr(fit, name)
    assert values[f"{side}_er_p"] == fit.chance
    for name in ("exponential", "binomial", "lognormal"):
        assert values[f"{side}_versus_{name}"] == fit.alternatives[name].ratio
    expected = {"heavy-tailed": 1, "not heavy-tailed": 0}
    heavy = values[f"{side}_heavy"]
    if fit.verdict == "undecided":
        assert heavy == Undefined(f"undecided: {fit.reason}")
    else:
        assert heavy == expected[fit.verdict]


def test_a_layer_with_heavy_tailed_in_degrees():
    mask = heavy_mask()
    for encoding in ("rolled", "rolled-channel"):
        (graph,) = encode({"layer": mask}, encoding=encoding).layer_graphs().values()
        values = measured(graph)
        check(values, "in", mask.sum(axis=1), 400)
        check(values, "out", mask.sum(axis=0), 300)
        assert (values["in_heavy"], values["in_heavy_er"]) == (1, 0)
        assert values["in_er_p"] < 0.05
        assert abs(values["in_alpha"] - 2) < 3 * values["in_standard_error"]
        assert values == measured(graph)
    assert set(values) == {metric.name for metric in FAMILY.metrics}
    assert not any(metric.normalised for metric in FAMILY.metrics)


def test_an_erdos_renyi_layer_is_not_heavy_tailed():
    mask = np.random.default_rng(1).random((300, 400)) < 0.03
    (graph,) = encode({"layer": mask}, encoding="rolled").layer_graphs().values()
    values = measured(graph)
    assert values["in_heavy"] == values["out_heavy"] == 0
    check(values, "in", mask.sum(axis=1), 400)


def test_a_graph_from_edges_equals_the_layer():
    """Nodes without edges are no part of it: here there are none on either side."""
    mask = heavy_mask(seed=3)
    mask = mask[:, mask.any(axis=0)]
    target, source = np.nonzero(mask)
    graph = Graph.from_edges(sum(mask.shape), source, target + mask.shape[1])
    (layer,) = encode({"layer": mask}, encoding="rolled").layer_graphs().values()
    assert measured(graph) == measured(layer)


def test_a_single_linear_layer_is_measured_when_linked():
    net = Builder(60)
    net.linear("in", 70)
    saved = net.network(density=0.2)
    (layer,) = encode(saved, encoding="rolled").layer_graphs().values()
    assert measured(encode(saved)) == measured(layer)


def test_a_group_is_as_wide_as_its_own_channels():
    """Eight groups of 12 channels: an output reads at most 12 * 9 inputs, one goes to 8 outputs."""
    net = Builder(96, 5, 5)
    net.conv("in", 64, (3, 3), padding=(1, 1), groups=8)
    saved = net.network(density=0.3)
    mask = saved.masks["layer0"]
    (rolled,) = encode(saved, encoding="rolled").layer_graphs().values()
    values = measured(rolled)
    check(values, "in", mask.sum(axis=(1, 2, 3)), 12 * 9)
    check(values, "out", mask.reshape(8, 8, 12, 3, 3).sum(axis=1).ravel(), 8)


def test_degrees_that_repeat_over_positions_are_not_tested():
    conv, deep = Builder(2, 5, 5), Builder(5)
    conv.conv("in", 3, (3, 3), padding=(1, 1))
    deep.linear(deep.linear("in", 4), 3)
    graphs = [encode(conv.network()), encode(deep.network())]
    graphs += encode(conv.network(), encoding="unrolled").layer_graphs().values()
    for graph in graphs:
        values = measured(graph)
        assert set(values) == {metric.name for metric in FAMILY.metrics}
        for value in values.values():
            assert isinstance(value, Undefined)
            assert "rolled encodings" in value.reason


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        (np.zeros((60, 5), bool), "no links"),
        (np.ones((60, 5), bool), "constant degrees"),
        (np.ones((1, 1), bool), "constant degrees"),
        (np.eye(70, dtype=bool), "constant degrees"),
        (np.tri(3, dtype=bool), "no tail of 10 degrees"),
    ],
)
def test_degenerate_layers_have_a_status(mask, reason):
    (graph,) = encode({"layer": mask}, encoding="rolled").layer_graphs().values()
    values = measured(graph)
    for side, n in (("in", mask.shape[0]), ("out", mask.shape[1])):
        assert values[f"{side}_alpha"] == values[f"{side}_p"] == Undefined(reason)
        assert values[f"{side}_heavy_er"] == 0
        known = reason == "constant degrees" and n >= 50
        assert (values[f"{side}_heavy"] == 0) == known


@pytest.mark.parametrize("n_nodes", [0, 1, 4])
def test_graphs_without_edges(n_nodes):
    values = measured(Graph.from_edges(n_nodes, [], []))
    assert values["in_alpha"] == values["out_alpha"] == Undefined("no links")
