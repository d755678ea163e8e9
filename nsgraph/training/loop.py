"""The training loop: one network, any method."""

from __future__ import annotations

import copy
import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.files import digest
from nsgraph.masks import Masks
from nsgraph.models import network_arrays
from nsgraph.pruning import registry
from nsgraph.pruning.allocation import checked_sparsity
from nsgraph.pruning.engine import check_fit, private_randomness
from nsgraph.training.batches import Batches
from nsgraph.training.checkpoint import read_checkpoint, write_checkpoint
from nsgraph.training.drivers import Driver, driver_for
from nsgraph.training.evaluation import accuracy
from nsgraph.training.optimiser import MaskedSGD
from nsgraph.training.recipe import Recipe, TrainingDiverged, learning_rate, read_recipe

__all__ = ["Progress", "Run", "Trainer", "fit", "pick_device", "train"]

Progress = Callable[[dict[str, Any]], None]
"""Called after each epoch with the epoch's row of the history."""

WATCH = 100
"""Steps between looks at the loss; a look makes the CPU wait for the GPU."""


@dataclass(frozen=True)
class Run:
    """A trained network: the one at the epoch of best validation accuracy.

    Attributes
    ----------
    net
        The network at that epoch; its accuracies are those stated here.
    masks
        Of that same epoch.
    initial
        Weights before training by layer name, unmasked.
    history
        One row an epoch: `epoch` (from 1), `loss` and `train_accuracy` (means over the epoch's
        steps), `validation_accuracy`, `test_accuracy`, `learning_rate` (of the last step),
        `density` (by layer), `eligible`, `seconds`; `changed_links` for dynamic training.
    best_epoch
        The first epoch of best validation accuracy, among those at final sparsity.
    validation_accuracy, test_accuracy
        At that epoch, in [0, 1].
    epochs_before
        Epochs spent before the final pruning, out of the recipe's.
    recipe
        With all defaults filled in.
    """

    net: nn.Module
    masks: Masks
    initial: dict[str, npt.NDArray[Any]]
    history: list[dict[str, Any]]
    best_epoch: int
    validation_accuracy: float
    test_accuracy: float
    epochs_before: int
    recipe: Recipe


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
    recipe
        Keys of `nsgraph.training.Recipe`.

    Raises
    ------
    UserError
        On an unknown method, option or recipe key, or a value out of range.
    TrainingDiverged
        When the loss is not finite.
    """
    checked = read_recipe(recipe)
    found = registry.get(method).configured(options or {})
    sparsity = checked_sparsity(sparsity)
    check_fit(found, sparsity)
    driver = driver_for(found, sparsity, seed, checked.epochs)
    key = {"method": method, "sparsity": sparsity, "options": found.options}
    return fit(
        net, data, driver, checked, seed, device, progress, checkpoint, checkpoint_every, key
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
) -> Run:
    """As `train`, with a driver instead of a method; `key` tells its checkpoints apart."""
    where = next(net.parameters()).device
    chosen = pick_device(device)
    initial = network_arrays(net)[0]
    work = copy.deepcopy(net).to(chosen)
    if chosen.type == "cuda":
        work = work.to(memory_format=torch.channels_last)
    trainer = Trainer(work, data.to(chosen), driver, recipe, seed)
    fingerprint = "" if checkpoint is None else _fingerprint(trainer, key)
    saved = None if checkpoint is None else read_checkpoint(checkpoint, fingerprint)
    if saved is None:
        driver.start(trainer)
    else:
        trainer.restore(*saved)
    written = time.monotonic()
    try:
        while trainer.epoch < recipe.epochs:
            row = trainer.run_epoch()
            if progress is not None:
                progress(row)
            late = time.monotonic() - written >= checkpoint_every
            if checkpoint is not None and late and trainer.epoch < recipe.epochs:
                tensors, about = trainer.state()
                write_checkpoint(checkpoint, tensors, {**about, "fingerprint": fingerprint})
                written = time.monotonic()
    except TrainingDiverged:
        _forget(checkpoint)
        raise
    _forget(checkpoint)
    return trainer.finished(initial, where)


class Trainer:
    """State of one training; drivers read and change it.

    Attributes
    ----------
    net, data, recipe, seed, optimiser, batches
        What is being trained, and with what.
    epoch
        The epoch that runs, from 1; 0 before the first.
    step, steps
        Steps that are done, and how many there will be in all.
    history
        Rows of the epochs that are over.
    """

    def __init__(
        self, net: nn.Module, data: Dataset, driver: Driver, recipe: Recipe, seed: int
    ) -> None:
        self.net, self.data, self.driver = net, data, driver
        self.recipe, self.seed = recipe, seed
        self.device = data.device
        self.optimiser = MaskedSGD(net, recipe)
        self.batches = Batches(data, recipe.batch, recipe.augment, seed)
        self.epoch = 0
        self.step = 0
        self.steps = recipe.epochs * self.batches.steps
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Tensor] = {}
        self.best_epoch = 0
        self.channels_last = self.device.type == "cuda" and len(data.input_shape) == 3
        self.amp = self.device.type == "cuda" if recipe.amp is None else recipe.amp

    def set_masks(self, masks: Masks) -> None:
        """Put masks on all layers."""
        self.optimiser.set_masks({n: torch.tensor(m).to(self.device) for n, m in masks.items()})

    def run_epoch(self) -> dict[str, Any]:
        """Train for one epoch, evaluate, and return the epoch's row."""
        began = time.perf_counter()
        self.epoch += 1
        self.driver.before_epoch(self)
        self.net.train()
        with private_randomness(self.seed, f"network/{self.epoch}", self.device):
            losses, right = self._steps()
        self.driver.before_evaluation(self)
        row = {
            "epoch": self.epoch,
            "loss": float(losses.double().mean()),
            "train_accuracy": right / self.batches.n_images,
            "validation_accuracy": accuracy(self.net, self.data, "validation"),
            "test_accuracy": accuracy(self.net, self.data, "test"),
            "learning_rate": self._rate(self.step - 1),
            "density": self._densities(),
            "eligible": self.driver.eligible(self.epoch),
            **self.driver.row(),
        }
        self.history.append(row)
        self._note_best(row)
        row["seconds"] = time.perf_counter() - began
        return row

    def _steps(self) -> tuple[Tensor, int]:
        """All steps of an epoch: the losses, and how many images were classified rightly."""
        losses: list[Tensor] = []
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        smoothing = self.recipe.label_smoothing
        for inputs, labels in self.batches.epoch(self.epoch):
            self.driver.before_step(self)
            if self.channels_last:
                inputs = inputs.contiguous(memory_format=torch.channels_last)
            self.optimiser.clear()
            if self.amp:
                with torch.autocast(self.device.type, dtype=torch.bfloat16):
                    logits = self.net(inputs)
            else:
                logits = self.net(inputs)
            loss = F.cross_entropy(logits.float(), labels, label_smoothing=smoothing)
            loss.backward()
            if not self.driver.instead_of_step(self):
                self.optimiser.step(self._rate(self.step))
            self.step += 1
            losses.append(loss.detach())
            right += (logits.detach().argmax(1) == labels).sum()
            if len(losses) % WATCH == 0:
                self._watch(losses)
        self._watch(losses)
        return torch.stack(losses), int(right)

    def _rate(self, step: int) -> float:
        return learning_rate(self.recipe, step, self.batches.steps)

    def _watch(self, losses: list[Tensor]) -> None:
        """Stop at the first loss that is not finite."""
        recent = losses[-WATCH:]
        finite = torch.isfinite(torch.stack(recent))
        if bool(finite.all()):
            return
        bad = int((~finite).nonzero()[0])
        step = self.step - len(recent) + bad
        raise TrainingDiverged(
            f"Training diverged: the loss is {float(recent[bad])} in epoch {self.epoch}, step "
            f"{step + 1} of {self.steps}, at learning rate {self._rate(step):g}; try a smaller lr or "
            "a warmup."
        )

    def _densities(self) -> dict[str, float]:
        return {
            name: int(torch.count_nonzero(layer.mask)) / layer.mask.numel()
            for name, layer in self.optimiser.layers.items()
        }

    def _note_best(self, row: dict[str, Any]) -> None:
        so_far = self.history[self.best_epoch - 1] if self.best_epoch else None
        better = so_far is None or row["validation_accuracy"] > so_far["validation_accuracy"]
        if row["eligible"] and better:
            self.best_epoch = self.epoch
            self.best = {k: v.detach().clone() for k, v in self._network().items()}

    def _network(self) -> dict[str, Tensor]:
        """The network itself: all parameters, masks and buffers, as they are (not copies)."""
        buffers = {f"buffer/{name}": value for name, value in self.net.named_buffers()}
        return {"weights": self.optimiser.weights, "mask": self.optimiser.mask, **buffers}

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors and plain data from which `restore` goes on as if nothing had happened."""
        tensors = {
            **self._network(),
            "velocity": self.optimiser.velocity,
            **{f"best/{name}": value for name, value in self.best.items()},
            **{f"driver/{name}": value for name, value in self.driver.tensors().items()},
        }
        about = {"epoch": self.epoch, "best_epoch": self.best_epoch, "history": self.history}
        return tensors, about

    def restore(self, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        self._put(tensors)
        self.optimiser.velocity.copy_(tensors["velocity"])
        self.best = _under("best/", tensors, self.device)
        self.driver.restore(_under("driver/", tensors, self.device))
        self.epoch, self.best_epoch = about["epoch"], about["best_epoch"]
        self.history = about["history"]
        self.step = self.epoch * self.batches.steps

    @torch.no_grad()
    def _put(self, tensors: Mapping[str, Tensor]) -> None:
        for name, value in self._network().items():
            value.copy_(tensors[name].reshape(value.shape))

    def finished(self, initial: dict[str, npt.NDArray[Any]], device: torch.device) -> Run:
        """The run's result, with the network of the best epoch on `device`."""
        self._put(self.best)
        masks = Masks(self.optimiser.masks())
        self.optimiser.release()
        row = self.history[self.best_epoch - 1]
        return Run(
            net=self.net.to(device).eval(),
            masks=masks,
            initial=initial,
            history=self.history,
            best_epoch=self.best_epoch,
            validation_accuracy=row["validation_accuracy"],
            test_accuracy=row["test_accuracy"],
            epochs_before=self.driver.epochs_before,
            recipe=self.recipe,
        )


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


def _under(prefix: str, tensors: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    found = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    return {name: value.to(device) for name, value in found.items()}


def _forget(checkpoint: str | os.PathLike[str] | None) -> None:
    if checkpoint is not None:
        Path(checkpoint).unlink(missing_ok=True)


def _fingerprint(trainer: Trainer, key: Any) -> str:
    """Digest of everything that decides a run: only its own checkpoint may be resumed."""
    content = hashlib.sha256()
    for name, value in sorted(trainer._network().items()):
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
        "torch": torch.__version__,
        "data": [data.name, len(data.train), data.mean.tolist(), data.std.tolist()],
        "content": content.hexdigest(),
    }
    return digest(about, 64)
