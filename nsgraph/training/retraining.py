"""Topologies that a training reached, trained again: from its own weights or from fresh ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import torch

from nsgraph.files import file_sha256
from nsgraph.models import build, network_arrays
from nsgraph.network_file import SavedNetwork
from nsgraph.seeds import stream
from nsgraph.snapshots import load_snapshot, read_snapshots, snapshot_folder
from nsgraph.store import Entry, NetworkSpec
from nsgraph.topologies import erdos_renyi
from nsgraph.training.external import Draft, train_drafts
from nsgraph.training.records import Say, data_of, epoch_words, stored

__all__ = ["FRESH", "Retraining", "retrain", "retrainings"]

FRESH = 1_000_000
"""Fresh weights are those of the training's seed plus this."""


class Retraining(NamedTuple):
    """What is trained again.

    `topology` is `"evolved"` (that of the snapshot) or `"random"` (Erdos-Renyi layers with as many
    links); `weights` are `"own"` (those of the snapshot, biases and activations too) or `"fresh"`.
    All from fresh weights start with the same ones, whatever the epoch: only the links differ.
    """

    entry: Entry
    epoch: int
    topology: str
    weights: str


def retrainings(entries: Sequence[Entry], epochs: Sequence[int]) -> list[Retraining]:
    """The trainings of some networks' snapshots, and a random topology for each network."""
    found = []
    for entry in entries:
        for epoch in sorted(epochs):
            found += [Retraining(entry, epoch, "evolved", weights) for weights in ("own", "fresh")]
        found.append(Retraining(entry, min(epochs), "random", "fresh"))
    return found


def retrain(
    given: Sequence[Retraining],
    recipe: dict[str, Any],
    root: str | os.PathLike[str],
    data_digest: str,
    progress: Say | None = None,
    device: str | torch.device | None = None,
) -> list[dict[str, Any]]:
    """Train topologies again, with fixed links; what the store has is not trained again.

    Parameters
    ----------
    given
        See `retrainings`; the snapshots hold weights.
    recipe
        Of the new training, from its first step: see `nsgraph.training.Recipe`. Its `sparse_init`
        is for fresh weights alone.
    root
        Folder of the store.
    data_digest
        Of the data set and its split.
    progress
        Told of every epoch and every network, in words.

    Returns
    -------
    list of dict
        One a training: `network` (whose topology it is), `seed`, `epoch`, `topology`, `weights`,
        `best_epoch`, `validation_accuracy` and `test_accuracy`, and `file`.

    Raises
    ------
    UserError
        If a snapshot is missing, or holds masks alone.
    """
    specs = [_spec(each, recipe, data_digest) for each in given]
    found = {spec.path(root): stored(spec.path(root)) for spec in specs}
    drafts = []
    for position, (each, spec) in enumerate(zip(given, specs, strict=True), start=1):
        path = spec.path(root)
        if found[path] is None:
            place = f"{position}/{len(given)} {each.entry.network} after epoch {each.epoch}"
            words = epoch_words(f"{place}, {each.topology} links, {each.weights} weights", progress)
            drafts.append(Draft(path, _start(each, spec), words))
    if drafts:
        trained = train_drafts(drafts, data_of(specs[0]), device)
        found |= {draft.path: saved for draft, saved in zip(drafts, trained, strict=True)}
    return [_row(each, found[spec.path(root)]) for each, spec in zip(given, specs, strict=True)]


def _row(each: Retraining, saved: SavedNetwork | None) -> dict[str, Any]:
    assert saved is not None
    assert saved.path is not None
    row = {name: getattr(each, name) for name in ("epoch", "topology", "weights")}
    row |= {name: getattr(each.entry, name) for name in ("dataset", "model", "network", "seed")}
    reached = ("best_epoch", "validation_accuracy", "test_accuracy")
    row |= {name: getattr(saved.provenance, name) for name in reached}
    return {**row, "file": saved.path.as_posix()}


def _snapshot(each: Retraining) -> tuple[Path, str]:
    """Folder and label of the snapshot."""
    folder = snapshot_folder(each.entry.file)
    labels: Iterator[str] = (s.label for s in read_snapshots(folder) if s.epoch == each.epoch)
    return folder, next(labels, f"of epoch {each.epoch}")  # load_snapshot says that there is none


def _spec(each: Retraining, recipe: dict[str, Any], data_digest: str) -> NetworkSpec:
    """What decides the network: the snapshot's bytes, what is taken of it, and the recipe."""
    folder, label = _snapshot(each)
    file = folder / f"{label}.safetensors"
    entry = each.entry
    return NetworkSpec(
        dataset=entry.dataset,
        model=entry.model,
        method=f"{entry.method}-retrained",
        sparsity=entry.sparsity,
        seed=entry.seed,
        split_seed=entry.split_seed,
        recipe=recipe,
        options={"epoch": each.epoch, "topology": each.topology, "weights": each.weights},
        method_digest=file_sha256(file)[:24] if file.exists() else "",
        data_digest=data_digest,
    )


def _start(each: Retraining, spec: NetworkSpec) -> SavedNetwork:
    """Links and weights that the new training starts from."""
    snapshot = load_snapshot(*_snapshot(each))
    recipe = dict(spec.recipe)
    if each.weights == "own":
        recipe.pop("sparse_init", None)  # for weights that were drawn, not for trained ones
    about = msgspec.structs.replace(
        snapshot.provenance,
        method=spec.method,
        options=spec.options,
        recipe=recipe,
        seed=spec.seed,
    )
    masks, weights, state = snapshot.masks, snapshot.weights, snapshot.state
    if each.topology == "random":
        masks = erdos_renyi(masks, stream(spec.seed, "retraining"))
    if each.weights == "fresh":
        net = build(spec.model, about.input_shape or (), about.classes or 0, spec.seed + FRESH)
        weights, state = network_arrays(net)
    return SavedNetwork(
        masks=masks,
        weights={name: np.where(mask, weights[name], 0) for name, mask in masks.items()},
        state=state,
        wiring=snapshot.wiring,
        provenance=about,
    )
