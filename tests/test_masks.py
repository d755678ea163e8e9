from __future__ import annotations

import numpy as np
import pytest

from nsgraph.errors import UserError
from nsgraph.masks import Masks, as_masks


def test_counts_of_a_hand_drawn_mask():
    masks = Masks({"a": [[1, 0, 1], [0, 0, 1]], "b": np.zeros((1, 2, 1, 1), bool)})
    assert (masks.n_weights, masks.n_kept) == (8, 3)
    assert masks.density == 3 / 8
    assert masks.sparsity == 5 / 8
    assert masks.layer_densities() == {"a": 0.5, "b": 0.0}
    assert list(masks) == ["a", "b"]


def test_torch_tensors_and_numbers_are_accepted():
    torch = pytest.importorskip("torch")
    masks = Masks({"a": torch.tensor([[1.0, 0.0]], requires_grad=True), "b": [[True]]})
    assert masks["a"].tolist() == [[True, False]]
    assert masks == {"a": [[1, 0]], "b": [[1]]}
    assert masks != {"b": [[1]], "a": [[1, 0]]}
    assert as_masks(masks) is masks


def test_masks_do_not_change_behind_our_back():
    array = np.ones((2, 2), bool)
    masks = Masks({"a": array})
    array[:] = False
    assert masks.n_kept == 4
    with pytest.raises(ValueError, match="read-only"):
        masks["a"][0, 0] = False


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({}, "at least one layer"),
        ({"a": [1, 0]}, "shape \\(2,\\)"),
        ({"a": np.ones((0, 3))}, "shape \\(0, 3\\)"),
        ({"a": [[0.5]]}, "other than 0 and 1"),
        ({"a": [[float("nan")]]}, "other than 0 and 1"),
    ],
)
def test_what_is_no_mask_is_refused(layers, message):
    with pytest.raises(UserError, match=message):
        Masks(layers)


def test_a_list_is_no_mapping():
    with pytest.raises(UserError, match="map layer names"):
        as_masks([np.ones((2, 2))])
