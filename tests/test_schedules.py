from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.schedules import constant, cosine, linear, polynomial

ENDS = [linear(0.5, 0.1), cosine(0.5, 0.1), polynomial(0.5, 0.1)]


@pytest.mark.parametrize("schedule", ENDS)
def test_schedules_meet_both_ends_and_stay_there(schedule):
    assert schedule(0.0) == schedule(-1.0) == pytest.approx(0.5)
    assert schedule(1.0) == schedule(2.0) == pytest.approx(0.1)


@given(st.floats(0, 1), st.floats(0, 1))
def test_schedules_fall(a, b):
    early, late = sorted((a, b))
    for schedule in ENDS:
        assert schedule(early) >= schedule(late) - 1e-12
    assert constant(0.3)(a) == 0.3


def test_halfway_values():
    assert linear(1.0, 0.0)(0.5) == 0.5
    assert cosine(1.0, 0.0)(0.5) == pytest.approx(0.5)
    assert polynomial(1.0, 0.0)(0.5) == pytest.approx(0.125)
