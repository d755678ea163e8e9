"""beta_eff and x_eff against double loops, the published decomposition, and known networks."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nsgraph.errors import UserError
from nsgraph.graphs import Graph, reduction

MATRICES = st.integers(1, 6).flatmap(
    lambda n: hnp.arrays(np.float64, (n, n), elements=st.floats(-4, 4, width=16))
)


def by_loops(matrix: Any, x: Any) -> tuple[float, float, float]:
    """Sum of weights, beta_eff times it, x_eff times it."""
    n = len(matrix)
    total = beta = state = 0.0
    for u in range(n):
        for v in range(n):
            total += matrix[u, v]
            state += matrix[u, v] * x[u]
            beta += matrix[u, v] * sum(matrix[w, u] for w in range(n))
    return total, beta, state


@given(MATRICES)
def test_by_definition(matrix: Any) -> None:
    x = np.arange(len(matrix)) ** 2
    total, beta, state = by_loops(matrix, x)
    found = reduction(matrix, x)
    if found.status is not None:
        assert abs(total) < 1e-9
        assert found.beta is found.state is found.heterogeneity is None
        return
    assert found.beta == pytest.approx(beta / total, rel=1e-6, abs=1e-9)
    assert found.state == pytest.approx(state / total, rel=1e-6, abs=1e-9)
    assert reduction(matrix.T).beta == pytest.approx(found.beta, rel=1e-6, abs=1e-9)
    if found.symmetry is not None:  # beta_eff = <s> + S H
        whole = found.mean_strength + found.symmetry * found.heterogeneity
        assert found.beta == pytest.approx(whole, rel=1e-5, abs=1e-6)


def test_every_form_of_a_graph() -> None:
    matrix = np.array([[0, 2, 0, 1], [0, 0, 3, 0], [0, 0, 0, 1], [0, 0, 0, 0.0]])
    expected = reduction(matrix)
    source, target = np.nonzero(matrix)
    ours = Graph.from_edges(4, source, target, matrix[source, target])
    digraph = nx.from_numpy_array(matrix, create_using=nx.DiGraph)
    for graph in (sp.csr_array(matrix), sp.csc_matrix(matrix), matrix.tolist(), ours, digraph):
        assert reduction(graph) == expected
    # 0 -> 1: 2, 0 -> 3: 1, 1 -> 2: 3, 2 -> 3: 1
    assert expected.beta == (2 * 3 + 3 * 1) / 7
    assert expected.mean_strength == 7 / 4


def test_equal_nodes() -> None:
    ring = nx.circulant_graph(8, [1, 2])
    found = reduction(ring, np.full(8, 2.5))
    assert found.beta == found.mean_strength == 4
    assert found.state == 2.5
    assert found.symmetry is None
    assert found.heterogeneity == 0


def test_undirected_networks_have_the_ratio_of_moments() -> None:
    graph = nx.barbell_graph(4, 3)
    degrees = np.array([d for _, d in graph.degree])
    assert reduction(graph).beta == pytest.approx((degrees**2).sum() / degrees.sum())
    assert reduction(graph).symmetry == pytest.approx(1)


def test_weights_of_an_attribute() -> None:
    graph = nx.DiGraph()
    graph.add_edge("a", "b", cost=5)
    graph.add_edge("b", "c", cost=2)
    assert reduction(graph, weights="cost").beta == 10 / 7
    assert reduction(graph).beta == 1 / 2


@pytest.mark.parametrize(
    "matrix", [np.zeros((3, 3)), np.zeros((0, 0)), [[0, 1], [-1, 0]], [[0, 0.1], [0.2, -0.3]]]
)
def test_no_weight_in_all(matrix: Any) -> None:
    found = reduction(matrix)
    assert found.beta is None
    assert found.status == "the weights sum to 0"


def test_what_does_not_fit() -> None:
    with pytest.raises(UserError, match="square"):
        reduction(np.ones((2, 3)))
    with pytest.raises(UserError, match="3 states"):
        reduction(np.ones((2, 2)), [1, 2, 3])
