from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsgraph.distance.canonical import canonical_form
from nsgraph.distance.costs import SCALE
from nsgraph.distance.network import as_network

from .examples import random_mlp, relabelled_mlp

seeds = st.integers(0, 2**32 - 1)


def key(masks, labelled=True):
    return canonical_form(as_network(masks, None, labelled)).key


def ring(sizes):
    """Disjoint even cycles between two hidden layers that no label reaches: all degrees are 2."""
    n = sum(sizes)
    middle, start = np.zeros((n, n), dtype=bool), 0
    for size in sizes:
        i = np.arange(size)
        middle[start + i, start + i] = middle[start + i, start + (i + 1) % size] = True
        start += size
    return {"in": np.zeros((n, 1)), "middle": middle, "out": np.zeros((1, n))}


@given(seeds, st.lists(st.integers(1, 12), min_size=2, max_size=5), st.floats(0, 1), st.booleans())
@settings(max_examples=200, deadline=None)
def test_same_matrices_for_every_relabelling(seed, widths, density, labelled):
    rng = np.random.default_rng(seed)
    a = random_mlp(rng, widths, density)
    assert key(a, labelled) == key(relabelled_mlp(rng, a, not labelled), labelled)


@pytest.mark.parametrize("sizes", [[3, 3], [6], [2, 4], [5, 4, 3], [3, 3, 3, 4, 4]])
def test_regular_parts_need_individualisation(sizes):
    rng = np.random.default_rng(0)
    a = ring(sizes)
    for _ in range(5):
        assert key(relabelled_mlp(rng, a)) == key(a)


def test_refinement_alone_does_not_tell_these_apart():
    # Two cycles of three links a side and one of six have equal refined colours.
    assert key(ring([3, 3])) != key(ring([6]))
    colours = [
        np.sort(canonical_form(as_network(ring(s), None, True)).colours) for s in ([3, 3], [6])
    ]
    assert np.array_equal(*colours)


def test_order_maps_to_the_given_network():
    rng = np.random.default_rng(1)
    a = as_network(random_mlp(rng, [5, 7, 6, 2], 0.3), None, True)
    form = canonical_form(a)
    again = a.permuted(form.order)
    for one, other in zip(again.matrices, form.network.matrices, strict=True):
        assert np.array_equal(one, other)
    assert sorted(form.order.tolist()) == list(range(a.structure.n_neurons))


def test_costs_with_denominators_up_to_22_are_exact():
    from nsgraph.distance.kernels import whole_costs

    for union in range(1, 23):
        common = np.arange(union + 1)  # sets of `union` inputs, and subsets of them
        costs = whole_costs(np.diag(common), np.full(union + 1, union), common, SCALE)
        assert np.diag(costs).tolist() == [SCALE // union * (union - int(c)) for c in common]
