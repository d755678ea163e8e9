"""Snapshots of real trainings: what is in them, kills and resumes, the store, the command line."""

from __future__ import annotations

import copy
import logging

import msgspec
import numpy as np
import pytest

import nsgraph as ns
from nsgraph import datasets
from nsgraph.errors import UserError
from nsgraph.models import from_saved, load_into, network_arrays
from nsgraph.network_file import load_network
from nsgraph.pruning import prune
from nsgraph.snapshots import load_masks, load_snapshot, read_snapshots, snapshot_folder
from nsgraph.store import NetworkSpec
from nsgraph.training import accuracy, train, train_cohort, train_spec

RECIPE = {"epochs": 3, "batch": 32, "lr": 0.1}


def test_snapshots_are_the_network_of_their_epoch(tmp_path, resnet, data):
    folder = tmp_path / "run"
    run = train(
        resnet,
        data,
        "set",
        0.8,
        snapshots=[3, 0, 1],
        snapshot_folder=folder,
        snapshot_weights=True,
        **RECIPE,
    )
    found = read_snapshots(folder)
    assert [(s.label, s.epoch, s.steps) for s in found] == [("0", 0, 0), ("3", 1, 3), ("9", 3, 9)]
    start = load_snapshot(folder, "0")
    for name, weight in network_arrays(resnet)[0].items():
        assert np.array_equal(start.weights[name], np.where(start.masks[name], weight, 0))
    assert found[0].test_accuracy is None
    for snapshot in found[1:]:
        saved = load_snapshot(folder, snapshot.label)
        row = run.history[snapshot.epoch - 1]
        net = load_into(copy.deepcopy(resnet), saved)
        assert accuracy(net, data, "test") == snapshot.test_accuracy
        assert snapshot.test_accuracy == row["test_accuracy"] == saved.provenance.test_accuracy
        assert saved.masks.layer_densities() == pytest.approx(row["density"])
        if snapshot.epoch == run.best_epoch:
            assert saved.masks == run.masks


def test_masks_alone_by_default_and_networks_can_be_measured(tmp_path, mlp, data):
    for weights in (False, True):
        train(
            mlp,
            data,
            "snip",
            0.8,
            options={"batch": 32},
            snapshots=[0],
            snapshot_folder=tmp_path,
            snapshot_weights=weights,
            **RECIPE,
        )
        assert load_masks(tmp_path, "0") == prune(mlp, "snip", 0.8, data=data, batch=32)
        assert [s.weights for s in read_snapshots(tmp_path)] == [weights]
    values = ns.measure(ns.encode(ns.load_network(tmp_path / "0.safetensors")), ["size"])
    assert values["size.edges"] == load_masks(tmp_path, "0").n_kept


def test_snapshots_change_nothing(tmp_path, mlp, data):
    plain = train(mlp, data, "rigl", 0.8, options={"every": 2}, **RECIPE)
    kept = train(
        mlp,
        data,
        "rigl",
        0.8,
        options={"every": 2},
        snapshots=range(4),
        snapshot_folder=tmp_path,
        snapshot_weights=True,
        **RECIPE,
    )
    assert [row["loss"] for row in kept.history] == [row["loss"] for row in plain.history]
    assert kept.masks == plain.masks


@pytest.mark.parametrize("rewind", [0, 4])
def test_every_round_of_a_lottery_ticket_is_kept(tmp_path, resnet, data, rewind):
    """Whole networks without being asked for; steps count through all rounds."""
    run = train(
        resnet,
        data,
        "lottery-ticket",
        0.75,
        options={"rounds": 2, "rewind": rewind},
        snapshot_folder=tmp_path,
        snapshots=[1],
        **RECIPE,
    )
    found = read_snapshots(tmp_path)
    assert [s.label for s in found] == ["3", "round-0", "round-1", "round-2"]
    assert [s.weights for s in found] == [False, True, True, True]
    later = 9 - rewind
    assert [s.steps for s in found] == [3, 9, 9 + later, 9 + 2 * later]
    n = run.masks.n_weights
    for turn in (0, 1, 2):
        saved = load_snapshot(tmp_path, f"round-{turn}")
        assert saved.masks.n_kept == round(n * 0.5**turn)
        assert saved.wiring is not None
        epoch = found[turn + 1].epoch
        assert run.history[epoch - 1]["round"] == turn
        assert saved.provenance.test_accuracy == run.history[epoch - 1]["test_accuracy"]
    previous = load_masks(tmp_path, "round-1")
    for name, mask in load_masks(tmp_path, "round-2").items():
        assert not (mask & ~previous[name]).any()


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("method", ["gmp", "granet", "lottery-ticket"])
@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_resumed_is_uninterrupted(tmp_path, resnet, data, method, epoch):
    """History, network and the bytes of every snapshot; a kill may come between any two files."""
    options = {
        "gmp": {"begin": 0.1, "every": 2},
        "granet": {"every": 2},
        "lottery-ticket": {"rounds": 2, "rewind": 4, "control": "redrawn"},
    }[method]
    recipe = {**RECIPE, "epochs": 3 if method == "lottery-ticket" else 6, "augment": "crop-flip"}

    def go(folder, stop=None, **more):
        def progress(row):
            if row["epoch"] == stop:  # the checkpoint of the epoch before is there
                raise Interrupted

        return train(
            resnet,
            data,
            method,
            0.9,
            options=options,
            snapshots=[0, 1, 2, 4, 5],
            snapshot_folder=folder,
            snapshot_weights=True,
            checkpoint_every=0,
            progress=progress,
            **more,
            **recipe,
        )

    whole = go(tmp_path / "whole")
    checkpoint = tmp_path / "run.checkpoint.safetensors"
    with pytest.raises(Interrupted):
        go(tmp_path / "killed", stop=epoch + 1, checkpoint=checkpoint)
    assert checkpoint.exists()
    (tmp_path / "killed" / ".half.safetensors").write_bytes(b"half a file of a killed process")
    resumed = go(tmp_path / "killed", checkpoint=checkpoint)
    for a, b in zip(whole.history, resumed.history, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    for a, b in zip(network_arrays(whole.net), network_arrays(resumed.net), strict=True):
        assert all(np.array_equal(a[key], b[key]) for key in a)
    files = list((tmp_path / "whole").iterdir())
    assert len(files) >= 6
    for file in files:
        assert file.read_bytes() == (tmp_path / "killed" / file.name).read_bytes(), file.name


def test_an_earlier_run_s_snapshots_go(tmp_path, mlp, data):
    train(mlp, data, snapshots=[0, 2], snapshot_folder=tmp_path / "run", **RECIPE)
    train(mlp, data, snapshots=[1], snapshot_folder=tmp_path / "run", **RECIPE)
    assert [s.epoch for s in read_snapshots(tmp_path / "run")] == [1]
    train(mlp, data, snapshot_folder=tmp_path / "run", **RECIPE)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"snapshots": [0]}, "need a snapshot_folder"),
        ({"snapshots": [0, 4], "snapshot_folder": "x"}, "after epoch 4; expected .* from 0 to 3"),
        ({"snapshots": [-1], "snapshot_folder": "x"}, "after epoch -1"),
    ],
)
def test_wrong_requests(tmp_path, monkeypatch, mlp, data, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=sentence):
        train(mlp, data, **arguments, **RECIPE)
    assert not list(tmp_path.iterdir())


def spec_of(method="erk", sparsity=0.8, **more):
    return NetworkSpec(
        dataset="digits",
        model="mlp-8",
        method=method,
        sparsity=sparsity,
        seed=0,
        split_seed=0,
        recipe={"epochs": 2, "batch": 256},
        **more,
    )


def test_a_cohort_keeps_its_snapshots(tmp_path, caplog):
    spec = spec_of(snapshots=[0, 2], snapshot_weights=True)
    [entry] = train_cohort([spec], tmp_path)
    folder = snapshot_folder(entry.file)
    bytes_of = {file.name: file.read_bytes() for file in folder.iterdir()}
    said = []
    assert train_cohort([spec], tmp_path, said.append) == [entry]
    assert not any("epoch" in text for text in said)
    last = next(s for s in read_snapshots(entry.file) if s.epoch == 2)
    saved = load_snapshot(entry.file, last.label)
    assert accuracy(from_saved(saved), datasets.load("digits"), "test") == last.test_accuracy
    assert saved.provenance.method == "erk"
    assert saved.provenance.recipe["epochs"] == saved.provenance.epochs == 2
    (folder / "0.safetensors").unlink()
    with caplog.at_level(logging.WARNING):
        assert train_cohort([spec], tmp_path) == [entry]
    assert "lacks its snapshots of epochs 0; it is made again" in caplog.text
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == bytes_of


def test_without_snapshots_there_is_no_folder(tmp_path):
    [entry] = train_cohort([spec_of()], tmp_path)
    assert not snapshot_folder(entry.file).exists()


def test_rounds_are_kept_in_the_store(tmp_path):
    spec = spec_of("lottery-ticket", options={"rounds": 1})
    saved = train_spec(spec, spec.path(tmp_path))
    assert (saved.provenance.epochs, saved.provenance.epochs_before) == (4, 2)
    rounds = read_snapshots(spec.path(tmp_path))
    assert [s.label for s in rounds] == ["round-0", "round-1"]
    dense = from_saved(load_snapshot(spec.path(tmp_path), "round-0"))
    reached = accuracy(dense, datasets.load("digits"), "test")
    assert reached == rounds[0].test_accuracy
    if saved.provenance.best_epoch == 4:
        last = load_network(snapshot_folder(spec.path(tmp_path)) / "round-1.safetensors")
        assert msgspec.structs.asdict(last.provenance)["seed"] == 0
        assert last.masks == saved.masks
