"""What a method does while the network trains: the hooks, and the simplest driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from nsgraph.masks import Masks

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["Driver", "FixedMasks"]


class Driver:
    """A method at work; this one does nothing. The loop calls its hooks in the order below.

    Whatever a driver draws comes from a stream named after the epoch or step, so that a resumed run
    draws the same. State beyond the masks goes through `tensors` and `restore`.
    """

    epochs_before = 0
    """Epochs before the final pruning; only later ones can be the best epoch."""

    def total_epochs(self, recipe: int, steps: int) -> int:
        """Epochs of the whole training, where the recipe asks for `recipe` of `steps` steps each.

        Called before all other hooks, also when a run is resumed.
        """
        return recipe

    def label(self, epoch: int) -> str | None:
        """Name under which the network after this epoch is kept beside the chosen snapshots."""
        return None

    def place(self, epoch: int, steps: int) -> tuple[int, int]:
        """Where an epoch stands in the recipe's schedule and order of batches.

        Parameters
        ----------
        epoch
            From 1 to `total_epochs`.
        steps
            Steps of a whole epoch.

        Returns
        -------
        int, int
            An epoch of the recipe, from 1, and how many of its steps are left out at its start.
            `trainer.step` counts from there.
        """
        return epoch, 0

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
