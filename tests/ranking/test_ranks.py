"""Rank correlations, regret and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from nsgraph.errors import UserError
from nsgraph.ranking import draw, rank, rank_difference
from nsgraph.ranking.ranks import spearman

TRUTH = np.array([[0.5, 0.52], [0.6, 0.62], [0.7, 0.72], [0.9, 0.92]])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=12))
def test_spearman_is_scipys_and_0_for_constants(pairs):
    a, b = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    found = spearman(a[None], b[None])[0]
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert found == 0
    else:
        assert found == pytest.approx(spearmanr(a, b).statistic)


def test_a_perfect_and_a_reversed_ranking():
    draws = draw(4, 2)
    found = rank(2 * TRUTH - 1, TRUTH, draws)
    assert (found.spearman, found.low, found.high, found.regret) == (1, 1, 1, 0)
    assert found.single == 1
    reverse = rank(-TRUTH, TRUTH, draws)
    assert reverse.spearman == -1
    assert reverse.regret == pytest.approx(0.4)
    assert found.chance_regret == pytest.approx(0.91 - (0.51 + 0.61 + 0.71 + 0.91) / 4)


def test_ties_at_the_top_share_the_regret():
    forecast = np.array([[0.0], [0.0], [1.0], [1.0]])
    found = rank(forecast, TRUTH[:, :1], draw(4, 1))
    assert found.regret == pytest.approx(0.1)
    assert found.single is None


def test_the_interval_by_a_double_loop():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(5, 3)) * 0.3 + np.arange(5)[:, None]
    forecast = truth + rng.normal(size=(5, 3))
    draws = draw(5, 3, resamples=40)
    values, regrets = [], []
    for resample in draws.runs:
        means = [
            np.array([grid[i, taken].mean() for i, taken in enumerate(resample)])
            for grid in (forecast, truth)
        ]
        values.append(spearmanr(*means).statistic)
        regrets.append(means[1].max() - means[1][means[0].argmax()])
    found = rank(forecast, truth, draws)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])))
    assert found.regret_high == pytest.approx(np.quantile(regrets, 0.975))


def test_candidates_without_forecast_are_left_out():
    forecast = TRUTH.copy()
    forecast[3] = np.nan
    forecast[0, 0] = np.nan
    found = rank(forecast, TRUTH, draw(4, 2))
    assert found.n == 3
    assert found.spearman == 1
    infinite = np.where(np.isnan(forecast), np.inf, forecast)
    assert rank(infinite, TRUTH, draw(4, 2)) == found
    forecast[2] = np.nan
    assert rank(forecast, TRUTH, draw(4, 2)) is None


def test_candidates_that_can_be_ranked_are_drawn_alike():
    draws = draw(5, 1, resamples=4000)
    for n in (3, 4, 5):
        drawn = draws.among(n)
        assert drawn.shape == (4000, n)
        shares = np.bincount(drawn.ravel(), minlength=5) / drawn.size
        assert shares == pytest.approx([1 / n] * n + [0] * (5 - n), abs=0.02)


def test_random_forecasts_are_within_chance():
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(16, 1))
    inside = 0
    for _ in range(200):
        found = rank(rng.normal(size=(16, 1)), truth, draw(16, 1, resamples=2))
        inside += found.chance_low <= found.spearman <= found.chance_high
    assert 180 <= inside <= 199


def test_a_difference_is_paired():
    rng = np.random.default_rng(4)
    truth = np.arange(10.0)[:, None] + 0.1 * rng.normal(size=(10, 4))
    noisy = truth + 4 * rng.normal(size=(10, 4))
    draws = draw(10, 4)
    n, difference, low, high, zoo_low, zoo_high = rank_difference(truth, noisy, truth, draws)
    expected = rank(truth, truth, draws).spearman - rank(noisy, truth, draws).spearman
    assert n == 10
    assert difference == pytest.approx(expected)
    assert 0 < low <= high
    assert zoo_high - zoo_low >= high - low
    same = rank_difference(noisy, noisy, truth, draws)
    assert same[1:] == (0, 0, 0, 0, 0)


def test_shapes_that_do_not_fit_are_said():
    with pytest.raises(UserError, match="expected the same candidates and runs"):
        rank(TRUTH, TRUTH[:3], draw(4, 2))
