"""From the masks alone as on the edges: reachability, paths, sums over edges, products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode, map_kernels, taps
from nsgraph.graphs.apply import adjacency
from nsgraph.graphs.exact import exact_dot, exact_product, exact_sum
from nsgraph.graphs.flow import edge_sum, live, live_both, live_weights, paths
from nsgraph.graphs.strengths import strengths
from tests.graphs.networks import Builder, cases, wirings, with_masks

ENCODINGS = ["multipartite", "multipartite-identity", "unrolled", "rolled", "rolled-channel"]


@st.composite
def shared(draw):
    """A layer that is used twice, and beside it what is rare: sums and pools of equal size."""
    net = Builder(2, draw(st.integers(1, 5)), draw(st.integers(2, 5)))
    how = {"kernel": (3, 3), "padding": (1, 1), "groups": draw(st.sampled_from([1, 2]))}
    first = net.conv("in", 2, layer="shared", **how)
    second = net.conv(first, 2, layer="shared", **how)
    kind = draw(
        st.sampled_from(["row", "concat", "sum", "pool added to itself", "pool", "branches"])
    )
    if kind == "concat":
        net.conv(net.concat(first, second), 2)
    elif kind in ("sum", "pool added to itself"):  # the second is ambiguous
        total = net.add(net.shape(first))
        net.identity(first, total)
        pooled = second if kind == "sum" else first
        net.pool(pooled, (3, 3), (1, 1), padding=(1, 1), into=total)
        net.conv(total, 2, (3, 3), padding=(1, 1))
    elif kind == "pool":
        net.conv(net.pool(second, (3, 3), (1, 1), padding=(1, 1)), 2)
    elif kind == "branches":  # one layer twice between the same two sets
        pooled = net.pool(second, (3, 3), (1, 1), padding=(1, 1))
        made = net.conv(second, 2, (1, 1), layer="twice")
        net.conv(pooled, 2, into=made, layer="twice")
    return net.wiring()


@st.composite
def graphs(draw, kinds=ENCODINGS):
    """A graph, or the layers' graphs, whose compact form is known."""
    wiring = draw(st.one_of(wirings(), shared()))
    saved = with_masks(wiring, draw(st.sampled_from([0.0, 0.05, 0.2, 0.5, 1.0])), draw(seeds))
    encoding = draw(st.sampled_from(kinds))
    padded = not encoding.startswith("rolled") and draw(st.booleans())
    how = {"input_padding": True} if padded else {}
    graph = encode(saved, encoding=encoding, weights="both", **how)
    return [part for part in graph.parts or (graph,) if part.compact is not None]


seeds = st.integers(0, 10**6)
chunks = st.sampled_from([1, 100, taps.CHUNK])
"""Bytes of columns at a time: one channel, a few, all."""


@cases(150)
@given(graphs(), chunks)
def test_reachability_equals_unrolled(parts, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taps, "CHUNK", chunk)
        for graph in parts:
            for parametric in (False, True):
                fast = live(graph, parametric=parametric, implicit=True)
                slow = live(graph, parametric=parametric, implicit=False)
                assert np.array_equal(fast.reached, slow.reached)
                assert np.array_equal(fast.reaching, slow.reaching)
                assert fast[2:] == slow[2:]
            for way in (True, False):
                state, strict = live_both(graph, implicit=way)
                assert state[2:] == live(graph)[2:]
                assert strict[2:] == slow[2:]
            weights = live_weights(graph, state, implicit=True)
            assert weights == live_weights(graph, state, implicit=False)


@cases(150)
@given(graphs(), chunks, seeds)
def test_sums_equal_unrolled(parts, chunk, seed):
    rng = np.random.default_rng(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taps, "CHUNK", chunk)
        for graph in parts:
            assert paths(graph, 7, implicit=True) == paths(graph, 7, implicit=False)
            a, b = graph.in_degrees, graph.out_degrees
            f, g = rng.integers(0, 99, (2, graph.n_nodes))
            huge = g.astype(object) << 70
            for left, right in [(a, b), (f, g), (f, b), (f << 50, g << 50), (huge, f), (f, huge)]:
                fast = edge_sum(graph, left, right, implicit=True)
                assert fast == edge_sum(graph, left, right, implicit=False)


@cases(100)
@given(graphs(), chunks, seeds)
def test_products_and_strengths_equal_unrolled(parts, chunk, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taps, "CHUNK", chunk)
        for graph in parts:
            check_products(graph, np.random.default_rng(seed).random(graph.n_nodes))


def check_products(graph, x):
    for kind in (None, "initial", "final"):
        source, target, weights = graph.edges(kind)
        dense = np.zeros((graph.n_nodes,) * 2)
        dense[source, target] = 1 if kind is None else weights
        operator = adjacency(graph, kind)
        assert operator @ x == pytest.approx(dense @ x, rel=1e-6)
        assert operator.rmatvec(x) == pytest.approx(dense.T @ x, rel=1e-6)
        if kind is not None:
            expected = dense.sum(axis=0) + dense.sum(axis=1)
            assert strengths(graph, kind) == pytest.approx(expected, rel=1e-6)
            assert strengths(graph, kind, implicit=False) == pytest.approx(expected)


def large(density, seed):
    """More positions than a word has bits; depthwise and dense layers beside shortcuts."""
    net = Builder(3, 20, 17)
    first = net.conv("in", 4, (5, 3), padding=(2, 1), stride=(2, 1))
    here = net.conv(first, 4, (3, 3), padding=(1, 1), groups=4)
    net.identity(first, here)
    first, here = here, net.conv(here, 4, (3, 3), padding=(1, 1))
    net.identity(first, here)
    net.conv(net.pool(first, (3, 3), (1, 1), padding=(1, 1)), 2)
    here = net.conv(net.pool(here, (3, 3), (2, 2), padding=(1, 1)), 4, (3, 3), dilation=(1, 2))
    net.linear(net.flatten(here), 5)
    net.linear(net.flatten(net.pool(here, net.shape(here)[1:], (1, 1))), 4)
    return net.network(density, seed)


@pytest.mark.parametrize("density", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("skips", [False, True])
def test_maps_of_several_words(density, skips):
    graph = encode(large(density, seed=1), identity_skips=skips, weights="both")
    for parametric in (False, True):
        fast, slow = (live(graph, parametric=parametric, implicit=way) for way in (True, False))
        assert np.array_equal(fast.reached, slow.reached)
        assert np.array_equal(fast.reaching, slow.reaching)
        assert fast[2:] == slow[2:]
    state = live(graph)
    weights = live_weights(graph, state, implicit=True)
    assert weights == live_weights(graph, state, implicit=False)
    assert paths(graph, 5, implicit=True) == paths(graph, 5, implicit=False)
    r = np.random.default_rng(0).integers(0, 99, graph.n_nodes)
    assert edge_sum(graph, r, r, implicit=True) == edge_sum(graph, r, r, implicit=False)
    check_products(graph, r)


@given(seeds, st.integers(1, 3), st.sampled_from([0.003, 0.03, 0.3]))
def test_kernels_on_several_words(seed, words, density):
    rng = np.random.default_rng(seed)
    kernel = rng.random((4, 5)) < 0.4
    left, right = rng.random((5, 64 * words)) < density, rng.random((4, 64 * words)) < density
    f, g = (np.packbits(x, axis=1).view(np.uint64) for x in (left, right))
    meeting = left.astype(int) @ right.T.astype(int) * kernel.T
    assert map_kernels.count_joined(kernel, f, g) == meeting.sum()
    assert np.array_equal(map_kernels.joined(kernel, f, g), meeting.T > 0)
    reached, columns = g.copy(), f.copy()
    map_kernels.pull(kernel, f, reached)
    map_kernels.push(kernel, g, columns)
    expected = right | (kernel.astype(int) @ left > 0), left | (kernel.T.astype(int) @ right > 0)
    for bits, flags in zip((reached, columns), expected, strict=True):
        assert np.array_equal(np.unpackbits(bits.view(np.uint8), axis=1), flags)


def test_a_pool_that_turns_a_map_around():
    """Two columns, padded and read two apart: the first window holds the second column."""
    net = Builder(1, 1, 2)
    net.linear(net.flatten(net.pool("in", (1, 2), (1, 1), padding=(0, 1), dilation=(1, 2))), 1)
    saved = net.network(density=1.0)
    graph = encode(saved, {"layer0": [[1, 0]]})
    assert adjacency(graph).rmatvec(np.array([1.0, 10.0, 0.0])).tolist() == [0, 0, 10]
    assert live(graph, implicit=True).reaching.tolist() == [False, True, True]


def test_counts_beyond_64_bits():
    """A ladder of 40 full layers of width 12: 12^(k + 1) paths of k edges from each level."""
    net, here = Builder(12), "in"
    for _ in range(39):
        here = net.linear(here, 12)
    graph = encode(net.network(density=1.0))
    expected = [12 ** (k + 1) * (40 - k) for k in range(1, 40)]
    assert paths(graph, 39, implicit=True) == paths(graph, 39, implicit=False) == expected
    assert paths(graph, 45, implicit=True)[39:] == [0] * 6
    assert paths(graph, 0) == []


def test_nothing_is_unrolled():
    graph = encode(large(0.3, seed=2), weights="final")
    live_weights(graph, live(graph, parametric=True))
    paths(graph, 4)
    edge_sum(graph, graph.in_degrees, graph.out_degrees)
    strengths(graph, "final")
    adjacency(graph, "final") @ np.ones(graph.n_nodes)
    assert "_edges" not in vars(graph)


def test_by_hand():
    """0 -> 1 -> 2 and 0 -> 2; 3 apart."""
    graph = Graph.from_edges(4, [0, 1, 0], [1, 2, 2], [1.0, 2.0, 4.0], inputs=[0], outputs=[2])
    state = live(graph)
    assert state.reached.tolist() == state.reaching.tolist() == [True, True, True, False]
    assert state[2:] == (3, 3)
    assert live_weights(graph, state) is None
    assert paths(graph, 3) == [3, 1, 0]
    assert edge_sum(graph, np.array([1, 2, 3, 4]), np.array([1, 5, 7, 9])) == 5 + 14 + 7
    assert strengths(graph, "final").tolist() == [5.0, 3.0, 6.0, 0.0]
    assert (adjacency(graph, "final") @ np.array([1.0, 10, 100, 0])).tolist() == [410, 200, 0, 0]


def block(side):
    """A shortcut past two single weights, the first pruned; beside it another way.

    The other way leaves the block's source for an output of its own ("out"), so that the shortcut
    changes only what is reached, or enters its target from the input ("in"), so that the shortcut
    changes only what reaches an output.
    """
    net = Builder(1)
    first = net.linear("in", 1)
    inner = net.linear(first, 1)
    last = net.linear(inner, 1)
    net.identity(first, last)
    net.linear(last, 1)
    if side == "out":
        net.linear(first, 1)
    else:
        net.linear("in", 1, into=last)
    saved = net.network(density=1.0)
    return encode(saved, {**saved.masks, "layer1": [[0]]})


@pytest.mark.parametrize("side", ["out", "in"])
@pytest.mark.parametrize("implicit", [True, False])
def test_shortcuts_that_change_one_direction(side, implicit):
    flow, strict = live_both(block(side), implicit=implicit)
    assert flow[2:] == (3, 4)
    assert strict[2:] == (2, 4)
    same = np.array_equal(flow.reached, strict.reached)
    assert same == (side == "in") != np.array_equal(flow.reaching, strict.reaching)


def test_padding_alone_makes_no_weight_live():
    """One row of nodes, a kernel of three: with padding nodes the outer weights have edges."""
    net = Builder(1, 1, 1)
    net.conv("in", 1, (3, 1), padding=(1, 0))
    graph = encode(net.network(density=1.0), input_padding=True)
    assert graph.n_edges == 3
    for implicit in (True, False):
        state = live(graph, implicit=implicit)
        assert (state.edges, live_weights(graph, state, implicit=implicit)) == (3, 1)


@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), max_size=9))
def test_exact_sums(pairs):
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert exact_dot(left, right) == sum(x * y for x, y in pairs)
    assert exact_dot(left.astype(object) << 9, right) == sum(x * y for x, y in pairs) << 9
    assert exact_product(left, right).tolist() == [x * y for x, y in pairs]
    assert exact_sum(left) == sum(x for x, _ in pairs)
