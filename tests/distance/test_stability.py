from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsgraph.distance import stability
from nsgraph.distance.stability import shared_by_chance
from nsgraph.errors import UserError

from .examples import random_mlp


def test_counts_by_hand():
    a = {"x": [[1, 1, 1, 0]], "y": [[1], [0]]}
    b = {"x": [[1, 1, 0, 1]], "y": [[0], [1]]}
    found = stability(a, b)
    assert found.per_layer["x"].jaccard == 0.5
    assert found.per_layer["x"].fraction == pytest.approx(2 / 3)
    assert found.per_layer["y"].jaccard == 0
    assert (found.total.shared, found.total.kept_a, found.total.kept_b) == (2, 4, 4)
    assert found.total.jaccard == pytest.approx(2 / 6)
    # N d_a d_b: 4 * 3/4 * 3/4 and 2 * 1/2 * 1/2
    assert found.total.fraction_expected == pytest.approx((9 / 4 + 1 / 2) / 4)


@given(
    st.lists(
        st.integers(1, 4).flatmap(
            lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))
        ),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=80, deadline=None)
def test_expectation_by_enumeration(layers):
    a = {str(i): [(np.arange(n) < kept_a)] for i, (n, kept_a, _) in enumerate(layers)}
    b = {str(i): [(np.arange(n) < kept_b)] for i, (n, _, kept_b) in enumerate(layers)}
    choices = [list(combinations(range(n), kept_b)) for n, _, kept_b in layers]
    both = sum(kept_a + kept_b for _, kept_a, kept_b in layers)
    jaccards, shares = [], []
    for chosen in product(*choices):
        shared = sum(
            sum(place < kept_a for place in places)
            for places, (_, kept_a, _) in zip(chosen, layers, strict=True)
        )
        jaccards.append(shared / (both - shared) if both else 1)
        shares.append(2 * shared / both if both else 1)
    found = stability(a, b).total
    assert found.jaccard_expected == pytest.approx(np.mean(jaccards))
    assert found.fraction_expected == pytest.approx(np.mean(shares))
    if found.z is not None:
        assert found.z == pytest.approx(
            (found.fraction - np.mean(shares)) / np.std(shares), abs=1e-9
        )
    else:
        assert np.std(shares) < 1e-9


def test_distribution_of_a_large_layer():
    low, probabilities = shared_by_chance(1_000_000, 200_000, 100_000)
    numbers = low + np.arange(len(probabilities))
    assert np.sum(probabilities) == pytest.approx(1)
    assert np.sum(probabilities * numbers) == pytest.approx(20_000, rel=1e-9)
    spread = 20_000 * 0.8 * 0.9 * 1_000_000 / 999_999
    variance = np.sum(probabilities * (numbers - 20_000.0) ** 2)
    assert variance == pytest.approx(spread, rel=1e-6)


def test_same_and_empty_and_random():
    rng = np.random.default_rng(0)
    a, b = (random_mlp(rng, [100, 100, 10], 0.1) for _ in range(2))
    assert stability(a, a).total.jaccard == 1
    assert stability(a, a).total.z > 50
    found = stability(a, b).total
    assert abs(found.z) < 4
    assert found.jaccard_expected == pytest.approx(0.1 / 1.9, abs=2e-4)
    empty = {"x": np.zeros((2, 2))}
    assert stability(empty, empty).total.jaccard == 1
    assert stability(empty, {"x": np.eye(2)}).total.jaccard == 0


def test_different_layers_are_refused():
    with pytest.raises(UserError, match="different layers"):
        stability({"x": np.ones((2, 2))}, {"y": np.ones((2, 2))})
    with pytest.raises(UserError, match="equal shapes"):
        stability({"x": np.ones((2, 2))}, {"x": np.ones((2, 3))})
