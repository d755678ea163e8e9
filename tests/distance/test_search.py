from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsgraph.distance import distance, kernels
from nsgraph.distance.canonical import canonical_form
from nsgraph.distance.explore import Explorer
from nsgraph.distance.hashing import mix
from nsgraph.distance.network import as_networks
from nsgraph.distance.nnstd import canonical_distance
from nsgraph.distance.search import search
from nsgraph.distance.sweep import Sweeper
from nsgraph.wiring import ActivationSet, Link, Wiring

from .examples import (
    RESIDUAL,
    random_masks,
    random_mlp,
    relabelled,
    relabelled_mlp,
    residual_orders,
    rewired,
)

seeds = st.integers(0, 2**32 - 1)


def least_value(a, b, labelled):
    """Least mean over the layers, over all sequences of best assignments; square hidden layers."""
    names = list(a)

    def below(place, order):
        if place == len(names):
            return Fraction(0)
        one, other = a[names[place]][:, order], b[names[place]]
        n = len(one)
        costs = [
            [Fraction(int((x ^ y).sum()), max(1, int((x | y).sum()))) for y in other] for x in one
        ]
        choices = (
            [tuple(range(n))] if labelled and place == len(names) - 1 else permutations(range(n))
        )
        totals = {p: sum((costs[i][j] for i, j in enumerate(p)), Fraction(0)) for p in choices}
        least = min(totals.values())
        behind = min(
            below(place + 1, np.argsort(p)) for p, total in totals.items() if total == least
        )
        return least / n + behind

    return float(below(0, np.arange(a[names[0]].shape[1])) / len(names))


@given(
    seeds,
    st.sampled_from([[3, 4, 4, 2], [2, 4, 3, 3], [5, 3, 3, 3, 2], [4, 5, 2]]),
    st.sampled_from([0.1, 0.2, 0.4, 0.7]),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_least_of_all_sequences_of_best_assignments(seed, widths, density, labelled):
    rng = np.random.default_rng(seed)
    a, b = random_mlp(rng, widths, density), random_mlp(rng, widths, density)
    outputs = "labelled" if labelled else "assigned"
    found = distance(a, b, outputs=outputs)
    least = least_value(a, b, labelled)
    assert found.value >= least - 1e-12
    assert found.proven
    assert found.value == pytest.approx(least, abs=1e-12)


@given(seeds, st.sampled_from([0.05, 0.1, 0.2, 0.5]))
@settings(max_examples=25, deadline=None)
def test_proven_values_are_never_above_the_published_algorithm(seed, density):
    rng = np.random.default_rng(seed)
    a, b = (random_mlp(rng, [12, 12, 12, 4], density) for _ in range(2))
    found = distance(a, b)
    for _ in range(3):
        copies = relabelled_mlp(rng, a), relabelled_mlp(rng, b)
        plain = distance(*copies, tie_break="none").value
        assert found.value <= plain + 1e-9 or not found.proven


@pytest.mark.parametrize("seed", [13, 122, 148])  # without draws these are above
def test_dozens_of_free_choices_too_many_to_explore(seed):
    rng = np.random.default_rng(seed)
    a, b = (random_mlp(rng, [64, 64, 64, 10], 0.05) for _ in range(2))
    found = distance(a, b)
    for _ in range(8):
        copies = relabelled_mlp(rng, a), relabelled_mlp(rng, b)
        assert found.value <= distance(*copies, tie_break="none").value + 1e-12


def test_few_ties_are_all_explored():
    rng = np.random.default_rng(0)
    for density in (0.1, 0.2, 0.5):
        a, b = (random_mlp(rng, [64, 64, 64, 10], density) for _ in range(2))
        assert distance(a, b).proven


def test_many_ties_are_not():
    rng = np.random.default_rng(1)
    a, b = (random_mlp(rng, [64, 64, 64, 10], 0.03) for _ in range(2))
    assert not distance(a, b).proven


@given(seeds, st.sampled_from([0.2, 0.4, 0.6]))
@settings(max_examples=20, deadline=None)
def test_exploration_of_a_residual_network(seed, density):
    rng = np.random.default_rng(seed)
    a, b = (random_masks(rng, RESIDUAL, density) for _ in range(2))
    found = distance(a, b, wiring=RESIDUAL)
    for _ in range(4):
        copies = (relabelled(m, RESIDUAL, residual_orders(rng)) for m in (a, b))
        plain = distance(*copies, tie_break="none", wiring=RESIDUAL).value
        assert found.value <= plain + 1e-9 or not found.proven


def test_neurons_told_apart_by_what_a_later_layer_adds_to_them():
    """Nothing but the second layer, which is added to the first, tells the neurons of `a` apart."""
    sets = [ActivationSet("x", 3, role="input"), ActivationSet("one", 4), ActivationSet("sum", 4)]
    links = [Link("linear", "x", "one", "first"), Link("linear", "one", "sum", "second")]
    links += [Link("identity", "one", "sum"), Link("linear", "sum", "y", "last")]
    wiring = Wiring((*sets, ActivationSet("y", 2, role="output")), tuple(links))
    a, b = (
        {"first": np.zeros((4, 3)), "second": np.zeros((4, 4)), "last": np.zeros((2, 4))}
        for _ in range(2)
    )
    a["second"][2, [1, 2]] = 1
    b["first"][[1, 2], [0, 2]] = 1
    b["second"][[0, 0, 1], [2, 3, 3]] = 1
    found = distance(a, b, wiring=wiring)
    assert found.proven
    assert found.value == pytest.approx((2 / 4 + 1.5 / 4) / 3)  # 4/12 where the sum is overlooked


def test_without_a_budget_nothing_is_proven():
    rng = np.random.default_rng(2)
    a, b = (random_mlp(rng, [6, 6, 6, 3], 0.3) for _ in range(2))
    one, other = map(canonical_form, as_networks(a, b, None, True))
    best = search(one, other, {}).alignment
    assert not Explorer(best, 0, {}).proven
    assert Explorer(best, 1000, {}).proven


def test_an_exploration_that_would_take_far_more_than_its_budget_is_given_up_early():
    rng = np.random.default_rng(1)
    a, b = (random_mlp(rng, [64, 64, 64, 10], 0.03) for _ in range(2))
    one, other = map(canonical_form, as_networks(a, b, None, True))
    explorer = Explorer(Sweeper(one, other, {}).sweep(None), 4000, {})
    assert not explorer.proven
    assert explorer.spent < 4000 / 5


@given(seeds, st.sampled_from([0.1, 0.3, 0.6]))
@settings(max_examples=30, deadline=None)
def test_inputs_in_common_with_partners(seed, density):
    rng = np.random.default_rng(seed)
    a, b = random_mlp(rng, [5, 7, 6, 3], density), random_mlp(rng, [5, 6, 8, 3], density)
    one, other = as_networks(a, b, None, True)
    alignment = Sweeper(canonical_form(one), canonical_form(other), {}).sweep(None)
    partner, starts = alignment.partner, np.cumsum([0, 5, 7, 6])
    marked = rng.random(one.structure.n_neurons) < 0.5
    for position, (mine, theirs) in enumerate(
        zip(alignment.a.matrices, alignment.b.matrices, strict=True)
    ):
        rows, inputs = starts[position + 1], starts[position]
        of_rows, of_inputs = np.cumsum([0, 5, 6, 8])[[position + 1, position]]
        expected = set()
        for i, x in zip(
            *np.nonzero(mine & marked[rows + np.arange(len(mine))][:, None]), strict=True
        ):
            row, column = partner[rows + i] - of_rows, partner[inputs + x] - of_inputs
            if row >= 0 and column >= 0 and theirs[row, column]:
                expected.add(inputs + x)
        found = np.flatnonzero(alignment.common_inputs(position, marked))
        assert set(found.tolist()) == expected


@pytest.mark.parametrize("density", [0.02, 0.1, 0.3])
def test_warm_starts_change_no_bit(density):
    rng = np.random.default_rng(3)
    a = random_mlp(rng, [40, 40, 30, 5], density)
    similar, other = rewired(rng, a, 0.05), random_mlp(rng, [40, 40, 30, 5], density)
    forms = [canonical_form(as_networks(m, a, None, True)[0]) for m in (a, similar, other)]
    starts = [
        canonical_distance(forms[i], forms[j], "labelled").warm for i, j in ((0, 1), (1, 2), (2, 0))
    ]
    for one, two in ((forms[0], forms[1]), (forms[2], forms[1])):
        cold = canonical_distance(one, two, "labelled")
        for warm in starts:
            again = canonical_distance(one, two, "labelled", warm)
            assert again.per_layer == cold.per_layer
            for name, partner in cold.assignment.items():
                assert again.assignment[name].tolist() == partner.tolist()


def test_warm_starts_of_other_widths_are_left_out():
    rng = np.random.default_rng(4)
    a, b = random_mlp(rng, [6, 9, 3], 0.3), random_mlp(rng, [6, 5, 3], 0.3)
    one, two = map(canonical_form, as_networks(a, b, None, True))
    wide = canonical_distance(one, one, "labelled")
    assert (wide.warm, wide.value) == (None, 0)
    for first, second in ((one, two), (two, one)):
        cold = canonical_distance(first, second, "labelled")
        for warm in (cold.warm, canonical_distance(second, first, "labelled").warm):
            again = canonical_distance(first, second, "labelled", warm)
            assert again.value == cold.value


def test_noise_is_the_hash_of_its_place():
    levels, seed, places = 1000, (3 << 40) + (1 << 32), np.arange(12, dtype=np.uint64)
    hashed = mix(np.uint64(seed) + places * np.uint64(0x9E3779B97F4A7C15))
    expected = ((hashed >> np.uint64(32)) * np.uint64(levels)) >> np.uint64(32)
    assert kernels.noise(3, 4, seed, levels).ravel().tolist() == expected.tolist()
