"""The graph itself: from edges, node sets, layers."""

from __future__ import annotations

import numpy as np
import pytest

from nsgraph.errors import UserError
from nsgraph.graphs import Graph, encode
from tests.graphs.networks import Builder
from tests.graphs.twin import edge_dict


def test_from_edges_sorts_and_takes_absolute_weights():
    graph = Graph.from_edges(4, [2, 0, 1], [3, 3, 2], [-1.0, 2.0, 3.0])
    source, target, weight = graph.edges()
    assert (source.tolist(), target.tolist(), weight.tolist()) == ([1, 0, 2], [2, 3, 3], [3, 2, 1])
    assert graph.in_degrees.tolist() == [0, 0, 1, 2]
    assert graph.out_degrees.tolist() == [1, 1, 1, 0]
    assert np.flatnonzero(graph.inputs).tolist() == [0, 1]
    assert np.flatnonzero(graph.outputs).tolist() == [3]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ([1], [0], "goes backward"),
        ([1], [1], "goes backward"),
        ([0, 0], [1, 1], "given twice"),
        ([0], [3], "outside the nodes 0 to 2"),
        ([-1], [1], "outside the nodes"),
        ([0, 1], [2], "2 sources and 1 targets"),
    ],
)
def test_from_edges_refuses(source, target, message):
    with pytest.raises(UserError, match=message):
        Graph.from_edges(3, source, target)


def test_layers_of_an_unlinked_graph():
    net = Builder(2)
    net.linear(net.linear("in", 3), 1)
    masks = {"layer0": [[1, 0], [0, 0], [1, 1]], "layer1": [[0, 1, 1]]}
    graph = encode(net.wiring(), masks, encoding="rolled")
    parts = graph.layer_graphs()
    assert list(edge_dict(parts["layer0"])) == [(0, 2), (0, 4), (1, 4)]
    assert list(edge_dict(parts["layer1"])) == [(1, 3), (2, 3)]
    assert list(edge_dict(graph)) == [(0, 2), (0, 4), (1, 4), (6, 8), (7, 8)]
    assert graph.node_set("layer1/in").start == 5
    linked = encode(net.wiring(), masks)
    assert list(edge_dict(linked)) == [(0, 2), (0, 4), (1, 4), (3, 5), (4, 5)]
    with pytest.raises(UserError, match="one graph, not one a layer"):
        linked.layer_graphs()
    with pytest.raises(UserError, match="no node set 'x'"):
        linked.node_set("x")


def test_asking_for_absent_weights():
    graph = Graph.from_edges(2, [0], [1])
    assert graph.edges()[2].tolist() == [1.0]
    with pytest.raises(UserError, match="no 'initial' weights"):
        graph.edges("initial")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((3, [0, 1], [1, 2], [1, 2, 3]), "3 weights do not fit 2 edges"),
        ((3, [0.7, 1], [1, 2]), "not whole numbers"),
        ((-1, [], []), "-1 nodes"),
    ],
)
def test_edges_that_make_no_graph_are_refused(arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        Graph.from_edges(*arguments)
    for wrong in (-1, 9):
        with pytest.raises(UserError, match="outside the nodes"):
            Graph.from_edges(3, [0], [1], inputs=[wrong])
