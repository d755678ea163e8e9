from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from nsgraph.errors import UserError
from nsgraph.prediction import null_table, predict, predict_null, shuffle_configurations

FEW = {"tasks": ["algorithm", "accuracy-drop"], "encodings": ["multipartite"]}


def beside_null(table, samples=20):
    scores = predict(table, repeats=2, resamples=20, **FEW).scores
    null = null_table(scores, predict_null(table, samples=samples, **FEW))
    return null.set_index(["task", "folding"])


@pytest.fixture(scope="module")
def planted(table):
    return beside_null(table)


def test_a_planted_signal_beats_shuffled_labels(planted):
    for task in ("algorithm", "accuracy-drop", "ranking"):
        row = planted.loc[(task, "grouped")]
        assert row["null_p"] == pytest.approx(1 / 21)
        assert row["score"] > row["null_high"]
        assert row["null_low"] <= row["null_mean"] <= row["null_high"]
        assert row["null_samples"] == 20


def test_shuffled_labels_do_not_beat_shuffled_labels(table):
    drops = table["accuracy_drop"].to_numpy()
    shuffled = shuffle_configurations(drops, table, np.random.default_rng(11))
    methods = shuffle_configurations(
        table["method"].to_numpy(dtype=object), table, np.random.default_rng(12)
    )
    found = beside_null(table.assign(method=methods, accuracy_drop=shuffled), samples=10)
    assert (found.xs("grouped", level="folding")["null_p"] > 0.2).all()


def test_chance_is_far_above_and_below_one_in_the_number_of_classes(planted):
    """Why a null is needed: twins give labels away, and left-out classes are rare in training."""
    assert planted.loc[("algorithm", "random"), "null_mean"] > 3 / 7
    assert planted.loc[("algorithm", "grouped"), "null_mean"] < 1 / 7


def test_the_first_encoding_alone_is_shuffled_and_the_same_seed_gives_the_same_null(table):
    few = {"tasks": ["accuracy-drop"], "foldings": ["grouped"], "samples": 2}
    samples = predict_null(table, **few)
    assert set(samples["features"]) == {"multipartite"}
    assert list(samples["task"]) == ["accuracy-drop", "ranking"] * 2
    assert list(samples["sample"]) == [0, 0, 1, 1]
    assert_frame_equal(samples, predict_null(table, **few))
    assert not samples["score"].equals(predict_null(table, seed=1, **few)["score"])


def test_p_counts_the_samples_that_score_at_least_as_much():
    key = {"task": "t", "folding": "grouped", "features": "f", "model": "xgboost", "metric": "m"}
    key["part"] = "all"
    score = {**key, "n_networks": 9, "n_configurations": 3, "score": 0.5, "low": 0.4, "high": 0.6}
    samples = pd.DataFrame([{**key, "score": s} for s in (0.1, 0.5, 0.7)])
    row = null_table(pd.DataFrame([{**score, "score.status": None}]), samples).iloc[0]
    assert row["null_p"] == 3 / 4
    assert row["null_mean"] == pytest.approx(1.3 / 3)


def test_what_cannot_be_scored_has_a_status(table):
    rows = table.query("method == 'snip'")
    arguments = {"tasks": ["algorithm"], "foldings": ["grouped"]}
    samples = predict_null(rows, samples=3, **arguments)
    assert list(samples["score.status"]) == ["fewer than two classes"]
    scores = predict(rows, repeats=1, resamples=5, **arguments).scores
    null = null_table(scores, samples)
    assert list(null["null_p.status"]) == ["fewer than two classes"]
    scored = scores.assign(score=0.5, **{"score.status": None})
    assert list(null_table(scored, samples)["null_p.status"]) == ["no null sample could be scored"]


def test_unknown_names_are_refused(table):
    with pytest.raises(UserError, match="no task 'guess'"):
        predict_null(table, tasks=["guess"])
