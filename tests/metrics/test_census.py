"""The census from masks and from edges, against all subsets of four nodes and one another."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode
from nsgraph.metrics import census
from nsgraph.metrics.census import bits, closed, pairs, sums, types
from tests.graphs.networks import Builder, cases, wirings, with_masks
from tests.metrics import brute

ENCODINGS = ["multipartite", "multipartite-identity", "unrolled", "rolled", "rolled-channel"]


@st.composite
def blocks(draw):
    """Dense blocks, bottlenecks and separable convolutions: what joins many sets with many."""
    net = Builder(draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    here = "in"
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(["dense", "bottleneck", "separable"]))
        k = draw(st.sampled_from([1, 3]))
        how = {"kernel": (k, k), "padding": (k // 2, k // 2)}
        if kind == "dense":
            maps = [here]
            for _ in range(3):
                read = net.concat(*maps) if len(maps) > 1 else here
                maps.append(net.conv(read, 1, **how))
            here = net.concat(*maps)
        elif kind == "bottleneck":
            channels = net.shape(here)[0]
            last = net.conv(net.conv(net.conv(here, 2), 2, **how), channels)
            net.identity(here, last)
            if draw(st.booleans()):
                net.conv(here, channels, into=last)
            here = last
        else:
            wide = net.conv(here, 3)
            here = net.conv(net.conv(wide, 3, groups=3, **how), 2)
    net.linear(net.flatten(here), 2)
    return net.wiring()


graphs = st.builds(
    lambda wiring, density, seed, encoding, padding: encode(
        with_masks(wiring, density, seed, initial=False),
        encoding=encoding,
        **({"input_padding": True} if padding and not encoding.startswith("rolled") else {}),
    ),
    st.one_of(wirings(), blocks()),
    st.sampled_from([0.1, 0.3, 0.7, 1.0]),
    st.integers(0, 99),
    st.sampled_from(ENCODINGS),
    st.booleans(),
)


def parts(graph):
    return graph.parts or (graph,)


def joined(graph):
    """Dense matrix [source, target]."""
    matrix = np.zeros((graph.n_nodes, graph.n_nodes), bool)
    matrix[graph.edges()[:2]] = True
    return matrix


def census_by_definition(graph):
    """The same by looking at every pair and every four nodes."""
    edges = joined(graph)
    fours, threes = brute.fours(edges), brute.threes(edges)
    two = edges.astype(int) @ edges > 0
    return census.Census(
        {name: threes[name] for name in brute.THREE},
        {name: fours[name] for name in brute.FOUR},
        fours["cycle4"] + fours["diamond"] + 3 * fours["k4"],
        int(two.sum()),
        int((two | edges).sum()),
    )


@cases(100)
@given(graphs)
def test_masks_and_edges_equal_brute_force(graph):
    for part in parts(graph):
        if part.n_nodes > 50:
            continue
        expected = census_by_definition(part)
        assert census.census_from_edges(part) == expected
        if part.compact is not None:
            assert census.census_from_masks(part) == expected


@cases(60)
@given(st.integers(1, 25), st.floats(0, 1), st.integers(0, 10**6))
def test_any_acyclic_graph_equals_brute_force(n, p, seed):
    edges = np.nonzero(np.triu(np.random.default_rng(seed).random((n, n)) < p, 1))
    graph = Graph.from_edges(n, *edges)
    assert census.census(graph) == census_by_definition(graph)


WAYS = {
    "by words": {(pairs, "VISIT"): 1e9},
    "one by one": {(pairs, "WORD"): 1e9},
    "all from sources": {(sums, "_counted_from_targets"): lambda pairs: set()},
    "all from targets": {
        (sums, "_counted_from_targets"): lambda pairs: set(range(len(pairs.into)))
    },
    "without an estimate": {(sums, "MOST_MEETINGS"): 0},
    "cut": {(sums, "LARGEST"): 10**6},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_counting_equals_the_edges(way, monkeypatch):
    for (module, name), value in WAYS[way].items():
        monkeypatch.setattr(module, name, value)

    @cases(40)
    @given(graphs)
    def check(graph):
        for part in parts(graph):
            if part.compact is None:
                continue
            try:
                found = census.census_from_masks(part)
            except OverflowError:
                assert way == "cut"
            else:
                assert found == census.census_from_edges(part)

    check()


def test_overlapping_windows_join_two_nodes_once():
    """A 3 x 3 convolution behind a pool whose windows overlap: some nodes are joined four times."""
    net = Builder(2, 9, 8)
    pooled = net.pool(net.conv("in", 3), (3, 3), (2, 2), padding=(1, 1))
    net.conv(net.conv(pooled, 4, (3, 3), padding=(1, 1)), 2, (3, 3), stride=(2, 2))
    graph = encode(net.network(density=0.8))
    assert graph.n_parallel > graph.n_edges / 3
    assert census.census_from_masks(graph) == census.census_from_edges(graph)


def test_a_layer_that_reads_nothing_but_padding():
    net = Builder(2, 1, 3)
    first = net.conv("in", 2, (2, 1), padding=(2, 0), after=(0, 0), stride=(2, 1))
    net.conv(first, 2, (1, 1))
    graph = encode(net.network(density=1.0))
    assert [bundle.n_edges for bundle in graph.compact.bundles.values()] == [0, 3 * 4]
    assert census.census_from_masks(graph) == census.census_from_edges(graph)


def test_wide_channels_take_several_words():
    net = Builder(70, 3, 3)
    first = net.conv("in", 130, (3, 3), padding=(1, 1))
    last = net.conv(first, 70, (3, 3), padding=(1, 1))
    net.identity("in", last)
    net.linear(net.flatten(last), 65)
    for density in (0.02, 0.3):
        graph = encode(net.network(density), identity_skips=True)
        assert census.census_from_masks(graph) == census.census_from_edges(graph)


@pytest.mark.parametrize("name", brute.FOUR)
def test_every_type_by_itself(name):
    """A graph of one type holds one induced subgraph, and its name is that of the drawing."""
    letters = types.TYPES[name].split()
    edges = [("abcd".index(u), "abcd".index(v)) for u, v in letters]
    assert brute.canonical(tuple(edges)) == brute.canonical(brute.drawn(brute.FOUR[name]))
    graph = Graph.from_edges(4, *zip(*edges, strict=True))
    found = census.census(graph).four
    assert {kind: count for kind, count in found.items() if count} == {name: 1}


def test_there_are_24_types():
    kinds = {types.type_of(brute.edges_of(code)) for code in range(64)} - {None}
    assert len(kinds) == 24
    assert kinds == set(types.TYPES)


def test_copies_in_four_nodes_all_joined():
    """Of 64 subsets of the six edges, 38 connect the nodes: 16 trees, 15 + 6 + 1 others."""
    copies = types.copies()["k4"]
    assert sum(copies.values()) == 38
    assert sum(n for kind, n in copies.items() if len(types.TYPES[kind].split()) == 3) == 16
    assert copies["path_zigzag"] == 5


def test_degrees_whose_triples_pass_64_bits():
    n = 5_000_000
    one, many, none = np.array([1]), np.array([n]), np.array([0])
    star = closed.Nodes(one, many, none, none, none, none, none, none)
    assert closed.node_sums(star)["star_in"] == comb(n, 3) > 2**63
    both = closed.Nodes(many, many, many, none, none, none, none, none)
    assert closed.node_sums(both)["star_2in_1out"] == n * n * comb(n, 2)


def test_counts_that_might_pass_64_bits_are_refused(monkeypatch):
    monkeypatch.setattr(sums, "LARGEST", 1)
    with pytest.raises(OverflowError, match="ways between two nodes"):
        census.census_from_masks(encode(layers(3, 4, 2)))


def layers(*widths, density=1.0):
    net = Builder(widths[0])
    here = "in"
    for width in widths[1:]:
        here = net.linear(here, width)
    return net.network(density=density)


def test_full_layers_in_closed_form():
    n, m, k = 90, 100, 80
    found = census.census_from_masks(encode(layers(n, m, k)))
    assert found.four["bifan"] == comb(n, 2) * comb(m, 2) + comb(m, 2) * comb(k, 2)
    assert found.four["biparallel"] == n * comb(m, 2) * k
    assert found.four["star_in"] == m * comb(n, 3) + k * comb(m, 3)
    assert found.four["path_zigzag"] == found.four["path_fork"] == 0
    assert found.two_step == n * k
    assert census.four_cycles(encode(layers(n, m, k))) == sum(
        found.four[name] for name in ("bifan", "biparallel")
    )


def test_cheaper_side_of_bifans():
    """A flattened map: one product of its targets, against one for every pair of positions."""
    net = Builder(4, 6, 6)
    net.linear(net.flatten(net.conv("in", 8, (3, 3), padding=(1, 1))), 10)
    compact = encode(net.network()).compact
    found = sums._counted_from_targets(pairs.Pairs(compact, bits.packed(compact)))
    assert found == {2}


def test_routes_of_one_geometry_are_grouped():
    """In a dense block all sets have the same map: three joins, however many sets there are."""
    net = Builder(2, 5, 5)
    maps = ["in"]
    for _ in range(5):
        read = net.concat(*maps) if len(maps) > 1 else "in"
        maps.append(net.conv(read, 2, (3, 3), padding=(1, 1)))
    compact = encode(net.network()).compact
    pair = pairs.Pairs(compact, bits.packed(compact)).pair(2, 3, range(3))
    assert pair.kinds == (1, 2)
    assert list(map(len, pair.routes)) == [2, 2]
    assert len(pair.rows) == len(pair.columns) <= 8


def test_census_is_made_once():
    graph = encode(layers(3, 4, 2))
    assert census.census(graph) is census.census_from_masks(graph)
    assert census.census_from_edges(graph) is census.census_from_edges(graph)
    assert census.census_from_edges(graph) is not census.census(graph)


@pytest.mark.parametrize("density", [0.0, 1.0])
def test_graphs_without_edges_or_cycles(density):
    found = census.census(encode(layers(1, 1, density=density)))
    assert set(found.four.values()) == set(found.three.values()) == {0}
    assert found.within_two == density
    assert census.census(Graph.from_edges(1, [], [])).within_two == 0
