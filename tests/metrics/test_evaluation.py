"""Which way a part is computed, and what is said about it."""

import pytest

from nsgraph.graphs import Graph, encode
from nsgraph.metrics import explain, measure
from nsgraph.metrics.evaluation import evaluate
from nsgraph.metrics.registry import Family, Metric, Part, Undefined, chosen
from tests.graphs.networks import Builder


def metric(name):
    return Metric(name, "", "", "", "")


BOTH = Part(lambda graph: {"both": 1}, lambda graph: {"both": 1}, ("both",))
EDGES = Part(lambda graph: {"edges": graph.incoming.neighbours.size}, names=("edges",))
FAMILY = Family("test", (BOTH, EDGES), (metric("both"), metric("edges")))


@pytest.fixture
def graph():
    net = Builder(2, 4, 4)
    net.linear(net.flatten(net.conv("in", 3, (3, 3), padding=(1, 1))), 2)
    return encode(net.network(density=0.5))


def test_from_the_masks_where_it_can_be_on_edges_otherwise(graph):
    steps = []
    values = evaluate(graph, FAMILY, steps=steps)
    assert values == {"both": 1, "edges": graph.n_edges}
    told = [(s.family, s.metrics, s.path) for s in steps]
    assert told == [
        ("test", ("both",), "implicit"),
        ("graph", ("edges",), "unrolled"),
        ("test", ("edges",), "unrolled"),
    ]
    assert all(step.seconds >= 0 for step in steps)


def test_edge_by_edge_without_unrolling(graph):
    steps = []
    part = Part(lambda graph: {"edges": graph.below.offsets.size}, None, ("edges",), streamed=True)
    family = FAMILY._replace(parts=(BOTH, part))
    evaluate(graph, family, steps=steps)
    assert [step.path for step in steps] == ["implicit", "streamed"]
    assert not graph.is_unrolled
    assert isinstance(evaluate(graph, family, max_edges=0)["edges"], Undefined)


def test_what_cannot_be_needs_no_edges(graph):
    steps = []
    evaluate(graph, chosen("expansion")[0], max_edges=0, steps=steps)
    assert [step.path for step in steps] == ["implicit"]
    assert not graph.is_unrolled


def test_edges_that_are_there_are_not_unrolled_again(graph):
    steps = []
    evaluate(graph.unrolled(), FAMILY, steps=steps)
    assert [step.family for step in steps] == ["test", "test"]


def test_a_graph_from_edges_has_one_way():
    steps = []
    evaluate(Graph.from_edges(3, [0, 1], [1, 2]), FAMILY, steps=steps)
    assert [(s.path, s.note) for s in steps] == [
        ("unrolled", "the graph has no compact form"),
        ("unrolled", "needs the edges one by one"),
    ]


def test_large_graphs_are_not_unrolled(graph):
    steps = []
    values = evaluate(graph, FAMILY, max_edges=graph.n_edges - 1, steps=steps)
    assert values["both"] == 1
    assert isinstance(values["edges"], Undefined)
    assert f"{graph.n_edges} edges" in values["edges"].reason
    assert not graph.is_unrolled
    assert [step.path for step in steps] == ["implicit", "left out"]
    assert evaluate(graph, FAMILY, max_edges=graph.n_edges)["edges"] == graph.n_edges


def test_statuses_of_what_is_left_out(graph):
    values = measure(graph, "connectivity", max_edges=0)
    assert values["connectivity.bridges"] is None
    assert "more than the 0 to be unrolled" in values["connectivity.bridges.status"]


@pytest.mark.parametrize("encoding", ["multipartite", "rolled"])
def test_explaining_changes_no_value(encoding):
    net = Builder(2, 4, 4)
    net.conv(net.conv("in", 3, (3, 3)), 2, (2, 2))
    graph = encode(net.network(), encoding=encoding)
    values, steps = explain(graph, ["size", "motifs", "connectivity"])
    assert values == measure(graph, ["size", "motifs", "connectivity"])
    assert len({(s.family, s.metrics, s.path) for s in steps}) == len(steps)
    assert {"size", "motifs", "connectivity"} <= {step.family for step in steps}


def test_numbers_that_do_not_fit_are_a_status(graph):
    def overflow(graph):
        raise OverflowError("too many to be counted")

    family = FAMILY._replace(parts=(Part(overflow, overflow, ("both",)), EDGES))
    values = evaluate(graph, family)
    assert values == {"both": Undefined("too many to be counted"), "edges": graph.n_edges}
