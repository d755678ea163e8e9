"""Studies of fewer stages: one from end to end, and what is said of a study that is not whole."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from tests.workflow.project import Project, fresh

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def methods(tmp_path_factory) -> Project:
    """The study of methods, test tier, run to its end. Not to be changed."""
    project = fresh(tmp_path_factory.mktemp("methods") / "nsgraph")
    done = project.run(study="methods")
    assert done.returncode == 0, done.stdout
    return project


def test_the_study_of_methods_makes_tables_figures_and_report(methods):
    results = methods.folder / "results" / "methods-test"
    tables = {path.stem: pd.read_csv(path) for path in (results / "tables").glob("*.csv")}
    assert set(tables) == {
        *("networks", "accuracy", "densities", "methods", "claims", "columns"),
    }
    assert len(tables["networks"]) == len(methods.networks()) == 2 * (1 + 4) * 2
    assert len(tables["accuracy"]) == 2 * (1 + 4)
    assert tables["accuracy"]["mean"].between(0, 1).all()
    assert (tables["accuracy"]["n"] == 2).all()
    described = tables["columns"]
    known = set(zip(described["table"], described["column"], strict=True))
    for name, table in tables.items():
        assert {(name, column) for column in table.columns} <= known
    for figure in ("accuracy", "densities"):
        assert {(results / "figures" / f"{figure}.{kind}").exists() for kind in ("svg", "png")}
    page = (results / "report.html").read_text()
    assert 'id="data-accuracy"' in page
    assert not (results / "edges").exists()
    assert not (results / "metrics").exists()


def test_redrawn_masks_have_the_densities_of_their_method(methods):
    tables = methods.folder / "results" / "methods-test" / "tables"
    densities = pd.read_csv(tables / "densities.csv").set_index(["model", "layer"])
    own, redrawn = (
        densities.loc[densities["method"] == name, "density"] for name in ("snip", "snip-redrawn")
    )
    assert own.to_dict() == redrawn.to_dict()


def test_a_second_run_of_it_does_nothing(methods):
    assert methods.planned(study="methods") == {}


def test_all_methods_but_those_skipped_are_planned(methods):
    every = methods.planned(study="methods", methods="[all]", models="[mlp-16]")["train"]
    named = "[all,px-redrawn]"
    skip = "{mlp-16: [grasp, px, synflow]}"
    fewer = methods.planned(study="methods", methods=named, models="[mlp-16]", skip=skip)["train"]
    assert fewer == every + 1 - 3
    assert every > 15


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"encodings": "[rolled]"}, "'encodings' was unexpected"),
        ({"sparsitys": "[0.5]"}, "'sparsitys' was unexpected"),
        ({"recipe": "{epocs: 3}"}, "'epocs' was unexpected"),
        ({"skip": "{digits: [snap]}"}, "Unknown method 'snap'"),
        ({"options": "{all: {batch: 3}}"}, "Unknown method 'all'"),
    ],
)
def test_a_wrong_key_of_a_study_is_said(methods, settings, sentence):
    done = methods.run("-n", study="methods", **settings)
    assert done.returncode != 0
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout


def test_a_study_without_its_rules_or_schema_says_which_file(tmp_path):
    project = fresh(tmp_path / "nsgraph")
    folder = project.folder / "workflow"
    content = yaml.safe_load((folder / "config" / "methods.yaml").read_text())
    (folder / "config" / "mine.yaml").write_text(yaml.safe_dump({**content, "study": "mine"}))
    assert (
        "'mine' lacks workflow/config/schemas/mine.yaml" in project.run("-n", study="mine").stdout
    )
    schemas = folder / "config" / "schemas"
    (schemas / "mine.yaml").write_text((schemas / "methods.yaml").read_text())
    done = project.run("-n", study="mine")
    assert "'mine' lacks workflow/rules/studies/mine.smk" in done.stdout
