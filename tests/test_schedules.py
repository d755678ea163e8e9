from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.schedules import (
    constant,
    cosine,
    linear,
    plain_schedule,
    polynomial,
    read_schedule,
    stairs,
)

ENDS = [linear(0.5, 0.1), cosine(0.5, 0.1), polynomial(0.5, 0.1)]
STAIRS = stairs((0, 0.02), (0.5625, 0.01), (0.75, 0))
ALL = [*ENDS, constant(0.3), polynomial(0.5, 0.1, 2), STAIRS]


@pytest.mark.parametrize("schedule", ENDS)
def test_schedules_meet_both_ends_and_stay_there(schedule):
    assert schedule(0.0) == schedule(-1.0) == pytest.approx(0.5)
    assert schedule(1.0) == schedule(2.0) == pytest.approx(0.1)


@given(st.floats(0, 1), st.floats(0, 1))
def test_schedules_fall(a, b):
    early, late = sorted((a, b))
    for schedule in [*ENDS, STAIRS]:
        assert schedule(early) >= schedule(late) - 1e-12
    assert constant(0.3)(a) == 0.3


@given(st.floats(0, 1))
def test_schedules_are_their_formulas(p):
    assert linear(0.5, 0.1)(p) == pytest.approx(0.5 - 0.4 * p)
    assert cosine(0.5, 0.1)(p) == pytest.approx(0.1 + 0.2 * (1 + math.cos(math.pi * p)))
    assert polynomial(0.5, 0.1)(p) == pytest.approx(0.1 + 0.4 * (1 - p) ** 3)
    assert polynomial(0.5, 0.1, 2)(p) == pytest.approx(0.1 + 0.4 * (1 - p) ** 2)


def test_stairs_hold_from_each_step_on():
    assert [STAIRS(p) for p in (0, 0.56, 0.5625, 0.74, 0.75, 1)] == [0.02, 0.02, 0.01, 0.01, 0, 0]
    assert stairs((0.2, 0.5), (0.6, 0.1))(0.0) == 0.5  # the first from the start


@pytest.mark.parametrize("schedule", ALL)
def test_a_schedule_survives_its_plain_form(schedule):
    plain = json.loads(json.dumps(plain_schedule(schedule)))
    assert read_schedule(plain, like=linear(9.0)) == schedule or plain == 0.3


@pytest.mark.parametrize("schedule", ALL)
def test_a_number_is_another_start_of_the_same_shape(schedule):
    other = read_schedule("0.25", like=schedule)
    factor = 0.25 / schedule(0)
    for p in (0, 0.3, 0.6, 1):
        assert other(p) == pytest.approx(factor * schedule(p))


def test_a_number_can_start_what_was_zero():
    assert read_schedule(0.2, like=constant(0.0))(0.7) == 0.2
    assert read_schedule(0.2, like=cosine(0.0))(0.5) == pytest.approx(0.1)
    assert read_schedule(0.2, like=stairs((0, 0), (0.5, 0.1)))(0.0) == 0.2


def test_a_function_of_ones_own_is_scaled():
    other = read_schedule(0.4, like=lambda p: 0.2 * (1 - p) ** 5)
    assert other(0) == 0.4
    assert other(0.5) == pytest.approx(0.4 / 32)
    assert plain_schedule(other) == 0.4


def test_shapes_are_read():
    like = constant(0.3)
    assert read_schedule({"cosine": 0.3}, like) == cosine(0.3)
    assert read_schedule({"cosine": [0.5, 0.005]}, like) == cosine(0.5, 0.005)
    assert read_schedule({"polynomial": [0.5, 0.1, 2]}, like) == polynomial(0.5, 0.1, 2)
    assert read_schedule({"constant": "1e-1"}, like) == constant(0.1)
    assert read_schedule({"stairs": [[0, 0.02], [0.5625, 0.01], [0.75, 0]]}, like) == STAIRS


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"cosin": 0.3}, "cosin"),
        ({}, "{}"),
        ({"cosine": 0.3, "linear": 0.3}, "linear"),
        ({"cosine": [0.3, 0, 1]}, "3 numbers; cosine takes 1 to 2"),
        ({"constant": []}, "0 numbers"),
        ({"linear": [0.3, "low"]}, "low"),
        ({"linear": [0.3, float("nan")]}, "nan"),
        ({"stairs": [0.1]}, "pairs"),
        ({"stairs": []}, "pairs"),
        ({"stairs": [[0.5, 0.1], [0.5, 0.2]]}, "rising"),
        ("much", "'much' is no schedule"),
        (True, "True is no schedule"),
        ([0.3, 0.1], "no schedule"),
    ],
)
def test_what_is_no_schedule_is_refused(value, found):
    with pytest.raises(UserError, match=found):
        read_schedule(value, like=constant(0.3))
