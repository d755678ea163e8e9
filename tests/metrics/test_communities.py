"""Leiden and the nested block model: planted groups, networkx, the same bytes twice."""

from __future__ import annotations

import random

import igraph
import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given

from nsgraph.errors import UserError
from nsgraph.graphs import Graph, convert, encode
from nsgraph.metrics import blocks, communities
from nsgraph.metrics.registry import Undefined
from tests.graphs.networks import cases, networks


def values(family, graph):
    (part,) = family.parts
    found = part.unrolled(graph)
    assert set(found) == {metric.name for metric in family.metrics}
    return found


def full_blocks(sizes, between=(), alone=0):
    """Full bipartite graphs of size by size nodes each, more edges, and nodes without edges."""
    source, target, n = [], [], 0
    for size in sizes:
        s, t = np.nonzero(np.ones((size, size)))
        source += (s + n).tolist()
        target += (t + n + size).tolist()
        n += 2 * size
    source += [u for u, _ in between]
    target += [v for _, v in between]
    return Graph.from_edges(n + alone, source, target)


def best_modularity(graph):
    """Largest modularity over all partitions of the nodes."""
    slow = graph.to_igraph().as_undirected()
    return max(slow.modularity(groups) for groups in partitions(graph.n_nodes))


def partitions(n):
    """Every way to group n nodes, as the group's number for each node."""
    if n == 0:
        yield []
        return
    for groups in partitions(n - 1):
        for group in range(max(groups, default=-1) + 2):
            yield [*groups, group]


def test_full_blocks_are_the_communities():
    """Q = sum over blocks of share - share^2 of the edges: 9 and 16 of 25; isolated nodes apart."""
    assert values(communities.FAMILY, full_blocks([3, 4], alone=5)) == {
        "modularity": pytest.approx(1 - (9 / 25) ** 2 - (16 / 25) ** 2),
        "communities": 2,
        "mean_size": 7,
        "largest_size": 8,
    }


def test_a_bridge_does_not_join_two_blocks():
    """33 edges in all, 16 in each block: 1 - 1/33 - 1/2."""
    found = values(communities.FAMILY, full_blocks([4, 4], between=[(3, 12)]))
    assert found["communities"] == 2
    assert found["modularity"] == pytest.approx(32 / 33 - 1 / 2)


@cases(40)
@given(networks)
def test_the_stated_modularity_is_that_of_the_partition(saved):
    graph = encode(saved)
    assume(0 < graph.n_edges < 2000)
    found = values(communities.FAMILY, graph)
    n, edges = communities.linked_nodes(graph)
    membership = communities._leiden(n, edges).membership
    slow = nx.Graph(edges.tolist())
    assert set(slow) == set(range(n))
    groups = [{v for v in slow if membership[v] == c} for c in set(membership)]
    assert found["modularity"] == pytest.approx(nx.community.modularity(slow, groups))
    assert found["communities"] == len(groups)
    assert found["largest_size"] == max(map(len, groups))
    assert found["mean_size"] * len(groups) == pytest.approx(n)


@cases(15)
@given(networks)
def test_the_same_bytes_twice(saved):
    graph = encode(saved)
    assert values(communities.FAMILY, graph) == values(communities.FAMILY, graph)


@pytest.mark.parametrize("seed", range(8))
def test_near_the_best_of_all_partitions(seed):
    rng = np.random.default_rng(seed)
    graph = Graph.from_edges(7, *np.nonzero(np.triu(rng.random((7, 7)) < 0.45, 1)))
    found, best = values(communities.FAMILY, graph)["modularity"], best_modularity(graph)
    assert best - 0.03 <= found <= best + 1e-12


def test_no_edges_and_too_many(monkeypatch):
    none = Undefined("no edges")
    assert values(communities.FAMILY, Graph.from_edges(3, [], [])) == {
        "modularity": none,
        "communities": 0,
        "mean_size": none,
        "largest_size": none,
    }
    monkeypatch.setattr(communities, "MOST_EDGES", 8)
    large = set(values(communities.FAMILY, full_blocks([3])).values())
    assert large == {Undefined("more than 8 edges")}


def test_random_numbers_of_others_are_left_alone():
    """Python's generator keeps its state, and igraph draws from it again."""

    def drawn():
        random.seed(5)
        return igraph.Graph.Erdos_Renyi(n=30, m=40).get_edgelist()

    before = drawn()
    state = random.getstate()
    values(communities.FAMILY, full_blocks([3, 4]))
    assert random.getstate() == state
    assert drawn() == before


@pytest.fixture
def graph_tool():
    try:
        return convert.import_graph_tool()
    except UserError as error:
        pytest.skip(str(error))


@pytest.mark.graph_tool
def test_planted_blocks_are_found(graph_tool):
    """Two full bipartite graphs: four groups, described no longer than in graph-tool by hand."""
    graph = full_blocks([12, 12], alone=3)
    found = values(blocks.FAMILY, graph)
    from graph_tool.inference import NestedBlockState

    assert found["blocks"] == 4
    assert found["levels"] >= 1
    directed = graph_tool.Graph(directed=True)
    directed.add_edge_list(communities.linked_nodes(graph)[1])
    planted = NestedBlockState(directed, bs=[np.repeat(range(4), 12), np.zeros(4, int)])
    one = NestedBlockState(directed, bs=[np.zeros(48, int), np.zeros(1, int)])
    assert found["description_length"] <= planted.entropy() + 1e-9 < one.entropy()
    assert values(blocks.FAMILY, graph) == found


@pytest.mark.graph_tool
def test_a_single_edge_is_one_block(graph_tool):
    found = values(blocks.FAMILY, Graph.from_edges(2, [0], [1]))
    assert found["blocks"] == 1
    assert found["levels"] == 0
    assert found["description_length"] >= 0


def test_blocks_without_graph_tool_or_of_large_graphs(monkeypatch):
    def reasons(graph):
        return set(values(blocks.FAMILY, graph).values())

    assert reasons(Graph.from_edges(3, [], [])) == {Undefined("no edges")}
    monkeypatch.setattr(convert.importlib.util, "find_spec", lambda name: None)
    assert reasons(full_blocks([3])) == {Undefined("graph-tool is not installed")}
    monkeypatch.setattr(blocks, "MOST_EDGES", 8)
    assert reasons(full_blocks([3])) == {Undefined("more than 8 edges")}
