from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from nsgraph.studies.figures import PALETTE, save_figures
from nsgraph.studies.method_rows import colour_of
from nsgraph.studies.multipartite.figures import (
    all_figures,
    distance_figure,
    metrics_figure,
)
from nsgraph.studies.multipartite.motifs import motifs_figure
from nsgraph.studies.panels import CATEGORIES, method_order
from nsgraph.studies.prediction.figures import prediction_figure

METHODS = {"dense": "dense", "uniform": "layer-wise random", "snip": "pruning at initialisation"}


@pytest.fixture(scope="module")
def networks():
    rows = []
    for method, category in METHODS.items():
        for sparsity in [0.0] if method == "dense" else [0.8, 0.9]:
            for seed in range(3):
                accuracy = 0.9 - 0.1 * sparsity + 0.01 * seed
                rows.append(
                    {
                        "network": f"{method}-{sparsity}-{seed}",
                        "dataset": "digits",
                        "model": "mlp",
                        "method": method,
                        "category": category,
                        "sparsity": sparsity,
                        "seed": seed,
                        "test_accuracy": accuracy,
                        "multipartite.motifs.chain_per_edge": 2.0 * seed,
                        "multipartite.connectivity.components": seed,
                    }
                )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def nulls(networks):
    """The chain never varies, the bi-fan is more common than chance in networks of snip."""
    rows = []
    for network in networks["network"]:
        for motif, null in itertools.product(("bifan", "chain"), ("er", "degree")):
            z = None if motif == "chain" else 8.0 if network.startswith("snip") else 0.0
            row = {"network": network, "encoding": "multipartite", "metric": f"motifs.{motif}"}
            rows.append({**row, "null_model": null, "samples": 7, "z": z})
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def pairs():
    return pd.DataFrame(
        {
            "dataset": "digits",
            "model": "mlp",
            "method": ["snip", "snip", "dense"],
            "category": ["pruning at initialisation"] * 2 + ["dense"],
            "sparsity": [0.8, 0.9, 0.0],
            "differ": "seed",
            "distance.nnstd": [0.5, 0.6, 0.0],
            "distance.nnstd_er_mean": [0.7, 0.8, None],
            "distance.nnstd_er_sd": [0.01, 0.02, None],
        }
    )


@pytest.fixture(scope="module")
def scores():
    rows = [
        {
            "part": "all",
            "model": "dummy" if features == "nothing" else "xgboost",
            "metric": "R2" if task == "accuracy-drop" else "balanced accuracy",
            "task": task,
            "folding": folding,
            "features": features,
            "score": 0.5,
            "low": 0.4,
            "high": 0.6,
            "n_classes": 4 if task == "algorithm" else None,
            "n_networks": 12,
            "repeats": 3,
            "folds": 4,
        }
        for task in ("algorithm", "accuracy-drop")
        for folding in ("random", "grouped")
        for features in ("nothing", "sparsity", "multipartite")
    ]
    return pd.DataFrame(rows).astype({"n_classes": "Int64"})


@pytest.fixture(scope="module")
def null(scores):
    rows = scores[scores["features"] == "multipartite"]
    random = (rows["folding"] == "random").to_numpy()
    return rows.assign(
        null_samples=5,
        null_mean=np.where(random, 0.4, -0.1),
        null_low=np.where(random, 0.3, -0.2),
        null_high=np.where(random, 0.5, 0.1),
    )


def figures(networks, nulls, pairs, scores, null):
    tables = {"networks": networks, "nulls": nulls, "pairs": pairs}
    tables |= {"prediction_scores": scores, "prediction_null": null}
    return all_figures(tables, ["prediction"])


def dots(axes):
    """Height of a row -> values of its dots, of the lines that have no more than dots."""
    lines = [x for x in axes.lines if x.get_marker() == "o"]
    pairs = [zip(x.get_ydata(), x.get_xdata(), strict=True) for x in lines]
    return {round(float(y), 3): float(x) for pair in pairs for y, x in pair}


def rows(axes):
    labels = [label.get_text() for label in axes.get_yticklabels()]
    return dict(zip(labels, axes.get_yticks(), strict=True))


def test_dots_are_means_and_bars_the_range_of_the_seeds(networks):
    first, axes = metrics_figure(networks).figure.axes
    bars = [s for c in axes.collections for s in getattr(c, "get_segments", list)()]
    assert np.allclose([np.ptp(np.array(s)[:, 0]) for s in bars], [4.0] * 4)
    assert set(dots(axes).values()) == {2.0}
    near = [y for y in dots(axes) if abs(y - rows(first)["snip"]) < 0.5]
    assert len(near) == 2  # sparsities


def test_metrics_that_the_table_lacks_get_no_panel(networks):
    titles = [a.get_title() for a in metrics_figure(networks).figure.axes]
    assert titles == ["mlp\non digits\ncomponents", "mlp\non digits\nchains per edge"]


def test_captions_state_n_and_what_intervals_are(networks, nulls, pairs, scores, null):
    captions = {f.name: f.caption for f in figures(networks, nulls, pairs, scores, null)}
    assert "means over seeds (n = 3 a point) and 95 % intervals" in captions["accuracy"]
    assert "12 networks, 3 seeds per point" in captions["metrics"]
    assert "lowest to the highest seed" in captions["metrics"]
    assert "4-fold cross-validation, 3 repeats, n = 12 networks" in captions["prediction"]
    assert "95 % bootstrap" in captions["prediction"]
    assert "95 % range of 5 shuffles" in captions["prediction"]
    assert "2 pairs" in captions["distance"]


def test_shuffled_labels_are_drawn_beside_the_scores(scores, null):
    axes = prediction_figure(scores, null).figure.axes
    assert [t.get_text() for t in axes[0].get_yticklabels()] == [
        "multipartite",
        "multipartite,\nlabels shuffled",
        "sparsity",
        "nothing",
    ]
    for panel in axes:
        diamonds = [x for x in panel.lines if x.get_marker() == "D"]
        assert [x.get_xdata().tolist() for x in diamonds] == [[0.4], [-0.1]]
        assert all(round(x.get_ydata()[0]) == 1 for x in diamonds)
        bars = [s for c in panel.collections for s in c.get_segments()]
        assert [0.3, 0.5] in [np.array(s)[:, 0].tolist() for s in bars]
        assert panel.get_xlim()[0] < -0.2
    zero = [[x for x in a.lines if list(x.get_xdata()) == [0, 0]] for a in axes]
    assert [len(z) for z in zero] == [0, 1]  # R² has a zero that means something


def test_distances_have_their_chance_beside_them(pairs):
    axes = distance_figure(pairs).figure.axes[0]
    bars = [np.array(s) for c in axes.collections for s in c.get_segments()]
    strokes = sorted(float(s[0, 0]) for s in bars if s[0, 0] == s[1, 0])
    bands = sorted((float(s[0, 0]), float(s[1, 0])) for s in bars if s[0, 0] != s[1, 0])
    assert strokes == [0.7, 0.8]
    assert np.allclose(bands, [(0.68, 0.72), (0.76, 0.84)])
    assert sorted(dots(axes).values()) == [0.5, 0.6]
    assert list(rows(axes)) == ["snip", "pruning at initialisation"]
    assert list(rows(distance_figure(pairs.drop(columns="category")).figure.axes[0])) == [
        *("snip", "methods"),
    ]


def test_no_pairs_and_no_scores_still_make_figures(networks, pairs, scores, null):
    nothing = scores.assign(score=None, low=None, high=None).astype({"score": "float64"})
    assert "0 pairs" in distance_figure(pairs.iloc[:0]).caption
    assert "n = 0" in prediction_figure(nothing, null.iloc[:0]).caption


def test_methods_come_by_category_and_no_two_colours_are_the_same(networks):
    assert method_order(networks) == ["uniform", "snip"]
    assert len(set(PALETTE)) == 8
    assert len({colour_of(category) for category in CATEGORIES}) == len(CATEGORIES)


def test_files_are_the_same_bytes_again_and_captions_in_order(
    tmp_path, networks, nulls, pairs, scores, null
):
    for folder in ("a", "b"):
        save_figures(figures(networks, nulls, pairs, scores, null), tmp_path / folder)
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    stems = ["accuracy", "distance", "metrics", "motifs", "prediction"]
    expected = [f"{s}.{x}" for s in stems for x in ("png", "svg")]
    assert names == sorted([*expected, "captions.json"])
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    captions = json.loads((tmp_path / "a" / "captions.json").read_text("utf-8"))
    assert [c["name"] for c in captions] == [
        *("accuracy", "metrics", "motifs", "prediction", "distance")
    ]
    svg = (tmp_path / "a" / "accuracy.svg").read_text("utf-8")
    assert "<dc:date>" not in svg


def test_motifs_that_do_not_vary_are_left_out(networks, nulls):
    figure = motifs_figure(nulls, networks)
    panels = [axes for axes in figure.figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [
        "mlp on digits\nsame links per layer",
        "mlp on digits\nsame degrees",
    ]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["bifan"]
    methods = [label.get_text() for label in panels[0].get_xticklabels()]
    written = [text.get_text() for text in panels[0].texts]
    assert dict(zip(methods, written, strict=True)) == {"uniform": "0", "snip": "8"}
    assert "7 random networks a network" in figure.caption


def test_motifs_without_any_null_are_an_empty_figure(networks, nulls):
    figure = motifs_figure(nulls.iloc[:0], networks)
    assert not any(axes.collections for axes in figure.figure.axes)


def test_motifs_of_many_methods_stand_one_below_the_other(networks, nulls, monkeypatch):
    figure = motifs_figure(nulls, networks).figure
    assert len({axes.get_position().y0 for axes in figure.axes[:2]}) == 1
    monkeypatch.setattr("nsgraph.studies.multipartite.motifs.WIDTH", 1.0)  # as if there were forty
    below = motifs_figure(nulls, networks).figure
    assert len({axes.get_position().y0 for axes in below.axes[:2]}) == 2
    assert below.get_size_inches()[1] > figure.get_size_inches()[1]
