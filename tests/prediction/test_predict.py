from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from nsgraph.errors import UserError
from nsgraph.prediction import predict
from nsgraph.prediction.features import BASELINES
from nsgraph.prediction.significance import holm

QUICK = {"repeats": 2, "resamples": 100}


def score(prediction, task, folding, features, model="xgboost", part="all"):
    model = "dummy" if features == "nothing" else model
    rows = prediction.scores.query(
        "task == @task and folding == @folding and features == @features and model == @model "
        "and part == @part"
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
    found = of_algorithm.scores.query("folding == 'grouped'").set_index("features")
    assert list(found.index) == ["multipartite", "rolled", "all encodings", *BASELINES, "nothing"]
    without = ["layer densities", "Ramanujan", "parameters and FLOPs"]
    assert set(found.loc[without, "score.status"]) == {"no usable column"}
    assert found.drop(without)["score.status"].isna().all()
    assert found.loc["nothing", "model"] == "dummy"


def test_interval_holds_the_score_and_repeats_average_to_it(of_drop):
    scores = of_drop.scores.dropna(subset=["score"])
    assert (scores["low"] <= scores["score"]).all()
    assert (scores["score"] <= scores["high"]).all()
    keys = ["task", "folding", "features", "model"]
    means = of_drop.repeats.groupby(keys)["score"].mean()
    assert np.allclose(means, scores.set_index(keys)["score"].sort_index())


def test_same_seed_same_tables_and_another_seed_other_folds(table, of_drop):
    again = predict(table, tasks=["accuracy-drop"], **QUICK)
    for name in ("scores", "repeats", "comparisons", "columns"):
        assert_frame_equal(getattr(again, name), getattr(of_drop, name), check_exact=True)
    shuffled = predict(table.sample(frac=1, random_state=0), tasks=["accuracy-drop"], **QUICK)
    assert_frame_equal(shuffled.scores, of_drop.scores, check_exact=True)
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
    assert list(rows.index) == ["multipartite", "rolled", "all encodings"]
    assert set(rows["p.status"]) == {"not the same folds"}
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
        for features in ("sparsity", "nodes and edges"):
            row = score(of_drop, "ranking", folding, features)
            assert np.isnan(row["score"])
            assert row["score.status"].startswith("features do not differ within")
    compared = set(of_algorithm.comparisons["compared_with"])
    assert compared == {"multipartite", "rolled", "all encodings"}
    assert {"sparsity", "nodes and edges", "nothing"} < set(of_drop.comparisons["compared_with"])


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
    [
        ({"tasks": ["guess"]}, "no task 'guess'"),
        ({"foldings": ["none"]}, "no folding 'none'"),
        ({"models": ["oracle"]}, "no model 'oracle'"),
        ({"parts": ["half"]}, "no part 'half'"),
        ({"folds": 1}, "of 1 folds were asked"),
        ({"repeats": 0}, "0 repeats of"),
        ({"resamples": 0}, "0 resamples were asked"),
    ],
)
def test_unknown_names_are_refused(table, arguments, expected):
    with pytest.raises(UserError, match=expected):
        predict(table, **arguments)


def test_a_network_that_is_not_known_is_refused(table):
    with pytest.raises(UserError, match="1 rows have no model"):
        predict(table.assign(model=table["model"].where(table.index != 3)))
    with pytest.raises(UserError, match="has no column seed"):
        predict(table.drop(columns="seed"))


def test_an_infinite_drop_is_no_answer(table):
    infinite = table.assign(accuracy_drop=table["accuracy_drop"].where(table.index != 3, np.inf))
    one = predict(infinite, tasks=["accuracy-drop"], repeats=1, folds=2, resamples=2)
    assert one.scores["n_networks"].max() == (table["sparsity"] > 0).sum() - 1


def test_a_task_without_its_column_says_so(table):
    with pytest.raises(UserError, match="'accuracy' needs the column test_accuracy"):
        predict(table.drop(columns="test_accuracy"), tasks=["accuracy"])


def test_parts_are_asked_on_their_own(table):
    """A part scores as if there were nothing else, and features are judged in it alone."""
    few = {"tasks": ["accuracy-drop"], "encodings": ["multipartite"], **QUICK}
    by_part = predict(table, parts=["all", "sparsity", "model", "dataset"], **few)
    names = [f"sparsity {s:g}" for s in (0.8, 0.9, 0.95)] + ["model mlp", "model resnet"]
    assert list(dict.fromkeys(by_part.scores["part"])) == ["all", *names]
    alone = predict(table.query("model == 'mlp'"), **few).scores.drop(columns="part")
    found = by_part.scores.query("part == 'model mlp'").drop(columns="part").reset_index(drop=True)
    assert_frame_equal(found, alone)
    reasons = by_part.columns.query("column == 'sparsity'")
    assert set(reasons["part"]) == {f"sparsity {s:g}" for s in (0.8, 0.9, 0.95)}


def test_transfer_is_tested_on_what_training_has_not_seen(table):
    """The metric means the same for both models in one table, the opposite in the other."""
    m = table["method"].map({m: i for i, m in enumerate(dict.fromkeys(table["method"]))})
    plain = table[[c for c in table if not c.startswith(("multipartite.", "rolled."))]]
    plain = plain.assign(**{"rolled.size.nodes": 1, "rolled.size.edges": 1, "rolled.local.m": m})
    opposite = plain.assign(**{"rolled.local.m": np.where(plain["model"] == "mlp", m, 6 - m)})
    few = {"tasks": ["algorithm"], "foldings": ["leave-one-model-out", "grouped"], **QUICK}
    for networks, low, high in ((plain, 0.99, 1.0), (opposite, 0.0, 0.3)):
        found = score(predict(networks, **few), "algorithm", "leave-one-model-out", "rolled")
        assert low <= found["score"] <= high
        assert (found["folds"], found["repeats"]) == (2, 1)
    single = predict(table.query("model == 'mlp'"), **few).scores.query("folding != 'grouped'")
    assert set(single["score.status"]) == {"only one model"}


def test_all_models_see_the_same_folds(table, of_drop):
    both = predict(
        table, tasks=["accuracy-drop"], models=["xgboost", "ols"], encodings=["multipartite"],
        **QUICK
    )  # fmt: skip
    keep = "features == 'multipartite' and model == 'xgboost'"
    assert_frame_equal(
        both.scores.query(keep).reset_index(drop=True),
        of_drop.scores.query(keep).reset_index(drop=True),
    )
    assert set(both.scores["model"]) == {"xgboost", "ols", "dummy"}
    pairs = both.comparisons.query("compared_folding == folding")
    assert set(pairs["model"]) == {"xgboost", "ols"}
    assert not pairs.duplicated(["folding", "features", "model", "compared_with"]).any()


def test_p_values_of_a_folding_are_one_family_and_a_pair_is_one_test(of_drop):
    within = of_drop.comparisons.query("folding == compared_folding")
    for _, rows in within.groupby("folding"):
        assert set(rows["df"]) == {9}  # 2 repeats of 5 folds
        pairs = [frozenset(p) for p in zip(rows["features"], rows["compared_with"], strict=True)]
        once = rows.assign(pair=pairs).drop_duplicates("pair")
        assert len(once) == 12  # three encodings, and three others beside each
        assert np.allclose(once["p_holm"], holm(once["p"].to_numpy()))
        both = rows.assign(pair=pairs).groupby("pair")["p_holm"].nunique()
        assert (both == 1).all()
    clear = rows.query("features == 'multipartite' and compared_with == 'nothing'").iloc[0]
    assert (clear["t"] > 0) == (clear["difference"] > 0)
