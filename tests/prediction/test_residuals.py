from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, rankdata

from nsgraph.prediction.residuals import PENALTIES, Residuals, normal_scores


def densities(
    n_groups: int, layers: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Three seeds a group, that differ by a per cent."""
    own = rng.choice([0.05, 0.1, 0.2], n_groups)[:, None] * rng.uniform(0.5, 2, (n_groups, layers))
    groups = np.repeat(np.arange(n_groups), 3)
    return own[groups] * rng.uniform(0.99, 1.01, (3 * n_groups, layers)), groups


def test_normal_scores_are_quantiles_of_mid_ranks():
    values = np.array([[3.0], [1.0], [1.0], [7.0], [2.0]])
    wanted = norm.ppf((rankdata(values[:, 0]) - 0.5) / 5)
    np.testing.assert_allclose(normal_scores(values, values)[:, 0], wanted)
    beyond = normal_scores(values, np.array([[-9.0], [99.0]]))[:, 0]
    np.testing.assert_allclose(beyond, [wanted.min(), wanted.max()])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), columns=st.integers(1, 3))
def test_left_out_residuals_are_those_of_fits_without_the_group(seed, columns):
    """Against refitting without each group, at every penalty: the least total is chosen."""
    rng = np.random.default_rng(seed)
    held, groups = densities(6, 2, rng)
    groups[0] = 99  # a group of one, and one of two
    metrics = rng.normal(size=(len(held), columns))
    fitted = Residuals(held, metrics, groups)
    scores = normal_scores(metrics, metrics)
    scores -= scores.mean(axis=0)
    kernel = fitted._kernel(normal_scores(held, held))
    for column in range(columns):
        tried = []
        for penalty in PENALTIES:
            left = np.empty(len(held))
            for group in np.unique(groups):
                out, rest = groups == group, groups != group
                inner = kernel[np.ix_(rest, rest)] + penalty * np.eye(rest.sum())
                guess = kernel[np.ix_(out, rest)] @ np.linalg.solve(inner, scores[rest, column])
                left[out] = scores[out, column] - guess
            tried.append(left)
        best = min(tried, key=lambda left: (left**2).sum())
        np.testing.assert_allclose(fitted.train[:, column], best, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "function", [lambda d: d[:, 0] ** 2, lambda d: np.log(d[:, 1]), lambda d: 5 - d[:, 1]]
)
def test_nothing_is_left_of_a_function_of_the_densities(function):
    held, groups = densities(80, 2, np.random.default_rng(0))
    train = groups < 60
    found = Residuals(held[train], function(held)[train, None], groups[train])
    assert found.explained[0] > 0.999
    assert not found.train.any()
    assert not found.of(held[~train], function(held)[~train, None]).any()


def test_a_product_of_densities_is_mostly_gone_and_noise_stays():
    rng = np.random.default_rng(0)
    held, groups = densities(80, 3, rng)
    metrics = np.column_stack([held[:, 0] * held[:, 1], rng.normal(size=len(held))])
    train = groups < 60
    found = Residuals(held[train], metrics[train], groups[train])
    assert found.explained[0] > 0.95
    assert abs(found.explained[1]) < 0.1
    left = found.of(held[~train], metrics[~train])
    assert left[:, 0].std() < 0.3
    assert np.corrcoef(left[:, 1], metrics[~train, 1])[0, 1] > 0.95


def test_a_fit_knows_training_networks_alone():
    rng = np.random.default_rng(0)
    held, groups = densities(20, 2, rng)
    metrics = rng.normal(size=(60, 2))
    first = Residuals(held[:45], metrics[:45], groups[:45])
    alone = first.of(held[45:46], metrics[45:46])
    np.testing.assert_allclose(alone, first.of(held[45:], metrics[45:])[:1], atol=1e-12)


def test_constant_metrics_and_densities_do_no_harm():
    held, groups = densities(5, 2, np.random.default_rng(0))
    found = Residuals(held, np.ones((15, 1)), groups)
    assert not found.train.any()
    flat = Residuals(np.ones_like(held), held, groups)
    assert np.isfinite(flat.train).all()
    assert (flat.explained < 0.1).all()
