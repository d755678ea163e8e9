"""Layer densities against golden values, and counts that add up exactly."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.models import build, prunable
from nsgraph.pruning.allocation import (
    ALLOCATIONS,
    checked_sparsity,
    igq,
    kept,
    layer_counts,
    uniform_plus,
)

GOLDEN = json.loads((Path(__file__).parent / "layer_densities.json").read_text())
CASES = [(a, s, m) for a in GOLDEN for s in GOLDEN[a]["density"] for m in ("er", "erk", "igq")]


@pytest.mark.parametrize(("architecture", "sparsity", "name"), CASES)
def test_golden_layer_densities(architecture, sparsity, name):
    golden = GOLDEN[architecture]
    shapes = {layer: tuple(shape) for layer, shape in golden["layers"]}
    densities = ALLOCATIONS[name](shapes, 1 - float(sparsity))
    assert list(densities.values()) == pytest.approx(golden["density"][sparsity][name], abs=1e-8)
    counts = layer_counts(shapes, densities, 1 - float(sparsity))
    assert sum(counts.values()) == round((1 - float(sparsity)) * golden["prunable"])


BUILT = {
    "mlp300": ("mlp-300-100", (1, 28, 28)),
    "conv6_bn": ("conv6", (3, 32, 32)),
    "resnet20A": ("resnet20-a", (3, 32, 32)),
    "resnet20B": ("resnet20", (3, 32, 32)),
    "resnet32A": ("resnet32-a", (3, 32, 32)),
    "resnet32B": ("resnet32", (3, 32, 32)),
    "wrn28_2": ("wrn-28-2", (3, 32, 32)),
}


@pytest.mark.parametrize("architecture", GOLDEN)
def test_golden_layers_are_those_of_our_architectures(architecture):
    name, shape = BUILT[architecture]
    shapes = [tuple(layer.weight.shape) for layer in prunable(build(name, shape, 10)).values()]
    assert sum(map(prod, shapes)) == GOLDEN[architecture]["prunable"]
    assert sorted(shapes) == sorted(tuple(shape) for _, shape in GOLDEN[architecture]["layers"])


linear = st.tuples(st.integers(1, 40), st.integers(1, 40))
conv = st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 5), st.integers(1, 5))
SPENDING = ["uniform", "er", "erk", "igq"]
networks = st.lists(linear | conv, min_size=1, max_size=8)


@given(networks, st.floats(0, 1, exclude_max=True), st.sampled_from(SPENDING))
def test_counts_are_exact_and_near_their_share(shapes, sparsity, name):
    layers = {str(i): shape for i, shape in enumerate(shapes)}
    density = 1 - sparsity
    densities = ALLOCATIONS[name](layers, density)
    counts = layer_counts(layers, densities, density)
    assert sum(counts.values()) == kept(density, sum(map(prod, shapes)))
    for layer, shape in layers.items():
        assert 0 <= counts[layer] <= prod(shape)
        assert abs(counts[layer] - densities[layer] * prod(shape)) <= 1 + 1e-6


@given(networks, st.floats(0, 1, exclude_max=True), st.sampled_from(SPENDING))
def test_densities_are_at_most_one_and_spend_the_budget(shapes, sparsity, name):
    layers = {str(i): shape for i, shape in enumerate(shapes)}
    densities = ALLOCATIONS[name](layers, 1 - sparsity)
    assert all(0 <= d <= 1 + 1e-12 for d in densities.values())
    spent = sum(densities[layer] * prod(shape) for layer, shape in layers.items())
    assert spent == pytest.approx((1 - sparsity) * sum(map(prod, shapes)), rel=1e-9, abs=1e-9)


def test_nothing_pruned_is_all_dense():
    shapes = {"a": (16, 1, 3, 3), "b": (10, 64)}
    for name in ("uniform", "uniform-plus", "er", "erk", "igq"):
        counts = layer_counts(shapes, ALLOCATIONS[name](shapes, 1.0), 1.0)
        assert counts == {"a": 144, "b": 640}


@pytest.mark.parametrize("sparsity", [1, 1.0, -0.1, 2, float("nan"), "0.9", None, True])
def test_sparsity_out_of_range(sparsity):
    with pytest.raises(UserError, match=r"in \[0, 1\)"):
        checked_sparsity(sparsity)


@given(networks, st.floats(1e-6, 1, exclude_max=True))
def test_igq_densities_come_from_one_constant(shapes, sparsity):
    layers = {str(i): shape for i, shape in enumerate(shapes)}
    densities = igq(layers, 1 - sparsity)
    forces = [(1 / d - 1) / prod(layers[name]) for name, d in densities.items()]
    assert forces == pytest.approx([forces[0]] * len(forces), rel=1e-6, abs=1e-12)


def test_uniform_plus_spares_the_first_convolution_and_the_last_layer():
    shapes = {
        "c": (4, 1, 3, 3),
        "d": (8, 4, 3, 3),
        "e": (100, 8),
        "f": (10, 100),
    }  # 36 288 800 1000
    assert uniform_plus(shapes, 0.5) == pytest.approx(
        {"c": 1, "d": 526 / 1088, "e": 526 / 1088, "f": 0.5}
    )
    low = uniform_plus(shapes, 0.15)  # 318.6 weights: 36 and 200, and 82.6 for the rest
    assert low == pytest.approx({"c": 1, "d": 82.6 / 1088, "e": 82.6 / 1088, "f": 0.2})
    assert sum(layer_counts(shapes, low, 0.15).values()) == 319


def test_uniform_plus_without_convolutions_or_with_nothing_between():
    mlp = {"a": (30, 20), "b": (10, 30)}
    assert uniform_plus(mlp, 0.1) == pytest.approx({"a": 0.05, "b": 0.2})
    assert uniform_plus({"c": (4, 1, 3, 3), "f": (10, 10)}, 0.5) == pytest.approx(
        {"c": 1, "f": 0.32}
    )
    assert uniform_plus({"f": (10, 10)}, 0.3) == pytest.approx({"f": 0.3})


@pytest.mark.parametrize(
    ("shapes", "density"),
    [
        ({"f": (10, 10)}, 0.19),
        ({"c": (4, 1, 3, 3)}, 0.99),
        ({"c": (4, 1, 3, 3), "f": (10, 10)}, 0.41),  # 36 + 20 of 136
        ({"c": (50, 4, 3, 3), "d": (8, 50), "f": (10, 8)}, 0.7),
    ],
)
def test_uniform_plus_out_of_reach(shapes, density):
    with pytest.raises(UserError, match=r"uniform-plus keeps .* weights; a sparsity of .* leaves"):
        uniform_plus(shapes, density)


def test_counts_stay_within_the_room():
    shapes = {"a": (10, 10), "b": (5, 10)}
    densities = {"a": 0.5, "b": 0.5}
    assert layer_counts(shapes, densities, 0.5) == {"a": 50, "b": 25}
    assert layer_counts(shapes, densities, 0.5, {"a": 40, "b": 50}) == {"a": 40, "b": 35}
    with pytest.raises(UserError, match="74 weights can be kept"):
        layer_counts(shapes, densities, 0.5, {"a": 40, "b": 34})
