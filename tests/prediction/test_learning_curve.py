from __future__ import annotations

import numpy as np
import pytest

from nsgraph.prediction import learning_curve, predict
from nsgraph.prediction.tasks import TASKS, Asked

FEW = {"tasks": ["accuracy-drop"], "repeats": 2, "resamples": 50}


def test_more_networks_help_and_the_whole_share_is_the_prediction(table):
    curve = learning_curve(table, encodings=["multipartite"], shares=(0.2, 1.0), **FEW)
    assert list(curve["share"]) == [0.2, 1.0] * 2
    scores = curve.set_index(["folding", "share"])["score"]
    whole = predict(table, encodings=["multipartite"], **FEW).scores
    for folding in ("random", "grouped"):
        assert scores[folding, 1.0] > scores[folding, 0.2]
        found = whole.query("folding == @folding and features == 'multipartite'")
        own = found.query("task == 'accuracy-drop'").iloc[0]
        row = curve.query("folding == @folding and share == 1").iloc[0]
        assert (row["score"], row["low"], row["high"]) == (own["score"], own["low"], own["high"])


@pytest.mark.parametrize("folding", ["random", "grouped"])
def test_shares_are_nested_and_of_whole_units(table, folding):
    asked = Asked(TASKS["accuracy-drop"], folding, table, 5, range(2), 0)
    small, large = (list(asked.training(share)) for share in (0.3, 0.6))
    for (_, few, test), (_, more, same) in zip(small, large, strict=True):
        assert np.array_equal(test, same)
        assert not (few & ~more).any()
        assert not (more & test).any()
        if folding == "grouped":
            for rows in (few, more):
                assert not set(asked.groups[rows]) & set(asked.groups[~rows & ~test])
    assert asked.n_training(1.0) == pytest.approx(0.8 * len(table), abs=1)
    assert asked.n_training(0.5) == pytest.approx(0.4 * len(table), abs=3)


def test_what_cannot_be_scored_has_a_status(table):
    curve = learning_curve(table.query("method == 'snip'"), encodings=["rolled"],
                           tasks=["algorithm"], foldings=["grouped"], repeats=1)  # fmt: skip
    assert set(curve["score.status"]) == {"fewer than two classes"}
