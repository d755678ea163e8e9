"""The study of the published tables, on made-up ones in their form."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.prediction.made_up_published import identities, tables, write_archive
from tests.workflow.project import Project, fresh

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> tuple[Project, str]:
    """The test tier, run to its end, and the archive it read. Not to be changed."""
    folder = tmp_path_factory.mktemp("published")
    project = fresh(folder / "nsgraph")
    made = tables(identities(models=("CONV-6", "Resnet-20"), seeds=(0, 1, 2)))
    archive = str(write_archive(folder / "graph_data.tar.xz", made))
    done = project.run(study="published", published_csv=archive)
    assert done.returncode == 0, done.stdout
    return project, archive


def test_it_makes_tables_claims_figures_and_report(published):
    results = published[0].folder / "results" / "published-test"
    found = {path.stem: pd.read_csv(path) for path in (results / "tables").glob("*.csv")}
    assert len(found["networks"]) == 2 * 4 * 2 * 3
    assert found["networks"]["method"].str.startswith("published-").all()
    assert {"prediction_scores", "prediction_beyond", "published_joins", "claims"} <= set(found)
    described = found["columns"]
    known = set(zip(described["table"], described["column"], strict=True))
    for name, table in found.items():
        assert {(name, column) for column in table.columns} <= known
    assert found["claims"]["statement"].str.contains("flatter").any()
    page = (results / "report.html").read_text()
    assert "Why do random folds flatter?" in page
    assert not published[0].networks()  # nothing is trained


def test_a_second_run_does_nothing_and_another_file_is_read_anew(published, tmp_path):
    project, archive = published
    assert project.planned(study="published", published_csv=archive) == {}
    other = str(write_archive(tmp_path / "other.tar.xz", tables(identities())))
    assert project.planned(study="published", published_csv=other)["published"] == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "needs the published tables: get graph_data.tar.xz"),
        ({"published_csv": "nowhere.tar.xz"}, "there is no nowhere.tar.xz"),
        ({"published_csv": "Snakefile", "methods": "[snip]"}, "'methods'"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_said(published, settings, sentence):
    done = published[0].run("-n", study="published", **settings)
    assert done.returncode != 0
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
