"""Gradual pruning: masks that become sparser while the network trains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from nsgraph.pruning.allocation import overall
from nsgraph.pruning.engine import check_empty
from nsgraph.pruning.gradual import Gradual, Timetable
from nsgraph.pruning.selection import highest, select
from nsgraph.pruning.starts import begin
from nsgraph.seeds import torch_seed
from nsgraph.training.drivers.base import Driver

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["GradualPruning"]


class GradualPruning(Driver):
    """Prunes in many small updates; with regrowth, an update has the next step's gradient at hand.

    An epoch counts as finished where it is evaluated with the final number of weights.
    """

    def __init__(self, method: Gradual, sparsity: float, seed: int, epochs: int) -> None:
        self.method, self.sparsity, self.seed = method, sparsity, seed
        self.regrown = 0
        self.epochs = epochs
        self.timetable = Timetable(0, 1, 1)

    def total_epochs(self, recipe: int, steps: int) -> int:
        self.timetable = self.method.timetable(recipe * steps, steps)
        self.epochs_before = self.timetable.end // steps
        return recipe

    def start(self, trainer: Trainer) -> None:
        density = self.method.density(self.sparsity, 0.0)
        if density < 1:
            shapes = {n: tuple(layer.weight.shape) for n, layer in trainer.optimiser.layers.items()}
            number = torch_seed(self.seed, f"method/{self.method.name}/start")
            draw = torch.Generator().manual_seed(number)
            trainer.set_masks(begin(self.method.start, shapes, density, draw))

    def before_epoch(self, trainer: Trainer) -> None:
        self.regrown = 0

    def before_step(self, trainer: Trainer) -> None:
        if self.timetable.prunes(trainer.step):
            self._prune(trainer)

    def instead_of_step(self, trainer: Trainer) -> bool:
        if self.timetable.regrows(trainer.step):
            self._regrow(trainer)
        return False

    def before_evaluation(self, trainer: Trainer) -> None:
        if trainer.step == trainer.steps == self.timetable.end:
            self._prune(trainer)

    def eligible(self, epoch: int) -> bool:
        return epoch > self.epochs_before or epoch == self.epochs

    def row(self) -> dict[str, Any]:
        return {"regrown_links": self.regrown}

    @torch.no_grad()
    def _prune(self, trainer: Trainer) -> None:
        progress = self.timetable.progress(trainer.step)
        density = self.method.density(self.sparsity, progress)
        scores = {
            name: layer.weight.abs().double().masked_fill(layer.mask == 0, -torch.inf)
            for name, layer in trainer.optimiser.layers.items()
        }
        masks = select(scores, overall, density)
        if progress == 1:
            check_empty(self.method, self.sparsity, masks)
        trainer.optimiser.set_masks(masks)

    @torch.no_grad()
    def _regrow(self, trainer: Trainer) -> None:
        part = self.method.regrowth(trainer.step / trainer.steps)
        for name, layer in trainer.optimiser.layers.items():
            live = layer.mask != 0
            count = math.floor(part * int(live.sum()) + 1e-9)
            if count == 0 or bool(live.all()):
                continue
            stay = live & ~highest((-layer.weight.abs()).masked_fill(~live, -torch.inf), count)
            grown = highest(layer.gradient.abs().masked_fill(stay, -torch.inf), count)
            trainer.optimiser.set_masks({name: stay | grown})
            trainer.optimiser.restart(name, grown)
            self.regrown += int((grown & ~live).sum())
