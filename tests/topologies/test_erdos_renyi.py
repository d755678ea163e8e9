from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chi2

from nsgraph.masks import Masks
from nsgraph.topologies import erdos_renyi


def test_shapes_and_numbers_of_links():
    rng = np.random.default_rng(0)
    masks = Masks(
        {
            "conv": rng.random((4, 3, 3, 2)) < 0.3,
            "empty": np.zeros((2, 5)),
            "full": np.ones((3, 1)),
            "fc": rng.random((7, 9)) < 0.5,
        }
    )
    null = erdos_renyi(masks, rng)
    assert list(null) == list(masks)
    for name, mask in masks.items():
        assert null[name].shape == mask.shape
        assert null[name].sum() == mask.sum()
    assert null["fc"].tolist() != masks["fc"].tolist()


def test_all_places_are_equally_likely():
    """Two links in a 2 x 2 layer: six masks."""
    rng = np.random.default_rng(1)
    masks = Masks({"fc": np.eye(2)})
    counts = Counter(erdos_renyi(masks, rng)["fc"].tobytes() for _ in range(3000))
    places = itertools.combinations(range(4), 2)
    expected = {np.isin(np.arange(4), place).tobytes() for place in places}
    assert set(counts) == expected
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < chi2.ppf(0.999, 5)


@pytest.mark.parametrize("seed", [0, 1])
def test_same_seed_same_masks(seed):
    masks = Masks({"a": np.tri(9), "b": np.tri(9)})
    first, second = (erdos_renyi(masks, np.random.default_rng(seed)) for _ in range(2))
    assert first == second
    assert first != erdos_renyi(masks, np.random.default_rng(2))
    assert first["a"].tolist() != first["b"].tolist()
