from __future__ import annotations

import numpy as np
import pytest

from nsgraph.errors import UserError
from nsgraph.prediction import MODELS, fit_predict
from nsgraph.prediction.tuning import PENALTIES, best_boosting, best_ridge, inner_folds

FITTED = [m for m in MODELS if m != "dummy"]
RNG = np.random.default_rng(3)
GROUPS = np.repeat(np.arange(20), 3)
TRAIN = RNG.normal(size=(60, 4))
NUMBERS = 2 * TRAIN[:, 0] - TRAIN[:, 1] + RNG.normal(scale=0.1, size=60)
CODES = (TRAIN[:, 0] > 0).astype(int) + 2 * (TRAIN[:, 1] > 0).astype(int)
TEST = RNG.normal(size=(40, 4))
TRUTH = {
    "regress": 2 * TEST[:, 0] - TEST[:, 1],
    "classify": (TEST[:, 0] > 0).astype(int) + 2 * (TEST[:, 1] > 0).astype(int),
}
ANSWERS = {"regress": NUMBERS, "classify": CODES}


@pytest.mark.parametrize("kind", ["regress", "classify"])
@pytest.mark.parametrize("model", FITTED)
def test_every_model_learns(model, kind):
    found = fit_predict(model, kind, TRAIN, ANSWERS[kind], TEST, 0, GROUPS)
    if kind == "regress":
        assert ((found - TRUTH[kind]) ** 2).mean() < 0.4 * TRUTH[kind].var()
    else:
        assert (found == TRUTH[kind]).mean() > 0.7
    again = fit_predict(model, kind, TRAIN, ANSWERS[kind], TEST, 0, GROUPS)
    assert np.array_equal(found, again)


@pytest.mark.parametrize("model", list(MODELS))
def test_classes_may_be_missing_from_training(model):
    codes = np.array([2, 2, 5, 5] * 3)
    matrix = np.array([[0.0], [0.1], [1.0], [1.1]] * 3)
    assert set(fit_predict(model, "classify", matrix, codes, matrix)) <= {2, 5}
    assert fit_predict(model, "classify", matrix, np.full(12, 2), matrix).tolist() == [2] * 12


def test_dummy_is_the_mean_and_the_most_frequent_class():
    assert fit_predict("dummy", "regress", TRAIN, NUMBERS, TEST)[0] == NUMBERS.mean()
    assert fit_predict("dummy", "classify", TRAIN[:4], np.array([2, 5, 5, 5]), TEST)[0] == 5


def test_least_squares_is_exact_on_a_line():
    found = fit_predict("ols", "regress", TRAIN, 3 + TRAIN @ [1.0, 2, 3, 4], TEST)
    assert found == pytest.approx(3 + TEST @ [1.0, 2, 3, 4])


def test_ridge_has_the_penalty_that_does_best_on_folds_of_groups():
    """The closed form against scikit-learn, fold by fold."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    errors = np.zeros(len(PENALTIES))
    for out in inner_folds(GROUPS, None, 0):
        for i, penalty in enumerate(PENALTIES * (~out).sum() / 100):
            fitted = make_pipeline(StandardScaler(), Ridge(alpha=penalty))
            fitted.fit(TRAIN[~out], NUMBERS[~out])
            errors[i] += ((fitted.predict(TRAIN[out]) - NUMBERS[out]) ** 2).sum()
    chosen = best_ridge(TRAIN, NUMBERS, GROUPS, 0)
    assert chosen.alpha == pytest.approx(PENALTIES[errors.argmin()] * 60 / 100)


def test_noise_is_penalised_harder_than_a_line():
    noise = np.random.default_rng(0).normal(size=60)
    assert best_ridge(TRAIN, noise, GROUPS, 0).alpha > best_ridge(TRAIN, NUMBERS, GROUPS, 0).alpha


def test_inner_folds_keep_groups_together_and_cover_every_row_once():
    folds = inner_folds(GROUPS, None, 0)
    assert np.array_equal(np.sum(folds, axis=0), np.ones(60))
    for out in folds:
        assert not set(GROUPS[out]) & set(GROUPS[~out])
    assert inner_folds(np.zeros(5), None, 0) == []


def test_tuning_never_sees_a_twin_of_what_it_is_judged_by():
    """A column that identifies the group: tuned on groups, a model learns to trust it less.

    Answers belong to the group and to nothing else. Judged by twins, deep trees and high rates win;
    judged by other groups, whatever is learnt is wrong, and the model that learns least is best.
    """
    rng = np.random.default_rng(5)
    groups = np.repeat(rng.permutation(40), 3)
    answers = np.repeat(rng.normal(size=40), 3)
    column = groups[:, None].astype(float)
    losses = []
    for own in (groups, np.arange(120)):
        chosen, trees = best_boosting("regress", column, answers, own, {"nthread": 1}, 0)
        losses.append(chosen.get("learning_rate", 0.3) * trees)
    assert losses[0] < losses[1]


def test_one_group_leaves_nothing_to_tune():
    one = np.zeros(60)
    assert best_boosting("regress", TRAIN, NUMBERS, one, {"nthread": 1}, 0) == ({}, 100)
    assert np.isfinite(best_ridge(TRAIN, NUMBERS, one, 0).alpha)


def test_unknown_model_is_refused():
    with pytest.raises(UserError, match="no model 'oracle'"):
        fit_predict("oracle", "regress", np.ones((2, 1)), np.ones(2), np.ones((1, 1)))
