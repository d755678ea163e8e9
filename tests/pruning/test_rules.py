"""One update of dynamic sparse training, on hand-made layers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.pruning.rules import Links, gradient, magnitude, random, rewire


def links(weight, mask, grad=None, seed=0):
    weight = torch.as_tensor(weight)
    mask = torch.as_tensor(mask, dtype=torch.bool)
    zero = torch.zeros_like(weight)
    grad = zero if grad is None else torch.as_tensor(grad)
    generator = torch.Generator().manual_seed(seed)
    return Links("fc", weight * mask, mask, grad, zero, generator, 0.0)


def test_rigl_drops_the_smallest_and_grows_the_largest_gradient():
    layer = links(
        [[0.1, -3.0, 0.0], [0.0, -0.2, 2.0]],
        [[1, 1, 0], [0, 1, 1]],
        [[9.0, 0.0, -5.0], [1.0, 7.0, 0.0]],
    )
    mask, grown = rewire(layer, 0.25, magnitude, gradient, may_return=False)
    assert mask.tolist() == [[False, True, True], [False, True, True]]
    assert grown.tolist() == [[False, False, True], [False, False, False]]


def test_dropped_links_may_return():
    layer = links([[0.1, 3.0, 0.0]], [[1, 1, 0]], [[9.0, 0.0, 5.0]])
    mask, grown = rewire(layer, 0.5, magnitude, gradient)
    assert mask.tolist() == [[True, True, False]]
    assert grown.tolist() == [[True, False, False]]  # back, but from zero


def test_set_drops_each_sign_separately():
    weight = [[5.0, 6.0, 7.0, 8.0, -0.1, -0.2, -0.3, -0.4, 0.0, 0.0]]
    layer = links(weight, [[1, 1, 1, 1, 1, 1, 1, 1, 0, 0]])
    mask, grown = rewire(layer, 0.5, magnitude, random, within="sign")
    # two of each sign go, though all positive weights are larger than all negative ones
    stayed = mask & ~grown
    assert stayed.tolist() == [[False, False, True, True, False, False, True, True, False, False]]
    assert int(mask.sum()) == 8


def test_plain_magnitude_drops_the_smallest_of_both_signs():
    layer = links([[5.0, 6.0, -0.1, -0.2, 0.0, 0.0]], [[1, 1, 1, 1, 0, 0]])
    mask, grown = rewire(layer, 0.5, magnitude, random)
    assert (mask & ~grown).tolist() == [[True, True, False, False, False, False]]


def test_dense_layer_is_left_alone():
    layer = links(torch.randn(3, 4), torch.ones(3, 4))
    mask, grown = rewire(layer, 0.5, magnitude, random)
    assert mask.all()
    assert not grown.any()


@given(
    st.integers(0, 1000),
    st.floats(0, 1),
    st.sampled_from(["layer", "sign"]),
    st.booleans(),
    st.integers(0, 24),
)
def test_number_of_links_never_changes(seed, fraction, within, may_return, n_live):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.zeros(24, dtype=torch.bool)
    mask[torch.randperm(24, generator=generator)[:n_live]] = True
    weight = torch.randn(24, generator=generator).round(decimals=1)
    layer = links(weight.view(4, 6), mask.view(4, 6), seed=seed)
    after, grown = rewire(layer, fraction, magnitude, random, within, may_return)
    assert int(after.sum()) == n_live
    assert not (grown & ~after).any()
    assert (after & ~grown & ~layer.mask).sum() == 0
    if fraction == 0:
        assert torch.equal(after, layer.mask)
    if not may_return:
        assert not (grown & layer.mask).any()


def test_random_growth_is_uniform():
    mask = torch.zeros(1, 8, dtype=torch.bool)
    mask[0, :4] = True
    counts = torch.zeros(8)
    for seed in range(2000):
        _, grown = rewire(
            links(torch.arange(1.0, 9.0)[None], mask, seed=seed), 0.25, magnitude, random
        )
        counts += grown[0]
    # one link (the first) goes each time and five places are free: 400 each, sd 18
    assert counts[1:4].tolist() == [0, 0, 0]
    assert counts[[0, 4, 5, 6, 7]].tolist() == pytest.approx([400] * 5, abs=90)
