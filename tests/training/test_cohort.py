"""Specifications to files: the store, templates, and networks of external programs."""

from __future__ import annotations

import json
import logging

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from nsgraph import datasets
from nsgraph.errors import UserError
from nsgraph.models import build, from_saved
from nsgraph.network_file import load_network
from nsgraph.pruning import registry
from nsgraph.store import NetworkSpec, read_manifest, write_manifest
from nsgraph.training import (
    TrainingDiverged,
    accuracy,
    adopt_cohort,
    cohort,
    finish,
    train_cohort,
    train_spec,
    write_template,
)
from nsgraph.training.population import population_size


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


def spec_of(method="snip", sparsity=0.8, seed=0, model="mlp-8", **more):
    return NetworkSpec(
        dataset="digits",
        model=model,
        method=method,
        sparsity=sparsity,
        seed=seed,
        split_seed=0,
        recipe={"epochs": 2, "batch": 128, **more},
        method_digest=registry.source_digest(method) if method in registry.names() else "",
    )


@pytest.mark.parametrize("method", ["snip", "set", "magnitude"])
@pytest.mark.parametrize("model", ["mlp-8", "resnet8-4"])
def test_stated_accuracy_is_that_of_the_file(tmp_path, digits, method, model):
    spec = spec_of(method, model=model)
    path = spec.path(tmp_path)
    train_spec(spec, path, digits)
    saved = load_network(path)
    about = saved.provenance
    net = from_saved(saved)
    assert accuracy(net, digits, "test") == about.test_accuracy
    assert accuracy(net, digits, "validation") == about.validation_accuracy
    assert about.category == registry.get(method).category
    assert (about.epochs, about.recipe["lr"]) == (2, 0.1)
    assert about.sparsity_reached == saved.masks.sparsity
    assert about.epochs_before == (1 if method == "magnitude" else 0)
    assert set(saved.initial) == set(saved.masks)
    assert saved.wiring is not None
    assert sorted(p.name for p in path.parent.iterdir()) == [
        f"{path.stem}.history.json",
        path.name,
    ]
    history = json.loads(path.with_name(f"{path.stem}.history.json").read_text())
    assert [row["epoch"] for row in history] == [1, 2]
    assert history[about.best_epoch - 1]["test_accuracy"] == about.test_accuracy


def test_same_specification_same_bytes(tmp_path, digits):
    files = []
    for folder in ("a", "b"):
        path = spec_of("rigl").path(tmp_path / folder)
        train_spec(spec_of("rigl"), path, digits)
        files.append(path.read_bytes())
    assert files[0] == files[1]


def without_sha(entry):
    return msgspec.structs.replace(entry, sha256="")


def test_cohort_trains_what_is_missing(tmp_path, caplog):
    specs = [spec_of(seed=seed) for seed in (0, 1)]
    said = []
    first = train_cohort(specs, tmp_path, said.append)
    assert any("epoch 2" in text for text in said)
    write_manifest(tmp_path / "manifest.json", first)
    assert read_manifest(tmp_path / "manifest.json", verify=True) == first
    said.clear()
    again = train_cohort([*specs, spec_of(seed=2)], tmp_path, said.append)
    assert again[:2] == first
    assert all("snip/0.8-2" in text for text in said if "epoch" in text)
    damaged = specs[1].path(tmp_path)
    damaged.write_bytes(damaged.read_bytes()[:-50])
    with caplog.at_level(logging.WARNING):
        made_again = train_cohort(specs, tmp_path)
    assert "made again" in caplog.text
    assert made_again[0] == first[0]
    assert without_sha(made_again[1]) == without_sha(first[1])  # alone this time, see below


@pytest.mark.parametrize("model", ["mlp-8", "resnet8-4"])
def test_small_networks_of_a_cohort_are_trained_as_one(tmp_path, digits, model):
    """Files are those of the networks alone, but for rounding and the number in provenance."""
    specs = [spec_of("set", s, seed, model) for seed in (0, 1) for s in (0.5, 0.9)]
    said = []
    other = spec_of("set", 0.9, 2, model, lr=0.05)
    together = train_cohort([*specs, other], tmp_path, said.append)
    assert len([text for text in said if "epoch 2" in text]) == 5
    for spec, entry in zip(specs, together, strict=False):
        assert (entry.network, entry.seed, entry.sparsity) == (spec.id, spec.seed, spec.sparsity)
        saved = load_network(entry.file)
        assert accuracy(from_saved(saved), digits, "test") == entry.test_accuracy
        alone = train_spec(spec, spec.path(tmp_path / "alone"), digits)
        assert (saved.provenance.population, alone.provenance.population) == (4, 1)
        assert saved.masks.n_kept == alone.masks.n_kept
        for name, weight in saved.initial.items():
            assert np.array_equal(weight, alone.initial[name])
        if model == "mlp-8":  # batch norm amplifies rounding
            assert saved.masks == alone.masks
            for name, weight in saved.weights.items():
                assert np.allclose(weight, alone.weights[name], atol=1e-4)
            assert msgspec.structs.replace(saved.provenance, population=1) == alone.provenance
    assert load_network(together[4].file).provenance.population == 1  # of another recipe
    assert not list(tmp_path.rglob(".*"))


def test_one_that_diverges_leaves_those_before_it(tmp_path, monkeypatch, caplog):
    specs = [spec_of("er", 0.5, seed) for seed in range(3)]

    def build_one_too_large(name, shape, classes, seed):
        net = build(name, shape, classes, seed)
        if seed == 1:
            net.fc1.weight.data *= 1e38
        return net

    monkeypatch.setattr(cohort, "build", build_one_too_large)
    with pytest.raises(TrainingDiverged, match="in epoch 1, step 1"):
        train_cohort(specs, tmp_path)
    assert "Of 3 networks trained as one, one fails" in caplog.text
    assert [spec.path(tmp_path).exists() for spec in specs] == [True, False, False]


@pytest.mark.parametrize(
    ("model", "pixels", "device", "size"),
    [
        ("mlp-64-64", 8, "cpu", 16),
        ("mlp-300-100", 8, "cpu", 8),
        ("mlp-784-784", 8, "cpu", 1),
        ("mlp-784", 8, "cuda", 32),
        ("resnet8-4", 8, "cpu", 8),
        ("resnet8-8", 8, "cpu", 4),
        ("resnet8-16", 8, "cpu", 2),
        ("resnet20", 8, "cpu", 1),
        ("resnet8-4", 16, "cpu", 4),
        ("resnet8-4", 28, "cpu", 1),
        ("resnet8-4", 64, "cpu", 1),
        ("resnet8-8", 8, "cuda", 1),
    ],
)
def test_how_many_are_trained_as_one(model, pixels, device, size):
    shape = (1, pixels, pixels)
    assert population_size(build(model, shape, 10), shape, torch.device(device)) == size


def test_template_is_the_dense_network_at_initialisation(tmp_path):
    path = tmp_path / "0.safetensors"
    write_template(spec_of("dense", 0.0), path)
    saved = load_network(path)
    assert saved.masks.sparsity == 0
    assert saved.provenance.epochs == 0
    assert saved.provenance.model == "mlp-8"
    assert saved.provenance.recipe["epochs"] == 2
    for name, weight in saved.weights.items():
        assert np.array_equal(weight, saved.initial[name])
    trained = train_cohort([spec_of("er")], tmp_path)[0]
    for name, weight in load_network(trained.file).initial.items():
        assert np.array_equal(weight, saved.weights[name])


@pytest.fixture
def external(tmp_path):
    """A template, and what a program made of it: every other weight."""
    template, output = tmp_path / "template.safetensors", tmp_path / "output.safetensors"
    write_template(spec_of("dense", 0.0, lr=0.05), template)
    tensors = load_file(template)
    masks = {k: np.arange(v.size).reshape(v.shape) % 2 == 0 for k, v in tensors.items()}
    save_file({k: v for k, v in masks.items() if k.endswith(".mask")}, output)
    return template, output


def test_external_masks_are_trained(tmp_path, external, digits):
    template, output = external
    spec = spec_of("alternating", 0.5)
    arguments = {"files": [output], "templates": [template], "category": "magnitude"}
    [entry] = adopt_cohort([spec], tmp_path, **arguments, trained=False)
    saved = load_network(entry.file)
    assert entry.category == "magnitude"
    assert (entry.epochs, entry.method) == (2, "alternating")
    for mask in saved.masks.values():
        assert np.array_equal(mask.ravel(), np.arange(mask.size) % 2 == 0)
    assert accuracy(from_saved(saved), digits, "test") == entry.test_accuracy
    assert saved.provenance.recipe["lr"] == 0.05  # the template's
    assert [entry] == adopt_cohort([spec], tmp_path, **arguments, trained=False)
    [other] = adopt_cohort([spec], tmp_path, **arguments, trained=True)
    assert other.file != entry.file
    assert other.epochs is None
    assert other.test_accuracy is not None


def test_finish_evaluates_without_training(tmp_path, external, digits):
    saved = load_network(external[0])
    done = finish(saved, digits, train=False)
    assert done.provenance.test_accuracy == accuracy(from_saved(saved), digits, "test")
    assert saved.provenance.test_accuracy is None
    for name, weight in saved.weights.items():
        assert np.array_equal(done.weights[name], weight)


def test_bad_recipe_of_a_specification(tmp_path):
    with pytest.raises(UserError, match="no key 'epoch'"):
        train_cohort([spec_of(epoch=3)], tmp_path)
    assert not list(tmp_path.rglob("*.safetensors"))
