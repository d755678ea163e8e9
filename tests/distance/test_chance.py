from __future__ import annotations

import itertools

import numpy as np
import pytest

from nsgraph.distance import Chance, chance, distance, unaligned
from nsgraph.errors import UserError

from .examples import RESIDUAL, random_masks, random_mlp


def test_random_networks_are_at_chance():
    rng = np.random.default_rng(0)
    a, b = (random_mlp(rng, [64, 64, 64, 10], 0.1) for _ in range(2))
    level = chance(a, b, samples=20, seed=1)
    assert len(level.values) == 20
    assert abs(level.z(distance(a, b).value)) < 4
    assert level.z(0.0) < -20
    assert level.mean < level.unaligned


def test_chance_level_of_the_literature():
    rng = np.random.default_rng(1)
    level = chance(random_mlp(rng, [784, 784], 0.2), samples=2, outputs="assigned")
    assert level.mean == pytest.approx(0.83, abs=0.005)


def test_same_seed_same_values_in_either_order():
    rng = np.random.default_rng(2)
    a, b = random_mlp(rng, [9, 8, 7], 0.3), random_mlp(rng, [9, 8, 7], 0.5)
    first = chance(a, b, samples=3, seed=4)
    assert first.values.tolist() == chance(b, a, samples=3, seed=4).values.tolist()
    assert first.values.tolist() != chance(a, b, samples=3, seed=5).values.tolist()
    assert list(first.per_layer) == ["fc0", "fc1"]
    assert first.values == pytest.approx(np.mean(list(first.per_layer.values()), axis=0))


def test_networks_alike_are_drawn_independently():
    rng = np.random.default_rng(3)
    a = random_mlp(rng, [20, 20, 5], 0.3)
    assert chance(a, a, samples=3).values.min() > 0.3


def test_wired_networks_by_the_published_algorithm():
    a = random_masks(np.random.default_rng(4), RESIDUAL, 0.4)
    level = chance(a, samples=3, tie_break="none", wiring=RESIDUAL)
    assert 0 < level.mean < 1


@pytest.mark.parametrize("tie_break", ["canonical", "none"])
def test_degrees_are_kept(tie_break):
    # Neurons with one input each, and all of the same: no other network has these degrees.
    star = {"fc1": np.zeros((4, 5)), "fc2": np.ones((2, 4))}
    star["fc1"][:, 2] = 1
    assert chance(star, samples=3, null="degree", tie_break=tie_break).values.tolist() == [0, 0, 0]
    assert chance(star, samples=3, tie_break=tie_break).mean > 0


def test_hubs_are_closer_than_random_layers():
    rng = np.random.default_rng(5)
    odds = np.where(np.arange(40) < 5, 0.9, 0.05)
    a, b = ({"fc1": rng.random((40, 40)) < odds, "fc2": rng.random((4, 40)) < 0.2}
            for _ in range(2))  # fmt: skip
    er, degree = (chance(a, b, samples=5, null=null) for null in ("er", "degree"))
    found = distance(a, b)
    assert er.z(found.value) < -10 < degree.z(found.value) < 10
    layer = degree.of_layer("fc1")
    assert layer.values.tolist() == degree.per_layer["fc1"].tolist()
    assert layer.mean < er.of_layer("fc1").mean
    with pytest.raises(UserError, match="null"):
        chance(a, b, null="strength")


def test_degree_null_of_wired_networks():
    a = random_masks(np.random.default_rng(6), RESIDUAL, 0.4)
    level = chance(a, samples=3, null="degree", wiring=RESIDUAL)
    assert 0 < level.mean < 1


@pytest.mark.parametrize(
    ("inputs", "d_a", "d_b"), [(20, 0.1, 0.1), (784, 0.001, 0.001), (50, 0.3, 0.1)]
)
def test_unaligned_expectation_by_simulation(inputs, d_a, d_b):
    rng = np.random.default_rng(7)
    a, b = (rng.random((20000, inputs)) < d for d in (d_a, d_b))
    costs = (a ^ b).sum(1) / np.maximum((a | b).sum(1), 1)
    assert unaligned(inputs, d_a, d_b) == pytest.approx(costs.mean(), abs=5 * costs.std() / 141)


def test_a_spread_of_rounding_alone_is_none():
    level = Chance(np.array([0.3, 0.1 + 0.2]), {}, 0.5)  # not the same number
    assert level.sd == 0.0
    assert level.z(0.5) is None


def test_full_layers_leave_no_choice():
    full = {"fc1": np.ones((3, 4)), "fc2": np.ones((2, 3))}
    level = chance(full, samples=3)
    assert level.mean == 0
    assert level.z(0.5) is None
    assert chance(full, samples=1).sd is None
    with pytest.raises(UserError, match="samples"):
        chance(full, samples=0)


@pytest.mark.parametrize(("n", "d_a", "d_b"), [(1, 0.5, 0.5), (3, 0.2, 0.2), (4, 0.1, 0.6)])
def test_unaligned_expectation_by_enumeration(n, d_a, d_b):
    expected = 0.0
    for bits in itertools.product([0, 1], repeat=2 * n):
        a, b = np.array(bits[:n]), np.array(bits[n:])
        weight = np.prod(np.where(a, d_a, 1 - d_a)) * np.prod(np.where(b, d_b, 1 - d_b))
        union = (a | b).sum()
        expected += weight * ((a ^ b).sum() / union if union else 0)
    assert unaligned(n, d_a, d_b) == pytest.approx(expected)


def test_unaligned_edges():
    assert unaligned(10, 0.0) == 0
    assert unaligned(10, 1.0) == 0
    assert unaligned(10, 0.0, 1.0) == 1
