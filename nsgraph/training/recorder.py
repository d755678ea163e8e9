"""Snapshots of a network while it trains: an observer of the loop."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec
from torch import nn

from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.models import network_arrays, trace
from nsgraph.network_file import Provenance
from nsgraph.pruning.method import Method
from nsgraph.snapshots import Album, Snapshot
from nsgraph.training.recipe import Recipe
from nsgraph.wiring import Wiring

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["Recorder", "known"]


def known(method: Method, data: Dataset, sparsity: float, seed: int, recipe: Recipe) -> Provenance:
    """What a training knows of its network."""
    return Provenance(
        dataset=data.name,
        method=method.name,
        category=method.category,
        sparsity=sparsity,
        seed=seed,
        recipe=recipe.as_dict(),
        options=method.options,
        input_shape=tuple(data.input_shape),
        classes=data.classes,
    )


class Recorder:
    """Writes snapshots after chosen epochs, and whole networks where the method asks for one.

    What an earlier run left in the folder is removed when a training starts, not on resuming one.

    Parameters
    ----------
    folder
        Of the snapshots; see `nsgraph.snapshots`.
    epochs
        From 0, the start, to the number of epochs.
    weights
        Whether these snapshots hold weights too.
    net, data
        Only to trace the wiring; a module that cannot be traced gets none.
    provenance
        What is known of the network.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        epochs: Iterable[int],
        weights: bool,
        net: nn.Module,
        data: Dataset,
        provenance: Provenance,
    ) -> None:
        self.album = Album(folder)
        self.epochs, self.weights = sorted(set(epochs)), weights
        self.net, self.input_shape, self.provenance = net, data.input_shape, provenance
        self.wiring: Wiring | None = None
        self.traced = False

    def __call__(self, trainer: Trainer) -> None:
        if trainer.epoch == 0:
            self._check(trainer.epochs)
            self.album.clear()
        if trainer.epoch in self.epochs:
            self._add(str(_steps_done(trainer)), trainer, self.weights)
        label = trainer.driver.label(trainer.epoch) if trainer.epoch > 0 else None
        if label is not None:
            self._add(label, trainer, True)

    def _check(self, epochs: int) -> None:
        wrong = [epoch for epoch in self.epochs if not 0 <= epoch <= epochs]
        if wrong:
            raise UserError(
                f"A snapshot was asked for after epoch {wrong[-1]}; expected epochs from 0 to "
                f"{epochs}, which is how long this training is."
            )

    def _add(self, label: str, trainer: Trainer, weights: bool) -> None:
        row = trainer.history[-1] if trainer.epoch else {}
        snapshot = Snapshot(
            label=label,
            epoch=trainer.epoch,
            steps=_steps_done(trainer),
            validation_accuracy=row.get("validation_accuracy"),
            test_accuracy=row.get("test_accuracy"),
        )
        masks = trainer.optimiser.masks()
        if not weights:
            self.album.add(snapshot, masks)
            return
        of_layers, state = network_arrays(trainer.net)
        kept = sum(int(mask.sum()) for mask in masks.values())
        about = msgspec.structs.replace(
            self.provenance,
            sparsity_reached=1 - kept / sum(mask.numel() for mask in masks.values()),
            epochs=trainer.epoch,
            validation_accuracy=snapshot.validation_accuracy,
            test_accuracy=snapshot.test_accuracy,
        )
        self.album.add(snapshot, masks, of_layers, state, self._wiring(), about)

    def _wiring(self) -> Wiring | None:
        if not self.traced:
            self.traced = True
            try:
                self.wiring = trace(self.net, self.input_shape)
            except UserError:
                self.wiring = None  # training needs none; rolled encodings need none either
        return self.wiring


def _steps_done(trainer: Trainer) -> int:
    """Steps of all epochs so far; rounds may leave some out at their start."""
    steps = trainer.batches.steps
    return sum(steps - trainer.driver.place(e, steps)[1] for e in range(1, trainer.epoch + 1))
