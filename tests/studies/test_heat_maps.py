"""The heat map shows every distance in its place, and chance on its scale."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.studies.heat_maps import matrix_figure, square

NAMES = ["a1", "b1", "a2", "b2", "a3"]


@pytest.fixture
def rows():
    """Two families; chance at .9."""
    return pd.DataFrame(
        {
            "network_a": one,
            "network_b": other,
            "distance.nnstd": 0.125 + 0.01 * i if one[0] == other[0] else 0.75 + 0.01 * i,
            "distance.nnstd_er_mean": 0.9,
        }
        for i, (one, other) in enumerate(combinations(NAMES, 2))
    )


def drawn(figure):
    """Distances by the names beside the map."""
    axes = next(a for a in figure.axes if a.images)
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert names == [tick.get_text() for tick in axes.get_xticklabels()]
    values = np.asarray(axes.images[0].get_array())
    return names, {(a, b): values[i, j] for i, a in enumerate(names) for j, b in enumerate(names)}


@pytest.mark.parametrize("order", ["clustering", "given"])
def test_every_distance_is_in_its_place(rows, order):
    names, values = drawn(matrix_figure(rows, order=order).figure)
    for row in rows.to_dict("records"):
        a, b = row["network_a"], row["network_b"]
        assert values[a, b] == values[b, a] == row["distance.nnstd"]
    assert all(values[n, n] == 0 for n in NAMES)
    if order == "given":
        assert names == NAMES
    else:
        assert [n[0] for n in names] in (list("aaabb"), list("bbaaa"))


def test_the_tree_stands_beside_its_leaves(rows):
    tree, axes, *_ = matrix_figure(rows).figure.axes
    names, _ = drawn(axes.figure)
    # where the first branch splits in two families: the smaller one's end is between its leaves
    paths = [path for lines in tree.collections for path in lines.get_paths()]
    root = max((path.vertices for path in paths), key=lambda ends: ends[1, 0])
    low, high = tree.get_ylim()
    ends = sorted(5 * (y - high) / (low - high) for y in (root[0, 1], root[-1, 1]))
    small_first = [n[0] for n in names].count(names[0][0]) == 2
    assert ends[0] == pytest.approx(1) if small_first else ends[1] == pytest.approx(4)


def test_chance_is_marked_on_the_scale(rows):
    figure = matrix_figure(rows)
    bar = figure.figure.axes[-1]
    assert bar.get_ylabel() == "NNSTD (0 to 1)"
    assert {float(line.get_ydata()[0]) for line in bar.lines} == {0.9}
    assert "at 0.900 on average" in figure.caption
    assert "n = 5 networks, 10 pairs" in figure.caption
    without = matrix_figure(rows.drop(columns="distance.nnstd_er_mean"))
    assert not without.figure.axes[-1].lines
    assert "No level of chance" in without.caption


def test_labels_and_axis(rows):
    axes = matrix_figure(rows, order="given", axis="epoch", labels={"a1": "start"}).figure.axes[0]
    assert axes.get_xlabel() == "epoch"
    assert axes.get_yticklabels()[0].get_text() == "start"


def test_two_networks_need_no_tree(rows):
    assert len(matrix_figure(rows[:1]).figure.axes) == 2  # the map and its scale


@pytest.mark.parametrize("change", [lambda r: r[:-1], lambda r: pd.concat([r, r[:1]])])
def test_a_table_that_is_no_matrix(rows, change):
    with pytest.raises(UserError, match="one row for each of 10 pairs"):
        square(change(rows))
