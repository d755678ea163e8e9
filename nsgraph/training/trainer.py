"""One training in progress: its state, an epoch of it, its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor, nn

from nsgraph.datasets import Dataset
from nsgraph.masks import Masks
from nsgraph.training.batches import Batches
from nsgraph.training.drivers import Driver
from nsgraph.training.epoch import alone, run_epoch
from nsgraph.training.evaluation import accuracy
from nsgraph.training.optimiser import MaskedSGD
from nsgraph.training.recipe import Recipe, learning_rate

__all__ = ["Run", "Trainer"]


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
        `density` (by layer), `eligible`, `seconds` (its share, of networks trained as one);
        `changed_links` for dynamic training, `regrown_links` for gradual pruning, `round` and
        `rounds` for lottery tickets.
    best_epoch
        The first epoch of best validation accuracy, among those at final sparsity.
    validation_accuracy, test_accuracy
        At that epoch, in [0, 1].
    epochs_before
        Epochs spent before the final pruning, out of those of the history.
    recipe
        With all defaults filled in.
    population
        Networks that were trained as one, this one included.
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
    population: int = 1


class Trainer:
    """State of one training; drivers read and change it.

    Attributes
    ----------
    net, data, recipe, seed, optimiser, batches
        What is being trained, and with what.
    sgd
        Moves this network's parameters, and those of others if they are trained as one.
    epoch
        The epoch that runs, from 1; 0 before the first.
    epochs
        How many there will be in all: more than the recipe's where a method trains in rounds.
    step, steps
        Steps of the recipe that are done, and how many it has in all.
    observers
        Called with the trainer after the start (epoch 0) and after each epoch.
    history
        Rows of the epochs that are over.
    """

    def __init__(
        self,
        net: nn.Module,
        data: Dataset,
        driver: Driver,
        recipe: Recipe,
        seed: int,
        sgd: MaskedSGD | None = None,
        like: Batches | None = None,
    ) -> None:
        self.net, self.data, self.driver = net, data, driver
        self.recipe, self.seed = recipe, seed
        self.device = data.device
        self.sgd = MaskedSGD([net], recipe) if sgd is None else sgd
        self.optimiser = self.sgd.of(net)
        self.batches = Batches(data, recipe.batch, recipe.augment, seed, like)
        self.epoch = 0
        self.step = 0
        self.steps = recipe.epochs * self.batches.steps
        self.epochs = driver.total_epochs(recipe.epochs, self.batches.steps)
        self.history: list[dict[str, Any]] = []
        self.observers: list[Callable[[Trainer], None]] = []
        self.best: dict[str, Tensor] = {}
        self.best_epoch = 0
        self.amp = self.device.type == "cuda" if recipe.amp is None else recipe.amp

    def set_masks(self, masks: Masks) -> None:
        """Put masks on all layers."""
        self.optimiser.set_masks({n: torch.tensor(m).to(self.device) for n, m in masks.items()})

    def run_epoch(self) -> dict[str, Any]:
        """Train this network alone for one epoch, evaluate, and return the epoch's row."""
        return run_epoch([self], alone(self.net))[0]

    def begin_epoch(self) -> tuple[int, int]:
        """Go on to the next epoch; returns its place in the recipe, see `Driver.place`."""
        self.epoch += 1
        number, skipped = self.driver.place(self.epoch, self.batches.steps)
        self.step = (number - 1) * self.batches.steps + skipped
        self.net.train()
        self.driver.before_epoch(self)
        return number, skipped

    def end_epoch(self, loss: float, train_accuracy: float) -> dict[str, Any]:
        """Evaluate after the last step of an epoch; returns the epoch's row."""
        self.driver.before_evaluation(self)
        self.net.eval()
        row = {
            "epoch": self.epoch,
            "loss": loss,
            "train_accuracy": train_accuracy,
            "validation_accuracy": accuracy(self.net, self.data, "validation"),
            "test_accuracy": accuracy(self.net, self.data, "test"),
            "learning_rate": learning_rate(self.recipe, self.step - 1, self.batches.steps),
            "density": self._densities(),
            "eligible": self.driver.eligible(self.epoch),
            **self.driver.row(),
        }
        self.history.append(row)
        self._note_best(row)
        self.observe()
        return row

    def observe(self) -> None:
        """Call the observers."""
        for observer in self.observers:
            observer(self)

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
            self.best = {k: v.detach().clone() for k, v in self.network().items()}

    def network(self) -> dict[str, Tensor]:
        """The network itself: all parameters, masks and buffers, as they are (not copies)."""
        buffers = {f"buffer/{name}": value for name, value in self.net.named_buffers()}
        return self.optimiser.tensors() | buffers

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors and plain data from which `restore` goes on as if nothing had happened."""
        tensors = {
            **self.network(),
            **self.optimiser.velocities(),
            **{f"best/{name}": value for name, value in self.best.items()},
            **{f"driver/{name}": value for name, value in self.driver.tensors().items()},
        }
        about = {"epoch": self.epoch, "best_epoch": self.best_epoch, "history": self.history}
        return tensors, about

    def restore(self, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        _put(self.network() | self.optimiser.velocities(), tensors)
        self.best = _under("best/", tensors, self.device)
        self.driver.restore(_under("driver/", tensors, self.device))
        self.epoch, self.best_epoch = about["epoch"], about["best_epoch"]
        self.history = about["history"]

    def finished(self, initial: dict[str, npt.NDArray[Any]], device: torch.device) -> Run:
        """The run's result, with the network of the best epoch on `device`."""
        _put(self.network(), self.best)
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
            population=len(self.sgd.members),
        )


@torch.no_grad()
def _put(into: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    for name, value in into.items():
        value.copy_(tensors[name].reshape(value.shape))


def _under(prefix: str, tensors: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    found = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    return {name: value.to(device) for name, value in found.items()}
