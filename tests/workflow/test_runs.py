"""The main job from end to end: what it makes, what it repeats, what it survives."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.workflow.project import Project, fresh

pytestmark = pytest.mark.workflow

RESULTS = Path("results") / "multipartite-test"


def tables(project: Project) -> Path:
    return project.folder / RESULTS / "tables"


def test_a_run_makes_report_tables_figures_and_edge_lists(finished):
    networks = pd.read_csv(tables(finished) / "networks.csv")
    assert len(networks) == len(finished.networks()) > 10
    assert networks["test_accuracy"].between(0, 1).all()
    assert networks["multipartite.local.effective_sparsity"].between(0, 1).all()
    page = (finished.folder / RESULTS / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert list((finished.folder / RESULTS / "figures").glob("*.svg"))
    edges = sorted((finished.folder / RESULTS / "edges").rglob("*.parquet"))
    assert len(edges) == len(networks)


def test_every_column_is_in_the_dictionary_and_both_formats_agree(finished):
    described = pd.read_csv(tables(finished) / "columns.csv")
    known = set(zip(described["table"], described["column"], strict=True))
    for path in sorted(tables(finished).glob("*.csv")):
        table = pd.read_csv(path)
        parquet = pd.read_parquet(path.with_suffix(".parquet"))
        assert list(table.columns) == list(parquet.columns)
        assert len(table) == len(parquet)
        if path.stem != "columns":
            assert {(path.stem, column) for column in table} <= known


def test_a_second_run_does_nothing(finished):
    assert finished.planned() == {}


def test_two_clones_give_the_same_bytes(finished, tmp_path):
    other = fresh(tmp_path / "elsewhere" / "clone")
    done = other.run()
    assert done.returncode == 0, done.stdout
    ours, theirs = sorted(tables(finished).iterdir()), sorted(tables(other).iterdir())
    assert [p.name for p in ours] == [p.name for p in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert a.read_bytes() == b.read_bytes(), f"{a.name} differs between two clones"
    page = RESULTS / "report.html"
    assert (finished.folder / page).read_bytes() == (other.folder / page).read_bytes()


def test_an_edit_of_a_metric_measures_again_and_trains_nothing(project):
    with (project.folder / "nsgraph" / "metrics" / "local.py").open("a") as file:
        file.write("\n# an edit\n")
    jobs = project.planned()
    assert jobs["measure"] > 0
    assert jobs["tables"] == 1
    assert not {"train", "template", "adopt", "edges", "distances", "dataset"} & set(jobs)


def test_a_new_seed_trains_that_seed_alone(project):
    before = project.networks()
    assert project.planned(seeds="[0,1,2]")["train"] > 0
    done = project.run(seeds="[0,1,2]")
    assert done.returncode == 0, done.stdout
    after = project.networks()
    assert {name: after[name] for name in before} == before
    new = set(after) - set(before)
    assert len(new) == len(before) // 2
    assert all(Path(name).name.split("-")[1] == "2" for name in new)


def test_neural_capacitance_is_measured_where_it_is_asked_for(finished):
    jobs = finished.planned(capacitance="true")
    assert jobs["capacitance"] == len(list((finished.folder / RESULTS / "metrics").glob("*/*/*")))
    assert jobs["sparse_tables"] == 1
    assert not {"train", "measure", "predict"} & set(jobs)


def test_an_edit_of_a_method_trains_that_method_alone(project):
    path = project.folder / "nsgraph" / "pruning" / "algorithms" / "snip.py"
    path.write_text(path.read_text() + "\n# only a comment\n")
    assert "train" not in project.planned()
    path.write_text(path.read_text() + "\nEDITED = True\n")
    assert project.planned()["train"] == 2  # one cohort a model


@pytest.mark.parametrize("seconds", [4, 12])
def test_a_killed_run_is_finished_by_the_next(tmp_path, seconds):
    project = fresh(tmp_path / "nsgraph")
    run = subprocess.Popen(
        project.command(),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)  # wherever it is by then: every point must do
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    before = project.networks()
    locked = project.run()
    if locked.returncode:
        assert "lock" in locked.stdout.lower(), locked.stdout
        assert project.run("--unlock").returncode == 0
        done = project.run()
        assert done.returncode == 0, done.stdout
    after = project.networks()
    kept = {
        name: changed for name, changed in before.items() if not Path(name).name.startswith(".")
    }
    assert {name: after[name] for name in kept} == kept
    assert project.planned() == {}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"study": "nonsense"}, "There is no study 'nonsense'"),
        ({"tier": "huge"}, "has no tier 'huge'"),
        ({"sparsities": "[1.5]"}, "1.5"),
        ({"methods": "[dense,snap]"}, "Unknown method 'snap'"),
        ({"sparsity": "0.5"}, "'sparsity' was unexpected"),
        ({"encodings": "[multiparty]"}, "'multiparty' is not one of"),
        ({"skip": "{digits: [snap]}"}, "Unknown method 'snap'"),
    ],
)
def test_a_wrong_configuration_is_said_in_a_sentence(finished, settings, sentence):
    done = finished.run("-n", **settings)
    assert done.returncode != 0
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout


def test_a_missing_data_set_is_said_before_anything_is_trained(project, tmp_path):
    done = project.run(datasets="[cifar10]")
    assert done.returncode != 0
    assert "cifar10" in done.stdout
    assert "nsgraph data fetch cifar10" in done.stdout
    assert "Traceback" not in done.stdout


def test_changed_images_are_trained_anew(project):
    images = project.folder / "shapes"
    rng = np.random.default_rng(0)
    for label in ("round", "square"):
        (images / label).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(images / label / f"{number}.png")
    small = {"datasets": "[./shapes]", "models": "[mlp-16]", "methods": "[dense,uniform]"}
    small |= {"seeds": "[0]", "sparsities": "[0.8]"}
    before = project.networks()
    done = project.run(**small)
    assert done.returncode == 0, done.stdout
    first = set(project.networks()) - set(before)
    assert len(first) == 2
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(images / "round" / "0.png")
    done = project.run(**small)
    assert done.returncode == 0, done.stdout
    assert len(set(project.networks()) - set(before) - first) == 2


def test_a_damaged_network_is_named(project):
    name = next(iter(project.networks()))
    path = project.folder / "results" / "networks" / name
    path.write_bytes(path.read_bytes()[:1000])
    with (project.folder / "nsgraph" / "metrics" / "local.py").open("a") as file:
        file.write("\n# an edit, so that it is measured again\n")
    done = project.run()
    assert done.returncode != 0
    assert name in done.stdout
    assert "Traceback" not in done.stdout


def test_snakemake_makes_its_own_report(project):
    done = project.run("--report", "report.zip")
    assert done.returncode == 0, done.stdout
    assert (project.folder / "report.zip").stat().st_size > 10_000
