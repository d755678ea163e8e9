"""Networks whose masks an external program made: train or evaluate, store, list."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import torch

from nsgraph.adoption import adopt
from nsgraph.datasets import Dataset
from nsgraph.files import canonical_json, file_sha256
from nsgraph.masks import Masks
from nsgraph.models import from_saved, network_arrays
from nsgraph.network_file import Provenance, SavedNetwork, write_network
from nsgraph.store import Entry, NetworkSpec
from nsgraph.training.drivers import FixedMasks
from nsgraph.training.evaluation import accuracy
from nsgraph.training.loop import Progress, pick_device
from nsgraph.training.members import Member, carry_out
from nsgraph.training.population import population_size
from nsgraph.training.recipe import read_recipe
from nsgraph.training.records import (
    Say,
    data_of,
    entry_of,
    epoch_words,
    say_network,
    stored,
    versions,
    write_history,
)
from nsgraph.training.trainer import Run

__all__ = ["Draft", "adopt_cohort", "finish", "finish_at", "train_drafts"]


def finish(
    saved: SavedNetwork,
    data: Dataset,
    train: bool,
    progress: Progress | None = None,
    device: str | torch.device | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    history: list[dict[str, Any]] | None = None,
) -> SavedNetwork:
    """Find the accuracies of a network whose masks came from elsewhere.

    Parameters
    ----------
    saved
        Its provenance says model, input shape, classes and, for training, recipe and seed.
    train
        Train its weights under its masks by the recipe, or only evaluate them as they are.
    history
        Takes the rows of the epochs.

    Returns
    -------
    SavedNetwork
        Not yet written.
    """
    about = msgspec.structs.replace(saved.provenance)
    net = from_saved(saved)
    if not train:
        net = net.to(pick_device(device))
        about.validation_accuracy = accuracy(net, data, "validation")
        about.test_accuracy = accuracy(net, data, "test")
        return _replaced(saved, net.cpu(), about)
    recipe = read_recipe(about.recipe)
    member = _member(saved, net, progress, checkpoint)
    run = carry_out([member], data, recipe, pick_device(device))[0]
    if history is not None:
        history.extend(run.history)
    return _trained(saved, run, pick_device(device))


def _member(
    saved: SavedNetwork,
    net: torch.nn.Module,
    progress: Progress | None,
    checkpoint: str | os.PathLike[str] | None,
) -> Member:
    about = saved.provenance
    key = {"method": about.method, "masks": _digest(saved.masks)}
    return Member(net, FixedMasks(saved.masks), about.seed or 0, progress, checkpoint, key)


def _trained(saved: SavedNetwork, run: Run, device: torch.device) -> SavedNetwork:
    about = msgspec.structs.replace(saved.provenance)
    about.recipe = run.recipe.as_dict()
    about.device = device.type
    about.epochs = run.recipe.epochs
    about.epochs_before = 0
    about.best_epoch = run.best_epoch
    about.validation_accuracy = run.validation_accuracy
    about.test_accuracy = run.test_accuracy
    about.population = run.population
    about.versions = versions()
    return _replaced(saved, run.net, about)


class Draft(NamedTuple):
    """A network that is to be trained under its masks, its file, and who is told of its epochs."""

    path: Path
    found: SavedNetwork
    progress: Progress | None = None


def train_drafts(
    drafts: Sequence[Draft], data: Dataset, device: str | torch.device | None = None
) -> list[SavedNetwork]:
    """Train networks of one architecture under their masks, and write their files.

    Small ones of one recipe are trained several as one: as many as `population_size` says. What is
    beside the files is as of `finish_at`.
    """
    chosen = pick_device(device)
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        kind = canonical_json(read_recipe(draft.found.provenance.recipe).as_dict())
        groups.setdefault(kind, []).append(draft)
    done: dict[Path, SavedNetwork] = {}
    for group in groups.values():
        recipe = read_recipe(group[0].found.provenance.recipe)
        nets = {draft.path: from_saved(draft.found) for draft in group}
        size = population_size(nets[group[0].path], data.input_shape, chosen)
        for start in range(0, len(group), size):
            part = group[start : start + size]
            members = [
                _member(d.found, nets[d.path], d.progress, _checkpoint(d.path)) for d in part
            ]
            runs = carry_out(members, data, recipe, chosen)
            for draft, run in zip(part, runs, strict=True):
                found = _trained(draft.found, run, chosen)
                done[draft.path] = _written(draft.path, found, run.history)
    return [done[draft.path] for draft in drafts]


def _checkpoint(path: Path) -> Path:
    return path.with_name(f".{path.stem}.checkpoint.safetensors")


def finish_at(
    path: Path,
    found: SavedNetwork,
    data: Dataset,
    train: bool,
    progress: Progress | None = None,
    device: str | torch.device | None = None,
) -> SavedNetwork:
    """`finish`, with the network file at `path`, its history and the checkpoint beside it."""
    history: list[dict[str, Any]] = []
    done = finish(found, data, train, progress, device, _checkpoint(path), history)
    return _written(path, done, history)


def _written(path: Path, done: SavedNetwork, history: list[dict[str, Any]]) -> SavedNetwork:
    write_history(path, history)
    return write_network(
        path,
        masks=done.masks,
        weights=done.weights,
        initial=done.initial,
        state=done.state,
        wiring=done.wiring,
        provenance=done.provenance,
    )


def adopt_cohort(
    specs: Sequence[NetworkSpec],
    root: str | os.PathLike[str],
    *,
    files: Sequence[str | os.PathLike[str]],
    templates: Sequence[str | os.PathLike[str]],
    category: str,
    trained: bool,
    progress: Say | None = None,
    device: str | torch.device | None = None,
) -> list[Entry]:
    """Adopt, finish and store the networks that an external program wrote.

    Parameters
    ----------
    specs
        One for each file; the content of file and template joins the method's digest, so that
        another output becomes another network of the store. No snapshots are made of them.
    files, templates
        What the program wrote, and the dense networks it was given, in the order of `specs`.
    category
        One of `nsgraph.adoption.CATEGORIES`.
    trained
        Whether the files hold trained weights; if not, they are trained under their masks.

    Returns
    -------
    list of Entry
        In the order of `specs`.
    """
    data: Dataset | None = None
    entries = []
    for position, given in enumerate(specs, start=1):
        file, template = files[position - 1], templates[position - 1]
        content = file_sha256(file)[:16] + file_sha256(template)[:16] + ("+" if trained else "")
        spec = msgspec.structs.replace(given, method_digest=content, snapshots=[])
        path = spec.path(root)
        place = f"{position}/{len(specs)} {spec.id}"
        saved = stored(path)
        if saved is None:
            data = data or data_of(spec)
            found = adopt(
                file, template, method=spec.method, category=category, sparsity=spec.sparsity
            )
            words = epoch_words(place, progress)
            saved = finish_at(path, found, data, not trained, words, device)
        entries.append(entry_of(spec, saved, path))
        say_network(place, entries[-1], progress)
    return entries


def _digest(masks: Masks) -> str:
    content = hashlib.sha256()
    for name, mask in masks.items():
        content.update(name.encode() + np.packbits(mask).tobytes())
    return content.hexdigest()


def _replaced(saved: SavedNetwork, net: torch.nn.Module, about: Provenance) -> SavedNetwork:
    weights, state = network_arrays(net)
    about.sparsity_reached = saved.masks.sparsity
    return SavedNetwork(
        masks=saved.masks,
        weights=weights,
        initial=saved.initial,
        state=state,
        wiring=saved.wiring,
        provenance=about,
    )
