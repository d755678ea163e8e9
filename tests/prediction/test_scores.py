from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from nsgraph.prediction.scores import (
    balanced_accuracy,
    group_weights,
    mean_spearman,
    r_squared,
    spearman_of_cells,
)


def test_scores_agree_with_scikit_learn_also_with_weights():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 50)
    named = rng.integers(0, 4, (1, 50))
    numbers, guessed = rng.normal(size=50), rng.normal(size=(1, 50))
    weights = rng.integers(1, 4, (3, 50)).astype(float)
    for b in range(3):
        expected = metrics.balanced_accuracy_score(truth, named[0], sample_weight=weights[b])
        assert balanced_accuracy(truth, named, weights)[b] == pytest.approx(expected)
        expected = metrics.r2_score(numbers, guessed[0], sample_weight=weights[b])
        assert r_squared(numbers, guessed, weights)[b] == pytest.approx(expected)


def test_score_of_several_repeats_is_the_mean_of_their_scores():
    rng = np.random.default_rng(1)
    truth, guessed = rng.normal(size=30), rng.normal(size=(4, 30))
    each = [r_squared(truth, g[None], np.ones((1, 30)))[0] for g in guessed]
    assert r_squared(truth, guessed, np.ones((1, 30)))[0] == pytest.approx(np.mean(each))


def test_r_squared_of_a_constant_truth_is_undefined():
    assert np.isnan(r_squared(np.full(5, 0.3), np.zeros((1, 5)), np.ones((1, 5)))).all()


def test_bootstrap_draws_whole_groups_and_as_many_a_class_as_there_are():
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    strata = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    weights = group_weights(groups, strata, 200, np.random.default_rng(0))
    assert (weights[:, ::2] == weights[:, 1::2]).all()
    assert (weights[:, strata == 0].sum(axis=1) == 4).all()
    assert weights.std(axis=0).min() > 0


def test_spearman_of_cells_on_a_drawn_example():
    table = pd.DataFrame(
        {
            "dataset": "d",
            "model": ["a"] * 6 + ["b"] * 3 + ["c"] * 2,
            "sparsity": 0.9,
            "method": ["x", "x", "y", "y", "z", "z", "x", "y", "z", "x", "y"],
        }
    )
    truth = np.array([1, 3, 3, 5, 9, 9, 1, 2, 3, 1, 2.0])  # model c: too few methods to rank
    predicted = np.array([[5, 5, 6, 8, 7, 9, 3, 2, 1, 1, 2.0]])
    assert spearman_of_cells(table, truth, predicted).tolist() == [[1.0, -1.0]]
    flat = np.where(table["model"] == "b", 0.0, predicted)  # b: nothing is ranked
    assert spearman_of_cells(table, truth, flat).tolist() == [[1.0]]


def test_mean_spearman_resamples_cells():
    drawn = mean_spearman(np.array([[1.0, 0.0]]), 500, np.random.default_rng(0))
    assert set(drawn) == {0.0, 0.5, 1.0}
