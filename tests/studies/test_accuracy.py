from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from nsgraph.studies.accuracy import accuracy_table
from nsgraph.studies.accuracy_figure import accuracy_figure
from nsgraph.studies.intervals import mean_interval
from tests.studies.made_up import networks


def rows(table):
    return table.set_index("method").to_dict("index")


@pytest.mark.parametrize("n", [2, 3, 7])
def test_intervals_are_student_s(n):
    values = np.random.default_rng(n).normal(size=n)
    found = mean_interval([*values, np.nan])
    low, high = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
    assert found.n == n
    assert np.allclose(
        [found.mean, found.sd, found.low, found.high],
        [values.mean(), values.std(ddof=1), low, high],
    )
    assert found.status is None


def test_of_one_seed_there_is_no_interval():
    assert mean_interval([0.5]) == (1, 0.5, None, None, None)
    assert mean_interval([]) == (0, None, None, None, None)
    assert mean_interval([0.5]).status == "fewer than two seeds"


def test_the_difference_is_paired_by_seed():
    table = accuracy_table(networks({"dense": [0.9, 0.8, 0.7], "snip": [0.85, None, 0.67]}))
    snip = rows(table)["snip"]
    assert snip["n"] == 2
    assert snip["mean"] == pytest.approx(0.76)
    assert snip["difference"] == pytest.approx(-0.04)
    assert snip["difference_n"] == 2
    low, high = stats.t.interval(0.95, 1, -0.04, stats.sem([-0.05, -0.03]))
    assert snip["difference_low"] == pytest.approx(low)
    assert snip["difference_high"] == pytest.approx(high)
    assert snip["sparsity"] == 0.9
    dense = rows(table)["dense"]
    assert (dense["sparsity"], dense["n"]) == (0.0, 3)
    assert np.isnan(dense["difference"])


def test_ranks_share_the_lower_number_and_the_best_rank_allows_for_noise():
    table = accuracy_table(
        networks(
            {
                "er": [0.80, 0.90, 0.70],
                "snip": [0.81, 0.91, 0.71],  # above er in every seed, though seeds differ more
                "set": [0.90, 0.70, 0.83],  # as snip in the mean, and above nobody for certain
                "uniform": [None, None, None],
            }
        )
    )
    found = {name: (row["rank"], row["best_rank"]) for name, row in rows(table).items()}
    assert found["snip"] == found["set"] == (1, 1)
    assert found["er"] == (3, 2)
    assert table.set_index("method").loc["uniform", ["rank", "best_rank", "mean"]].isna().all()


def test_what_is_not_there_is_said():
    table = accuracy_table(networks({"snip": [0.8, 0.9], "er": [0.7]}))
    found = rows(table)
    assert found["snip"]["difference.status"] == "no dense network of the same seed"
    assert found["er"]["sd.status"] == "fewer than two seeds"


def test_cells_are_apart():
    table = accuracy_table(
        networks(
            {"dense": [0.9, 0.9], "snip": [0.8, 0.7], "er": [0.6, 0.6]},
            sparsities=(0.8, 0.9),
            models=("mlp", "resnet"),
        )
    )
    assert len(table) == 2 * (1 + 2 * 2)
    assert not table.duplicated(["dataset", "model", "method", "sparsity"]).any()
    assert (table.loc[table["method"] == "snip", "rank"] == 1).all()


@pytest.fixture(scope="module")
def drawn():
    accuracies = {
        "dense": [0.9, 0.91, 0.92],
        "er": [0.80, 0.81, 0.82],
        "snip": [0.83, 0.84, 0.85],
        "synflow": [0.1, 0.1, 0.1],
        "rigl": [0.86, 0.87, 0.88],
        "lottery-ticket": [0.84, 0.85, 0.86],
    }
    made = networks(accuracies, sparsities=(0.9, 0.98), lottery_ticket=50)
    return accuracy_figure(accuracy_table(made))


def test_methods_are_rows_by_category_and_panels_are_sparsities(drawn):
    panels = drawn.figure.axes
    assert [axes.get_title() for axes in panels] == [
        "mlp\non digits\n90 % pruned",
        "mlp\non digits\n98 % pruned",
    ]
    labels = [label.get_text() for label in panels[0].get_yticklabels()]
    places = dict(zip(labels, panels[0].get_yticks(), strict=True))
    assert sorted(places, key=places.__getitem__) == [
        *("layer-wise random", "er", "pruning at initialisation", "snip", "synflow"),
        *("dynamic sparse training", "rigl", "magnitude", "lottery-ticket *"),
    ]
    assert "trained for more epochs" in drawn.caption
    dots = {round(float(x.get_ydata()[0]), 3): x for x in panels[0].lines if x.get_marker() == "o"}
    assert dots[round(places["snip"], 3)].get_xdata()[0] == pytest.approx(84)


def test_one_that_collapsed_does_not_squeeze_the_others(drawn):
    for axes in drawn.figure.axes:
        low, high = axes.get_xlim()
        assert 70 < low < 80
        assert high > 91
        assert [text.get_text() for text in axes.texts] == ["10.0"]
        dense = [x for x in axes.lines if x.get_linestyle() == "--"]
        assert [x.get_xdata()[0] for x in dense] == [pytest.approx(91)]


def test_nothing_overlaps_with_thirty_methods(monkeypatch):
    names = {f"method-{i:02d}": list(np.array([0.8, 0.82, 0.84]) + 0.001 * i) for i in range(30)}
    category = {name: "dynamic sparse training" for name in names}
    monkeypatch.setattr("tests.studies.made_up.CATEGORIES", category)
    made = networks(names, sparsities=(0.8, 0.9, 0.95), models=("mlp-64-64", "resnet20-of-mine"))
    figure = accuracy_figure(accuracy_table(made)).figure
    figure.draw_without_rendering()
    first = figure.axes[0]
    labels = [label.get_window_extent() for label in first.get_yticklabels()]
    labels.sort(key=lambda box: box.y0)
    assert all(a.y1 <= b.y0 + 1 for a, b in itertools.pairwise(labels))
    titles = [axes.title.get_window_extent() for axes in figure.axes]
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(titles))
    assert min(label.x0 for label in labels) >= 0
