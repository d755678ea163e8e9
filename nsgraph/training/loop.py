"""The training loop: one network, any method."""

from __future__ import annotations

import copy
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.files import digest
from nsgraph.models import network_arrays
from nsgraph.network_file import Provenance
from nsgraph.pruning import registry
from nsgraph.pruning.allocation import checked_sparsity
from nsgraph.pruning.engine import check_fit
from nsgraph.training.checkpoint import read_checkpoint, write_checkpoint
from nsgraph.training.drivers import Driver, driver_for
from nsgraph.training.recipe import Recipe, TrainingDiverged, read_recipe
from nsgraph.training.recorder import Recorder, known
from nsgraph.training.trainer import Run, Trainer

__all__ = ["Progress", "fit", "pick_device", "train"]

LAYOUT = 2
"""Raised when the tensors of a checkpoint get other names or meanings."""

Progress = Callable[[dict[str, Any]], None]
"""Called after each epoch with the epoch's row of the history."""


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
    found = registry.get(method).configured(options or {})
    sparsity = checked_sparsity(sparsity)
    check_fit(found, sparsity)
    driver = driver_for(found, sparsity, seed, checked.epochs)
    key = {"method": method, "sparsity": sparsity, "options": found.options}
    epochs = sorted(set(snapshots))
    observers: list[Callable[[Trainer], None]] = []
    if snapshot_folder is not None:
        about = provenance or known(found, data, sparsity, seed, checked)
        observers.append(Recorder(snapshot_folder, epochs, snapshot_weights, net, data, about))
        key["snapshots"] = [epochs, snapshot_weights]
    elif epochs:
        raise UserError("Snapshots need a snapshot_folder to be written to, but none was given.")
    return fit(
        net,
        data,
        driver,
        checked,
        seed,
        device,
        progress,
        checkpoint,
        checkpoint_every,
        key,
        observers,
    )


def fit(
    net: nn.Module,
    data: Dataset,
    driver: Driver,
    recipe: Recipe,
    seed: int = 0,
    device: str | torch.device | None = None,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = 20.0,
    key: Any = None,
    observers: Iterable[Callable[[Trainer], None]] = (),
) -> Run:
    """As `train`, with a driver instead of a method; `key` tells its checkpoints apart."""
    where = next(net.parameters()).device
    chosen = pick_device(device)
    initial = network_arrays(net)[0]
    work = copy.deepcopy(net).to(chosen)
    work = work.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # of 4-D only
    trainer = Trainer(work, data.to(chosen), driver, recipe, seed)
    trainer.observers.extend(observers)
    fingerprint = "" if checkpoint is None else _fingerprint(trainer, key)
    saved = None if checkpoint is None else read_checkpoint(checkpoint, fingerprint)
    if saved is None:
        driver.start(trainer)
        trainer.observe()
    else:
        trainer.restore(*saved)
    written = time.monotonic()
    try:
        while trainer.epoch < trainer.epochs:
            row = trainer.run_epoch()
            if progress is not None:
                progress(row)
            late = time.monotonic() - written >= checkpoint_every
            if checkpoint is not None and late and trainer.epoch < trainer.epochs:
                tensors, about = trainer.state()
                write_checkpoint(checkpoint, tensors, {**about, "fingerprint": fingerprint})
                written = time.monotonic()
    except TrainingDiverged:
        _forget(checkpoint)
        raise
    _forget(checkpoint)
    return trainer.finished(initial, where)


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


def _forget(checkpoint: str | os.PathLike[str] | None) -> None:
    if checkpoint is not None:
        Path(checkpoint).unlink(missing_ok=True)


def _fingerprint(trainer: Trainer, key: Any) -> str:
    """Digest of everything that decides a run: only its own checkpoint may be resumed."""
    content = hashlib.sha256()
    for name, value in sorted(trainer.network().items()):
        content.update(name.encode())
        content.update(np.ascontiguousarray(value.detach().cpu().numpy()).tobytes())
    data = trainer.data
    for split in (data.train, data.validation):
        content.update(split.labels.cpu().numpy().tobytes())
    about = {
        "key": key,
        "recipe": trainer.recipe.as_dict(),
        "seed": trainer.seed,
        "device": trainer.device.type,
        "layout": LAYOUT,
        "torch": str(torch.__version__),
        "data": [data.name, len(data.train), data.mean.tolist(), data.std.tolist()],
        "content": content.hexdigest(),
    }
    return digest(about, 64)
