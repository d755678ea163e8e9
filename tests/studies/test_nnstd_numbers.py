"""Numbers of roots and starts, and how claims about them are judged, on tables made up by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nsgraph.studies.nnstd.numbers import (
    accuracy_gaps,
    between_starts,
    from_first,
    method_gaps,
    retraining,
    trend,
    within_starts,
)
from nsgraph.studies.nnstd.rules import at_least, at_most, claim_row, growth, within
from nsgraph.studies.verdicts import HOLDS, NOT, UNDECIDED


def pairs(values, experiment="after", layers="all"):
    """Rows of {((root, place), (root, place)): distance}."""
    return pd.DataFrame(
        [
            {
                "experiment": experiment,
                "layers": layers,
                "root_a": a[0],
                "place_a": a[1],
                "root_b": b[0],
                "place_b": b[1],
                "distance": value,
            }
            for (a, b), value in values.items()
        ]
    )


def test_distances_from_the_first_network_of_each_root():
    values = {((r, i), (r, j)): r + j / 10 for r in (4, 7) for i, j in ((0, 1), (0, 2), (1, 2))}
    values[(4, 0), (7, 0)] = 99.0  # another root: not its business
    grid = from_first(pairs(values, "chain"), "chain")
    assert grid.to_dict() == {1: {4: 4.1, 7: 7.1}, 2: {4: 4.2, 7: 7.2}}


def test_means_within_starts_and_jackknife_between_them():
    rng = np.random.default_rng(0)
    networks = [(start, number) for start in (0, 1, 2, 5) for number in (0, 1)]
    values = {pair: rng.random() for pair in itertools.combinations(networks, 2)}
    table = pairs(values)
    same = within_starts(table, "after")
    assert same.to_dict() == {s: values[(s, 0), (s, 1)] for s in (0, 1, 2, 5)}

    def mean_between(starts):
        means = [
            np.mean([values[(a, i), (b, j)] for i in (0, 1) for j in (0, 1)])
            for a, b in itertools.combinations(starts, 2)
        ]
        return np.mean(means)

    starts = [0, 1, 2, 5]
    without = {s: mean_between([t for t in starts if t != s]) for s in starts}
    expected = {s: 4 * mean_between(starts) - 3 * without[s] for s in starts}
    found = between_starts(table, "after")
    assert found.to_dict() == pytest.approx(expected)
    assert found.mean() == pytest.approx(mean_between(starts))


def test_between_two_starts_there_is_no_interval():
    table = pairs({((0, 0), (1, 0)): 0.5, ((0, 0), (0, 1)): 0.1})
    assert between_starts(table, "after").isna().all()


def test_the_jackknife_covers_the_mean_as_often_as_it_says():
    """Distances between starts with an effect of each start: 95 % intervals, 300 times."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        effect = rng.normal(0, 1, 8)
        table = pairs(
            {
                ((a, 0), (b, 0)): 10 + effect[a] + effect[b] + rng.normal(0, 0.1)
                for a, b in itertools.combinations(range(8), 2)
            }
        )
        values = between_starts(table, "after").to_numpy()
        low, high = stats.t.interval(0.95, 7, values.mean(), stats.sem(values))
        hits += low <= 10 <= high
    assert 270 <= hits <= 299


def test_gaps_in_accuracy():
    evolved = pd.DataFrame({"start": [0, 0, 0, 1, 1], "test_accuracy": [0.9, 0.8, 0.7, 0.5, 0.52]})
    assert accuracy_gaps(evolved).to_dict() == pytest.approx({0: 40 / 3, 1: 2.0})
    networks = pd.DataFrame(
        [
            {"method": method, "sparsity": sparsity, "seed": seed, "test_accuracy": accuracy}
            for method, sparsity, seed, accuracy in (
                ("dense", 0.0, 0, 0.9),
                ("dense", 0.0, 1, 0.8),
                ("set", 0.5, 0, 0.85),
                ("set", 0.5, 1, 0.85),
                ("er", 0.5, 0, 0.75),
                ("er", 0.5, 1, 0.65),
            )
        ]
    )
    beside_dense = method_gaps(networks, "set", "dense")
    assert beside_dense[0.5].to_dict() == pytest.approx({0: -5, 1: 5})
    beside_fixed = method_gaps(networks, "set", "er")
    assert beside_fixed[0.5].to_dict() == pytest.approx({0: 10, 1: 20})


def test_accuracies_of_retrained_topologies():
    rows = pd.DataFrame(
        {
            "topology": ["evolved", "evolved", "random"],
            "weights": ["own", "own", "fresh"],
            "seed": [3, 3, 3],
            "epoch": [0, 5, 0],
            "test_accuracy": [0.5, 0.75, 0.25],
        }
    )
    assert retraining(rows, "evolved", "own").to_dict() == {0: {3: 50.0}, 5: {3: 75.0}}
    assert retraining(rows, "random", "fresh").to_dict() == {0: {3: 25.0}}


def test_trend_is_that_of_page():
    """Page's own example of L: three rows of four columns, exact p by counting all rankings."""
    rows = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0], [2.0, 1.0, 3.0, 4.0]])
    found = trend(pd.DataFrame(rows))
    weights = np.arange(1, 5)
    ranks = [np.array(p) for p in itertools.permutations(weights)]
    ours = sum(float(row @ weights) for row in rows)
    totals = [float((a + b + c) @ weights) for a, b, c in itertools.product(ranks, ranks, ranks)]
    assert found.p == pytest.approx(np.mean(np.array(totals) >= ours))
    assert found.taus == pytest.approx([1.0, 2 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("judge", "ends", "verdict"),
    [
        (within(0.4, 0.6), (0.45, 0.55), HOLDS),
        (within(0.4, 0.6), (0.55, 0.65), UNDECIDED),
        (within(0.4, 0.6), (0.61, 0.65), NOT),
        (at_least(1.0), (1.0, 2.0), HOLDS),
        (at_least(1.0), (0.0, 2.0), UNDECIDED),
        (at_least(1.0), (0.0, 0.9), NOT),
        (at_most(1.0), (0.0, 1.0), HOLDS),
        (at_most(1.0), (0.0, 1.1), UNDECIDED),
        (at_most(1.0), (1.1, 2.0), NOT),
    ],
)
def test_judges(judge, ends, verdict):
    assert judge({"low": ends[0], "high": ends[1]}) == verdict


def test_a_claim_without_an_interval_is_undecided():
    row = claim_row("It is.", "number", [0.5], "above 0", at_least(0.0))
    assert (row["ours"], row["low"], row["verdict"]) == (0.5, None, UNDECIDED)


def test_an_interval_ends_where_values_do():
    row = claim_row("It is.", "number", [0.7, 1.0, 1.0], "above 0", at_least(0.0), bounds=(0, 1))
    assert (row["high"], row["verdict"]) == (1.0, HOLDS)
    assert 0 < row["low"] < 0.7
    free = claim_row("It is.", "number", [0.7, 1.0, 1.0], "above 0", at_least(0.0))
    assert free["high"] > 1
    assert free["low"] == row["low"]


def test_growth_needs_the_rank_test_too():
    rising = pd.DataFrame(np.arange(15.0).reshape(3, 5) % 5 + [[0.0], [0.1], [0.2]])
    assert growth(rising, "It grows.", "the step", "grows")["verdict"] == HOLDS
    assert growth(-rising, "It grows.", "the step", "grows")["verdict"] == NOT
    flat = pd.DataFrame(np.random.default_rng(0).random((3, 5)))
    assert growth(flat, "It grows.", "the step", "grows")["verdict"] == UNDECIDED
