"""The Ramanujan family against singular values of full matrices, and layers known by formula."""

from __future__ import annotations

import itertools
from collections import defaultdict
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode
from nsgraph.metrics import krylov
from nsgraph.metrics.expansion import FAMILY
from nsgraph.metrics.registry import Undefined
from nsgraph.network_file import SavedNetwork
from tests.graphs.networks import Builder, cases, networks

NO_SUBGRAPH = Undefined("left nodes of equal degree nowhere have both mean degrees >= 3")


def measured(graph):
    (part,) = FAMILY.parts
    values = part.unrolled(graph)
    assert set(values) == {metric.name for metric in FAMILY.metrics}
    return values


def layer(mask, final=None, initial=None):
    """Graph of one linear layer; rows of the mask are its inputs."""
    mask = np.asarray(mask, dtype=bool)
    weights = [np.ones(mask.shape) if w is None else w for w in (final, initial)]
    final, initial = ({"fc": (mask * w).T.astype(np.float32)} for w in weights)
    saved = SavedNetwork({"fc": mask.T}, final, initial=initial)
    return encode(saved, encoding="rolled", weights="both").layer_graphs()["fc"]


def twin(mask, final, initial):
    """By the definitions, one degree after the other; None where undefined."""
    subgraphs = defaultdict(list)
    for left, row in enumerate(mask):
        subgraphs[row.sum()].append(left)
    kept = []
    for rows in subgraphs.values():
        in_edges = mask[rows].sum(axis=0)
        columns = in_edges > 0
        if columns.any() and mask[rows[0]].sum() >= 3 and in_edges[columns].mean() >= 3:
            kept.append(rows)
    first, mu = singular_values(mask)
    bounds = [bound(mask[rows]) for rows in kept]
    differences = [b - singular_values(mask[r])[1] for b, r in zip(bounds, kept, strict=True)]
    gaps = {
        prefix: [np.subtract(*singular_values((mask * weights)[rows])) for rows in kept]
        for prefix, weights in (("", final), ("initial_", initial))
    }
    return {
        "ramanujan_gap": bound(mask) - mu,
        "spectral_ramanujan_gap": 2 * sqrt(max(first - 1, 0)) - mu,
        "nontrivial_eigenvalue": mu,
        "imdb": np.mean(differences) if kept else None,
        "imdb_relative": np.mean(np.divide(differences, bounds)) if kept else None,
        "iterative_weighted_gap": np.mean(gaps[""]) if kept else None,
        "initial_iterative_weighted_gap": np.mean(gaps["initial_"]) if kept else None,
    }


def bound(mask):
    total = 0.0
    for degrees in (mask.sum(axis=1), mask.sum(axis=0)):
        total += sqrt(degrees[degrees > 0].mean() - 1)
    return total


def singular_values(matrix):
    return [*np.linalg.svd(matrix.astype(float), compute_uv=False), 0.0][:2]


def assert_equal(values, expected):
    for name, value in expected.items():
        if value is None:
            assert values[name] == NO_SUBGRAPH
        else:
            assert values[name] == pytest.approx(value, rel=1e-8, abs=1e-7), name


@cases(150)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([0.02, 0.1, 0.3, 0.6, 0.95, 1.0]),
    st.integers(0, 10**6),
)
def test_random_layers_equal_singular_values(left, right, density, seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((left, right)) < density
    final, initial = rng.integers(0, 65, (2, left, right)) / 64
    values = measured(layer(mask, final, initial))
    if mask.sum() < 2:
        reason = "one edge: there is no third eigenvalue" if mask.any() else "no edges"
        assert set(values.values()) == {Undefined(reason)}
    else:
        assert_equal(values, twin(mask, final, initial))


@pytest.mark.parametrize(("left", "right", "density"), [(500, 60, 0.2), (900, 150, 0.05)])
def test_large_layers_equal_singular_values(left, right, density):
    rng = np.random.default_rng(0)
    mask = rng.random((left, right)) < density
    final, initial = rng.random((2, left, right), dtype=np.float32)
    values = measured(layer(mask, final, initial))
    assert values["imdb"] != NO_SUBGRAPH
    assert_equal(values, twin(mask, final, initial))


@cases(40)
@given(networks, st.sampled_from(["rolled", "rolled-channel", "unrolled"]))
def test_third_largest_absolute_eigenvalue(saved, encoding):
    graph = encode(saved, encoding=encoding, weights="both")
    for part in graph.layer_graphs().values():
        source, target, _ = part.edges()
        if part.n_edges > 1:
            full = np.zeros((part.n_nodes, part.n_nodes))
            full[source, target] = 1
            spectrum = np.sort(np.abs(np.linalg.eigvalsh(full + full.T)))
            third = measured(part)["nontrivial_eigenvalue"]
            assert third == pytest.approx(spectrum[-3], rel=1e-8, abs=1e-7)


@pytest.mark.parametrize(("left", "right"), [(3, 4), (1, 7), (2, 2), (90, 130)])
def test_complete_layers(left, right):
    """Singular values sqrt(left right), 0: expansion at its best."""
    values = measured(layer(np.ones((left, right))))
    gap = sqrt(left - 1) + sqrt(right - 1)
    assert values["nontrivial_eigenvalue"] == pytest.approx(0, abs=1e-7)
    assert values["ramanujan_gap"] == pytest.approx(gap)
    assert values["spectral_ramanujan_gap"] == pytest.approx(2 * sqrt(sqrt(left * right) - 1))
    if min(left, right) >= 3:
        assert values["imdb"] == pytest.approx(gap)
        assert values["imdb_relative"] == pytest.approx(1)
        assert values["iterative_weighted_gap"] == pytest.approx(sqrt(left * right))
    else:
        assert values["imdb"] == NO_SUBGRAPH


def projective_plane(q):
    """Points on lines, each on q + 1 of each other; q prime."""
    vectors = [v for v in itertools.product(range(q), repeat=3) if any(v)]
    points = np.array([v for v in vectors if next(x for x in v if x) == 1])
    return points @ points.T % q == 0


@pytest.mark.parametrize("q", [2, 3, 5, 11])
def test_projective_planes_are_ramanujan(q):
    """Incidence matrix B with B B' = q I + J: singular values q + 1, then sqrt(q)."""
    values = measured(layer(projective_plane(q)))
    assert values["nontrivial_eigenvalue"] == pytest.approx(sqrt(q), rel=1e-8)
    for name in ("ramanujan_gap", "imdb"):
        assert values[name] == pytest.approx(sqrt(q), rel=1e-8)
    assert values["spectral_ramanujan_gap"] == pytest.approx(sqrt(q), rel=1e-8)
    assert values["imdb_relative"] == pytest.approx(0.5, rel=1e-8)


def test_equal_components_do_not_expand():
    """Three complete layers side by side: mu = l1."""
    values = measured(layer(np.kron(np.eye(3), np.ones((4, 4)))))
    assert values["nontrivial_eigenvalue"] == pytest.approx(4)
    assert values["ramanujan_gap"] == pytest.approx(2 * sqrt(3) - 4)
    assert values["iterative_weighted_gap"] == pytest.approx(0, abs=1e-8)
    matching = measured(layer(np.eye(5)))
    assert matching["ramanujan_gap"] == pytest.approx(-1)
    assert matching["spectral_ramanujan_gap"] == pytest.approx(-1)


def test_nodes_without_edges_do_not_count():
    mask = np.zeros((9, 8))
    mask[2:7, 1:6] = np.random.default_rng(0).random((5, 5)) < 0.7
    assert measured(layer(mask)) == measured(layer(mask[2:7, 1:6]))


def test_degrees_of_the_left_side_make_the_subgraphs():
    """Left nodes of degrees 3 and 4; the transposed layer has other subgraphs."""
    mask = np.zeros((6, 4))
    mask[:3, :3] = mask[3:] = 1
    values = measured(layer(mask))
    # complete subgraphs of 3 x 3 and 3 x 4 nodes
    assert values["imdb"] == pytest.approx((2 * sqrt(2) + sqrt(2) + sqrt(3)) / 2)
    assert measured(layer(mask.T))["imdb"] != pytest.approx(values["imdb"])


def test_for_single_layers_only():
    reason = Undefined("defined for a single bipartite layer: use a rolled encoding")
    net = Builder(4)
    net.linear(net.linear("in", 5), 3)
    assert set(measured(encode(net.network(density=1.0))).values()) == {reason}
    # even where one of the two layers is empty, and the other one alone is bipartite
    assert set(measured(encode(net.network(density=0.0))).values()) == {reason}
    one = Builder(4)
    one.linear("in", 5)
    values = measured(encode(one.network(density=1.0)))
    assert values["ramanujan_gap"] == pytest.approx(sqrt(3) + 2)
    chain = Graph.from_edges(3, [0, 1], [1, 2])
    assert set(measured(chain).values()) == {reason}
    assert measured(Graph.from_edges(3, [0, 0], [1, 2]))["ramanujan_gap"] == pytest.approx(1)


def test_weights_that_are_missing_or_no_numbers():
    source, target = np.indices((4, 5)).reshape(2, -1)
    values = measured(Graph.from_edges(9, source, target + 4))
    assert values["iterative_weighted_gap"] == Undefined("no final weights")
    assert values["initial_iterative_weighted_gap"] == Undefined("no initial weights")
    values = measured(Graph.from_edges(9, source, target + 4, np.full(20, np.nan)))
    assert values["iterative_weighted_gap"] == Undefined("weights that are not finite")
    values = measured(Graph.from_edges(9, source, target + 4, np.zeros(20)))
    assert values["iterative_weighted_gap"] == 0


def test_what_does_not_converge_is_undefined(monkeypatch):
    monkeypatch.setattr(krylov, "MAX_STEPS", 2)
    mask = np.random.default_rng(0).random((300, 300)) < 0.3
    values = measured(layer(mask))
    reason = Undefined("the eigenvalues did not converge")
    assert values["ramanujan_gap"] == values["spectral_ramanujan_gap"] == reason


def test_same_bytes_twice_and_same_values_in_any_order():
    rng = np.random.default_rng(0)
    mask = rng.random((300, 150)) < 0.1
    final, initial = rng.random((2, 300, 150), dtype=np.float32)
    values = measured(layer(mask, final, initial))
    assert repr(measured(layer(mask, final, initial))) == repr(values)
    rows, columns = rng.permutation(300), rng.permutation(150)
    other = (array[rows][:, columns] for array in (mask, final, initial))
    assert measured(layer(*other)) == pytest.approx(values, rel=1e-8)
