from __future__ import annotations

from pathlib import Path

import pytest

import nsgraph
from nsgraph.prediction import FOLDINGS, MODELS, PARTS, TASKS, TRANSFER
from nsgraph.studies import configuration
from nsgraph.studies.prediction.jobs import DEFAULTS, ask_of, figures, jobs, shares
from nsgraph.studies.prediction.predicting import ANSWERS

FOLDER = Path(nsgraph.__file__).parents[1] / "workflow" / "config"
TIERS = [
    (study, tier) for study in ("multipartite", "published") for tier in ("test", "quick", "cpu")
]


def settings(study, tier):
    return configuration.read(FOLDER, study, tier, {})[1]


@pytest.mark.parametrize(("study", "tier"), TIERS)
def test_every_job_asks_for_what_there_is(study, tier):
    assert set(DEFAULTS) == set(ANSWERS)
    for kind in DEFAULTS:
        for name, asked in jobs(settings(study, tier), kind).items():
            assert set(asked["tasks"]) <= set(TASKS), name
            assert set(asked["foldings"]) <= {*FOLDINGS, *TRANSFER}
            assert set(asked.get("models", [])) <= set(MODELS)
            assert set(asked.get("parts", [])) <= set(PARTS)
            assert asked["repeats"] >= 1
            assert shares(asked) == (asked["tasks"] if asked["split"] else ["all"])


def test_a_share_of_a_job_asks_one_task_and_else_the_same():
    own = settings("multipartite", "cpu")
    whole = jobs(own, "scores")["headline"]
    assert ask_of(own, "scores", "headline", "all") == whole
    one = ask_of(own, "scores", "headline", "algorithm")
    assert one == {**whole, "tasks": ["algorithm"]}


def test_the_cpu_tier_asks_everything_and_the_quick_one_a_little():
    every = settings("multipartite", "cpu")
    scores = jobs(every, "scores")
    assert any(set(TRANSFER) <= set(asked["foldings"]) for asked in scores.values())
    assert any("xgboost tuned" in asked["models"] for asked in scores.values())
    assert any("sparsity" in asked["parts"] for asked in scores.values())
    assert all(jobs(every, kind) for kind in DEFAULTS)
    assert scores["headline"]["repeats"] >= 10
    assert {"parts", "models", "transfer", "beyond", "redundancy"} <= set(figures(every))
    quick = settings("multipartite", "quick")
    assert list(jobs(quick, "scores")) == ["headline"]
    assert "transfer" not in figures(quick)
