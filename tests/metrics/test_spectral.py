"""Spectra against full matrices, spectra known by formula, and hard cases: equal components,
nearly equal ones, extreme weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode
from nsgraph.metrics import eigenvalues, krylov
from nsgraph.metrics.registry import Undefined
from nsgraph.metrics.spectral import FAMILY
from tests.graphs.networks import Builder, cases, networks

PREFIXES = {"": "final", "initial_": "initial", "unweighted_": None}


def measured(graph):
    (part,) = FAMILY.parts
    values = part.unrolled(graph)
    assert set(values) == {metric.name for metric in FAMILY.metrics}
    return values


def twin(graph):
    """From all eigenvalues of the full matrices, for the kinds of weights that there are."""
    values = {}
    for prefix, kind in PREFIXES.items():
        if kind is not None and kind not in graph.weights:
            continue
        source, target, weight = graph.edges(kind)
        full = np.zeros((graph.n_nodes, graph.n_nodes))
        full[source, target] = 1 if kind is None else weight
        full += full.T
        spectrum = np.linalg.eigvalsh(full)
        values[f"{prefix}gap"] = spectrum[-1] - spectrum[-2]
        values[f"{prefix}largest_eigenvalue"] = spectrum[-1]
        values[f"{prefix}radius"] = np.linalg.eigvalsh(np.diag(full.sum(axis=0)) - full)[-1]
    return values


def assert_equal(values, expected):
    """To 1e-8, the gap relative to the larger of its two eigenvalues."""
    for name, value in expected.items():
        prefix = name.removesuffix("gap")
        scale = expected[f"{prefix}largest_eigenvalue"] if name != prefix else value
        assert values[name] == pytest.approx(value, rel=1e-8, abs=max(1e-8 * scale, 1e-12)), name


@pytest.fixture
def krylov_everywhere(monkeypatch):
    """Graphs of more than 20 nodes are large, and few vectors fit into the basis."""
    monkeypatch.setattr(eigenvalues, "DENSE", 20)
    monkeypatch.setattr(eigenvalues, "DENSE_SIDE", 20)
    monkeypatch.setattr(krylov, "BASIS", (8, 16))


@cases(60)
@given(networks, st.booleans())
def test_multipartite_equals_full_matrices(saved, identity_skips):
    graph = encode(saved, identity_skips=identity_skips, weights="both")
    assume(graph.n_nodes < 400)
    assert_equal(measured(graph), twin(graph))


@cases(100)
@given(networks, st.booleans())
def test_krylov_equals_full_matrices(krylov_everywhere, saved, identity_skips):
    graph = encode(saved, identity_skips=identity_skips, weights="both")
    assume(20 < graph.n_nodes < 400)
    assert_equal(measured(graph), twin(graph))


@cases(60)
@given(networks, st.sampled_from(["rolled", "rolled-channel", "unrolled"]))
def test_layers_equal_full_matrices(krylov_everywhere, saved, encoding):
    graph = encode(saved, encoding=encoding, weights="both")
    assume(graph.n_nodes < 1000)
    for layer in graph.layer_graphs().values():
        assert_equal(measured(layer), twin(layer))


def random_graph(n, p, seed=0):
    rng = np.random.default_rng(seed)
    source, target = np.nonzero(np.triu(rng.random((n, n)) < p, 1))
    return Graph.from_edges(n, source, target, rng.random(source.size))


def bipartite(left, right, density, seed=0):
    rng = np.random.default_rng(seed)
    source, target = np.nonzero(rng.random((left, right)) < density)
    return Graph.from_edges(left + right, source, target + left, rng.random(source.size))


@pytest.mark.parametrize(
    "graph",
    [
        random_graph(700, 0.02),
        random_graph(900, 0.0015),  # in many components
        bipartite(300, 400, 0.1),  # Gram matrix, large
        bipartite(60, 500, 0.1),  # Gram matrix, full
        bipartite(500, 5, 0.5),
    ],
)
def test_large_graphs_equal_full_matrices(graph):
    assert_equal(measured(graph), twin(graph))


def stars(number, leaves, weight=1.0, between=None):
    """Equal stars; centres of the first two joined by a weight, if one is given."""
    centres = np.arange(number) * (leaves + 1)
    source = np.repeat(centres, leaves)
    target = (centres[:, None] + np.arange(1, leaves + 1)).ravel()
    weights = np.full(source.size, weight)
    if between is not None:
        source, target = np.append(source, 0), np.append(target, leaves + 1)
        weights = np.append(weights, between)
    return Graph.from_edges(number * (leaves + 1), source, target, weights)


def complete_bipartite(left, right):
    source, target = np.indices((left, right)).reshape(2, -1)
    return Graph.from_edges(left + right, source, target + left, np.ones(source.size))


def complete(n):
    source, target = np.nonzero(np.triu(np.ones((n, n)), 1))
    return Graph.from_edges(n, source, target, np.ones(source.size))


def path(n):
    return Graph.from_edges(n, np.arange(n - 1), np.arange(1, n), np.ones(n - 1))


def grid(n):
    nodes = np.arange(n * n).reshape(n, n)
    source = np.concatenate([nodes[:, :-1].ravel(), nodes[:-1].ravel()])
    target = np.concatenate([nodes[:, 1:].ravel(), nodes[1:].ravel()])
    return Graph.from_edges(n * n, source, target, np.ones(source.size))


@pytest.mark.parametrize(
    ("graph", "first", "second", "radius"),
    [
        (stars(1, 9), 3, 0, 10),
        (stars(1, 900), 30, 0, 901),
        (stars(2, 9), 3, 3, 10),
        (stars(2, 400), 20, 20, 401),
        (stars(300, 4), 2, 2, 5),
        (complete_bipartite(4, 9), 6, 0, 13),
        (complete_bipartite(160, 250), 200, 0, 410),
        (complete(2), 1, -1, 2),
        (complete(3), 2, -1, 3),
        (complete(300), 299, -1, 300),
        (path(2), 1, -1, 2),
        (path(30), 2 * np.cos(np.pi / 31), 2 * np.cos(2 * np.pi / 31), 2 + 2 * np.cos(np.pi / 30)),
        (
            path(400),
            2 * np.cos(np.pi / 401),
            2 * np.cos(2 * np.pi / 401),
            2 + 2 * np.cos(np.pi / 400),
        ),
        (
            grid(30),  # the second eigenvalue occurs twice
            4 * np.cos(np.pi / 31),
            2 * np.cos(np.pi / 31) + 2 * np.cos(2 * np.pi / 31),
            4 + 4 * np.cos(np.pi / 30),
        ),
    ],
)
def test_known_spectra(graph, first, second, radius):
    values = measured(graph)
    for prefix in ("", "unweighted_"):
        assert values[f"{prefix}largest_eigenvalue"] == pytest.approx(first, rel=1e-10)
        assert values[f"{prefix}gap"] == pytest.approx(first - second, rel=1e-8, abs=1e-10 * first)
        assert values[f"{prefix}radius"] == pytest.approx(radius, rel=1e-10)
    assert values["initial_gap"] == Undefined("no initial weights")


@pytest.mark.parametrize("between", [1.0, 1e-3, 1e-6, 1e-9, 1e-12])
def test_gap_of_nearly_equal_components(between):
    """Centres joined by e: l1, l2 = (sqrt(e^2 + 4 leaves) +- e) / 2."""
    gap = measured(stars(2, 400, between=between))["gap"]
    assert gap == pytest.approx(between, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("leaves", [5, 300])
@pytest.mark.parametrize("weight", [1e-310, 1e-200, 1e-30, 1e30, 1e200])
def test_extreme_weights(leaves, weight):
    values = measured(stars(3, leaves, weight))
    assert values["largest_eigenvalue"] / weight == pytest.approx(np.sqrt(leaves), rel=1e-8)
    assert values["gap"] / weight == pytest.approx(0, abs=1e-8)
    assert values["radius"] / weight == pytest.approx(leaves + 1, rel=1e-8)


def test_isolated_nodes_have_the_eigenvalue_zero():
    edge = Graph.from_edges(2, [0], [1], [3.0])
    beside = Graph.from_edges(500, [0], [1], [3.0])
    assert measured(edge)["gap"] == pytest.approx(6)
    assert measured(beside)["gap"] == pytest.approx(3)
    assert measured(beside)["radius"] == pytest.approx(6)


@pytest.mark.parametrize("n", [2, 1000])
def test_nothing_to_see(n):
    empty = Graph.from_edges(n, [], [], [])
    zeros = Graph.from_edges(n, [0], [1], [0.0])
    for graph in (empty, zeros):
        values = measured(graph)
        assert values["gap"] == values["largest_eigenvalue"] == values["radius"] == 0


def test_one_node_and_none():
    one = measured(Graph.from_edges(1, [], [], []))
    assert one["gap"] == Undefined("one node")
    assert one["largest_eigenvalue"] == one["radius"] == 0
    none = measured(Graph.from_edges(0, [], []))
    assert set(none.values()) == {Undefined("no nodes")}


def test_weights_of_each_kind_stay_apart():
    net = Builder(4)
    net.linear("in", 5)
    saved = net.network(density=1.0)
    both = measured(encode(saved, weights="both"))
    final, initial = (measured(encode(saved, weights=kind)) for kind in ("final", "initial"))
    for name in ("gap", "largest_eigenvalue", "radius"):
        assert both[name] == final[name] != both[f"initial_{name}"] == initial[f"initial_{name}"]
        assert initial[name] == Undefined("no final weights")
        assert both[f"unweighted_{name}"] == initial[f"unweighted_{name}"]


@pytest.mark.parametrize("weight", [np.nan, np.inf])
def test_weights_that_are_no_numbers(weight):
    values = measured(Graph.from_edges(3, [0, 1], [1, 2], [1.0, weight]))
    assert values["gap"] == values["radius"] == Undefined("weights that are not finite")
    assert values["unweighted_largest_eigenvalue"] == pytest.approx(np.sqrt(2))


def test_what_does_not_converge_is_undefined(monkeypatch):
    monkeypatch.setattr(krylov, "MAX_STEPS", 3)
    values = measured(random_graph(700, 0.02))
    reason = Undefined("the eigenvalues did not converge")
    assert values["gap"] == values["largest_eigenvalue"] == values["radius"] == reason


@pytest.mark.parametrize("graph", [random_graph(500, 0.02), bipartite(300, 400, 0.1), stars(9, 99)])
def test_same_bytes_twice_and_same_values_in_any_order(graph):
    values = measured(graph)
    assert repr(measured(graph)) == repr(values)
    source, target, weight = graph.edges()
    number = np.random.default_rng(1).permutation(graph.n_nodes)
    ends = np.sort([number[source], number[target]], axis=0)
    other = measured(Graph.from_edges(graph.n_nodes, *ends, weight))
    for name, value in values.items():
        if not isinstance(value, Undefined):
            scale = values["unweighted_radius"]
            assert other[name] == pytest.approx(value, rel=1e-8, abs=1e-9 * scale)


def test_components_that_cannot_hold_the_largest_are_left_out(monkeypatch):
    """A large star and many small paths: only the star's two eigenvalues are computed."""
    solved = []
    real = eigenvalues._adjacency
    monkeypatch.setattr(
        eigenvalues, "_adjacency", lambda part: solved.append(part.n_nodes) or real(part)
    )
    star, paths = stars(2, 250), stars(1000, 2)
    source, target, _ = (
        np.concatenate(pair) for pair in zip(star.edges(), paths.edges(), strict=True)
    )
    source[star.n_edges :] += star.n_nodes
    target[star.n_edges :] += star.n_nodes
    graph = Graph.from_edges(star.n_nodes + paths.n_nodes, source, target, np.ones(source.size))
    assert measured(graph)["gap"] == pytest.approx(0, abs=1e-10)
    assert set(solved) == {251}
