"""Graphs and counts against oracles that share nothing with the package.

Edges come from torch's own layers run on one-hot maps (`oracle_torch`), counts from all subsets of
nodes (`brute`); both ways to compute a family, from the masks and on the edges, are held to them.
"""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from nsgraph.graphs import ENCODINGS, Graph, encode  # noqa: E402
from nsgraph.metrics import measure  # noqa: E402
from nsgraph.metrics.registry import Undefined, chosen  # noqa: E402
from tests.graphs.networks import cases, networks  # noqa: E402
from tests.metrics import brute, oracle_torch, torch_networks, twin  # noqa: E402

FAMILIES = ("size", "local", "neighbourhood", "motifs", "strength")


def by_path(graph):
    """{path: {"family.metric": value}} of the families, on every path that the graph has."""
    found = {"measured": measure(graph, FAMILIES), "unrolled": {}, "implicit": {}}
    for family in chosen(FAMILIES):
        for part in family.parts:
            for path in ("unrolled", "implicit"):
                compute = getattr(part, path)
                if compute is not None and (path == "unrolled" or graph.compact is not None):
                    values = compute(graph).items()
                    found[path] |= {f"{family.name}.{name}": value for name, value in values}
    return found


def check(graph, expected):
    """Hold every value on every path to the expected one; counts exactly."""
    for path, values in by_path(graph).items():
        for name in values.keys() & expected.keys():
            value, exact = values[name], expected[name]
            assert not isinstance(value, Undefined), (path, name, value)
            equal = exact if isinstance(exact, int) else pytest.approx(exact, rel=1e-12)
            assert value == equal, f"{path}: {name}"


def dense(graph):
    """Absolute weights and edges as matrices [source, target]."""
    weights = np.zeros((graph.n_nodes, graph.n_nodes))
    joined = np.zeros(weights.shape, bool)
    source, target, weight = graph.edges()
    weights[source, target], joined[source, target] = weight, True
    return weights, joined


def hold(net, shape):
    """Edges, weights and every count of a network of torch, with and without identity skips."""
    found = oracle_torch.find(net, shape)
    layers = [m for m in net.modules() if isinstance(m, oracle_torch.LAYERS)]
    n_weights = sum(layer.weight.numel() for layer in layers)
    for identity_skips in (False, True):
        graph = encode(net, input_shape=shape, identity_skips=identity_skips)
        weights = found.weights + found.skips * identity_skips
        assert [s.size for s in graph.sets] == found.sizes
        assert graph.n_edges == np.count_nonzero(weights)
        assert np.array_equal(dense(graph)[0], weights)
        assert np.array_equal(graph.inputs, found.inputs)
        assert np.array_equal(graph.outputs, found.outputs)
        expected = brute.metrics(
            weights, weights > 0, found.inputs, found.outputs, found.skips, found.weights > 0
        )
        expected["local.effective_sparsity"] = 1 - oracle_torch.live_weights(net, shape) / n_weights
        check(graph, expected)


@pytest.mark.parametrize("stage", torch_networks.STAGES)
@pytest.mark.parametrize("head", ["flatten", "global", "none"])
def test_every_stage(stage, head):
    shape = (1, 4, 4) if "pools" in stage else (1, 4, 3)
    if stage == "average pool" and head == "none":
        stage = "plain"  # nothing to prune in a pool alone
    stages = [torch_networks.STAGES[stage]]
    net = torch_networks.sparse(torch_networks.sequence(stages, head, shape), 0.7, seed=len(stage))
    hold(net, shape)


def test_a_layer_that_reads_nothing_but_padding():
    """A map of one pixel, read by two rows on either side of it."""
    stages, shape = [torch_networks.STAGES[name] for name in ("average pool", "dilated")], (1, 2, 2)
    hold(torch_networks.sparse(torch_networks.sequence(stages, "flatten", shape), 1, 0), shape)


@cases(60)
@given(torch_networks.networks())
def test_random_networks(drawn):
    net, shape = drawn
    hold(net, shape)


@pytest.mark.parametrize("stage", ["plain", "not square", "wide padding", "grouped"])
def test_padding_of_the_input(stage):
    """Padding nodes of the input are the pixels of a larger image that is not padded."""
    shape, stages = (2, 4, 3), [torch_networks.STAGES[stage], torch_networks.STAGES["plain"]]
    net = torch_networks.sparse(torch_networks.sequence(stages, "none", shape), 0.7, seed=0)
    graph = encode(net, input_shape=shape, input_padding=True)
    net[0].conv.padding = 0
    found = oracle_torch.find(net, (2, graph.sets[0].height, graph.sets[0].width))
    assert [s.size for s in graph.sets] == found.sizes
    assert np.array_equal(dense(graph)[0], found.weights)
    weights = found.weights
    check(graph, brute.metrics(weights, weights > 0, found.inputs, found.outputs))


@cases(25)
@given(torch_networks.networks(), st.sampled_from(["rolled", "rolled-channel", "unrolled"]))
def test_layers_on_their_own(drawn, encoding):
    net, shape = drawn
    for part in encode(net, input_shape=shape, encoding=encoding).parts:
        check(part, brute.metrics(*dense(part), part.inputs, part.outputs))


@cases(40)
@given(networks, st.sampled_from(sorted(ENCODINGS)))
def test_every_kind_of_wiring(saved, encoding):
    """Padding on one side alone, dilated pools, sums of virtual maps; edges as encoded."""
    graph = encode(saved, encoding=encoding)
    for part in graph.parts or (graph,):
        if part.n_nodes > torch_networks.LARGEST:
            continue
        weights, joined = dense(part)
        skips, parametric = np.zeros_like(joined), np.zeros_like(joined)
        if graph.linked:
            skips[tuple(zip(*twin.numbered_skips(saved)[0], strict=True)) or ([], [])] = True
        source, target, _ = part.edges()
        parametric[source, target] = part.edge_layers >= 0
        check(part, brute.metrics(weights, joined, part.inputs, part.outputs, skips, parametric))


@cases(60)
@given(st.integers(1, 40), st.floats(0, 0.6), st.integers(0, 10**6))
def test_random_acyclic_graphs(n, density, seed):
    """Graphs of no layers, with all types of four nodes."""
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.random((n, n)) < density, 1) * rng.integers(1, 33, (n, n)) / 16
    source, target = np.nonzero(weights)
    ends = (rng.permutation(n)[: rng.integers(1, n + 1)] for _ in range(2))
    given_ends = dict(zip(("inputs", "outputs"), ends, strict=True)) if seed % 2 else {}
    graph = Graph.from_edges(n, source, target, weights[source, target], **given_ends)
    check(graph, brute.metrics(weights, weights > 0, graph.inputs, graph.outputs))


def test_nothing_of_these_families_is_left_out():
    weights = np.triu(np.ones((5, 5)), 1)
    held = brute.metrics(weights, weights > 0, np.arange(5) < 1, np.arange(5) > 3)
    names = {f"{f.name}.{m.name}" for f in chosen(FAMILIES) for m in f.metrics}
    other = {"local.effective_sparsity", "size.parallel_edges"}
    assert names - other - {"strength.initial_mean", "strength.initial_max"} == set(held)


def test_brute_force_by_networkx():
    """The codes of four nodes, their types and their names, by isomorphism."""
    drawings = {e: nx.DiGraph(brute.drawn(e)) for e in brute.FOUR.values()}
    kinds = {}
    for code in range(64):
        edges = brute.edges_of(code)
        graph = nx.DiGraph(edges)
        graph.add_nodes_from(range(4))
        assert brute.connected(edges) == nx.is_weakly_connected(graph)
        if brute.connected(edges):
            kinds.setdefault(brute.canonical(edges), []).append(graph)
    assert len(kinds) == len(drawings) == 24
    for graphs in kinds.values():
        assert all(nx.is_isomorphic(graphs[0], other) for other in graphs)
    for one, other in itertools.combinations(drawings.values(), 2):
        assert not nx.is_isomorphic(one, other)
    rng = np.random.default_rng(0)
    joined = np.triu(rng.random((9, 9)) < 0.4, 1)
    graph = nx.DiGraph(zip(*np.nonzero(joined), strict=True))
    graph.add_nodes_from(range(9))
    for name, count in brute.fours(joined).items():
        drawing = drawings.get(brute.FOUR.get(name))
        if drawing is not None:
            parts = (graph.subgraph(s) for s in itertools.combinations(range(9), 4))
            assert count == sum(nx.is_isomorphic(part, drawing) for part in parts)
