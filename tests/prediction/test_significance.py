from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.prediction.significance import corrected_test, holm


def test_by_hand():
    found = corrected_test(np.array([1.0, 2.0, 3.0]), 0.5)
    assert found.t == pytest.approx(2 / math.sqrt(1 / 3 + 1 / 2))  # mean 2, variance 1
    assert found.df == 2
    # Student's t with 2 degrees of freedom: p = 1 - |t| / sqrt(2 + t^2)
    assert found.p == pytest.approx(1 - found.t / math.sqrt(2 + found.t**2))


def test_without_training_networks_it_is_the_plain_t_test():
    from scipy.stats import ttest_1samp

    values = np.random.default_rng(0).normal(0.3, 1, 20)
    plain, found = ttest_1samp(values, 0), corrected_test(values, 0.0)
    assert (found.t, found.p) == pytest.approx((plain.statistic, plain.pvalue))


def test_equal_models_have_p_1_and_constant_differences_a_status():
    assert corrected_test(np.zeros(10), 0.25).p == 1
    assert corrected_test(np.full(10, 0.1), 0.25).status == "the same difference in every fold"
    assert corrected_test(np.array([0.1]), 0.25).status == "fewer than two folds"


def test_repeats_of_equal_models_are_not_significant():
    """Ten repeats of five folds on 60 networks, two models that know equally much.

    A plain t-test takes the 50 folds for independent and is fooled by the same networks coming
    again; the corrected one is wrong about as often as it says.
    """
    from scipy.stats import ttest_1samp

    rng = np.random.default_rng(1)
    plain = corrected = 0
    for _ in range(200):
        added = rng.normal(size=60)  # what each network adds to the difference of the scores
        order = np.stack([rng.permutation(60) for _ in range(10)]).reshape(50, 12)
        differences = added[order].mean(axis=1)
        plain += ttest_1samp(differences, 0).pvalue < 0.05
        corrected += corrected_test(differences, 0.25).p < 0.05
    assert plain > 40
    assert corrected < 20


def brute_holm(p):
    """Step down: reject from the least on while p <= level / tests left; least level that does."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    adjusted = [0.0] * len(p)
    for place, i in enumerate(order):
        adjusted[i] = min(1.0, max(p[j] * (len(p) - k) for k, j in enumerate(order[: place + 1])))
    return adjusted


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_equals_step_down(p):
    assert holm(np.array(p)) == pytest.approx(brute_holm(p))


def test_missing_tests_are_not_of_the_family():
    assert holm(np.array([np.nan, 0.02, np.nan])).tolist()[1] == 0.02
    assert holm(np.array([])).shape == (0,)
