"""Nothing about the networks of the test fold reaches what is fitted, by any way we know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.prediction import FOLDINGS, MODELS, TRANSFER, fit_predict, predict
from nsgraph.prediction import models as registry
from nsgraph.prediction.features import usable_columns
from nsgraph.prediction.tasks import TASKS, Asked

QUICK = {"repeats": 2, "resamples": 50}


def looks_at_the_test_rows(model):
    """Whether an answer depends on the other rows that are asked about at the same time."""
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(60, 3)), rng.normal(size=(20, 3))
    numbers = train.sum(axis=1) + rng.normal(size=60)
    for kind, target in (("regress", numbers), ("classify", (numbers > 0).astype(int))):
        together = fit_predict(model, kind, train, target, test)
        strange = np.concatenate([test, 1e6 * rng.normal(size=(50, 3)) + 1e5])
        beside = fit_predict(model, kind, train, target, strange)[:20]
        if not np.allclose(together, beside, rtol=1e-9):
            return True
    return False


@pytest.mark.parametrize("model", list(MODELS))
def test_no_model_is_fitted_to_test_rows(model):
    assert not looks_at_the_test_rows(model)


def scaled_by_all(problem):
    both = np.concatenate([problem.train, problem.test])
    centre, spread = both.mean(axis=0), both.std(axis=0)
    train, test = ((rows - centre) / spread for rows in (problem.train, problem.test))
    return MODELS["ridge"](replace(problem, train=train, test=test * 1.01))


def test_the_test_above_would_notice(monkeypatch):
    monkeypatch.setitem(registry.MODELS, "leaky", scaled_by_all)
    assert looks_at_the_test_rows("leaky")


@pytest.mark.parametrize("folding", [*FOLDINGS, *TRANSFER])
def test_answers_of_a_fold_do_not_depend_on_its_own_labels(table, folding):
    """New labels in one fold: what is answered there stays, what is answered elsewhere moves."""
    two = pd.concat([table, table.assign(dataset="other")], ignore_index=True)
    matrix = usable_columns(two, [c for c in two if c.startswith("multipartite.local")])[0]
    asked = Asked(TASKS["accuracy-drop"], folding, two, 4, [0], 0)
    for model in ("xgboost", "ridge"):
        before = asked.predictions(model, matrix)[0]
        labels = asked.target.copy()
        own = asked.folds[0] == 1
        asked.target = np.where(own, np.random.default_rng(1).normal(size=len(two)), labels)
        after = asked.predictions(model, matrix)[0]
        asked.target = labels
        assert np.array_equal(after[own], before[own])
        assert not np.allclose(after[~own], before[~own])


@pytest.mark.parametrize("folding", [*FOLDINGS, *TRANSFER])
def test_folds_keep_apart_what_they_promise(table, folding):
    two = pd.concat([table, table.assign(dataset="other")], ignore_index=True)
    asked = Asked(TASKS["category"], folding, two, 5, range(3), 0)
    for _, train, test in asked.training():
        assert (train ^ test).all()
        if folding == "grouped":
            assert not set(asked.groups[train]) & set(asked.groups[test])
        if folding in TRANSFER:
            column = two[TRANSFER[folding]]
            assert not set(column[train]) & set(column[test])


def score(prediction, folding, features="multipartite"):
    rows = prediction.scores.query("folding == @folding and features == @features")
    return rows.query("task != 'ranking'")["score"].item()


@pytest.mark.parametrize("task", ["accuracy-drop", "algorithm"])
@pytest.mark.parametrize("of", ["configuration", "configuration and seed"])
def test_a_column_that_identifies_group_or_seed_helps_only_under_random_folds(
    table_without_signal, task, of
):
    """The classic leak: from an id alone, random folds look clever and grouped ones do not."""
    plain = table_without_signal
    plain = plain[[c for c in plain if not c.startswith(("multipartite.", "rolled."))]]
    number = np.repeat(np.random.default_rng(2).permutation(len(plain) // 3), 3)
    named = {
        "multipartite.size.nodes": 1,
        "multipartite.size.edges": 1,
        "multipartite.local.id": number + 0.1 * plain["seed"] * (of != "configuration"),
        "multipartite.local.noise": np.random.default_rng(5).normal(size=len(plain)),
    }
    prediction = predict(plain.assign(**named), tasks=[task], **QUICK)
    random, grouped = score(prediction, "random"), score(prediction, "grouped")
    if task == "accuracy-drop":
        assert random > 0.4
        assert grouped < 0.1
    else:
        assert random > 0.5
        assert grouped < 0.3


def test_the_seed_tells_nothing_under_any_folds(table_without_signal):
    plain = table_without_signal
    plain = plain[[c for c in plain if not c.startswith(("multipartite.", "rolled."))]]
    named = {"size.nodes": 1, "size.edges": 1, "local.seed": plain["seed"]}
    prediction = predict(
        plain.assign(**{f"rolled.{k}": v for k, v in named.items()}), tasks=["algorithm"], **QUICK
    )
    for folding in FOLDINGS:
        assert score(prediction, folding, "rolled") < 0.25


def test_the_same_network_twice_is_refused_and_counted(table):
    with pytest.raises(UserError, match="2 rows of the networks table repeat another row's"):
        predict(pd.concat([table, table[:2]]), tasks=["category"], **QUICK)
