from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from nsgraph.errors import UserError
from nsgraph.prediction import fit_predict, predict

QUICK = {"repeats": 2, "resamples": 100}


def score(prediction, task, folding, features):
    rows = prediction.scores.query(
        "task == @task and folding == @folding and features == @features"
    )
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.fixture(scope="module")
def of_algorithm(table):
    return predict(table, tasks=["algorithm"], **QUICK)


@pytest.fixture(scope="module")
def of_drop(table):
    return predict(table, tasks=["accuracy-drop"], **QUICK)


def test_random_folds_flatter(of_algorithm, of_drop):
    """The drop belongs to the configuration: only who has seen a twin can know it well."""
    for prediction, task in ((of_algorithm, "algorithm"), (of_drop, "accuracy-drop")):
        random = score(prediction, task, "random", "multipartite")
        grouped = score(prediction, task, "grouped", "multipartite")
        assert random["score"] > grouped["score"] + 0.2
        assert random["low"] > grouped["high"]


def test_every_feature_set_and_the_dummy_stand_beside(of_algorithm):
    found = set(of_algorithm.scores["features"])
    assert found == {"multipartite", "rolled", "density", "nodes and edges", "nothing"}
    assert set(of_algorithm.scores.query("features == 'nothing'")["model"]) == {"dummy"}
    assert of_algorithm.scores["score.status"].isna().all()


def test_interval_holds_the_score_and_repeats_average_to_it(of_drop):
    scores = of_drop.scores.dropna(subset=["score"])
    assert (scores["low"] <= scores["score"]).all()
    assert (scores["score"] <= scores["high"]).all()
    keys = ["task", "folding", "features", "model"]
    means = of_drop.repeats.groupby(keys)["score"].mean()
    assert np.allclose(means, scores.set_index(keys)["score"].sort_index())


def test_same_seed_same_tables_and_another_seed_other_folds(table, of_drop):
    again = predict(table, tasks=["accuracy-drop"], **QUICK)
    for name in ("scores", "repeats", "comparisons", "importance", "columns"):
        assert_frame_equal(getattr(again, name), getattr(of_drop, name), check_exact=True)
    other = predict(table, tasks=["accuracy-drop"], seed=1, **QUICK)
    assert not other.scores["score"].equals(of_drop.scores["score"])


def test_labels_shuffled_among_networks_give_chance(table):
    rng = np.random.default_rng(3)
    shuffled = table.assign(
        category=rng.permutation(table["category"]),
        accuracy_drop=rng.permutation(table["accuracy_drop"]),
    )
    prediction = predict(
        shuffled, tasks=["category", "accuracy-drop"], encodings=["multipartite"], **QUICK
    )
    for folding in ("random", "grouped"):
        named = score(prediction, "category", folding, "multipartite")
        assert abs(named["score"] - 1 / named["n_classes"]) < 0.12
        assert score(prediction, "accuracy-drop", folding, "multipartite")["score"] < 0.1


def test_a_column_that_identifies_the_group_helps_only_under_random_folds(table_without_signal):
    """The classic leak: from an id alone, random folds look clever and grouped ones do not."""
    plain = table_without_signal
    plain = plain[[c for c in plain if not c.startswith(("multipartite.", "rolled."))]]
    configurations = np.random.default_rng(2).permutation(len(plain) // 3)
    identified = plain.assign(
        **{
            "multipartite.size.nodes": 1,
            "multipartite.size.edges": 1,
            "multipartite.local.id": np.repeat(configurations, 3),
            "multipartite.local.noise": np.random.default_rng(5).normal(size=len(plain)),
        }
    )
    prediction = predict(identified, tasks=["accuracy-drop", "algorithm"], **QUICK)
    assert score(prediction, "accuracy-drop", "random", "multipartite")["score"] > 0.4
    assert score(prediction, "accuracy-drop", "grouped", "multipartite")["score"] < 0.1
    assert score(prediction, "algorithm", "random", "multipartite")["score"] > 0.5
    assert score(prediction, "algorithm", "grouped", "multipartite")["score"] < 0.3


def test_bad_columns_are_reported_and_change_nothing(table, of_drop):
    bad = table.assign(
        **{
            "multipartite.local.constant": 1,
            "multipartite.local.missing": [None, *range(len(table) - 1)],
            "multipartite.local.infinite": [np.inf, *range(len(table) - 1)],
        }
    )
    prediction = predict(bad, tasks=["accuracy-drop"], **QUICK)
    reasons = prediction.columns.query("features == 'multipartite'").set_index("column")["reason"]
    assert reasons["multipartite.local.constant"] == "constant"
    assert reasons["multipartite.local.missing"] == "missing in 1 networks"
    assert reasons["multipartite.local.infinite"] == "infinite in 1 networks"
    assert_frame_equal(prediction.scores, of_drop.scores)


def test_dense_networks_are_not_asked_about(table, of_drop):
    dense = table.iloc[:5].assign(sparsity=0.0, method="dense", category="dense", accuracy_drop=0.0)
    prediction = predict(pd.concat([table, dense]), tasks=["accuracy-drop"], **QUICK)
    assert_frame_equal(prediction.scores, of_drop.scores)


def test_paper_task_keeps_the_three_categories(table):
    prediction = predict(table, tasks=["category-of-three"], encodings=["rolled"], **QUICK)
    assert set(prediction.scores["n_classes"]) == {3}
    assert set(prediction.scores["n_networks"]) == {len(table) * 6 // 7}


def test_importance_finds_the_family_with_the_signal(of_algorithm):
    rows = of_algorithm.importance.query("folding == 'random' and features == 'multipartite'")
    by_family = rows.set_index("family")
    assert by_family["importance"].idxmax() == "local"
    assert by_family.loc["local", "low"] > 0.3
    assert by_family.loc["size", "importance"] < 0.1
    others = by_family.drop("local")
    lead = by_family.loc["local", "importance"] - others["importance"].max()
    assert by_family.loc["local", "lead"] == pytest.approx(lead)
    assert by_family.loc["local", "lead_low"] > 0
    assert (others["lead_high"] < 0).all()


def test_comparison_is_the_difference_of_the_scores(of_drop):
    row = of_drop.comparisons.query(
        "folding == 'grouped' and features == 'multipartite' and compared_with == 'rolled'"
    ).iloc[0]
    difference = (
        score(of_drop, "accuracy-drop", "grouped", "multipartite")["score"]
        - score(of_drop, "accuracy-drop", "grouped", "rolled")["score"]
    )
    assert row["difference"] == pytest.approx(difference)
    assert row["low"] < row["difference"] < row["high"]


def test_random_folds_are_compared_with_grouped_ones_on_the_same_configurations(of_drop):
    rows = of_drop.comparisons.query("compared_folding != folding").set_index("features")
    assert list(rows.index) == ["multipartite", "rolled"]
    row = rows.loc["multipartite"]
    assert (row["folding"], row["compared_folding"]) == ("random", "grouped")
    random, grouped = (
        score(of_drop, "accuracy-drop", f, "multipartite") for f in ("random", "grouped")
    )
    assert row["difference"] == pytest.approx(random["score"] - grouped["score"])
    assert (
        row["high"] - row["low"]
        < random["high"] - grouped["low"] - random["low"] + (grouped["high"])
    )
    assert row["low"] > 0


def test_what_does_not_differ_within_a_cell_is_not_ranked_and_no_yardstick(of_drop, of_algorithm):
    for folding in ("random", "grouped"):
        for features in ("density", "nodes and edges"):
            row = score(of_drop, "ranking", folding, features)
            assert np.isnan(row["score"])
            assert row["score.status"].startswith("features do not differ within")
    assert set(of_algorithm.comparisons["compared_with"]) == {"multipartite", "rolled"}
    assert {"density", "nodes and edges", "nothing"} < set(of_drop.comparisons["compared_with"])


def test_the_interval_holds_the_noise_of_the_folds(table):
    """More repeats make the mean surer; the interval stays as wide as other folds make it."""
    wide = predict(table, tasks=["accuracy-drop"], encodings=["rolled"], repeats=4, resamples=300)
    for _, row in wide.scores[wide.scores["features"] == "rolled"].iterrows():
        repeats = wide.repeats.query("task == @row.task and folding == @row.folding")
        each = repeats.query("features == 'rolled'")["score"]
        assert row["low"] <= each.min()
        assert each.max() <= row["high"]


def test_ranking_is_scored_from_the_predicted_drops(of_drop):
    ranked = score(of_drop, "ranking", "random", "multipartite")
    assert ranked["metric"] == "Spearman"
    assert 0.8 < ranked["score"] <= 1


@pytest.mark.parametrize(
    ("rows", "task", "status"),
    [
        ("sparsity == 0.8 and model == 'mlp'", "algorithm", "a class has fewer than two units"),
        ("method == 'snip'", "algorithm", "fewer than two classes"),
        ("method == 'snip' and sparsity == 0.8", "accuracy-drop", "fewer than three units"),
        ("sparsity == 0", "accuracy-drop", "fewer than three units"),
    ],
)
def test_too_little_to_learn_from_is_a_status(table, rows, task, status):
    prediction = predict(table.query(rows), tasks=[task], foldings=["grouped"], **QUICK)
    assert set(prediction.scores["score.status"]) == {status}
    assert prediction.scores["score"].isna().all()


def test_no_usable_column_is_a_status(table):
    prediction = predict(
        table.assign(**{"rolled.local.sources": 1}),
        tasks=["category"],
        encodings=["rolled"],
        **QUICK,
    )
    assert score(prediction, "category", "random", "rolled")["score.status"] == "no usable column"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [({"tasks": ["guess"]}, "no task 'guess'"), ({"foldings": ["none"]}, "no folding 'none'")],
)
def test_unknown_names_are_refused(table, arguments, expected):
    with pytest.raises(UserError, match=expected):
        predict(table, **arguments)


def test_unknown_model_is_refused():
    with pytest.raises(UserError, match="no model 'oracle'"):
        fit_predict("oracle", "regress", np.ones((2, 1)), np.ones(2), np.ones((1, 1)))


def test_classes_may_be_missing_from_training():
    codes = np.array([2, 2, 5, 5])
    matrix = np.array([[0.0], [0.1], [1.0], [1.1]])
    assert fit_predict("dummy", "classify", matrix, codes[[0, 2, 2, 3]], matrix).tolist() == [5] * 4
    assert set(fit_predict("xgboost", "classify", matrix, codes, matrix)) <= {2, 5}
    assert fit_predict("xgboost", "classify", matrix, np.full(4, 2), matrix).tolist() == [2] * 4
