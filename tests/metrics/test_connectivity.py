"""Components, cuts and edge connectivity against networkx, igraph and graphs drawn by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode
from nsgraph.metrics import connectivity
from nsgraph.metrics.registry import Undefined
from tests.graphs.networks import cases, networks


def values(graph):
    (part,) = connectivity.FAMILY.parts
    found = part.unrolled(graph)
    assert set(found) == {metric.name for metric in connectivity.FAMILY.metrics}
    return found


def undirected(graph):
    result = nx.Graph()
    result.add_nodes_from(range(graph.n_nodes))
    source, target, _ = graph.edges()
    result.add_edges_from(zip(source.tolist(), target.tolist(), strict=True))
    return result


def twin(graph):
    """Everything by networkx, which finds k-edge-connected components from all pairs' cuts."""
    slow = undirected(graph)
    components = [len(c) for c in nx.connected_components(slow)]
    expected = {
        "components": len(components),
        "mean_component_size": graph.n_nodes / len(components),
        "bridges": len(list(nx.bridges(slow))),
        "articulation_nodes": len(set(nx.articulation_points(slow))),
        "largest_component": max(components),
    }
    for k, word in ((2, "two"), (3, "three")):
        classes = list(nx.k_edge_components(slow, k)) or [{0}]  # networkx has none for one node
        expected[f"{word}_edge_components"] = sum(len(c) > 1 for c in classes)
        expected[f"largest_{word}_edge_component"] = max(map(len, classes))
    cores = [slow.subgraph(c) for c in nx.k_edge_components(slow, 2) if len(c) > 1]
    largest = max((len(core) for core in cores), default=0)
    expected["edge_connectivity"] = min(
        (nx.edge_connectivity(core) for core in cores if len(core) == largest),
        default=Undefined("no cycles" if graph.n_edges else "no edges"),
    )
    return expected


@cases(40)
@given(networks, st.booleans())
def test_networks_equal_networkx(saved, identity_skips):
    graph = encode(saved, identity_skips=identity_skips)
    assume(graph.n_edges < 150)  # networkx is slow
    assert values(graph) == twin(graph)


def clustered(rng, blocks, size, between):
    """bool [n, n], upper triangle: nearly full blocks, few edges between them, in random order."""
    n = blocks * size
    joined = rng.random((n, n)) < between
    for start in range(0, n, size):
        block = slice(start, start + size)
        joined[block, block] |= rng.random((size, size)) < 0.9
    order = rng.permutation(n)
    return np.triu((joined | joined.T)[order][:, order], 1)


@cases(100)
@given(
    st.integers(1, 4), st.integers(1, 9), st.sampled_from([0, 0.02, 0.05, 0.2]), st.integers(0, 999)
)
def test_graphs_with_cuts_inside_equal_networkx(blocks, size, between, seed):
    """Cuts of several edges that are smaller than every degree."""
    joined = clustered(np.random.default_rng(seed), blocks, size, between)
    graph = Graph.from_edges(len(joined), *np.nonzero(joined))
    assert values(graph) == twin(graph)


@cases(60)
@given(
    st.integers(2, 5),
    st.integers(5, 12),
    st.floats(0, 0.1),
    st.integers(0, 999),
    st.sampled_from([0, 1, 3, 100]),
)
def test_min_cut_equals_igraph(blocks, size, between, seed, sweeps):
    from nsgraph.metrics.min_cut import edge_connectivity

    joined = clustered(np.random.default_rng(seed), blocks, size, between)
    graph = Graph.from_edges(len(joined), *np.nonzero(joined))
    other = graph.to_igraph().as_undirected()
    assume(other.is_connected() and not other.bridges())
    labels, degrees = np.zeros(graph.n_nodes, np.int32), graph.in_degrees + graph.out_degrees
    ends = tuple(graph.below), tuple(graph.above)
    found = edge_connectivity(*ends, labels, degrees.min(), sweeps)
    assert found == other.edge_connectivity()


@cases(40)
@given(st.integers(1, 4), st.integers(2, 9), st.floats(0, 0.2), st.integers(0, 999))
def test_numbering_does_not_matter(blocks, size, between, seed):
    rng = np.random.default_rng(seed)
    joined = clustered(rng, blocks, size, between)
    order = rng.permutation(len(joined))
    other = np.triu((joined | joined.T)[order][:, order], 1)
    first, second = (Graph.from_edges(len(m), *np.nonzero(m)) for m in (joined, other))
    assert values(first) == values(second)


@cases(60)
@given(st.integers(1, 4), st.integers(1, 7), st.floats(0, 0.3), st.integers(0, 999))
def test_certificate_keeps_small_cuts(blocks, size, between, seed):
    """Between any two nodes, min(3, edge-disjoint paths) is the same, and so are the components
    that are left without a node; at most 3 (n - 1) edges."""
    from nsgraph.metrics.edge_classes import certificate

    joined = clustered(np.random.default_rng(seed), blocks, size, between)
    graph = Graph.from_edges(len(joined), *np.nonzero(joined))
    few = nx.Graph()
    few.add_nodes_from(range(graph.n_nodes))
    pairs = certificate(tuple(graph.below), tuple(graph.above))
    few.add_edges_from(np.stack(pairs, axis=1).tolist())
    assert few.number_of_edges() <= 3 * (graph.n_nodes - 1)
    full = undirected(graph)
    for v in range(1, graph.n_nodes):
        paths = [min(3, nx.edge_connectivity(g, 0, v)) for g in (full, few)]
        assert paths[0] == paths[1]
    for v in full:
        rest = [nx.connected_components(nx.restricted_view(g, [v], [])) for g in (full, few)]
        assert set(map(frozenset, rest[0])) == set(map(frozenset, rest[1]))


def test_by_hand():
    """A square 0 1 2 3; by a bridge, a K4 4 5 6 7; a chain 8 - 9; node 10 alone.

    Two 2-edge-connected components of four nodes: the square falls apart with 2 edges, K4 with 3.
    """
    edges = [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4)]
    edges += [(4, 5), (4, 6), (4, 7), (5, 6), (5, 7), (6, 7), (8, 9)]
    assert values(Graph.from_edges(11, *zip(*edges, strict=True))) == {
        "components": 3,
        "mean_component_size": 11 / 3,
        "bridges": 2,
        "articulation_nodes": 2,
        "largest_component": 8,
        "two_edge_components": 2,
        "largest_two_edge_component": 4,
        "three_edge_components": 1,
        "largest_three_edge_component": 4,
        "edge_connectivity": 2,
    }


def test_three_disjoint_paths_through_nodes_of_degree_two():
    """Nodes 0 and 1 joined by 0 - 2 - 1, 0 - 3 - 1, 0 - 4 - 1: a class of three edges' strength
    although every edge lies in a cut of two."""
    found = values(Graph.from_edges(5, [0, 0, 0, 1, 1, 1], [2, 3, 4, 2, 3, 4]))
    assert found["three_edge_components"] == 1
    assert found["largest_three_edge_component"] == 2
    assert found["edge_connectivity"] == 2


def test_two_edges_between_blocks_without_nodes_of_low_degree():
    """Two K4 and two edges between them: every degree is 3 at least, the cut has 2 edges."""
    joined = np.zeros((8, 8), bool)
    joined[:4, :4] = joined[4:, 4:] = np.triu(np.ones((4, 4)), 1)
    joined[0, 4] = joined[1, 5] = True
    found = values(Graph.from_edges(8, *np.nonzero(joined)))
    assert found["edge_connectivity"] == 2
    assert found["three_edge_components"] == 2
    assert found["largest_two_edge_component"] == 8


@pytest.mark.parametrize("one", [10, 9])
def test_all_edges_of_the_least_cut_at_one_node(one):
    """Two K10, and 8 edges from one node to the other block: its edges within come to one more."""
    joined = np.zeros((20, 20), bool)
    joined[:10, :10] = joined[10:, 10:] = np.triu(np.ones((10, 10)), 1)
    if one == 10:
        joined[:8, one] = True
    else:
        joined[one, 10:18] = True
    assert values(Graph.from_edges(20, *np.nonzero(joined)))["edge_connectivity"] == 8


def test_full_layers():
    """K(5, 7): every cut has at least 5 edges."""
    source, target = np.nonzero(np.ones((5, 7)))
    graph = Graph.from_edges(12, source, target + 5)
    assert values(graph)["edge_connectivity"] == 5
    assert values(graph)["largest_three_edge_component"] == 12


def test_copies_of_one_core_are_one_answer():
    """Three K(4, 4), two of them joined by a bridge, and one with an edge less."""
    joined = np.zeros((24, 24), bool)
    for start in (0, 8, 16):
        joined[start : start + 4, start + 4 : start + 8] = True
    joined[7, 8] = True
    assert values(Graph.from_edges(24, *np.nonzero(joined)))["edge_connectivity"] == 4
    joined[16, 20] = False
    assert values(Graph.from_edges(24, *np.nonzero(joined)))["edge_connectivity"] == 3


@pytest.mark.parametrize("n", [1, 4])
def test_no_edges(n):
    found = values(Graph.from_edges(n, [], []))
    assert found["components"] == n
    assert found["largest_component"] == found["largest_two_edge_component"] == 1
    assert found["two_edge_components"] == found["three_edge_components"] == 0
    assert found["edge_connectivity"] == Undefined("no edges")


def test_a_core_too_large_is_said_to_be(monkeypatch):
    monkeypatch.setattr(connectivity, "MOST_EDGES", 30)
    found = [
        values(Graph.from_edges(12, *(np.nonzero(np.ones((6, 6))) + np.array([[0], [6]]))))[
            "edge_connectivity"
        ],
        values(Graph.from_edges(11, *(np.nonzero(np.ones((5, 6))) + np.array([[0], [5]]))))[
            "edge_connectivity"
        ],
    ]
    assert found == [Undefined("more than 30 edges"), 5]
