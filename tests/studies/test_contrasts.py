from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from nsgraph.studies.accuracy import accuracy_table
from nsgraph.studies.methods.contrasts import method_claims_table
from nsgraph.studies.methods.results import headline, methods_table
from nsgraph.studies.verdicts import COLUMNS, HOLDS, NOT, UNDECIDED
from tests.studies.made_up import CATEGORIES, methods, networks

DYNAMIC, DATA, TRAINED, WITHIN = "Dynamic", "by the data", "by magnitude", "It matters"
FOUR = ("a", "b", "c", "d")
STATIC = ("er", "uniform", "snip", "synflow")


def around(level, spread=(0.0, 0.004, -0.003)):
    return [level + change for change in spread]


def claims(accuracies, **settings):
    made = networks({"dense": around(0.95), **accuracies}, **settings)
    return method_claims_table(made, methods(["dense", *accuracies]))


def claim(table, words):
    return table[table["statement"].str.contains(words)].iloc[0]


def many(levels):
    """Accuracies by method from mean levels, with noise of the seeds that all share."""
    return {name: around(level) for name, level in levels.items()}


def test_a_difference_is_paired_by_seed():
    noisy = [0.7, 0.8, 0.9]  # seeds differ more than methods
    accuracies = {"er": noisy, "set": [0.72, 0.825, 0.923]}
    found = claim(claims(accuracies), DYNAMIC)
    gaps = 100 * (np.array(accuracies["set"]) - noisy)
    low, high = stats.t.interval(0.95, 2, gaps.mean(), stats.sem(gaps))
    assert found["ours"] == pytest.approx(gaps.mean())
    assert (found["low"], found["high"]) == pytest.approx((low, high))
    assert found["n"] == 6
    assert low > 0
    assert found["verdict"] == UNDECIDED  # of two methods, one is always the better
    assert "p = 0.5" in found["note"] or "p ≤ 0.5" in found["note"]


def test_a_claim_holds_where_seeds_agree_and_shuffled_groups_are_beaten(monkeypatch):
    names = [f"dynamic-{i}" for i in range(4)]
    monkeypatch.setattr(
        "tests.studies.made_up.CATEGORIES",
        {**CATEGORIES, **dict.fromkeys(names, "dynamic sparse training")},
    )
    levels = dict.fromkeys(STATIC, 0.8)
    found = claim(claims(many({**levels, **dict.fromkeys(names, 0.85)})), DYNAMIC)
    assert found["verdict"] == HOLDS
    assert found["ours"] == pytest.approx(5)
    assert "p ≤ 0.014" in found["note"]  # one of the 70 ways to choose four of eight
    found = claim(claims(many({**levels, **dict.fromkeys(names, 0.75)})), DYNAMIC)
    assert found["verdict"] == NOT


def test_the_null_of_groups_is_exact_where_there_are_few_ways():
    levels = {"er": 0.70, "uniform": 0.74, "snip": 0.79, "synflow": 0.72, "set": 0.78, "rigl": 0.77}
    found = claim(claims(many(levels)), DYNAMIC)
    values = list(levels.values())
    ways = [
        100
        * (
            np.mean([values[i] for i in pair])
            - np.mean([v for j, v in enumerate(values) if j not in pair])
        )
        for pair in itertools.combinations(range(6), 2)
    ]
    as_much = sum(way >= found["ours"] - 1e-6 for way in ways)
    assert found["ours"] == pytest.approx(ways[-1])
    assert f"p = {as_much / 15:.2g}" in found["note"]


def test_only_masks_that_look_at_data_are_data_driven():
    table = claims(many({"er": 0.8, "snip-redrawn": 0.9, "snip": 0.82, "synflow": 0.5}))
    found = claim(table, DATA)
    assert found["ours"] == pytest.approx(2)
    assert "snip against er" in found["note"]


def test_redrawn_masks_are_held_against_their_own():
    table = claims(
        many({"er": 0.8, "snip": 0.82, "snip-redrawn": 0.85}), models=("a", "b", "c", "d")
    )
    found = claim(table, WITHIN)
    assert found["ours"] == pytest.approx(-3)
    assert found["verdict"] == NOT
    table = claims(
        many({"er": 0.8, "snip": 0.88, "snip-redrawn": 0.85}), models=("a", "b", "c", "d")
    )
    assert claim(table, WITHIN)["verdict"] == HOLDS
    assert "pairs shuffled" in claim(table, WITHIN)["note"]


def test_methods_with_a_larger_budget_are_left_out():
    levels = {"snip": 0.8, "magnitude": 0.81, "lottery-ticket": 0.93}
    table = claims(many(levels), lottery_ticket=90)
    found = claim(table, TRAINED)
    assert found["ours"] == pytest.approx(1)
    assert "left out, for more epochs: lottery-ticket" in found["note"]
    assert claim(claims(many(levels)), TRAINED)["ours"] == pytest.approx(7)


def test_every_sparsity_has_a_row_of_its_own():
    table = claims(many({"er": 0.8, "set": 0.85}), sparsities=(0.8, 0.95))
    assert list(table.columns) == list(COLUMNS)
    assert list(table["claim"]) == list(range(1, len(table) + 1))
    dynamic = table[table["statement"].str.contains(DYNAMIC)]
    assert [s.partition("(")[2] for s in dynamic["statement"]] == [
        "",
        "80 % pruned).",
        "95 % pruned).",
    ]
    assert dynamic["n"].tolist() == [12, 6, 6]


def test_what_was_not_measured_is_undecided():
    found = claim(claims(many({"er": 0.8, "set": 0.85})), TRAINED)
    assert found["verdict"] == UNDECIDED
    assert found["note"].startswith("not measured")
    assert np.isnan(found["ours"])


def test_a_method_that_lacks_at_a_model_favours_nobody():
    made = networks(many({"dense": 0.95, "er": 0.8, "snip": 0.8, "set": 0.85}), models=("a", "b"))
    hard = (made["model"] == "b").to_numpy()
    made.loc[hard, "test_accuracy"] -= 0.3
    made = made[~(hard & (made["method"] == "snip").to_numpy())]
    found = claim(method_claims_table(made, methods(["er", "snip", "set"])), DYNAMIC)
    assert found["ours"] == pytest.approx(5, abs=0.5)


def test_headline_names_the_best_at_the_highest_sparsity():
    made = networks(
        many({"dense": 0.95, "er": 0.8, "snip": 0.9, "set": 0.85}), sparsities=(0.5, 0.9)
    )
    table = method_claims_table(made, methods(["er", "snip", "set"]))
    text = headline(accuracy_table(made), table)
    assert text.startswith("mlp on digits at 90 % sparsity: snip is the most accurate of 3 methods")
    assert "against 95.0 % [" in text
    assert text.endswith("over all sparsities: 4 undecided.")


def test_methods_are_described_with_the_options_in_force():
    about = {"mine": {"category": "magnitude", "reference": "me"}}
    table = methods_table(["snip", "dense", "mine"], {"snip": {"batch": 7}}, about)
    found = table.set_index("method").to_dict("index")
    assert found["snip"]["needs"] == "batches"
    assert '"batch":7' in found["snip"]["options"]
    assert "Lee et al. 2019" in found["snip"]["reference"]
    assert found["mine"]["needs"] == "external"
    assert found["dense"]["needs"] == "nothing"
