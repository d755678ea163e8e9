"""Layer densities against golden values, and counts that add up exactly."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.pruning.allocation import ALLOCATIONS, checked_sparsity, kept, layer_counts

GOLDEN = json.loads((Path(__file__).parent / "layer_densities.json").read_text())
CASES = [(a, s, m) for a in GOLDEN for s in GOLDEN[a]["density"] for m in ("er", "erk")]


@pytest.mark.parametrize(("architecture", "sparsity", "name"), CASES)
def test_golden_layer_densities(architecture, sparsity, name):
    golden = GOLDEN[architecture]
    shapes = {layer: tuple(shape) for layer, shape in golden["layers"]}
    densities = ALLOCATIONS[name](shapes, 1 - float(sparsity))
    assert list(densities.values()) == pytest.approx(golden["density"][sparsity][name], abs=1e-8)
    counts = layer_counts(shapes, densities, 1 - float(sparsity))
    assert sum(counts.values()) == round((1 - float(sparsity)) * golden["prunable"])


linear = st.tuples(st.integers(1, 40), st.integers(1, 40))
conv = st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 5), st.integers(1, 5))
networks = st.lists(linear | conv, min_size=1, max_size=8)


@given(networks, st.floats(0, 1, exclude_max=True), st.sampled_from(["uniform", "er", "erk"]))
def test_counts_are_exact_and_near_their_share(shapes, sparsity, name):
    layers = {str(i): shape for i, shape in enumerate(shapes)}
    density = 1 - sparsity
    densities = ALLOCATIONS[name](layers, density)
    counts = layer_counts(layers, densities, density)
    assert sum(counts.values()) == kept(density, sum(map(prod, shapes)))
    for layer, shape in layers.items():
        assert 0 <= counts[layer] <= prod(shape)
        assert abs(counts[layer] - densities[layer] * prod(shape)) <= 1 + 1e-6


@given(networks, st.floats(0, 1, exclude_max=True), st.sampled_from(["er", "erk"]))
def test_densities_are_at_most_one_and_spend_the_budget(shapes, sparsity, name):
    layers = {str(i): shape for i, shape in enumerate(shapes)}
    densities = ALLOCATIONS[name](layers, 1 - sparsity)
    assert all(0 <= d <= 1 + 1e-12 for d in densities.values())
    spent = sum(densities[layer] * prod(shape) for layer, shape in layers.items())
    assert spent == pytest.approx((1 - sparsity) * sum(map(prod, shapes)), rel=1e-9, abs=1e-9)


def test_nothing_pruned_is_all_dense():
    shapes = {"a": (16, 1, 3, 3), "b": (10, 64)}
    for name in ("uniform", "er", "erk"):
        counts = layer_counts(shapes, ALLOCATIONS[name](shapes, 1.0), 1.0)
        assert counts == {"a": 144, "b": 640}


@pytest.mark.parametrize("sparsity", [1, 1.0, -0.1, 2, float("nan"), "0.9", None, True])
def test_sparsity_out_of_range(sparsity):
    with pytest.raises(UserError, match=r"in \[0, 1\)"):
        checked_sparsity(sparsity)
