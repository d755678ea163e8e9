from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from nsgraph.prediction.scores import (
    balanced_accuracy,
    fold_scores,
    group_weights,
    interval,
    mean_spearman,
    r_squared,
    spearman_of_cells,
)


def test_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 50)
    named = rng.integers(0, 4, (1, 50))
    numbers, guessed = rng.normal(size=50), rng.normal(size=(1, 50))
    weights = rng.integers(1, 4, (3, 50)).astype(float)
    for b in range(3):
        expected = metrics.balanced_accuracy_score(truth, named[0], sample_weight=weights[b])
        assert balanced_accuracy(truth, named, weights)[b] == pytest.approx(expected)
    expected = metrics.r2_score(numbers, guessed[0])
    assert r_squared(numbers, guessed, np.ones((1, 50)))[0] == pytest.approx(expected)


def test_a_score_is_the_mean_of_its_folds_weighed_by_size():
    rng = np.random.default_rng(2)
    folds = np.stack([rng.permutation(np.arange(50) % 3) for _ in range(4)])
    sizes = np.stack([np.bincount(f) for f in folds]) / 50
    for kind, score, truth, rows in (
        ("regress", r_squared, rng.normal(size=50), rng.normal(size=(4, 50))),
        ("classify", balanced_accuracy, rng.integers(0, 3, 50), rng.integers(0, 3, (4, 50))),
    ):
        found = (fold_scores(kind, truth, rows, folds) * sizes).sum(axis=1)
        assert found == pytest.approx(score(truth, rows, np.ones((1, 50))))


def test_resampled_r_squared_is_held_against_the_mean_of_all_networks():
    truth, guessed = np.array([0.0, 1.0, 5.0]), np.array([[0.0, 0.0, 4.0]])
    found = r_squared(truth, guessed, np.array([[2.0, 1.0, 0.0]]))
    assert found[0] == pytest.approx(1 - 1 / (4 + 4 + 1))  # mean 2, not 1/3


def test_a_row_of_predictions_has_a_row_of_weights_or_they_share_one():
    rng = np.random.default_rng(1)
    for score, truth, rows in (
        (r_squared, rng.normal(size=30), rng.normal(size=(4, 30))),
        (balanced_accuracy, rng.integers(0, 3, 30), rng.integers(0, 3, (4, 30))),
    ):
        each = [score(truth, r[None], np.ones((1, 30)))[0] for r in rows]
        assert score(truth, rows, np.ones((1, 30))) == pytest.approx(each)
        assert score(truth, rows, np.ones((4, 30))) == pytest.approx(each)


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
    assert spearman_of_cells(table, truth, flat).tolist() == [[1.0, 0.0]]
    reversed_everywhere = np.array([False, True, True])
    assert spearman_of_cells(table, truth, predicted, reversed_everywhere).tolist() == [[1.0, 0.0]]


def test_mean_spearman_resamples_cells_and_repeats():
    drawn = mean_spearman(np.array([[1.0, 0.0]]), 500, np.random.default_rng(0))
    assert set(drawn) == {0.0, 0.5, 1.0}
    drawn = mean_spearman(np.array([[1.0, 1.0], [-1.0, -1.0]]), 500, np.random.default_rng(0))
    assert set(drawn) == {-1.0, 1.0}


def test_interval_leaves_out_what_is_undefined():
    assert interval(np.array([np.nan, 0.0, 1.0])) == pytest.approx((0.025, 0.975))
    assert interval(np.array([np.nan])) == (None, None)
