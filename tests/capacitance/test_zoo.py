"""Zoos: what a configuration asks for, and runs that are made once."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from nsgraph import datasets
from nsgraph.capacitance import candidates
from nsgraph.capacitance.candidates import run_candidate
from nsgraph.capacitance.tuning import part_of
from nsgraph.capacitance.zoo import Candidate, Head, Tuning, Zoo, read_zoo
from nsgraph.errors import UserError

SETTINGS = {
    "split_seed": 0,
    "recipe": {"epochs": 1},
    "zoo": {
        "target": "digits",
        "candidates": [
            {"model": "mlp-4"},
            {"model": "mlp-8"},
            {"model": "mlp-8", "method": "er", "sparsity": 0.5},
        ],
        "seeds": [0, 1],
        "epochs": 4,
        "observe": [3],
        "shares": [0.5],
        "probe": {"widths": [16, 12, 8]},
        "tuning": {"images": 200, "batch": 128},
    },
}


def changed(**zoo):
    return read_zoo({**SETTINGS, "zoo": {**SETTINGS["zoo"], **zoo}})


def test_a_zoo_of_settings():
    zoo = read_zoo(SETTINGS)
    assert zoo.shares == (0.5, 1.0)
    assert [c.name for c in zoo.candidates] == ["mlp-4", "mlp-8", "mlp-8_er_0.5"]
    assert (zoo.epochs(1.0), zoo.epochs(0.5)) == (4, 3)
    assert Candidate(model="timm/resnet18").name == "timm_resnet18"


@pytest.mark.parametrize(
    ("zoo", "sentence"),
    [
        ({"observe": [9]}, "9 epochs are to be observed of 4"),
        ({"observe": [0]}, ">= 1"),
        ({"observe": []}, "length >= 1"),
        ({"shares": [2.0]}, "<= 1.0"),
        ({"shares": 5}, "not iterable"),
        ({"seeds": [0, 0]}, "seed is there more than once"),
        ({"candidates": [{"model": "mlp-4"}] * 3}, "mlp-4 is there more than once"),
        ({"candidates": [{"model": "mlp-4"}, {"model": "mlp-5"}]}, "2 candidates cannot be ranked"),
        ({"probe": {"width": [3]}}, "unknown field `width`"),
        ({"tuning": {"lr": 0}}, "> 0.0"),
        (
            {"candidates": [{"model": "a"}, {"model": "b"}, {"model": "c", "method": "er"}]},
            "c_er_0 has method 'er' and sparsity 0",
        ),
    ],
)
def test_what_is_wrong_with_a_zoo_is_said(zoo, sentence):
    with pytest.raises(UserError, match=sentence):
        changed(**zoo)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("zoo")
    return place / "networks", place / "runs"


@pytest.fixture(scope="module")
def runs(folders):
    return run_candidate(read_zoo(SETTINGS).candidates[2], read_zoo(SETTINGS), *folders)


def test_every_run_has_its_rows(runs):
    assert [(run["share"], run["seed"]) for run in runs] == [(1, 0), (1, 1), (0.5, 0), (0.5, 1)]
    assert [len(run["epochs"]) for run in runs] == [4, 4, 3, 3]
    for run in runs:
        assert run["candidate"] == "mlp-8_er_0.5"
        assert run["features"] == 8
        assert run["n_layers"] == 1
        assert run["scores"]["leep"] is None
        assert np.isfinite(run["scores"]["logme"])
        for row in run["epochs"]:
            assert 0 <= row["validation_accuracy"] <= 1
            for reading in ("local", "exact"):
                parts = row[f"{reading}_numerator"], row[f"{reading}_denominator"]
                if row[f"{reading}_beta"] is None:
                    assert row[f"{reading}_beta.status"]
                else:
                    assert row[f"{reading}_beta"] == pytest.approx(parts[0] / parts[1])
    assert runs[0]["epochs"] != runs[1]["epochs"]


def test_a_sparse_candidate_has_the_weights_of_its_mask(runs):
    kept = round(0.5 * (64 * 8 + 8 * 10))
    assert all(0 < run["n_weights"] < kept for run in runs)  # without the output layer


def test_learning_lowers_the_loss(runs):
    assert runs[0]["epochs"][-1]["loss"] < runs[0]["epochs"][0]["loss"]


@pytest.mark.parametrize("damage", ["", '{"epochs": [', "null"])
def test_runs_are_made_once_and_a_damaged_one_is_made_again_the_same(
    runs, folders, monkeypatch, damage
):
    zoo = read_zoo(SETTINGS)
    lost = sorted((folders[1] / "digits" / "mlp-8_er_0.5").iterdir())[0]
    before = json.loads(lost.read_text())
    lost.write_text(damage)
    tuned = []
    real = candidates.fine_tune
    monkeypatch.setattr(candidates, "fine_tune", lambda *a: tuned.append(1) or real(*a))
    again = run_candidate(zoo.candidates[2], zoo, *folders)
    assert len(tuned) == 1
    assert _without_times(json.loads(lost.read_text())) == _without_times(before)
    assert _without_times(again) == _without_times(runs)


def _without_times(content):
    if isinstance(content, list):
        return [_without_times(item) for item in content]
    if isinstance(content, dict):
        return {k: _without_times(v) for k, v in content.items() if not k.endswith("seconds")}
    return content


def test_another_probe_is_another_run(folders, monkeypatch):
    zoo = read_zoo(SETTINGS)
    tuned = []
    monkeypatch.setattr(candidates, "fine_tune", lambda *a: tuned.append(1) or [])
    wider = msgspec.structs.replace(zoo, probe=msgspec.structs.replace(zoo.probe, widths=(9, 8, 7)))
    run_candidate(zoo.candidates[2], wider, *folders)
    assert len(tuned) == 4


def test_a_candidate_that_was_trained_before_knows_source_classes(folders):
    scratch = changed(seeds=[0], shares=[1], epochs=3)
    (fresh,) = run_candidate(scratch.candidates[1], scratch, *folders)
    before = {"source": "digits", "recipe": {"epochs": 8}}
    (run,) = run_candidate(
        scratch.candidates[1], msgspec.structs.replace(scratch, **before), *folders
    )
    assert run["scores"]["leep"] < 0
    assert run["scores"]["nce"] > -np.log(10)
    assert run["scores"]["logme"] > fresh["scores"]["logme"]


def test_images_of_two_sizes_are_refused(folders):
    zoo = changed(source="digits@4px")
    with pytest.raises(UserError, match="Images of digits@4px are"):
        run_candidate(zoo.candidates[0], zoo, *folders)


def test_a_part_of_a_data_set_is_stratified_and_leaves_the_rest():
    data = datasets.load("digits")
    part = part_of(data, 0.25)
    counts = np.bincount(part.train.labels.numpy(), minlength=10)
    whole = np.bincount(data.train.labels.numpy(), minlength=10)
    assert np.abs(counts - 0.25 * whole).max() <= 0.5
    assert part.test is data.test
    assert part_of(data, 1.0) is data


def test_names_of_fields_are_those_of_the_schema():
    import yaml

    from tests.workflow.project import ROOT

    schema = yaml.safe_load((ROOT / "workflow/config/schemas/capacitance.yaml").read_text())
    zoo = schema["properties"]["zoo"]["properties"]
    shared = {"split_seed", "recipe", "options"}
    assert set(zoo) == set(Zoo.__struct_fields__) - shared | {"epochs"}
    assert set(zoo["tuning"]["properties"]) == set(Tuning.__struct_fields__) - {"epochs"}
    assert set(zoo["probe"]["properties"]) == set(Head.__struct_fields__)
