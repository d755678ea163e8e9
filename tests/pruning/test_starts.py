"""Starting topologies: exact counts, same seed same links, generators layer by layer."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nsgraph.errors import UserError
from nsgraph.pruning import allocation, registry
from nsgraph.pruning.allocation import ALLOCATIONS, kept, layer_counts
from nsgraph.pruning.starts import STARTS, begin, layer_by_layer, read_start

SHAPES = {"conv": (4, 1, 3, 3), "deep": (32, 4, 3, 3), "fc": (10, 32)}
N = 36 + 1152 + 320


def draw(start, density, seed=0, shapes=SHAPES):
    return start(shapes, density, torch.Generator().manual_seed(seed))


def diagonal(n_in, n_out, density, rng):
    """Links nearest to the diagonal, the rest of a rank at random."""
    far = np.abs(np.arange(n_out)[:, None] / n_out - np.arange(n_in) / n_in)
    order = np.argsort(far.ravel() + 1e-9 * rng.random(n_in * n_out))
    mask = np.zeros(n_in * n_out, dtype=bool)
    mask[order[: round(density * n_in * n_out)]] = True
    return mask.reshape(n_out, n_in)


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize("density", [0.5, 0.2, 0.1])
def test_starts_have_exactly_their_links(name, density):
    masks = draw(STARTS[name], density)
    assert masks.n_kept == kept(density, N)
    assert {n: m.shape for n, m in masks.items()} == SHAPES
    assert masks == draw(STARTS[name], density)
    assert masks != draw(STARTS[name], density, seed=1)


def test_allocations_are_starts_with_their_counts():
    assert set(STARTS) >= set(ALLOCATIONS) - {"global"}
    for name in ("er", "erk", "uniform"):
        masks = draw(STARTS[name], 0.2)
        expected = layer_counts(SHAPES, ALLOCATIONS[name](SHAPES, 0.2), 0.2)
        assert {n: int(m.sum()) for n, m in masks.items()} == expected


def test_dense_linear_layers_behind_convolutions():
    densities = draw(STARTS["uniform-dense-linear"], 0.5).layer_densities()
    assert densities["fc"] == 1
    assert densities["conv"] == pytest.approx(densities["deep"], abs=0.01)


@pytest.mark.parametrize(
    "shapes", [{"a": (8, 20), "b": (10, 8)}, {"conv": (8, 3, 3, 3), "fc": (10, 60)}]
)
def test_uniform_where_linear_layers_are_all_or_take_too_much(shapes):
    densities = draw(STARTS["uniform-dense-linear"], 0.2, shapes=shapes).layer_densities()
    assert max(densities.values()) - min(densities.values()) < 0.01


def test_a_generator_of_layers_is_a_start():
    start = layer_by_layer(diagonal, allocation.erk)
    assert start.__name__ == "diagonal"
    masks = draw(start, 0.2)
    expected = layer_counts(SHAPES, allocation.erk(SHAPES, 0.2), 0.2)
    assert {n: int(m.sum()) for n, m in masks.items()} == expected
    assert masks["fc"][0, 0]
    assert not masks["fc"][0, -1]
    assert masks == draw(start, 0.2)
    assert masks != draw(start, 0.2, seed=1)


def test_generators_are_held_to_their_counts():
    with pytest.raises(UserError, match="'many' made 36 links"):
        draw(layer_by_layer(many), 0.2)
    with pytest.raises(UserError, match=r"'diagonal' .* needs an allocation"):
        draw(layer_by_layer(diagonal, allocation.overall), 0.2)


def many(n_in, n_out, density, rng):
    return np.ones((n_out, n_in))


def test_a_configuration_names_a_start():
    for method in ("rigl", "deepr"):
        found = registry.get(method).configured({"start": "uniform-dense-linear"})
        assert found.options["start"] == "uniform-dense-linear"
        assert found.start is STARTS["uniform-dense-linear"]
    with pytest.raises(UserError, match=r"'start' of method 'rigl': 'nowhere' .*erk"):
        registry.get("rigl").configured({"start": "nowhere"})


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda shapes, *_: {n: np.ones(s, bool) for n, s in shapes.items()}, "expected 6, a dens"),
        (lambda shapes, *_: {"fc9": np.ones((2, 3), bool)}, r"other layers .*: fc9 \(2, 3\)"),
    ],
)
def test_any_start_is_held_to_its_counts(wrong, sentence):
    with pytest.raises(UserError, match=sentence):
        begin(wrong, {"fc1": (4, 3)}, 0.5, torch.Generator())


def test_starts_near_each_other_share_all_but_a_few_links():
    start = read_start({"near": {"start": "uniform", "seed": 7, "moved": 0.05}})
    one, two, again = (draw(start, 0.3, seed) for seed in (0, 1, 0))
    other = draw(read_start({"near": {"start": "uniform", "seed": 8, "moved": 0.05}}), 0.3)
    common = draw(read_start({"near": {"start": "uniform", "seed": 7, "moved": 0}}), 0.3, 5)
    assert one == again
    assert one != two
    for name, mask in common.items():
        links = int(mask.sum())
        assert (mask & one[name]).sum() == links - round(0.05 * links)
        assert (one[name] & two[name]).sum() >= links - 2 * round(0.05 * links)
    fc = other["fc"] & common["fc"]
    assert fc.sum() < 0.8 * common["fc"].sum()
    assert begin(start, SHAPES, 0.3, torch.Generator().manual_seed(0)) == one


def test_a_dense_layer_of_a_near_start_stays_dense():
    start = read_start({"near": {"start": "uniform-dense-linear", "seed": 0, "moved": 0.1}})
    assert draw(start, 0.5)["fc"].all()


@pytest.mark.parametrize("method", ["set", "rigl", "granet", "deepr"])
def test_a_near_start_is_an_option_of_plain_data(method):
    given = {"near": {"start": "uniform", "seed": 1, "moved": 0.01}}
    found = registry.get(method).configured({"start": given})
    assert found.options["start"] == given
    assert found.configured(found.options) == found


@pytest.mark.parametrize(
    "near",
    [
        {"start": "er", "seed": 0},
        {"start": "nowhere", "seed": 0, "moved": 0.1},
        {"start": "er", "seed": -1, "moved": 0.1},
        {"start": "er", "seed": 0, "moved": 1.5},
        {"start": "er", "seed": "a", "moved": 0.1},
    ],
)
def test_an_impossible_near_start_is_refused(near):
    with pytest.raises(UserError, match=r"'start' of method 'set'.*is no start"):
        registry.get("set").configured({"start": {"near": near}})
