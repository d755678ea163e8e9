"""Weights on the links of null models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.masks import Masks
from nsgraph.topologies import (
    carry,
    channel_masks,
    degree_preserving,
    erdos_renyi,
    match_strengths,
    shuffle_links,
)
from tests.graphs.networks import cases, networks


def heterogeneous(shape, density, seed=0):
    """A mask and weights whose nodes have strengths of their own."""
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < density
    scales = [rng.lognormal(0, 0.4, n).reshape(-1, *[1] * (len(shape) - 1)) for n in shape[:2]]
    weights = rng.exponential(size=shape) * scales[0] * scales[1].swapaxes(0, 1)
    return Masks({"a": mask}), {"a": weights * mask}


def position_strengths(weights):
    """Summed weights at the ends, kernel position by kernel position."""
    return weights.sum(axis=1).ravel(), weights.sum(axis=0).ravel()


@cases(60)
@given(networks, st.integers(0, 10**6), st.sampled_from(["position", "rolled"]))
def test_every_bipartite_graph_keeps_its_weights(saved, seed, grain):
    rng = np.random.default_rng(seed)
    groups = {link.layer: link.groups for link in saved.wiring.links if link.layer}
    how = {"grain": grain, "groups": groups}
    null = degree_preserving(saved.masks, rng, **how)
    sizes = {name: np.abs(values) for name, values in saved.weights.items()}
    match = match_strengths(saved.masks, null, sizes, rng, **how)
    moved = carry(saved.weights, null, match.assignment)
    for name, mask in saved.masks.items():
        links = np.flatnonzero(mask)
        assert np.array_equal(np.sort(match.assignment[name]), links)
        assert not moved[name][~null[name]].any()
        before, after = (
            w.reshape(groups[name], -1, w.shape[1], int(np.prod(w.shape[2:])))
            for w in (saved.weights[name], moved[name])
        )
        kept = (1, 2) if grain == "position" else (1, 2, 3)
        rest = [axis for axis in range(4) if axis not in kept]
        before, after = (
            np.sort(w.transpose(*rest, *kept).reshape(*[w.shape[a] for a in rest], -1))
            for w in (before, after)
        )
        assert np.array_equal(before, after)
        for value in match.correlations[name]:
            assert value is None or -1 - 1e-12 <= value <= 1 + 1e-12


@pytest.mark.parametrize("shape", [(60, 80), (24, 30, 3, 3)])
def test_strengths_are_kept_far_better_than_by_shuffling(shape):
    masks, weights = heterogeneous(shape, 0.3)
    rng = np.random.default_rng(1)
    null = degree_preserving(masks, rng)
    match = match_strengths(masks, null, weights, rng)
    matched = carry(weights, null, match.assignment)["a"]
    shuffled = carry(weights, null, shuffle_links(masks, rng))["a"]
    pairs = zip(*map(position_strengths, (weights["a"], matched, shuffled)), strict=True)
    for (given_, reached, chance), reported in zip(pairs, match.correlations["a"], strict=True):
        assert reported > 0.93
        linked = given_ > 0
        assert reported == pytest.approx(np.corrcoef(given_[linked], reached[linked])[0, 1])
        assert np.corrcoef(given_, chance)[0, 1] < reported - 0.1


def test_a_matching_keeps_its_weights_in_place():
    """One link a node: ranks by strength are ranks by weight, so every weight finds its link."""
    masks = Masks({"a": np.eye(6)})
    weights = {"a": np.diag([3.0, 1.0, 6.0, 2.0, 5.0, 4.0])}
    match = match_strengths(masks, masks, weights, np.random.default_rng(0))
    assert match.assignment["a"].tolist() == np.flatnonzero(masks["a"]).tolist()
    assert match.correlations["a"] == pytest.approx((1, 1))


def test_nothing_to_correlate():
    masks = Masks({"empty": np.zeros((2, 3)), "constant": np.eye(3), "one": [[1]]})
    sizes = {name: np.asarray(mask, dtype=float) for name, mask in masks.items()}
    match = match_strengths(masks, masks, sizes, np.random.default_rng(0))
    assert match.correlations == dict.fromkeys(masks, (None, None))
    assert match.assignment["empty"].size == 0


def test_shuffled_links_are_a_permutation_and_kinds_stay_together():
    masks, weights = heterogeneous((8, 5, 3, 1), 0.4)
    rng = np.random.default_rng(2)
    null = erdos_renyi(masks, rng)
    assignment = shuffle_links(masks, rng)
    final, twice = (carry(w, null, assignment)["a"] for w in (weights, {"a": 2 * weights["a"]}))
    assert np.array_equal(final != 0, null["a"])
    assert np.array_equal(twice, 2 * final)
    assert np.array_equal(np.sort(final, axis=None), np.sort(weights["a"], axis=None))
    assert assignment["a"].tolist() != sorted(assignment["a"])


def test_kernels_move_as_wholes():
    masks, weights = heterogeneous((6, 5, 3, 3), 0.05)
    links = channel_masks(masks)
    assert 0 < links.n_kept < links.n_weights
    rng = np.random.default_rng(3)
    null = degree_preserving(links, rng)
    assignment = shuffle_links(links, rng)
    moved = Masks(carry(masks, null, assignment))
    assert channel_masks(moved) == null
    before, after = (
        sorted(map(tuple, w.reshape(30, 9).tolist()))
        for w in (weights["a"], carry(weights, null, assignment)["a"])
    )
    assert before == after
