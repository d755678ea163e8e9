"""From specifications to network files: cohorts in the store, and templates."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch

from nsgraph.datasets import Dataset
from nsgraph.files import canonical_json
from nsgraph.masks import Masks
from nsgraph.models import build, network_arrays, trace
from nsgraph.network_file import Provenance, SavedNetwork, write_network
from nsgraph.pruning import registry
from nsgraph.snapshots import snapshot_folder
from nsgraph.store import Entry, NetworkSpec
from nsgraph.training.loop import member_of, pick_device
from nsgraph.training.members import Member, Progress, carry_out
from nsgraph.training.population import population_size
from nsgraph.training.recipe import Recipe, TrainingDiverged, read_recipe
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
from nsgraph.training.trainer import Run
from nsgraph.wiring import Wiring

__all__ = ["train_cohort", "train_spec", "write_template"]

Device = str | torch.device | None

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Order:
    """A network that is to be trained, its file, and who is told of its epochs."""

    spec: NetworkSpec
    path: Path
    progress: Progress | None


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
    order = _Order(spec, Path(path), progress)
    return _carry_out([order], data or data_of(spec), pick_device(device))[0]


def train_cohort(
    specs: Sequence[NetworkSpec],
    root: str | os.PathLike[str],
    progress: Say | None = None,
    device: Device = None,
) -> list[Entry]:
    """Train what the store lacks of some networks of one data set, and list all of them.

    Small networks that differ in seed and sparsity alone are trained several as one: as many as
    `population_size` says.

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
    chosen = pick_device(device)
    entries: dict[str, Entry] = {}
    missing: dict[str, list[_Order]] = {}
    places = {spec.id: f"{i}/{len(specs)} {spec.id}" for i, spec in enumerate(specs, start=1)}

    def note(spec: NetworkSpec, saved: SavedNetwork) -> None:
        entries[spec.id] = entry_of(spec, saved, spec.path(root))
        say_network(places[spec.id], entries[spec.id], progress)

    for spec in specs:
        path = spec.path(root)
        saved = stored(path, spec)
        if saved is None:
            order = _Order(spec, path, epoch_words(places[spec.id], progress))
            missing.setdefault(_kind(spec), []).append(order)
        else:
            note(spec, saved)
    data = data_of(specs[0]) if missing else None
    for orders in missing.values():
        assert data is not None
        for group in _groups(orders, data, chosen):
            for order, saved in zip(group, _together(group, data, chosen), strict=True):
                note(order.spec, saved)
    return [entries[spec.id] for spec in specs]


def _kind(spec: NetworkSpec) -> str:
    """What networks have in common that can be trained as one."""
    return canonical_json(msgspec.to_builtins(spec) | {"sparsity": None, "seed": None})


def _groups(orders: list[_Order], data: Dataset, device: torch.device) -> list[list[_Order]]:
    """Networks to be trained as one."""
    if len(orders) == 1:
        return [orders]
    spec = orders[0].spec
    net = build(spec.model, data.input_shape, data.classes, spec.seed)
    size = population_size(net, data.input_shape, device)
    return [orders[start : start + size] for start in range(0, len(orders), size)]


def _together(orders: list[_Order], data: Dataset, device: torch.device) -> Iterator[SavedNetwork]:
    """Train networks as one; where one of them diverges, one by one up to that one."""
    if len(orders) > 1:
        try:
            yield from _carry_out(orders, data, device)
            return
        except TrainingDiverged as error:
            logger.warning("Of %d networks trained as one, one fails: %s", len(orders), error)
    for order in orders:
        yield from _carry_out([order], data, device)


def _carry_out(orders: Sequence[_Order], data: Dataset, device: torch.device) -> list[SavedNetwork]:
    recipe = read_recipe(orders[0].spec.recipe)
    drafts = [_draft(order, data, recipe, device) for order in orders]
    runs = carry_out([member for member, _, _ in drafts], data, recipe, device)
    return [
        _written(order.path, run, wiring, about)
        for order, run, (_, wiring, about) in zip(orders, runs, drafts, strict=True)
    ]


def _draft(
    order: _Order, data: Dataset, recipe: Recipe, device: torch.device
) -> tuple[Member, Wiring, Provenance]:
    """The network at initialisation and what is known of it before training."""
    spec, path = order.spec, order.path
    net = build(spec.model, data.input_shape, data.classes, spec.seed)
    about = provenance_of(spec, data)
    about.category = registry.get(spec.method).category
    about.options = dict(spec.options)
    about.recipe = recipe.as_dict()
    about.device = device.type
    member = member_of(
        net,
        data,
        recipe,
        spec.method,
        spec.sparsity,
        spec.seed,
        spec.options,
        snapshots=spec.snapshots,
        snapshot_folder=snapshot_folder(path),
        snapshot_weights=spec.snapshot_weights,
        provenance=about,
    )
    member.progress = order.progress
    member.checkpoint = path.with_name(f".{path.stem}.checkpoint.safetensors")
    return member, trace(net, data.input_shape), about


def _written(path: Path, run: Run, wiring: Wiring, about: Provenance) -> SavedNetwork:
    about.sparsity_reached = run.masks.sparsity
    about.epochs = len(run.history)  # more than the recipe's where a method trains in rounds
    about.epochs_before = run.epochs_before
    about.best_epoch = run.best_epoch
    about.validation_accuracy = run.validation_accuracy
    about.test_accuracy = run.test_accuracy
    about.population = run.population
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
