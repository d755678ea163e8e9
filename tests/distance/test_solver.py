from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from nsgraph.distance.matchings import matchings
from nsgraph.distance.openings import openings
from nsgraph.distance.solver import assign, assign_dense, assign_sparse, square

seeds = st.integers(0, 2**32 - 1)


def all_best(costs):
    """Best assignments of a square matrix."""
    n = len(costs)
    totals = {p: int(costs[np.arange(n), list(p)].sum()) for p in permutations(range(n))}
    return [p for p, total in totals.items() if total == min(totals.values())]


def total(costs, found):
    """Of an assignment; Python's integers hold every sum."""
    return sum(square(costs)[np.arange(len(found.whole)), found.whole].tolist())


def is_best(costs, found):
    """A permutation, and prices that show that no other costs less."""
    padded = square(costs)
    rows = np.arange(len(padded))
    assert sorted(found.whole.tolist()) == rows.tolist()
    reduced = padded - found.duals
    within = found.whole[: len(costs)]
    assert found.partner.tolist() == np.where(within < costs.shape[1], within, -1).tolist()
    return bool((reduced[rows, found.whole] == reduced.min(axis=1)).all())


@given(seeds, st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 5, 1000, 2**50]))
@settings(max_examples=200, deadline=None)
def test_same_total_as_scipy(seed, rows, columns, largest):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest, (rows, columns))
    found = assign_dense(costs)
    assert is_best(costs, found)
    if largest < 2**50:  # scipy works in float64, which does not hold every sum of these
        assert total(costs, found) == costs[linear_sum_assignment(costs)].sum()


@given(seeds, st.integers(1, 12), st.integers(1, 12), st.integers(1, 8), st.floats(0, 0.9))
@settings(max_examples=300, deadline=None)
def test_sparse_dense_and_any_start_agree(seed, rows, columns, highest, share):
    rng = np.random.default_rng(seed)
    shape = rows, columns
    costs = np.where(rng.random(shape) < share, rng.integers(0, highest + 1, shape), highest)
    least = costs[linear_sum_assignment(costs)].sum()
    for start in (None, rng.integers(-2 * highest, highest, max(shape))):
        for found in (
            assign(costs, highest, start),
            assign_dense(costs, start),
            assign_sparse(costs, highest),
        ):
            assert is_best(costs, found)
            assert total(costs, found) == least


@given(seeds, st.integers(2, 60), st.integers(1, 1000))
@settings(max_examples=60, deadline=None)
def test_prices_of_a_similar_problem_are_a_start(seed, width, largest):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest, (width, width))
    similar = np.where(rng.random(costs.shape) < 0.05, rng.integers(0, largest), costs)
    found = assign_dense(costs, assign_dense(similar).duals)
    assert is_best(costs, found)
    assert total(costs, found) == total(costs, assign_dense(costs))


@given(seeds, st.integers(1, 6), st.integers(1, 6), st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_openings_hold_all_best_assignments_and_no_other(seed, rows, columns, largest):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest, (rows, columns))
    n = max(rows, columns)
    best = all_best(square(costs))
    expected = np.zeros((n, n), dtype=bool)
    for p in best:
        expected[np.arange(n), list(p)] = True
    choice = openings(costs, assign_dense(costs))
    open_rows = np.flatnonzero(expected.sum(axis=1) > 1)
    open_columns = np.flatnonzero(expected.sum(axis=0) > 1)
    assert sorted(choice.rows.tolist()) == open_rows.tolist()
    assert sorted(choice.columns.tolist()) == open_columns.tolist()
    assert choice.none() == (len(best) == 1)
    assert np.array_equal(choice.allowed, expected[np.ix_(choice.rows, choice.columns)])
    # Parts: nothing is allowed between two of them.
    part = np.repeat(np.arange(len(choice.start) - 1), np.diff(choice.start))
    assert not choice.allowed[part[:, None] != part].any()
    assert (np.diff(choice.start) > 1).all()
    # Whichever best assignment and whichever prices they are found from.
    for start in (rng.integers(-9, 9, n), rng.integers(-9, 9, n)):
        again = openings(costs, assign_dense(costs, start))
        for name in ("rows", "columns", "start", "allowed"):
            assert np.array_equal(getattr(again, name), getattr(choice, name))
    listed = [choice.whole.tolist()]
    if not choice.none():
        kinds = np.arange(len(choice.rows))
        chosen = matchings(choice.allowed, choice.chosen(), kinds, kinds, lambda done: None)
        listed = []
        for each, _, _ in chosen:
            whole = choice.whole.copy()
            whole[choice.rows] = choice.columns[each]
            assert (
                choice.partner(each).tolist()
                == np.where(whole[:rows] < columns, whole[:rows], -1).tolist()
            )
            listed.append(whole.tolist())
    assert sorted(listed) == sorted(list(p) for p in best)


@given(seeds, st.integers(1, 6), st.integers(1, 6), st.sampled_from([3, 2**20, 2**60]))
@settings(max_examples=150, deadline=None)
def test_least_tie_of_the_best(seed, rows, columns, most):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, 2, (rows, columns))
    n = max(rows, columns)
    choice = openings(costs, assign_dense(costs))
    if choice.none():
        return
    ties = rng.integers(0, most, (rows, columns))
    found = choice.partner(choice.least(choice.block(ties)))
    matched = np.flatnonzero(found >= 0)

    def of_ties(rows_of, columns_of):
        return sum(ties[rows_of, columns_of].tolist())

    assert costs[matched, found[matched]].sum() == costs[linear_sum_assignment(costs)].sum()
    open_rows, least = set(choice.rows.tolist()), []
    for p in all_best(square(costs)):
        real = [i for i in range(rows) if p[i] < columns and i in open_rows]
        least.append(of_ties(real, [p[i] for i in real]))
    mine = [i for i in matched.tolist() if i in open_rows]
    # Ties too large for the solver are rounded, to some 2^-50 of the largest.
    assert of_ties(mine, found[mine]) <= min(least) + n * (most >> 50)


@given(seeds, st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_interchangeable_matchings_once(seed, width, largest, kinds):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest, (width, width))
    rows, columns = rng.integers(0, kinds, width), rng.integers(0, kinds, width)
    choice = openings(costs, assign_dense(costs))

    def pairs(partner):
        return tuple(sorted(zip(rows.tolist(), columns[list(partner)].tolist(), strict=True)))

    kinds_of = rows[choice.rows], columns[choice.columns]
    listed = [
        pairs(choice.partner(m))
        for m, _, _ in matchings(choice.allowed, choice.chosen(), *kinds_of, lambda done: None)
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == {pairs(p) for p in all_best(costs)}


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (7, 7)])
def test_nothing_to_choose(shape):
    for value in (0, 3):
        for found in (assign_dense(np.full(shape, value)), assign(np.full(shape, value), 3)):
            assert np.count_nonzero(found.partner >= 0) == min(shape)
            assert is_best(np.full(shape, value), found)


def test_two_rows_that_outbid_each_other_by_crumbs():
    rng = np.random.default_rng(0)
    costs = np.full((60, 60), 10**9)
    costs[:, :3] = rng.integers(0, 3, (60, 3))
    rows, columns = linear_sum_assignment(costs)
    for found in (assign_dense(costs), assign_dense(costs, np.arange(60)), assign(costs, 10**9)):
        assert total(costs, found) == costs[rows, columns].sum()
