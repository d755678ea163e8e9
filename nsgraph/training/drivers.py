"""What a method does while the network trains: one driver for each kind of method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.engine import prune_by, random_masks
from nsgraph.pruning.method import Dense, Method, Scored
from nsgraph.pruning.rules import Links, rewire
from nsgraph.seeds import torch_seed

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["DRIVERS", "Driver", "FixedMasks", "Pruning", "Rewiring", "driver_for"]


class Driver:
    """A method at work; this one does nothing. The loop calls its hooks in the order below.

    Whatever a driver draws comes from a stream named after the epoch or step, so that a resumed run
    draws the same. State beyond the masks goes through `tensors` and `restore`.
    """

    epochs_before = 0
    """Epochs before the final pruning; only later ones can be the best epoch."""

    def start(self, trainer: Trainer) -> None:
        """Set the first masks; called once, not when a run is resumed."""

    def before_epoch(self, trainer: Trainer) -> None:
        """Called with `trainer.epoch` set, from 1."""

    def before_step(self, trainer: Trainer) -> None:
        """Called with `trainer.step` steps done."""

    def instead_of_step(self, trainer: Trainer) -> bool:
        """Called when the gradient is there; True: the optimiser's step is left out."""
        return False

    def before_evaluation(self, trainer: Trainer) -> None:
        """Called after the last step of an epoch."""

    def eligible(self, epoch: int) -> bool:
        """Whether the network after this epoch is a finished one."""
        return epoch > self.epochs_before

    def row(self) -> dict[str, Any]:
        """Further columns of the epoch's history."""
        return {}

    def tensors(self) -> dict[str, Tensor]:
        """State that a checkpoint must hold."""
        return {}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `tensors` gave."""


class FixedMasks(Driver):
    """Masks that are there from the start and stay."""

    def __init__(self, masks: Masks) -> None:
        self.masks = masks

    def start(self, trainer: Trainer) -> None:
        trainer.set_masks(self.masks)


class Pruning(Driver):
    """Prunes once: before training, or after some epochs of dense training.

    Of E epochs, round(after * E) are dense. The learning rate's schedule runs on over the pruning.
    With `after` = 1 the network is pruned after the last step and not trained again.
    """

    def __init__(self, method: Scored, sparsity: float, seed: int, epochs: int) -> None:
        self.method, self.sparsity, self.seed, self.epochs = method, sparsity, seed, epochs
        self.epochs_before = round(method.after * epochs)
        if method.after < 1:
            self.epochs_before = min(self.epochs_before, epochs - 1)

    def start(self, trainer: Trainer) -> None:
        if self.epochs_before == 0:
            self._prune(trainer)

    def before_epoch(self, trainer: Trainer) -> None:
        if 0 < self.epochs_before == trainer.epoch - 1:
            self._prune(trainer)

    def before_evaluation(self, trainer: Trainer) -> None:
        if self.epochs_before == self.epochs == trainer.epoch:
            self._prune(trainer)

    def eligible(self, epoch: int) -> bool:
        return epoch > self.epochs_before or epoch == self.epochs

    def _prune(self, trainer: Trainer) -> None:
        found = prune_by(self.method, trainer.net, self.sparsity, trainer.data, self.seed)
        trainer.set_masks(found)


class Rewiring(Driver):
    """Dynamic sparse training: changes some links every now and then, never their number."""

    def __init__(self, method: Dynamic, sparsity: float, seed: int, epochs: int) -> None:
        self.method, self.sparsity, self.seed = method, sparsity, seed
        self.changed = 0

    def start(self, trainer: Trainer) -> None:
        shapes = {n: tuple(layer.weight.shape) for n, layer in trainer.optimiser.layers.items()}
        density = 1 - self.sparsity
        trainer.set_masks(
            random_masks(shapes, self.method.start, density, self._generator("start"))
        )

    def before_epoch(self, trainer: Trainer) -> None:
        self.changed = 0

    def before_step(self, trainer: Trainer) -> None:
        if not self.method.skips_step and self._due(trainer):
            self._rewire(trainer)

    def instead_of_step(self, trainer: Trainer) -> bool:
        if self.method.skips_step and self._due(trainer):
            self._rewire(trainer)
            return True
        return False

    def row(self) -> dict[str, Any]:
        return {"changed_links": self.changed}

    def _generator(self, when: str) -> torch.Generator:
        number = torch_seed(self.seed, f"method/{self.method.name}/{when}")
        return torch.Generator().manual_seed(number)

    def _due(self, trainer: Trainer) -> bool:
        return self.method.due(trainer.step, trainer.steps, trainer.batches.steps)

    @torch.no_grad()
    def _rewire(self, trainer: Trainer) -> None:
        method, optimiser = self.method, trainer.optimiser
        progress = trainer.step / (method.until * trainer.steps)
        generator = self._generator(str(trainer.step))
        for name, layer in optimiser.layers.items():
            before = layer.mask != 0
            links = Links(
                name, layer.weight, before, layer.gradient, layer.velocity, generator, progress
            )
            after, grown = rewire(
                links,
                method.fraction(progress),
                method.drop,
                method.grow,
                method.within,
                method.may_return,
            )
            optimiser.set_masks({name: after})
            optimiser.restart(name, grown)
            self.changed += int((after & ~before).sum())


DRIVERS: dict[type[Method], Any] = {Scored: Pruning, Dynamic: Rewiring}
"""Driver of each kind of method, made with (method, sparsity, seed, epochs)."""


def driver_for(method: Method, sparsity: float, seed: int, epochs: int) -> Driver:
    """The driver of a method."""
    if isinstance(method, Dense):
        return Driver()
    for kind, driver in DRIVERS.items():
        if isinstance(method, kind):
            made: Driver = driver(method, sparsity, seed, epochs)
            return made
    raise UserError(f"The method {method.name!r} is of no kind that can be trained.")
