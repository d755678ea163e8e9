"""The compact graph says the same as the unrolled one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.graphs import encode
from nsgraph.graphs.compact import Diagonal
from tests.graphs.networks import Builder, cases, wirings, with_masks

ENCODINGS = ["multipartite", "multipartite-identity", "unrolled", "rolled", "rolled-channel"]


def adjacency(compact):
    """Dense 0/1 matrix [target node, source node] of the matrices and classes alone."""
    n = compact.sets[-1].stop
    joined = np.zeros((n, n), np.int64)
    for (source, target), bundle in compact.bundles.items():
        s, t = compact.sets[source], compact.sets[target]
        rows, columns = bundle.rows, bundle.columns
        for x, u, a in zip(rows.target, rows.source, rows.number, strict=True):
            for y, v, b in zip(columns.target, columns.source, columns.number, strict=True):
                matrix = bundle.matrix(a, b)
                if matrix is None:
                    continue
                if isinstance(matrix, Diagonal):
                    matrix = np.diag(matrix.values)
                to = t.start + (np.arange(t.channels) * t.height + x) * t.width + y
                of = s.start + (np.arange(s.channels) * s.height + u) * s.width + v
                joined[np.ix_(to, of)] += matrix
    return joined


@cases(150)
@given(
    wiring=wirings(),
    density=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    seed=st.integers(0, 99),
    encoding=st.sampled_from(ENCODINGS),
    padding=st.booleans(),
)
def test_compact_equals_unrolled(wiring, density, seed, encoding, padding):
    saved = with_masks(wiring, density, seed)
    how = {"input_padding": True} if padding and not encoding.startswith("rolled") else {}
    graph = encode(saved, encoding=encoding, weights="both", **how)
    for part in graph.parts or (graph,):
        if part.compact is None:
            continue
        pointers, neighbours = part.incoming
        n = part.n_nodes
        dense = np.zeros((n, n), np.int64)
        dense[np.repeat(np.arange(n), np.diff(pointers)), neighbours] = 1
        assert np.array_equal(adjacency(part.compact), dense)
        assert part.compact.n_edges == neighbours.size
        assert np.array_equal(part.compact.in_degrees(), dense.sum(1))
        assert np.array_equal(part.compact.out_degrees(), dense.sum(0))
        if part.compact.unambiguous:
            assert part.compact.n_parallel == part.unroll().n_parallel


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_usual_networks_have_a_compact_form(encoding):
    net = Builder(2, 6, 6)
    first = net.conv("in", 4, (3, 3), padding=(1, 1))
    shortcut = net.pool(first, (2, 2), (2, 2))
    second = net.conv(net.pool(first, (3, 3), (2, 2), padding=(1, 1)), 4, (3, 3), padding=(1, 1))
    net.identity(shortcut, second)
    net.linear(net.flatten(net.pool(second, (2, 2), (1, 1))), 3)
    graph = encode(net.network(), encoding=encoding)
    assert all(part.compact is not None for part in graph.parts or (graph,))


def test_a_map_added_to_its_own_pool_is_ambiguous():
    net = Builder(1, 4, 4)
    first = net.conv("in", 2, (1, 1))
    total = net.add(net.shape(first))
    net.identity(first, total)
    net.pool(first, (3, 3), (1, 1), padding=(1, 1), into=total)
    net.conv(total, 2, (3, 3), padding=(1, 1))
    graph = encode(net.network(density=1.0))
    assert not graph.compact.unambiguous
    assert graph.n_edges == graph.incoming.neighbours.size


def test_edges_are_unrolled_only_when_asked_for():
    net = Builder(3, 8, 8)
    net.conv("in", 4, (3, 3), padding=(1, 1))
    graph = encode(net.network())
    assert graph.n_edges
    assert graph.in_degrees.sum() == graph.out_degrees.sum() == graph.n_edges
    assert not graph.is_unrolled
    assert graph.incoming.neighbours.size == graph.n_edges
    assert graph.is_unrolled
