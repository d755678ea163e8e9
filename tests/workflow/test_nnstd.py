"""The study of topology distance from end to end."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.workflow.project import Project, fresh

pytestmark = pytest.mark.workflow

FIGURES = ("accuracy", "chain", "evolution", "heat_maps", "trajectory", "retraining")


@pytest.fixture(scope="module")
def nnstd(tmp_path_factory) -> Project:
    """The study, test tier, run to its end. Not to be changed."""
    project = fresh(tmp_path_factory.mktemp("nnstd") / "nsgraph")
    done = project.run(study="nnstd")
    assert done.returncode == 0, done.stdout
    return project


def test_it_makes_tables_figures_and_report(nnstd):
    results = nnstd.folder / "results" / "nnstd-test"
    tables = {path.stem: pd.read_csv(path) for path in (results / "tables").glob("*.csv")}
    assert set(tables) == {
        *("networks", "accuracy", "distances", "evolved", "retrained", "claims", "columns"),
    }
    described = tables["columns"]
    known = set(zip(described["table"], described["column"], strict=True))
    for name, table in tables.items():
        assert {(name, column) for column in table.columns} <= known
    for figure in FIGURES:
        assert all((results / "figures" / f"{figure}.{kind}").exists() for kind in ("svg", "png"))
    page = (results / "report.html").read_text()
    assert 'id="data-distances"' in page
    assert len(tables["evolved"]) == 3 * 2
    assert len(tables["retrained"]) == 3 * (2 * 2 + 1)
    claims = tables["claims"].set_index("statement")
    grows = claims[claims.index.str.contains("grows with every")].iloc[0]
    assert grows["verdict"] == "holds"


def test_starts_are_as_near_as_the_configuration_says(nnstd):
    tables = nnstd.folder / "results" / "nnstd-test" / "tables"
    distances = pd.read_csv(tables / "distances.csv")
    before = distances[(distances["experiment"] == "before") & (distances["layers"] == "all")]
    same = before["root_a"] == before["root_b"]
    assert (before.loc[same, "shared"] > 0.93).all()  # 2 % of the links moved in each of two
    assert (before.loc[~same, "shared"] < 0.5).all()
    assert before.loc[same, "distance"].max() < before.loc[~same, "distance"].min()


def test_a_second_run_does_nothing_and_another_chain_trains_nothing(nnstd):
    assert nnstd.planned(study="nnstd") == {}
    chain = "{density: 0.2, networks: 3, changed: 0.05, roots: [0, 1], densities: [0.2, 0.5]}"
    planned = nnstd.planned(study="nnstd", chain=chain)
    assert "train" not in planned
    assert "evolve" not in planned
    assert "retrain" not in planned


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"datasets": "[digits,mnist]"}, "is too long"),
        ({"chance_samples": "1"}, "1 is less than the minimum of 2"),
        ({"retrain": "{networks: 1}"}, "'epochs' is a required property"),
        ({"encodings": "[rolled]"}, "'encodings' was unexpected"),
    ],
)
def test_a_wrong_key_is_said(nnstd, settings, sentence):
    done = nnstd.run("-n", study="nnstd", **settings)
    assert done.returncode != 0
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
