"""A resumed run is the uninterrupted one, bit for bit; a useless checkpoint is ignored."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from nsgraph.models import network_arrays
from nsgraph.pruning import registry
from nsgraph.training import TrainingDiverged, train

RECIPE = {"epochs": 5, "batch": 32, "lr": 0.1, "augment": "crop-flip"}
CASES = [("dense", 0.0), ("snip", 0.8), ("magnitude", 0.8), ("set", 0.8), ("rigl", 0.8)]


class Interrupted(Exception):
    pass


def interrupt_after(epoch):
    def progress(row):
        if row["epoch"] > epoch:  # the checkpoint of `epoch` has been written by now
            raise Interrupted

    return progress


def interrupt(net, data, path, **given):
    """Leave the checkpoint of a training that was interrupted after two epochs."""
    with pytest.raises(Interrupted):
        train(net, data, checkpoint=path, checkpoint_every=0, progress=interrupt_after(2), **given)


def go(net, data, method, sparsity, path=None, progress=None, **more):
    options = {"every": 2} if method == "rigl" else {}
    return train(
        net,
        data,
        method,
        sparsity,
        checkpoint=path,
        checkpoint_every=0,
        progress=progress,
        options=options,
        **{**RECIPE, **more},
    )


def without_seconds(history):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history]


@pytest.mark.parametrize(("method", "sparsity"), CASES)
@pytest.mark.parametrize("epoch", [1, 3])
def test_resume_is_bit_exact(tmp_path, resnet, data, method, sparsity, epoch):
    path = tmp_path / "run.checkpoint.safetensors"
    whole = go(resnet, data, method, sparsity)
    with pytest.raises(Interrupted):
        go(resnet, data, method, sparsity, path, interrupt_after(epoch))
    assert path.exists()
    seen = []
    resumed = go(resnet, data, method, sparsity, path, seen.append)
    assert [row["epoch"] for row in seen] == list(range(epoch + 1, 6))
    assert without_seconds(resumed.history) == without_seconds(whole.history)
    assert resumed.masks == whole.masks
    assert resumed.best_epoch == whole.best_epoch
    for a, b in zip(network_arrays(resumed.net), network_arrays(whole.net), strict=True):
        assert all(np.array_equal(a[key], b[key]) for key in b)
    assert not list(tmp_path.iterdir())


def test_no_checkpoint_before_its_time(tmp_path, mlp, data):
    path = tmp_path / "run.safetensors"
    seen = []

    def progress(row):
        seen.append(path.exists())

    train(mlp, data, checkpoint=path, checkpoint_every=1e6, progress=progress, **RECIPE)
    assert seen == [False] * 5


@pytest.mark.parametrize("damage", ["truncated", "text", "no metadata", "another run"])
def test_useless_checkpoint_is_ignored_with_a_warning(tmp_path, mlp, data, damage, caplog):
    path = tmp_path / "run.safetensors"
    with pytest.raises(Interrupted):
        go(mlp, data, "er", 0.5, path, interrupt_after(2))
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "text":
        path.write_text("not a checkpoint")
    elif damage == "no metadata":
        from safetensors.numpy import save_file

        save_file({"weights": np.zeros(3, dtype=np.float32)}, path)
    lr = 0.05 if damage == "another run" else 0.1
    seen = []
    with caplog.at_level(logging.WARNING):
        run = go(mlp, data, "er", 0.5, path, seen.append, lr=lr)
    assert [row["epoch"] for row in seen] == [1, 2, 3, 4, 5]
    assert "starts afresh" in caplog.text
    assert str(path) in caplog.text
    expected = go(mlp, data, "er", 0.5, lr=lr)
    assert without_seconds(run.history) == without_seconds(expected.history)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"sparsity": 0.6}, {"method": "uniform"}, {"batch": 16}]
)
def test_checkpoint_of_another_specification_is_not_resumed(tmp_path, mlp, data, change):
    path = tmp_path / "run.safetensors"
    given = {"method": "er", "sparsity": 0.5, "seed": 0, **RECIPE}
    interrupt(mlp, data, path, **given)
    seen = []
    train(mlp, data, checkpoint=path, progress=seen.append, **{**given, **change})
    assert len(seen) == 5


def test_checkpoint_of_an_edited_method_is_not_resumed(tmp_path, mlp, data, monkeypatch):
    path = tmp_path / "run.safetensors"
    given = {"method": "er", "sparsity": 0.5, "seed": 0, **RECIPE}
    interrupt(mlp, data, path, **given)
    monkeypatch.setattr(registry, "source_digest", lambda name: "another program")
    seen = []
    train(mlp, data, checkpoint=path, progress=seen.append, **given)
    assert len(seen) == 5


def test_divergence_leaves_no_checkpoint(tmp_path, mlp, data):
    path = tmp_path / "run.safetensors"
    with pytest.raises(TrainingDiverged):
        go(mlp, data, "dense", 0.0, path, lr=1e30, schedule="constant")
    assert not path.exists()
