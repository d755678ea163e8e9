"""The motif and neighbourhood families: names, totals, and both ways of computing them."""

from __future__ import annotations

import pytest
from hypothesis import given

from nsgraph.graphs import ENCODINGS, Graph, encode
from nsgraph.metrics import explain, measure
from nsgraph.metrics.motifs import UNDIRECTED
from nsgraph.metrics.registry import chosen
from tests.graphs.networks import Builder, cases, networks
from tests.metrics import brute

MOTIFS, NEIGHBOURHOOD = chosen(["motifs", "neighbourhood"])


@pytest.mark.parametrize("family", [MOTIFS, NEIGHBOURHOOD], ids=lambda family: family.name)
def test_masks_and_edges_give_the_same_metrics(family):
    @cases(40)
    @given(networks)
    def check(saved):
        for encoding in ENCODINGS:
            graph = encode(saved, encoding=encoding)
            for part in graph.parts or (graph,):
                for way in family.parts:
                    if part.compact is not None:
                        assert way.implicit(part) == way.unrolled(part)

    check()


def test_a_feed_forward_loop_with_a_tail_by_hand():
    """0 -> 1 -> 2, 0 -> 2 and 2 -> 3 -> 4: two connected fours, a paw and a path."""
    graph = Graph.from_edges(5, [0, 1, 0, 2, 3], [1, 2, 2, 3, 4])
    values = {
        name.removeprefix("motifs."): value
        for name, value in measure(graph, "motifs").items()
        if "_per_" not in name and value
    }
    assert values == {
        "triangle": 1,
        "chain": 3,
        "size3": 4,
        "feed_forward_out_third": 1,
        "path_chain": 2,
        "paw": 1,
        "path4": 2,
        "size4": 3,
    }


def test_four_cycles_count_those_with_chords():
    """All pairs of four nodes joined: no four-cycle without a chord, three with two."""
    graph = Graph.from_edges(4, [0, 0, 0, 1, 1, 2], [1, 2, 3, 2, 3, 3])
    values = measure(graph, "motifs")
    assert values["motifs.k4"] == values["motifs.size4"] == 1
    assert values["motifs.cycle4"] == 0
    assert values["motifs.four_cycles"] == 3


def test_undirected_totals_hold_all_directed_types_once():
    directed = [kind for kinds in UNDIRECTED.values() for kind in kinds]
    assert sorted([*directed, "k4"]) == sorted(brute.FOUR)
    for name, kinds in UNDIRECTED.items():
        shape = brute.canonical(brute.drawn(brute.UNDIRECTED[name]), directed=False)
        for kind in kinds:
            assert brute.canonical(brute.drawn(brute.FOUR[kind]), directed=False) == shape


def test_no_edge_is_unrolled():
    net = Builder(3, 8, 8)
    net.linear(net.flatten(net.conv("in", 4, (3, 3), padding=(1, 1))), 5)
    graph = encode(net.network())
    _, steps = explain(graph, ["motifs", "neighbourhood"])
    assert {step.path for step in steps} == {"implicit"}
    assert not graph.is_unrolled


def test_time_and_memory_do_not_grow_with_the_map():
    """Counts of a 3 x 3 convolution on 4096 x 4096 pixels, 17 million nodes: a polynomial."""
    values = {}
    for size in (5, 6, 7, 8, 4096):
        net = Builder(1, size, size)
        net.conv("in", 1, (3, 3), padding=(1, 1))
        values[size] = measure(encode(net.network(density=1.0)), "motifs")["motifs.bifan"]
    # a quadratic in the size from 5 on: third differences vanish, and so it is extrapolated
    first, second, third, fourth = (values[size] for size in (5, 6, 7, 8))
    assert fourth - 3 * third + 3 * second - first == 0
    x = 4096 - 5
    slope, bend = second - first, third - 2 * second + first
    assert values[4096] == first + x * slope + x * (x - 1) // 2 * bend
