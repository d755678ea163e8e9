"""Tables, claims and figures of a zoo whose answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nsgraph.ranking import predictors
from nsgraph.report import columns_table
from nsgraph.report.tables import KEYS
from nsgraph.studies.capacitance.claims import best_baseline, claims_table, ranked
from nsgraph.studies.capacitance.ranking_figures import ranking_figure
from nsgraph.studies.capacitance.results import all_figures, headline
from nsgraph.studies.capacitance.zoo import (
    candidates_table,
    curves_table,
    differences_table,
    forecasts_table,
    ranking_table,
    starts_table,
)
from tests.studies.zoo_runs import EPOCHS, made_up_runs

LIMITS = {"a": 0.7, "b": 0.8, "c": 0.85, "d": 0.9, "e": 0.95, "f": 0.6}
OBSERVE = (5, 6)


def tables_of(runs):
    forecasts = forecasts_table(runs, OBSERVE, EPOCHS)
    return {
        "curves": curves_table(runs),
        "candidates": candidates_table(runs),
        "forecasts": forecasts,
        "ranking": ranking_table(forecasts),
        "ranking_differences": differences_table(forecasts),
        "starts": starts_table(runs, forecasts, OBSERVE),
    }


@pytest.fixture(scope="module")
def tables():
    return tables_of(made_up_runs(LIMITS))


def test_the_truth_is_test_accuracy_at_the_best_epoch(tables):
    table = tables["candidates"].set_index("candidate")
    # two runs .01 apart, at the last epoch
    expected = 0.95 + 0.005 - 0.5 * EPOCHS**-0.8 - 0.02
    assert table.loc["e", "accuracy"] == pytest.approx(expected)
    assert table["rank"].to_dict() == {"e": 1, "d": 2, "c": 3, "b": 4, "a": 5, "f": 6}
    assert table.loc["e", "runs"] == 2
    assert table["leep"].isna().all()


def test_curves_hold_every_epoch_and_no_times(tables):
    curves = tables["curves"]
    assert len(curves) == len(LIMITS) * 2 * (EPOCHS + 6)
    assert not any("seconds" in name for name in curves)
    assert curves["local_beta"].isna().sum() == len(LIMITS) * 4


def test_forecasts_of_every_predictor_run_and_share(tables):
    forecasts = tables["forecasts"]
    assert len(forecasts) == 2 * len(OBSERVE) * len(predictors()) * len(LIMITS) * 2
    exact = forecasts[(forecasts["predictor"] == "beta-exact") & (forecasts["share"] == 1)]
    limits = exact["candidate"].map(LIMITS) + 0.01 * exact["seed"]
    np.testing.assert_allclose(exact["forecast"], limits, atol=2e-3)
    half = forecasts[(forecasts["share"] == 0.5)]
    own = forecasts[(forecasts["share"] == 1)].reset_index(drop=True)
    np.testing.assert_array_equal(half["truth"], own["truth"])
    assert forecasts.loc[forecasts["predictor"] == "leep", "forecast"].isna().all()
    assert half.loc[half["predictor"] == "cl", "forecast.status"].notna().all()


def test_ranks_of_a_zoo_in_perfect_order(tables):
    ranking = tables["ranking"]
    for name in ("beta-local", "beta-exact", "last-seen", "h-score"):
        found = ranked(ranking, 5, name)
        assert found["spearman"] == pytest.approx(1)
        assert found["regret"] == 0
    assert ranked(ranking, 5, "logme")["spearman"] == pytest.approx(-1)
    assert ranked(ranking, 5, "leep") is None
    row = ranking[ranking["predictor"] == "nce"].iloc[0]
    assert "no source classes" in row["spearman.status"]
    assert pd.isna(ranked(ranking, 5, "h-score")["error"])
    seen = ranked(ranking, 5, "last-seen")
    missing = 0.5 * 5**-0.8 - 0.5 * EPOCHS**-0.8 - 0.02
    assert seen["error"] == pytest.approx(missing)


def test_differences_are_those_of_the_ranks(tables):
    table, ranking = tables["ranking_differences"], tables["ranking"]
    row = table[(table["compared_with"] == "logme") & (table["share"] == 1)].iloc[0]
    ours = ranked(ranking, row["epochs"], row["predictor"])["spearman"]
    assert row["difference"] == pytest.approx(ours + 1)
    assert (row["low"], row["high"]) == (2, 2)
    assert not (table["predictor"] == table["compared_with"]).any()


def test_starts_hold_every_epoch_that_leaves_three(tables):
    starts = tables["starts"]
    assert set(starts.loc[starts["epochs"] == 6, "start"]) == {1, 2, 3, 4}
    exact = starts[starts["predictor"] == "beta-exact"]
    np.testing.assert_allclose(exact["spearman"], 1)
    chosen = starts.groupby(["epochs", "predictor"])["chosen"].sum()
    assert (chosen <= 1 + 1e-12).all()


def test_every_column_is_in_the_dictionary_and_no_two_rows_share_a_key(tables):
    columns = columns_table(tables, metrics=(), distances=())
    assert (columns["meaning"].str.len() > 0).all()
    for name, table in tables.items():
        assert not table.duplicated(list(KEYS[name])).any(), name


def test_claims_are_judged_by_intervals():
    order = {name: limit for name, limit in zip("abcdefgh", np.linspace(0.4, 0.95, 8), strict=True)}
    tables = tables_of(made_up_runs(order, shares=(1,), noise=0.001))
    ranking = tables["ranking"]
    claims = claims_table(tables, "digits").set_index("statement")
    row = claims.loc["After 5 epochs beta_eff (exact reading) ranks candidates better than chance."]
    assert row["verdict"] == "holds"
    assert row["ours"] == ranked(ranking, 5, "beta-exact")["spearman"]
    assert row["paper"] == "0.93 on CIFAR-10"
    same = claims.loc[
        "After 5 epochs beta_eff (exact reading) ranks candidates better than the best accuracy "
        "seen."
    ]
    assert same["verdict"] == "does not hold"  # nothing is better than a perfect order
    assert best_baseline(ranking, 5) in {"best-seen", "bgrn", "cl", "h-score", "last-seen"}
    assert claims["n"].max() == 8
    assert "8 candidates" in headline(tables)


def test_a_predictor_without_forecasts_is_undecided():
    runs = made_up_runs(LIMITS, shares=(1,))
    for run in runs:
        for row in run["epochs"]:
            row["local_beta"] = None
    claims = claims_table(tables_of(runs), "digits")
    local = claims[claims["statement"].str.contains("local reading")]
    assert (local["verdict"] == "undecided").all()
    assert local["note"].str.startswith("not measured").all()


def test_figures_show_all_that_there_is(tables):
    figures = {figure.name: figure for figure in all_figures(tables, EPOCHS)}
    assert list(figures) == ["ranking", "forecasts", "curves", "shares", "starts"]
    panels = figures["ranking"].figure.axes
    assert [axes.get_title() for axes in panels] == ["after 5 epochs", "after 6 epochs"]
    names = [label.get_text() for label in panels[0].get_yticklabels()]
    assert set(names) == set(predictors())
    curves = [axes.get_title() for axes in figures["curves"].figure.axes if axes.get_visible()]
    assert curves == ["e", "d", "c", "b", "a", "f"]
    assert "6 candidates, 2 runs of each" in figures["ranking"].caption
    for figure in figures.values():
        figure.figure.canvas.draw()


def test_a_strangers_predictor_is_in_the_tables_and_the_figure(monkeypatch):
    from nsgraph.ranking import Forecast, registry
    from nsgraph.ranking.registry import predictor

    predictors()
    monkeypatch.setattr(registry, "_PREDICTORS", dict(registry._PREDICTORS))

    @predictor("first-seen", reference="a test")
    def first_seen(seen, others, total):
        return Forecast(float(seen.accuracy[0]))

    forecasts = forecasts_table(made_up_runs(LIMITS), [5], EPOCHS, ["first-seen", "last-seen"])
    ranking = ranking_table(forecasts)
    assert ranked(ranking, 5, "first-seen")["spearman"] == pytest.approx(1)
    figure = ranking_figure(ranking).figure
    assert "first-seen" in [label.get_text() for label in figure.axes[0].get_yticklabels()]
