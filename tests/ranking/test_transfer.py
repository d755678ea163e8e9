"""Transferability scores beside numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsgraph.errors import UserError
from nsgraph.ranking import transferability
from nsgraph.ranking.transfer.h_score import h_score
from nsgraph.ranking.transfer.leep import leep
from nsgraph.ranking.transfer.logme import logme
from nsgraph.ranking.transfer.nce import nce

LABELS = np.array([0, 0, 1, 1])
SOURCE = np.array([[0.8, 0.2], [0.6, 0.4], [0.4, 0.6], [0.0, 1.0]])


def test_leep_by_hand():
    # P(y, z) = [[.35, .15], [.1, .4]], P(z) = [.45, .55]
    zero, one = (7 / 9, 2 / 9), (3 / 11, 8 / 11)  # P(y | z)
    expected = [
        0.8 * zero[0] + 0.2 * one[0],
        0.6 * zero[0] + 0.4 * one[0],
        0.4 * zero[1] + 0.6 * one[1],
        one[1],
    ]
    assert leep(SOURCE, LABELS) == pytest.approx(np.log(expected).mean(), abs=1e-14)


def test_nce_by_hand():
    # the network names 0, 0, 1, 1: the class is known exactly; with one image swapped it is not
    assert nce(SOURCE, LABELS) == 0.0
    named = np.array([[0.8, 0.2], [0.6, 0.4], [0.9, 0.1], [0.0, 1.0]])
    expected = 0.5 * math.log(2 / 3) + 0.25 * math.log(1 / 3)  # pairs (0, 0), (1, 0); (1, 1) is 0
    assert nce(named, LABELS) == pytest.approx(expected, abs=1e-14)


def test_h_score_by_hand():
    # one feature: variance 5, between the classes 4
    assert h_score(np.array([[1.0], [3.0], [5.0], [7.0]]), LABELS) == pytest.approx(0.8)


def test_logme_by_hand():
    # F F' has the eigenvalues 2 and 0, and each class's column 1/2 of its square along either. Both
    # variances, 2 / alpha + 1 / beta and 1 / beta, are best at 1/2, so that log p(y | F) / n is
    # -(2 log 2 pi + 2 log(1/2) + 2) / 4 (with alpha beyond all bounds)
    found = logme(np.array([[1.0], [-1.0]]), np.array([1, 0]))
    assert found == pytest.approx(-(math.log(math.pi) + 1) / 2, abs=1e-3)


def twin_evidence(features, y, alpha, beta):
    """log N(y; 0, F F' / alpha + I / beta) / n, by the covariance itself."""
    n = len(y)
    covariance = features @ features.T / alpha + np.eye(n) / beta
    sign, logdet = np.linalg.slogdet(2 * np.pi * covariance)
    assert sign > 0
    return -0.5 * (logdet + y @ np.linalg.solve(covariance, y)) / n


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_logme_is_the_greatest_evidence(seed):
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    features, labels = rng.normal(size=(24, 3)), rng.integers(0, 2, 24)
    labels[:2] = 0, 1
    features[:, 0] += 2 * labels
    expected = []
    for label in (0, 1):
        y = (labels == label).astype(float)
        starts = [(0.0, 0.0), (3.0, 1.0)]
        fits = [
            minimize(lambda p, y=y: -twin_evidence(features, y, *np.exp(p)), start)
            for start in starts
        ]
        expected.append(-min(fit.fun for fit in fits))
    assert logme(features, labels) == pytest.approx(np.mean(expected), abs=2e-4)


def test_source_classes_that_no_image_has_are_left_out():
    empty = np.column_stack([SOURCE, np.zeros(4)])
    assert leep(empty, LABELS) == pytest.approx(leep(SOURCE, LABELS))
    assert nce(empty, LABELS) == nce(SOURCE, LABELS)


def test_target_classes_without_images_change_nothing():
    apart = np.where(LABELS == 1, 7, 0)
    features = np.random.default_rng(0).normal(size=(4, 2))
    for score in (h_score, logme):
        assert score(features, apart) == score(features, LABELS)
    assert leep(SOURCE, apart) == leep(SOURCE, LABELS)
    assert nce(SOURCE, apart) == nce(SOURCE, LABELS)


def test_constant_and_repeated_features():
    features = np.array([[1.0], [3.0], [5.0], [7.0]])
    doubled = np.column_stack([features, features, np.ones(4)])
    assert h_score(doubled, LABELS) == pytest.approx(0.8)
    assert np.isfinite(logme(np.zeros((4, 2)) + 1.0, LABELS))
    assert h_score(np.ones((4, 2)), LABELS) == 0.0


def test_features_that_are_0_leave_the_evidence_of_noise():
    precisions = np.linspace(0.1, 10, 100_001)
    greatest = [
        max(np.log(precisions / (2 * np.pi)) - precisions * (label == LABELS).mean()) / 2
        for label in np.unique(LABELS)
    ]
    assert logme(np.zeros((4, 2)), LABELS) == pytest.approx(np.mean(greatest), abs=1e-6)
    assert np.isfinite(list(transferability(np.zeros((4, 2)), LABELS, SOURCE).values())).all()


def test_source_probabilities_are_such():
    with pytest.raises(UserError, match="sum to 1"):
        transferability(np.eye(4), LABELS, np.zeros((4, 3)))


def test_scores_that_need_source_classes_are_missing_without_them():
    found = transferability(np.eye(4), LABELS)
    assert np.isnan(found["leep"])
    assert np.isnan(found["nce"])
    assert np.isfinite(found["logme"])
    assert np.isfinite(list(transferability(np.eye(4), LABELS, SOURCE).values())).all()


@pytest.mark.parametrize(
    ("features", "labels", "sentence"),
    [
        (np.eye(3), LABELS, "3 rows of features"),
        (np.ones(4), LABELS, "expected \\[images, columns\\]"),
        (np.full((4, 1), np.nan), LABELS, "not finite"),
        (np.eye(4), np.zeros(4, dtype=int), "at least two classes"),
        (np.eye(4), LABELS[:, None], "are no classes"),
        (np.eye(4), LABELS / 2, "are no classes"),
    ],
)
def test_what_cannot_be_scored_is_said(features, labels, sentence):
    with pytest.raises(UserError, match=sentence):
        transferability(features, labels)
