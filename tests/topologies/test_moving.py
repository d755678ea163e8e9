"""Links that move: exact counts, other places, all places alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.topologies import move_links


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_as_many_links_differ_as_were_to_move(seed, density, part):
    rng = np.random.default_rng(seed)
    masks = Masks({"conv": rng.random((4, 3, 2, 2)) < density, "fc": rng.random((5, 8)) < density})
    moved = move_links(masks, part, rng)
    for name, mask in masks.items():
        links, free = int(mask.sum()), int((~mask).sum())
        assert moved[name].shape == mask.shape
        assert moved[name].sum() == links
        assert (mask & ~moved[name]).sum() == min(round(part * links), free)


def test_numbers_of_the_layers_are_kept_to():
    rng = np.random.default_rng(0)
    masks = Masks({"one": np.eye(6), "two": np.ones((2, 2))})
    moved = move_links(masks, {"one": 4, "two": 0}, rng)
    assert (masks["one"] & moved["one"]).sum() == 2
    assert moved["two"].all()


def test_every_link_and_every_free_place_is_as_likely():
    rng = np.random.default_rng(1)
    masks = Masks({"fc": [[1, 1, 1, 0, 0]]})
    left, taken = np.zeros(5), np.zeros(5)
    for _ in range(3000):
        moved = move_links(masks, {"fc": 1}, rng)["fc"]
        left += (masks["fc"] & ~moved).ravel()
        taken += (moved & ~masks["fc"]).ravel()
    assert left[:3] == pytest.approx(1000, abs=110)  # four standard deviations
    assert taken[3:] == pytest.approx(1500, abs=110)


@pytest.mark.parametrize("moved", [-0.1, 1.5, {"fc": 3}, {"fc": -1}])
def test_what_cannot_move_is_said(moved):
    masks = Masks({"fc": [[1, 1, 1, 0, 0]]})
    with pytest.raises(UserError, match=r"part of the links|has 3 links and 2 free"):
        move_links(masks, moved, np.random.default_rng(0))
