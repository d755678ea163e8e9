"""Pruning once: before training, or after some epochs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsgraph.pruning.engine import prune_by
from nsgraph.pruning.method import Scored
from nsgraph.training.batch_norm import recalibrate
from nsgraph.training.drivers.base import Driver

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["Pruning"]


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
            recalibrate(
                trainer.net,
                trainer.data,
                self.method.recalibrate,
                self.seed,
                f"{self.method.stream}/recalibrate",
            )

    def eligible(self, epoch: int) -> bool:
        return epoch > self.epochs_before or epoch == self.epochs

    def _prune(self, trainer: Trainer) -> None:
        found = prune_by(self.method, trainer.net, self.sparsity, trainer.data, self.seed)
        trainer.set_masks(found)
