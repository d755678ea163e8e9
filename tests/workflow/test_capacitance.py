"""The study of neural capacitance from end to end, and how it goes on after a run was lost."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.workflow.project import Project, fresh

pytestmark = pytest.mark.workflow

TABLES = (
    *("networks", "layers", "nulls", "curves", "candidates", "forecasts", "ranking", "starts"),
    *("ranking_differences", "capacitance", "sparse_scores", "sparse_comparisons", "claims"),
    "columns",
)


@pytest.fixture(scope="module")
def capacitance(tmp_path_factory) -> Project:
    """The study of capacitance, test tier, run to its end. Not to be changed."""
    project = fresh(tmp_path_factory.mktemp("capacitance") / "nsgraph")
    done = project.run(study="capacitance")
    assert done.returncode == 0, done.stdout
    return project


def test_the_study_makes_tables_figures_and_report(capacitance):
    results = capacitance.folder / "results" / "capacitance-test"
    tables = {path.stem: pd.read_csv(path) for path in (results / "tables").glob("*.csv")}
    assert set(tables) == set(TABLES)
    assert len(tables["candidates"]) == 4
    assert len(tables["curves"]) == 4 * 2 * (6 + 5)
    assert len(tables["networks"]) == 2 * (1 + 2 * 2)
    assert tables["capacitance"]["network"].nunique() == 10
    known = set(zip(tables["columns"]["table"], tables["columns"]["column"], strict=True))
    for name, table in tables.items():
        assert {(name, column) for column in table.columns} <= known
    for figure in ("ranking", "forecasts", "curves", "shares", "starts", "sparse"):
        assert {(results / "figures" / f"{figure}.{kind}").exists() for kind in ("svg", "png")}
    page = (results / "report.html").read_text()
    assert 'id="data-ranking"' in page
    assert 'id="data-candidates"' in page


def test_a_second_run_of_it_does_nothing(capacitance):
    assert capacitance.planned(study="capacitance") == {}


def test_the_literal_probe_and_wrong_zoos_end_with_a_sentence(capacitance):
    zoo = "{target: digits, candidates: [{model: mlp-4}, {model: mlp-5}, {model: mlp-4}], "
    zoo += "seeds: [0], epochs: 6, observe: [4]}"
    done = capacitance.run("-n", study="capacitance", zoo=zoo)
    assert done.returncode != 0
    assert "the candidate mlp-4 is there more than once" in done.stdout
    done = capacitance.run("-n", study="capacitance", zoo="{target: digits}")
    assert "'candidates' is a required property" in done.stdout
    literal = "{target: digits, candidates: [{model: mlp-4}, {model: mlp-5}, {model: mlp-6}], "
    literal += "seeds: [0], epochs: 6, observe: [4], probe: {widths: [16, 8]}}"
    target = "results/capacitance-test/probes/mlp-5.json"
    done = capacitance.run(target, study="capacitance", zoo=literal)
    assert done.returncode != 0
    assert "with three layers of weights" in done.stdout
    assert not (capacitance.folder / target).exists()
