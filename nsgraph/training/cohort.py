"""From specifications to network files: cohorts in the store, and templates."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from nsgraph.datasets import Dataset
from nsgraph.masks import Masks
from nsgraph.models import build, network_arrays, trace
from nsgraph.network_file import SavedNetwork, write_network
from nsgraph.pruning import registry
from nsgraph.snapshots import snapshot_folder
from nsgraph.store import Entry, NetworkSpec
from nsgraph.training.loop import Progress, pick_device, train
from nsgraph.training.recipe import read_recipe
from nsgraph.training.records import (
    Say,
    data_of,
    entry_of,
    epoch_words,
    provenance_of,
    say_network,
    stored,
    write_history,
)

__all__ = ["train_cohort", "train_spec", "write_template"]

Device = str | torch.device | None


def train_spec(
    spec: NetworkSpec,
    path: str | os.PathLike[str],
    data: Dataset | None = None,
    progress: Progress | None = None,
    device: Device = None,
) -> SavedNetwork:
    """Train the network of a specification and write its file.

    Beside it, `<name>.history.json` holds the epochs with their seconds. An interrupted run goes on
    from `.<name>.checkpoint.safetensors` in the same folder. Snapshots are in `<name>.snapshots`.

    Parameters
    ----------
    spec
        What decides the network.
    path
        The network file, `<name>.safetensors`; written last, as a whole.
    data
        The data set, if it is loaded already.
    progress
        Called after each epoch with its row of the history.
    """
    path = Path(path)
    data = data or data_of(spec)
    net = build(spec.model, data.input_shape, data.classes, spec.seed)
    wiring = trace(net, data.input_shape)
    about = provenance_of(spec, data)
    about.category = registry.get(spec.method).category
    about.options = dict(spec.options)
    about.recipe = read_recipe(spec.recipe).as_dict()
    about.device = pick_device(device).type
    run = train(
        net,
        data,
        spec.method,
        spec.sparsity,
        spec.seed,
        device,
        progress,
        path.with_name(f".{path.stem}.checkpoint.safetensors"),
        spec.options,
        snapshots=spec.snapshots,
        snapshot_folder=snapshot_folder(path),
        snapshot_weights=spec.snapshot_weights,
        provenance=about,
        **spec.recipe,
    )
    about.sparsity_reached = run.masks.sparsity
    about.epochs = len(run.history)  # more than the recipe's where a method trains in rounds
    about.epochs_before = run.epochs_before
    about.best_epoch = run.best_epoch
    about.validation_accuracy = run.validation_accuracy
    about.test_accuracy = run.test_accuracy
    weights, state = network_arrays(run.net)
    write_history(path, run.history)
    return write_network(
        path,
        masks=run.masks,
        weights=weights,
        initial=run.initial,
        state=state,
        wiring=wiring,
        provenance=about,
    )


def train_cohort(
    specs: Sequence[NetworkSpec],
    root: str | os.PathLike[str],
    progress: Say | None = None,
    device: Device = None,
) -> list[Entry]:
    """Train what the store lacks of some networks of one data set, and list all of them.

    Parameters
    ----------
    specs
        Networks that share data set and split.
    root
        Folder of the store. A whole file that is there is used as it is; a damaged one, or one that
        lacks its snapshots, is trained again.
    progress
        Told of every epoch and every network, in words.

    Returns
    -------
    list of Entry
        In the order of `specs`.
    """
    data: Dataset | None = None
    entries = []
    for position, spec in enumerate(specs, start=1):
        path = spec.path(root)
        place = f"{position}/{len(specs)} {spec.id}"
        saved = stored(path, spec)
        if saved is None:
            data = data or data_of(spec)
            saved = train_spec(spec, path, data, epoch_words(place, progress), device)
        entries.append(entry_of(spec, saved, path))
        say_network(place, entries[-1], progress)
    return entries


def write_template(spec: NetworkSpec, path: str | os.PathLike[str]) -> SavedNetwork:
    """Write the dense network at initialisation that an external program starts from."""
    data = data_of(spec)
    net = build(spec.model, data.input_shape, data.classes, spec.seed)
    weights, state = network_arrays(net)
    about = provenance_of(spec, data)
    about.method, about.category, about.sparsity = "dense", "dense", 0.0
    about.sparsity_reached = 0.0
    about.recipe = read_recipe(spec.recipe).as_dict()
    about.epochs = 0
    return write_network(
        path,
        masks=Masks({n: np.ones(w.shape, dtype=np.bool_) for n, w in weights.items()}),
        weights=weights,
        initial=weights,
        state=state,
        wiring=trace(net, data.input_shape),
        provenance=about,
    )
