"""Exactly k, the highest, ties by position."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.pruning.selection import highest

values = st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.0, 1.0, 2.5, np.inf]), min_size=1)


@given(values, st.data())
def test_against_a_stable_sort(numbers, data):
    k = data.draw(st.integers(0, len(numbers)))
    chosen = highest(torch.tensor(numbers, dtype=torch.float64), k).numpy()
    order = np.argsort(-np.array(numbers), kind="stable")[:k]
    assert sorted(order) == list(np.flatnonzero(chosen))


def test_shape_is_kept():
    assert highest(torch.arange(6.0).view(2, 3), 2).tolist() == [[False] * 3, [False, True, True]]
