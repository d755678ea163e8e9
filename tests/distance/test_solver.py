from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from nsgraph.distance.matchings import in_some_matching, matchings
from nsgraph.distance.solver import assign, assign_any, tight

seeds = st.integers(0, 2**32 - 1)


def square(costs):
    n = max(costs.shape)
    padded = np.zeros((n, n), dtype=np.int64)
    padded[: costs.shape[0], : costs.shape[1]] = costs
    return padded


def all_best(costs):
    """Best assignments of a square matrix, in lexicographic order."""
    n = len(costs)
    totals = {p: int(costs[np.arange(n), list(p)].sum()) for p in permutations(range(n))}
    return [p for p, total in totals.items() if total == min(totals.values())]


@given(seeds, st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 5, 1000, 2**50]))
@settings(max_examples=200, deadline=None)
def test_same_total_as_scipy(seed, rows, columns, largest):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest, (rows, columns))
    partner = assign(costs).partner
    matched = np.flatnonzero(partner >= 0)
    assert len(matched) == len(set(partner[matched].tolist())) == min(rows, columns)
    # Python's integers: scipy works in float64, which holds these costs but not every sum.
    total = sum(costs[matched, partner[matched]].tolist())
    best = sum(costs[linear_sum_assignment(costs)].tolist())
    assert total <= best
    assert total == best or largest == 2**50


@given(seeds, st.integers(1, 5), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_first_of_the_best_whatever_the_start(seed, rows, columns, largest):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest, (rows, columns))
    n = max(rows, columns)
    first = np.array(all_best(square(costs))[0])[:rows]
    expected = np.where(first < columns, first, -1).tolist()
    assert assign(costs).partner.tolist() == expected
    for start in (rng.integers(-9, 9, n), assign(rng.integers(0, 9, (n, n))).duals):
        assert assign(costs, start).partner.tolist() == expected
        total = [square(costs)[np.arange(n), assign(costs, start, first=f).whole].sum()
                 for f in (True, False)]  # fmt: skip
        assert total[0] == total[1]


@given(seeds, st.integers(1, 12), st.integers(1, 12), st.integers(1, 8), st.floats(0, 0.4))
@settings(max_examples=300, deadline=None)
def test_mostly_the_highest(seed, rows, columns, highest, share):
    rng = np.random.default_rng(seed)
    shape = rows, columns
    costs = np.where(rng.random(shape) < share, rng.integers(0, highest + 1, shape), highest)
    found = assign_any(costs, highest)
    n = max(shape)
    assert sorted(found.whole.tolist()) == list(range(n))
    total = square(costs)[np.arange(n), found.whole].sum()
    assert total == costs[linear_sum_assignment(costs)].sum()
    # The duals are those of a best assignment: every pair of it is tight.
    assert tight(costs, found)[np.arange(n), found.whole].all()
    assert assign(costs, found.duals).partner.tolist() == assign(costs).partner.tolist()


@given(seeds, st.integers(2, 60), st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_a_start_changes_nothing(seed, width, largest):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest + 1, (width, width))
    similar = np.where(rng.random(costs.shape) < 0.1, rng.integers(0, largest + 1), costs)
    found = assign(costs)
    again = assign(costs, assign(similar).duals)
    assert found.partner.tolist() == again.partner.tolist()


@given(seeds, st.integers(1, 5), st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_tight_pairs_hold_all_best_assignments_and_no_other(seed, width, largest):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest, (width, width))
    found = assign(costs, first=False)
    allowed = in_some_matching(tight(costs, found), found.whole)
    best = all_best(costs)
    expected = np.zeros_like(allowed)
    for p in best:
        expected[np.arange(width), list(p)] = True
    assert np.array_equal(allowed, expected)
    kinds = np.arange(width)
    listed = [m.tolist() for m in matchings(allowed, found.whole, kinds, kinds, lambda: None)]
    assert sorted(listed) == [list(p) for p in best]


@given(seeds, st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_interchangeable_matchings_once(seed, width, largest, kinds):
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, largest, (width, width))
    rows, columns = rng.integers(0, kinds, width), rng.integers(0, kinds, width)
    found = assign(costs, first=False)
    allowed = in_some_matching(tight(costs, found), found.whole)

    def pairs(partner):
        return tuple(sorted(zip(rows.tolist(), columns[list(partner)].tolist(), strict=True)))

    listed = [pairs(m) for m in matchings(allowed, found.whole, rows, columns, lambda: None)]
    assert len(listed) == len(set(listed))
    assert set(listed) == {pairs(p) for p in all_best(costs)}


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (7, 7)])
def test_nothing_to_choose(shape):
    for value in (0, 3):
        partner = assign(np.full(shape, value)).partner
        assert partner[: min(shape)].tolist() == list(range(min(shape)))
        assert set(partner[min(shape) :].tolist()) <= {-1}


def test_two_rows_that_outbid_each_other_by_crumbs():
    rng = np.random.default_rng(0)
    costs = np.full((60, 60), 10**9)
    costs[:, :3] = rng.integers(0, 3, (60, 3))
    assert assign(costs).partner.tolist() == assign(costs, np.arange(60)).partner.tolist()
    rows, columns = linear_sum_assignment(costs)
    assert costs[np.arange(60), assign(costs).partner].sum() == costs[rows, columns].sum()
