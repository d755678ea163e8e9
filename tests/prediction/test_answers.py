from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from nsgraph.prediction import feature_sets, usable_columns
from nsgraph.prediction.answers import predict_answers
from nsgraph.prediction.tasks import TASKS, Asked


@pytest.fixture(scope="module")
def columns(table):
    return feature_sets(table)["multipartite"]


@pytest.fixture(scope="module")
def found(table, columns):
    return predict_answers(table, columns, features="multipartite", repeats=2)


def test_confusion_counts_every_network_once_a_repeat(table, found):
    confusion = found.confusion
    for (task, _), own in confusion.groupby(["task", "folding"]):
        truth = table[TASKS[task].target].value_counts()
        counted = own.groupby("truth")["networks"].sum()
        assert {k: round(v, 6) for k, v in counted.items()} == truth.to_dict()
        np.testing.assert_allclose(own.groupby("truth")["share"].sum(), 1)


def test_answers_are_those_of_the_question(table, columns, found):
    matrix, _, _ = usable_columns(table, columns)
    asked = Asked(TASKS["algorithm"], "grouped", table, 5, range(2), 0)
    answers = asked.predictions("xgboost", matrix[asked.rows])
    wanted = sum(confusion_matrix(asked.target, own) for own in answers) / 2
    keep = (found.confusion["task"] == "algorithm") & (found.confusion["folding"] == "grouped")
    np.testing.assert_allclose(found.confusion[keep]["networks"], wanted.ravel())
    asked = Asked(TASKS["accuracy-drop"], "random", table, 5, range(2), 0)
    answers = asked.predictions("xgboost", matrix[asked.rows])
    own = found.drops[found.drops["folding"] == "random"].set_index("network")
    np.testing.assert_allclose(own.loc[asked.table["network"], "predicted"], answers.mean(axis=0))
    np.testing.assert_allclose(own.loc[table["network"], "truth"], table["accuracy_drop"])


def test_what_cannot_be_asked_has_no_rows(table, columns):
    constant = table.assign(accuracy_drop=0.1, method="er", category="layer-wise random")
    found = predict_answers(constant, columns, features="multipartite", repeats=1)
    assert found.confusion.empty
    assert found.drops.empty
    assert "share" in found.confusion
