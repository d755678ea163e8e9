"""The families local and size, and edges per layer: from the masks, on the edges, by networkx."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode
from nsgraph.metrics import local, size
from nsgraph.metrics.layers import edge_rows
from nsgraph.metrics.registry import Undefined
from tests.graphs.networks import Builder, cases, networks, with_masks
from tests.graphs.test_flow import graphs, shared
from tests.graphs.twin import multipartite_twin
from tests.metrics import twin


def implicit(family, graph):
    return {k: v for part in family.parts for k, v in part.implicit(graph).items()}


def unrolled(family, graph):
    return {k: v for part in family.parts for k, v in part.unrolled(graph).items()}


@cases(150)
@given(graphs())
def test_implicit_equals_unrolled(parts):
    for graph in parts:
        values = implicit(local.FAMILY, graph)
        assert values == unrolled(local.FAMILY, graph)
        assert list(values) == [metric.name for metric in local.FAMILY.metrics]
        assert {type(v) for k, v in values.items() if k != "effective_sparsity"} == {int}
        assert implicit(size.FAMILY, graph) == {
            "nodes": graph.n_nodes,
            "edges": graph.incoming.neighbours.size,
            "parallel_edges": graph.unroll().n_parallel,
        }


@cases(40)
@given(networks, st.booleans())
def test_implicit_equals_networkx(saved, identity_skips):
    graph = encode(saved, identity_skips=identity_skips, weights="both")
    assume(graph.compact is not None and graph.n_edges < 300)  # networkx is slow
    slow = multipartite_twin(saved, identity_skips)
    expected = twin.metrics(slow, twin.numbered_skips(saved)[0])
    expected["local.effective_sparsity"] = twin.effective_sparsity(saved, slow)
    for name, value in implicit(local.FAMILY, graph).items():
        assert value == pytest.approx(expected[f"local.{name}"], rel=1e-12)


@cases(60)
@given(shared(), st.sampled_from([0.1, 0.5, 1.0]), st.integers(0, 99))
def test_a_layer_used_twice_has_its_weights_once(wiring, density, seed):
    saved = with_masks(wiring, density, seed)
    slow = multipartite_twin(saved)
    values = implicit(local.FAMILY, encode(saved))
    assert values["effective_sparsity"] == pytest.approx(twin.effective_sparsity(saved, slow))


@cases(60)
@given(graphs(["multipartite", "multipartite-identity"]))
def test_edges_of_a_layer(parts):
    for graph in parts:
        counts = np.bincount(graph.edge_layers + 1, minlength=len(graph.layers) + 1)[1:]
        rows = edge_rows(graph, "multipartite")
        assert [row["value"] for row in rows] == counts.tolist()
        assert [row["layer"] for row in rows] == list(graph.layers)


def test_edges_of_a_layer_in_other_graphs():
    net = Builder(2, 3, 3)
    net.conv(net.conv("in", 2, (2, 2)), 3, (2, 2))
    saved = net.network(density=0.5)
    for encoding in ("rolled", "unrolled"):
        graph = encode(saved, encoding=encoding)
        values = [row["value"] for row in edge_rows(graph, encoding)]
        assert values == [part.n_edges for part in graph.parts]
        assert "_edges" not in vars(graph)
    (row,) = edge_rows(Graph.from_edges(3, [0, 1], [1, 2]), "edges")
    assert row == {"encoding": "edges", "layer": "edges", "metric": "layer.edges", "value": 2}


def test_outputs_that_are_part_of_a_map():
    """A pool of stride 2 on five columns reads four of them; the fifth is no output but a sink."""
    net = Builder(1, 1, 5)
    net.pool(net.conv("in", 1), (1, 2), (1, 2))
    graph = encode(net.network(density=1.0))
    values = implicit(local.FAMILY, graph)
    assert values == unrolled(local.FAMILY, graph)
    assert (values["sinks"], values["removable_out"], values["removable"]) == (1, 1, 1)
    assert (values["active_neurons"], values["effective_sparsity"]) == (8, 0.0)


def test_by_hand():
    """in (3) -> a (2) -> out (2): input 2 is dead, a1 is a source, output 1 is dead."""
    net = Builder(3)
    net.linear(net.linear("in", 2), 2)
    masks = {"layer0": [[1, 1, 0], [0, 0, 0]], "layer1": [[1, 1], [0, 0]]}
    graph = encode(net.network(), masks)
    assert implicit(local.FAMILY, graph) == {
        "sources": 1,
        "sinks": 0,
        "disconnected": 2,
        "dead_inputs": 1,
        "dead_outputs": 1,
        "removable_in": 1,
        "removable_out": 0,
        "removable": 1,
        "removable_parametric": 1,
        "effective_sparsity": 7 / 10,
        "active_neurons": 4,
    }


def test_identity_shortcuts_carry_flow_past_empty_layers():
    net = Builder(1, 3, 3)
    first = net.conv("in", 1, (3, 3), padding=(1, 1))
    last = net.conv(net.conv(first, 1), 1)
    net.identity(first, last)
    saved = net.network(density=1.0)
    masks = {**saved.masks, "layer1": np.zeros((1, 1, 1, 1), bool)}
    for identity_skips in (False, True):
        values = implicit(local.FAMILY, encode(saved, masks, identity_skips=identity_skips))
        assert values["removable"] == 9  # of the last layer, whose source is empty
        assert values["removable_parametric"] == 49 + 9
        assert values["effective_sparsity"] == 2 / 11


def test_graph_without_a_network():
    graph = Graph.from_edges(3, [0, 1], [1, 2])
    values = unrolled(local.FAMILY, graph)
    assert values["removable"] == 0
    assert isinstance(values["effective_sparsity"], Undefined)
