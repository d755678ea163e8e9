"""The training loop: one network, any method."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.network_file import Provenance
from nsgraph.pruning import registry
from nsgraph.pruning.allocation import checked_sparsity
from nsgraph.pruning.engine import check_fit, check_reachable
from nsgraph.pruning.gradients import weights
from nsgraph.training.drivers import driver_for
from nsgraph.training.members import Member, Progress, carry_out
from nsgraph.training.recipe import Recipe, read_recipe
from nsgraph.training.recorder import Recorder, known
from nsgraph.training.trainer import Run

__all__ = ["Progress", "member_of", "pick_device", "train"]


def train(
    net: nn.Module,
    data: Dataset,
    method: str = "dense",
    sparsity: float = 0.0,
    seed: int = 0,
    device: str | torch.device | None = None,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    checkpoint_every: float = 20.0,
    snapshots: Iterable[int] = (),
    snapshot_folder: str | os.PathLike[str] | None = None,
    snapshot_weights: bool = False,
    provenance: Provenance | None = None,
    **recipe: Any,
) -> Run:
    """Train a network under any method.

    Parameters
    ----------
    net
        At initialisation; stays as it is.
    data
        All three splits are used: the best epoch is chosen on validation alone.
    method, sparsity, options
        A name of `nsgraph.pruning.registry.names()`; the part of weights to remove, in [0, 1); the
        method's own options.
    seed
        Of batch order and of what the method draws; the weights have theirs already.
    device
        None or `"auto"`: CUDA where there is one.
    progress
        Called after each epoch with its row of the history.
    checkpoint
        File to write the state to after an epoch, if `checkpoint_every` seconds have passed since
        the last time, and to resume from; removed when the run is over.
    snapshots
        Epochs after which the masks are kept as they are then; 0 is the start.
    snapshot_folder
        Where to; `nsgraph.snapshots` reads it. With a folder the networks at the end of each round
        of a lottery ticket are kept too. Snapshots of an earlier run are removed from it.
    snapshot_weights
        Whether snapshots hold the weights too, so that they are whole network files.
    provenance
        What the snapshots' files say of the network; by default what is known here.
    recipe
        Keys of `nsgraph.training.Recipe`.

    Raises
    ------
    UserError
        On an unknown method, option or recipe key, a value out of range, or snapshots without a
        folder or after epochs that there are not.
    TrainingDiverged
        When the loss is not finite.
    """
    checked = read_recipe(recipe)
    member = member_of(
        net,
        data,
        checked,
        method,
        sparsity,
        seed,
        options,
        snapshots=snapshots,
        snapshot_folder=snapshot_folder,
        snapshot_weights=snapshot_weights,
        provenance=provenance,
    )
    member.progress, member.checkpoint = progress, checkpoint
    return carry_out([member], data, checked, pick_device(device), checkpoint_every)[0]


def member_of(
    net: nn.Module,
    data: Dataset,
    recipe: Recipe,
    method: str,
    sparsity: float,
    seed: int,
    options: Mapping[str, Any] | None = None,
    *,
    snapshots: Iterable[int] = (),
    snapshot_folder: str | os.PathLike[str] | None = None,
    snapshot_weights: bool = False,
    provenance: Provenance | None = None,
) -> Member:
    """A network to be trained under a method; parameters and errors as of `train`."""
    found = registry.get(method).configured(options or {})
    sparsity = checked_sparsity(sparsity)
    check_fit(found, sparsity)
    check_reachable(sparsity, weights(net).values())
    driver = driver_for(found, sparsity, seed, recipe.epochs)
    key = {
        "method": method,
        "program": registry.source_digest(method),
        "sparsity": sparsity,
        "options": found.options,
        "network": str(net),
    }
    epochs = sorted(set(snapshots))
    observers = []
    if snapshot_folder is not None:
        about = provenance or known(found, data, sparsity, seed, recipe)
        observers.append(Recorder(snapshot_folder, epochs, snapshot_weights, net, data, about))
        key["snapshots"] = [epochs, snapshot_weights]
    elif epochs:
        raise UserError("Snapshots need a snapshot_folder to be written to, but none was given.")
    return Member(net, driver, seed, key=key, observers=observers)


def pick_device(device: str | torch.device | None) -> torch.device:
    """A device by name; `"auto"` and None are CUDA where there is one.

    Raises
    ------
    UserError
        If the device is unknown or not there.
    """
    if device is None or device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise UserError(f"There is no device {device!r}; expected auto, cpu or cuda.") from error
    if chosen.type not in ("cpu", "cuda"):
        raise UserError(f"Training runs on cpu or cuda, not on {device!r}.")
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise UserError(f"The device {str(device)!r} was asked for, but CUDA is not available.")
    return chosen
