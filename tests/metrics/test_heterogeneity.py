"""Degrees, mixing, clustering and distances against plain loops and networkx."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nsgraph.graphs import Graph, encode
from nsgraph.graphs.flow import edge_sum
from nsgraph.metrics import distances, heterogeneity
from nsgraph.metrics.census import census
from nsgraph.metrics.registry import Undefined
from tests.graphs.networks import Builder, cases, networks


def values(graph):
    found = {}
    for part in heterogeneity.FAMILY.parts:
        own = part.unrolled(graph)
        assert tuple(sorted(own)) == tuple(sorted(part.names))
        if part.implicit is not None and graph.compact is not None:
            for name, value in part.implicit(graph).items():
                same = own[name] if isinstance(value, Undefined) else pytest.approx(own[name])
                assert value == same
        found |= own
    assert set(found) == {metric.name for metric in heterogeneity.FAMILY.metrics}
    return found


def as_networkx(graph):
    result = nx.DiGraph()
    result.add_nodes_from(range(graph.n_nodes))
    source, target, _ = graph.edges()
    result.add_edges_from(zip(source.tolist(), target.tolist(), strict=True))
    return result


def inequality(x):
    """CV, Gini by all pairs, entropy of shares over its largest value; None where undefined."""
    n, total = len(x), sum(x)
    if total == 0:
        return [None] * 3
    mean = total / n
    cv = math.sqrt(sum((v - mean) ** 2 for v in x) / n) / mean
    gini = sum(abs(v - w) for v in x for w in x) / (2 * n * total)
    shares = [v / total for v in x if v]
    entropy = -sum(p * math.log(p) for p in shares) / math.log(n) if n > 1 else None
    return [cv, gini, entropy]


def correlation(pairs):
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return np.mean((x - x.mean()) * (y - y.mean())) / (x.std() * y.std())


def twin(graph):
    slow = as_networkx(graph)
    both = slow.to_undirected()
    a, b, d = (dict(view) for view in (slow.in_degree(), slow.out_degree(), both.degree()))
    source, target, _ = graph.edges()
    columns = {
        "in_degree": [a[v] for v in slow if not graph.inputs[v]],
        "out_degree": [b[v] for v in slow if not graph.outputs[v]],
        "degree": list(d.values()),
    }
    for kind in ("initial", "final"):
        sums = [0.0] * graph.n_nodes
        for u, v, w in zip(source, target, graph.weights.get(kind, ()), strict=False):
            sums[u] += float(w)
            sums[v] += float(w)
        columns[f"{kind}_strength"] = sums
    expected = {
        f"{column}_{name}": value
        for column, x in columns.items()
        for name, value in zip(("cv", "gini", "entropy"), inequality(x), strict=True)
    }
    squares = sum(v * v for v in d.values()) / graph.n_nodes
    mean = sum(d.values()) / graph.n_nodes
    expected["degree_heterogeneity"] = squares / mean**2
    edges = list(slow.edges)
    for x, f in (("in", a), ("out", b)):
        for y, g in (("in", a), ("out", b)):
            expected[f"assortativity_{x}_{y}"] = correlation([(f[u], g[v]) for u, v in edges])
    directions = edges + [(v, u) for u, v in edges]
    expected["assortativity"] = correlation([(d[u], d[v]) for u, v in directions])
    expected["transitivity"] = nx.transitivity(both) if max(d.values()) > 1 else None
    if any(len({t, u, v, w}) == 4 for u, v in edges for t in both[u] for w in both[v]):
        expected["bipartite_clustering"] = nx.bipartite.robins_alexander_clustering(both)
    between = [
        length
        for v, found in nx.all_pairs_shortest_path_length(both)
        for u, length in found.items()
        if u != v
    ]
    expected["path_length"] = sum(between) / len(between)
    expected["path_length_error"] = 0
    return expected


def compare(found, expected):
    for name, value in found.items():
        if isinstance(value, Undefined):
            assert expected.get(name) is None, name
        else:
            assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-12), name


@cases(60)
@given(networks, st.booleans())
def test_networks_equal_plain_loops(saved, identity_skips):
    graph = encode(saved, identity_skips=identity_skips, weights="both")
    assume(0 < graph.n_edges < 800)
    compare(values(graph), twin(graph))


@cases(80)
@given(st.integers(2, 30), st.floats(0.05, 1), st.integers(0, 999))
def test_random_acyclic_graphs_equal_plain_loops(n, p, seed):
    """Triangles, and paths of three edges whose ends meet."""
    rng = np.random.default_rng(seed)
    source, target = np.nonzero(np.triu(rng.random((n, n)) < p, 1))
    assume(source.size)
    graph = Graph.from_edges(n, source, target, rng.random(source.size))
    compare(values(graph), twin(graph))


@cases(30)
@given(st.integers(2, 20), st.integers(2, 20), st.integers(2, 20), st.floats(0.1, 0.9))
def test_numbering_within_layers_does_not_matter(first, second, third, p):
    rng = np.random.default_rng(first + 100 * second)
    masks = [rng.random((first, second)) < p, rng.random((second, third)) < p]
    orders = [rng.permutation(size) for size in (first, second, third)]
    other = [m[orders[i]][:, orders[i + 1]] for i, m in enumerate(masks)]
    original, relabelled = (values(_layers(*pair)) for pair in (masks, other))
    assert original == relabelled


def _layers(first, second):
    start = first.shape[0], sum(first.shape)
    edges = [
        (np.nonzero(m)[0] + source, np.nonzero(m)[1] + target)
        for m, source, target in ((first, 0, start[0]), (second, *start))
    ]
    n = start[1] + second.shape[1]
    ends = [np.concatenate(side) for side in zip(*edges, strict=True)]
    inputs, outputs = np.arange(start[0]), np.arange(start[1], n)
    return Graph.from_edges(n, *ends, inputs=inputs, outputs=outputs)


def test_by_hand():
    """0 -> 2, 0 -> 3, 1 -> 2, 1 -> 3 (a four-cycle), 3 -> 4; inputs 0, 1; output 4; 5 alone.

    Degrees 2 2 2 3 1 0. Distances: 4 at 1 and 2 at 2 in the cycle; 4 to 3, 0, 1, 2: 1, 2, 2, 3.
    """
    graph = Graph.from_edges(
        6, [0, 0, 1, 1, 3], [2, 3, 2, 3, 4], [1, 1, 1, 1, 1], inputs=[0, 1], outputs=[4]
    )
    found = values(graph)
    assert found["in_degree_cv"] == pytest.approx(math.sqrt(11 / 16) / (5 / 4))  # 2 2 1 0
    assert found["in_degree_gini"] == pytest.approx((2 * (0 + 1 + 1 + 2 + 2 + 1)) / (2 * 4 * 5))
    assert found["out_degree_cv"] == pytest.approx(math.sqrt(4 / 5))  # 2 2 0 1 0
    shares = 3 * 0.2 * math.log(5) + 0.3 * math.log(10 / 3) + 0.1 * math.log(10)
    assert found["degree_entropy"] == pytest.approx(shares / math.log(6))
    assert found["degree_heterogeneity"] == 6 * 22 / 100
    assert found["transitivity"] == 0
    assert found["bipartite_clustering"] == 4 * 1 / (4 + 2)  # 4 in the cycle, 2 that end in 4
    assert found["path_length"] == (4 + 4 + 8) / 10
    assert found["final_strength_gini"] == found["degree_gini"]
    assert found["initial_strength_gini"] == Undefined("no initial weights")


def test_star_is_disassortative_and_equal_degrees_have_no_correlation():
    star = values(Graph.from_edges(5, [0, 0, 0, 0], [1, 2, 3, 4]))
    assert star["assortativity"] == -1
    assert star["transitivity"] == 0
    assert star["bipartite_clustering"] == Undefined("no paths of three edges")
    source, target = np.nonzero(np.ones((3, 3)))
    full = values(Graph.from_edges(6, source, target + 3))
    assert full["assortativity"] == Undefined("all degrees at one end of the edges are equal")
    assert full["bipartite_clustering"] == 1
    assert full["degree_gini"] == full["degree_cv"] == 0
    assert full["degree_entropy"] == pytest.approx(1)


def test_degree_correlation_of_newman_by_hand():
    """0 -> 1, 0 -> 2, 1 -> 2: pairs (out of source, in of target) are (2, 1), (2, 2), (1, 2)."""
    found = values(Graph.from_edges(3, [0, 0, 1], [1, 2, 2]))
    assert found["assortativity_out_in"] == -0.5
    assert found["transitivity"] == 1


def test_no_edges():
    for n in (1, 3):
        assert set(values(Graph.from_edges(n, [], [], [])).values()) == {
            Undefined("no edges"),
            Undefined("no initial weights"),
        }


def test_weights_that_are_all_zero():
    found = values(Graph.from_edges(2, [0], [1], [0.0]))
    assert found["final_strength_cv"] == Undefined("all are 0")
    assert found["in_degree_entropy"] == Undefined("a single node")


def test_sums_past_64_bits_are_exact():
    """Products that fit one by one and not together, and products that do not fit."""
    graph = Graph.from_edges(4, [0, 1, 2], [3, 3, 3])
    for f, g in (([1, 2, 3], 5), ([2**31 - 1, 2**31, 2**31], 2**31), ([2**40, 2**41, 3], 2**30)):
        found = edge_sum(graph, np.array([*f, 0]), np.array([0, 0, 0, g]))
        assert found == sum(f) * g
    large = np.array([2**40, 2**40 + 1])
    assert heterogeneity._sum(large, large) == 2**80 + (2**40 + 1) ** 2


def ladder(*widths, density):
    net = Builder(widths[0])
    here = "in"
    for width in widths[1:]:
        here = net.linear(here, width)
    return encode(net.network(density=density, seed=1))


@pytest.mark.parametrize("n", [63, 64, 65, 130])
def test_distances_from_every_number_of_sources(n):
    """A path graph: the distances are differences, summed over words of 64 sources."""
    path = Graph.from_edges(n, np.arange(n - 1), np.arange(1, n))
    assert distances.path_length(path).mean == pytest.approx((n + 1) / 3)


def test_sampled_path_length_is_within_its_error(monkeypatch):
    """The same graph exactly and from samples: the truth is inside four standard errors."""
    graph = ladder(300, 200, 100, 300, density=0.02)
    exact = distances.path_length(graph)
    assert exact.error == 0
    monkeypatch.setattr(distances, "EXACT", 0)
    sampled = distances.path_length(graph)
    assert 0 < sampled.error < 0.05 * exact.mean
    assert abs(sampled.mean - exact.mean) < 4 * sampled.error
    assert distances.path_length(graph) == sampled


def test_error_is_that_of_repeated_samples(monkeypatch):
    """Over many draws the stated error is the spread of the estimates."""
    graph = ladder(300, 200, 100, 300, density=0.02)
    monkeypatch.setattr(distances, "EXACT", 0)
    default_rng = np.random.default_rng
    found = []
    for seed in range(60):
        monkeypatch.setattr(np.random, "default_rng", lambda _, seed=seed: default_rng(seed))
        found.append(distances.path_length(graph))
    spread = np.std([f.mean for f in found], ddof=1)
    assert np.mean([f.error for f in found]) == pytest.approx(spread, rel=0.35)


@cases(40)
@given(st.integers(4, 40), st.floats(0.05, 1), st.integers(0, 999))
def test_four_cycles_equal_powers_of_the_adjacency_matrix(n, p, seed):
    joined = np.triu(np.random.default_rng(seed).random((n, n)) < p, 1)
    both = (joined | joined.T).astype(int)
    ways = both @ both
    np.fill_diagonal(ways, 0)
    graph = Graph.from_edges(n, *np.nonzero(joined))
    assert (
        census(graph).four_cycles == (ways * (ways - 1)).sum() // 8
    )  # pairs of ways, by both diagonals


def test_strengths_too_unequal_for_floats_have_an_entropy():
    graph = Graph.from_edges(4, [0, 1], [1, 2], [1e200, 1e-300])
    assert values(graph)["final_strength_entropy"] == pytest.approx(0.5)
