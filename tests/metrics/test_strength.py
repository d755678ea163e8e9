"""Strengths from masks and weights alone, on the edges, and drawn by hand; the k-core."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode
from nsgraph.metrics.registry import Undefined
from nsgraph.metrics.strength import FAMILY
from tests.graphs.networks import Builder, cases, with_masks
from tests.graphs.test_flow import graphs, shared

STRENGTHS, CORES = FAMILY.parts


@cases(150)
@given(graphs())
def test_implicit_equals_unrolled(parts):
    for graph in parts:
        values = STRENGTHS.implicit(graph)
        assert values == pytest.approx(STRENGTHS.unrolled(graph), rel=1e-6)
        assert tuple(values) == STRENGTHS.names
        weights = [graph.edges(kind)[2].astype(float) for kind in ("initial", "final")]
        means = [2 * w.sum() / graph.n_nodes for w in weights]
        assert [values["initial_mean"], values["final_mean"]] == pytest.approx(means, rel=1e-6)


def test_by_hand():
    """Weights 1, -2, 4 on 0 -> 2, 1 -> 2, 1 -> 3; another pruned; at the start all are 8."""
    net = Builder(2)
    net.linear("in", 2)
    saved = net.network()
    saved.weights["layer0"][:] = [[1, -2], [0, 4]]
    saved.initial["layer0"][:] = 8
    masks = {"layer0": [[1, 1], [0, 1]]}
    graph = encode(saved, masks, weights="both")
    expected = {"initial_mean": 12, "initial_max": 16, "final_mean": 3.5, "final_max": 6}
    assert STRENGTHS.implicit(graph) == STRENGTHS.unrolled(graph) == expected
    only = STRENGTHS.implicit(encode(saved, masks))
    assert only["initial_max"] == Undefined("no initial weights")
    assert only["final_max"] == 6


def test_weights_of_merged_edges_add():
    """A 3 x 3 pool of stride 1 before a kernel of two: inner nodes are read by both weights."""
    net = Builder(1, 1, 4)
    net.conv(net.pool("in", (1, 3), (1, 1), padding=(0, 1)), 1, (1, 2))
    saved = net.network(density=1.0)
    saved.weights["layer0"][:] = [[[[1, 10]]]]
    graph = encode(saved)
    #      node 0       1            2            3       and the three targets
    reads = [[11, 11, 10, 0], [1, 11, 11, 10], [0, 1, 11, 11]]
    strengths = np.concatenate([np.sum(reads, axis=0), np.sum(reads, axis=1)])
    values = STRENGTHS.implicit(graph)
    assert values["final_mean"] == strengths.mean()
    assert values["final_max"] == strengths.max()


def test_a_weight_that_joins_two_nodes_twice_counts_once():
    """A map added to its own pool: implicit gives way to the edges."""
    net = Builder(1, 2, 2)
    total = net.add((1, 2, 2))
    net.identity("in", total)
    net.pool("in", (3, 3), (1, 1), padding=(1, 1), into=total)
    net.conv(total, 1)
    graph = encode(net.network(density=1.0))
    assert not graph.compact.unambiguous
    assert STRENGTHS.implicit(graph) == STRENGTHS.unrolled(graph)


@cases(30)
@given(shared(), st.integers(0, 99))
def test_a_layer_used_twice(wiring, seed):
    graph = encode(with_masks(wiring, 0.6, seed), weights="both")
    assert STRENGTHS.implicit(graph) == pytest.approx(STRENGTHS.unrolled(graph), rel=1e-6)


def test_cores_by_hand():
    """A triangle with a tail, and a node apart."""
    graph = Graph.from_edges(5, [0, 0, 1, 2], [1, 2, 2, 3], [1.0, 1, 1, 1])
    assert CORES.unrolled(graph) == {"k_core_mean": 7 / 5, "k_core_max": 2}
    assert STRENGTHS.unrolled(graph)["final_max"] == 3


def test_no_edges():
    net = Builder(2, 3, 3)
    net.conv("in", 2, (3, 3))
    graph = encode(net.network(density=0.0), weights="both")
    assert set(STRENGTHS.implicit(graph).values()) == {0.0}
    assert set(CORES.unrolled(graph).values()) == {0.0}
