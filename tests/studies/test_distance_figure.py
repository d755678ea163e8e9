"""The figure of seeds shows pairs that differ in their seed alone."""

from __future__ import annotations

import pandas as pd

from nsgraph.studies.multipartite.figures import distance_figure


def test_pairs_of_data_sets_are_left_out():
    pairs = pd.DataFrame(
        {
            "differ": ["seed", "dataset"],
            "dataset": "digits",
            "model": "mlp",
            "method": "snip",
            "sparsity": 0.8,
            "distance.nnstd": [0.5, 0.25],
            "distance.nnstd_er_mean": 0.7,
            "distance.nnstd_er_sd": 0.01,
        }
    )
    figure = distance_figure(pairs)
    assert "1 pairs" in figure.caption
    points = [x for line in figure.figure.axes[0].lines for x in line.get_xdata()]
    assert points.count(0.5) == 1
    assert 0.25 not in points
