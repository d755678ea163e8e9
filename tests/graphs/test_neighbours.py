"""Shared lists of neighbours say the same as the edges, and so does what is computed on them."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode
from nsgraph.graphs.neighbours import neighbours_of_edges, neighbours_of_nodes
from nsgraph.graphs.unroll import _merged
from nsgraph.metrics.registry import chosen
from tests.graphs.networks import Builder, cases, wirings, with_masks

ENCODINGS = ["multipartite", "multipartite-identity", "unrolled", "rolled", "rolled-channel"]


def listed(neighbours, values=None):
    """Neighbours of every node, or the values that belong to them, as lists."""
    pointers, lists, shifts, starts, offsets = (own.astype(int) for own in neighbours)
    found = []
    for v in range(pointers.size - 1):
        own = []
        for k in range(pointers[v], pointers[v + 1]):
            part = slice(starts[lists[k]], starts[lists[k] + 1])
            own += (offsets[part] + shifts[k] if values is None else values[part]).tolist()
        found.append(own)
    return found


def rows(csr):
    return [row.tolist() for row in np.split(csr.neighbours, csr.pointers[1:-1])]


@cases(150)
@given(
    wiring=wirings(),
    density=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    seed=st.integers(0, 99),
    encoding=st.sampled_from(ENCODINGS),
    padding=st.booleans(),
)
def test_equal_to_the_edges(wiring, density, seed, encoding, padding):
    saved = with_masks(wiring, density, seed)
    how = {"input_padding": True} if padding and not encoding.startswith("rolled") else {}
    graph = encode(saved, encoding=encoding, weights="both", **how)
    for part in graph.parts or (graph,):
        assert listed(part.below) == rows(part.incoming)
        assert listed(part.above) == rows(part.outgoing)
        assert listed(neighbours_of_edges(part.incoming)) == rows(part.incoming)


@cases(80)
@given(
    wiring=wirings(),
    density=st.sampled_from([0.0, 0.3, 1.0]),
    seed=st.integers(0, 99),
    identity_skips=st.booleans(),
)
def test_edges_written_from_lists_equal_those_of_the_layers(wiring, density, seed, identity_skips):
    """Wherever no two weights join the same nodes, the edges come from the lists."""
    saved = with_masks(wiring, density, seed)
    graph = encode(saved, identity_skips=identity_skips, weights="both")
    assume(graph.compact is not None and graph.compact.plain)
    edges, merged = graph.unroll(), _merged(graph.network, graph.layout, identity_skips)
    for own, other in (
        *zip(edges.incoming, merged.incoming, strict=True),
        (edges.layers, merged.layers),
        *((edges.weights[kind], merged.weights[kind]) for kind in ("initial", "final")),
    ):
        assert own.dtype == other.dtype
        assert np.array_equal(own, other)
    assert edges.n_parallel == merged.n_parallel == 0


@cases(40)
@given(wiring=wirings(), density=st.sampled_from([0.2, 0.5, 1.0]), seed=st.integers(0, 99))
def test_metrics_are_the_same_edge_by_edge(wiring, density, seed):
    graph = encode(with_masks(wiring, density, seed))
    parts = [part for family in chosen() for part in family.parts if part.streamed]
    assert len(parts) == 3
    for part in parts:
        assert part.unrolled(graph) == part.unrolled(replace(graph, compact=None))


def test_by_hand():
    """A row of four values read by a kernel of three, one weight of which is pruned."""
    net = Builder(1, 1, 4)
    net.conv("in", 1, (1, 3), padding=(0, 1))
    masks = {"layer0": np.array([1, 0, 1], bool).reshape(1, 1, 1, 3)}
    graph = encode(net.wiring(), masks)
    assert listed(graph.below) == [[], [], [], [], [1], [0, 2], [1, 3], [2]]
    assert listed(graph.above) == [[5], [4, 6], [5, 7], [6], [], [], [], []]
    lists = graph.below.lists
    assert lists[1] == lists[2]  # the two in the middle share one
    assert np.unique(lists).size == 3


def test_lists_do_not_grow_with_the_map():
    sizes = set()
    for size in (8, 64):
        net = Builder(2, size, size)
        net.conv("in", 3, (3, 3), padding=(1, 1))
        sizes.add(neighbours_of_nodes(encode(net.network(density=0.5)).compact)[0].offsets.size)
    assert len(sizes) == 1


def test_no_edges():
    graph = Graph.from_edges(3, [], [])
    assert listed(graph.below) == listed(graph.above) == [[], [], []]
