"""Dynamic sparse training: links that come and go."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rewiring import rewire
from nsgraph.pruning.rules import Links, keeps_momentum
from nsgraph.pruning.starts import begin
from nsgraph.seeds import torch_seed
from nsgraph.training.drivers.base import Driver
from nsgraph.training.drivers.exploration import Exploration, under

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["Rewiring"]

logger = logging.getLogger(__name__)


class Rewiring(Driver):
    """Changes some links every now and then; their number is exact wherever it may be the best."""

    def __init__(self, method: Dynamic, sparsity: float, seed: int, epochs: int) -> None:
        self.method, self.sparsity, self.seed = method, sparsity, seed
        self.exploration = Exploration()
        self.counts: dict[str, int] = {}  # links of each layer that takes part, without surplus
        self.threshold = method.threshold
        self.surplus = False
        self.momentum: dict[str, Tensor] = {}

    def start(self, trainer: Trainer) -> None:
        layers = trainer.optimiser.layers
        shapes = {name: tuple(layer.weight.shape) for name, layer in layers.items()}
        masks = begin(self.method.start, shapes, 1 - self.sparsity, self._generator("start"))
        trainer.set_masks(masks)
        self.counts = {name: int(m.sum()) for name, m in masks.items() if not m.all()}
        self.exploration.start(trainer.optimiser.masks())
        if keeps_momentum(self.method.drop, self.method.grow, self.method.redistribute):
            self.momentum = {
                name: torch.zeros_like(layers[name].weight, memory_format=torch.contiguous_format)
                for name in self.counts
            }
        if self.counts:
            _announce(self.method, trainer.steps, trainer.batches.steps)

    def before_epoch(self, trainer: Trainer) -> None:
        self.exploration.new_epoch()

    def before_step(self, trainer: Trainer) -> None:
        if not self.method.skips_step and self._due(trainer):
            self._update(trainer)

    @torch.no_grad()
    def instead_of_step(self, trainer: Trainer) -> bool:
        for name, momentum in self.momentum.items():
            gradient = trainer.optimiser.layers[name].gradient
            momentum.mul_(trainer.recipe.momentum).add_(gradient)
        if self.method.skips_step and self._due(trainer):
            self._update(trainer)
            return True
        return False

    def before_evaluation(self, trainer: Trainer) -> None:
        if self.surplus and trainer.epoch == trainer.epochs:
            self._rewire(trainer, fraction=0.0, surplus=0.0)

    def eligible(self, epoch: int) -> bool:
        return not self.surplus

    def row(self) -> dict[str, Any]:
        return self.exploration.row()

    def tensors(self) -> dict[str, Tensor]:
        state = {f"count/{name}": torch.tensor(count) for name, count in self.counts.items()}
        state |= {f"momentum/{name}": value for name, value in self.momentum.items()}
        state["threshold"] = torch.tensor(self.threshold, dtype=torch.float64)
        state["surplus"] = torch.tensor(self.surplus)
        return state | self.exploration.tensors()

    def restore(self, tensors: dict[str, Tensor]) -> None:
        self.counts = {name: int(count) for name, count in under("count/", tensors).items()}
        self.momentum = under("momentum/", tensors)
        self.threshold = float(tensors["threshold"])
        self.surplus = bool(tensors["surplus"])
        self.exploration.restore(tensors)

    def _generator(self, when: str) -> torch.Generator:
        number = torch_seed(self.seed, f"method/{self.method.name}/{when}")
        return torch.Generator().manual_seed(number)

    def _due(self, trainer: Trainer) -> bool:
        due = self.method.due(trainer.step, trainer.steps, trainer.batches.steps)
        return due and bool(self.counts)

    def _update(self, trainer: Trainer) -> None:
        progress = self._progress(trainer)
        self._rewire(trainer, self.method.fraction(progress), self.method.surplus(progress))

    def _progress(self, trainer: Trainer) -> float:
        return trainer.step / (self.method.until * trainer.steps)

    @torch.no_grad()
    def _rewire(self, trainer: Trainer, fraction: float, surplus: float) -> None:
        optimiser, generator = trainer.optimiser, self._generator(str(trainer.step))
        layers = {}
        for name in self.counts:
            layer = optimiser.layers[name]
            momentum = self.momentum.get(name, layer.velocity)
            mask, progress = layer.mask != 0, self._progress(trainer)
            layers[name] = Links(
                name, layer.weight, mask, layer.gradient, momentum, generator, progress
            )
        update = rewire(layers, self.counts, self.method, fraction, surplus, self.threshold)
        self.counts, self.threshold = update.counts, update.threshold
        for name, change in update.changes.items():
            optimiser.set_masks({name: change.mask})
            optimiser.restart(name, change.grown)
            self.exploration.note(name, layers[name].mask, change.mask, change.dropped)
        self.surplus = surplus > 0


def _announce(method: Dynamic, steps: int, steps_per_epoch: int) -> None:
    """Say how often the links will change; a warning where that is never."""
    number = method.updates(steps, steps_per_epoch)
    interval = method.interval(steps_per_epoch)
    end = "" if method.until == 1 else f" until {method.until:.0%} of them are done"
    _say(
        f"The method {method.name!r} changes links every {interval} of {steps} steps{end}: "
        + (f"{number} times." if number else "never in so short a training; lower its 'every'."),
        logging.INFO if number else logging.WARNING,
    )


@cache
def _say(sentence: str, level: int) -> None:
    logger.log(level, sentence)
