"""All figures of a prediction, from the tables that its jobs give for a few made-up networks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.prediction import null_table
from nsgraph.studies.multipartite.claims import claims_table
from nsgraph.studies.prediction.figures import prediction_figures
from nsgraph.studies.prediction.flattery_figure import look_up
from nsgraph.studies.prediction.jobs import figures, jobs
from nsgraph.studies.prediction.predicting import answer, joined, networks_asked
from nsgraph.studies.prediction.sparsity_figure import sparsities_figure
from tests.prediction.conftest import make_table

PREDICTION = {
    "folds": 2,
    "repeats": 1,
    "scores": {
        "headline": {"tasks": ["category-of-three", "accuracy-drop"]},
        "models": {"parts": ["model"], "models": ["ridge", "xgboost"], "tasks": ["accuracy-drop"]},
        "sparsities": {"parts": ["sparsity"]},
        "others": {"models": ["ridge"], "tasks": ["accuracy-drop"]},
        "transfer": {"foldings": ["leave-one-model-out"], "tasks": ["accuracy-drop"]},
        "sparse": {"where": {"sparsity": [0.9]}, "tasks": ["accuracy-drop"], "name": "at 90 %"},
    },
    "importance": {"headline": {"tasks": ["accuracy-drop"], "encodings": ["multipartite"]}},
    "answers": {"headline": {}},
    "null": {"headline": {"samples": 2, "tasks": ["accuracy-drop"]}},
    "curve": {"headline": {"tasks": ["accuracy-drop"], "foldings": ["grouped"]}},
}
SETTINGS = {"encodings": ["multipartite", "rolled"], "prediction": PREDICTION}


@pytest.fixture(scope="module")
def networks():
    table = make_table(seeds=2, sparsities=(0.8, 0.9))
    rng = np.random.default_rng(0)
    densities = (1 - table["sparsity"].to_numpy())[:, None] * rng.uniform(0.5, 1.5, (len(table), 2))
    return table.assign(
        **{"mask.density.01": densities[:, 0], "mask.density.02": densities[:, 1]},
        test_accuracy=0.9 - table["accuracy_drop"],
    )


@pytest.fixture(scope="module")
def tables(networks):
    found: dict[str, list[pd.DataFrame]] = {}
    for kind in ("scores", "importance", "answers", "null", "curve"):
        for asked in jobs(SETTINGS, kind).values():
            own = networks_asked(networks, None, asked["where"])
            for name, table in answer(kind, own, asked).items():
                found.setdefault(name, []).append(table)
    made = {f"prediction_{name}": joined(name, parts) for name, parts in found.items()}
    null = null_table(made["prediction_scores"], made["prediction_null_samples"])
    return {**made, "networks": networks, "prediction_null": null}


def test_every_figure_is_drawn_and_says_what_it_shows(tables):
    wanted = figures(SETTINGS)
    assert len(wanted) == 12
    drawn = prediction_figures(tables, wanted)
    assert [figure.name for figure in drawn] == wanted
    for figure in drawn:
        assert figure.caption.endswith((".", ")"))
        figure.figure.canvas.draw()
        assert any(axes.lines or axes.collections or axes.images for axes in figure.figure.axes)


def test_lines_of_sparsities_are_the_scores(tables):
    scores = tables["prediction_scores"]
    figure = sparsities_figure(scores).figure
    panels = [axes for axes in figure.axes if axes.get_title() == "accuracy drop\ngrouped folds"]
    (line,) = (line for line in panels[0].lines if line.get_label() == "multipartite")
    own = scores[scores["part"].str.startswith("sparsity ") & (scores["task"] == "accuracy-drop")]
    own = own[(own["folding"] == "grouped") & (own["features"] == "multipartite")]
    assert line.get_ydata().tolist() == own.sort_values("part")["score"].tolist()
    assert [t.get_text() for t in panels[0].get_xticklabels()] == ["80", "90"]
    labels = {axes.get_title().split("\n")[0]: axes.get_ylabel() for axes in figure.axes}
    assert labels["ranking of algorithms"] == "Spearman correlation"
    assert labels["algorithm"] == "balanced accuracy"
    assert labels["accuracy drop"] == "R² (1 = perfect)"


def test_figures_of_empty_tables_say_so(tables):
    empty = {n: t.iloc[:0] if n.startswith("prediction_") else t for n, t in tables.items()}
    names = ["curve", "beyond", "importance", "redundancy", "confusion", "drops"]
    for figure in prediction_figures(
        {**empty, "prediction_scores": tables["prediction_scores"]}, names
    ):
        assert "has no answer" in figure.caption
        figure.figure.canvas.draw()


def test_parts_of_jobs_have_names_of_their_own(tables):
    scores = tables["prediction_scores"]
    parts = {"all", "model mlp", "model resnet", "sparsity 0.8", "sparsity 0.9", "at 90 %"}
    assert set(scores["part"]) == parts
    keys = ["part", "task", "folding", "features", "model"]
    assert not scores.duplicated(keys).any()
    own = scores[(scores["part"] == "at 90 %").to_numpy()]
    assert set(own["n_networks"].dropna()) == {2 * 7 * 2}


def test_claims_find_their_rows_among_all_jobs(tables):
    claims = claims_table(tables)
    assert list(claims["claim"]) == list(range(1, len(claims) + 1))
    scored = claims[claims["ours"].notna()]
    assert len(scored) >= 8
    assert scored["statement"].str.contains("not seen in training").any()
    left = claims[claims["ours"].isna()]["statement"]
    assert not left.str.contains("flatter|Motifs|densities of the layers do").sum() > 1


def test_types_survive_the_joining_of_jobs(tables):
    scores = tables["prediction_scores"]
    assert str(scores["n_classes"].dtype) == str(scores["n_networks"].dtype) == "Int64"
    assert joined("drops", [tables["prediction_drops"].iloc[:0]]).empty
    assert joined("scores", [scores, scores]).equals(joined("scores", [scores]))


def test_networks_are_kept_by_their_columns(networks):
    found = networks_asked(networks, None, {"sparsity": [0.9], "model": ["mlp"]})
    assert set(found["sparsity"]) == {0.9}
    assert set(found["model"]) == {"mlp"}
    with pytest.raises(UserError, match="there is no such column"):
        networks_asked(networks, None, {"colour": ["red"]})
    with pytest.raises(UserError, match="no network with model among vgg"):
        networks_asked(networks, None, {"model": ["vgg"]})


def test_looking_up_copies_twins_only_where_it_may():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 3)
    metrics = np.repeat(rng.normal(size=(40, 4)), 3, axis=0) + rng.normal(size=(120, 4)) * 0.01
    drops = np.repeat(rng.normal(size=40), 3)  # nothing to do with the metrics
    seen, unseen = (look_up(metrics, drops, groups, allowed) for allowed in (True, False))
    assert seen.twin.all()
    assert seen.r_squared == 1
    assert not unseen.twin.any()
    assert unseen.r_squared < 0
    for i in (0, 57, 119):
        assert seen.copied[i] == drops[i]
        assert groups[i] != groups[np.flatnonzero(drops == unseen.copied[i])[0]]
