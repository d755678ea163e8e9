"""Dynamic sparse training: links that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.engine import random_masks
from nsgraph.pruning.rules import Links, rewire
from nsgraph.seeds import torch_seed
from nsgraph.training.drivers.base import Driver

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["Rewiring"]


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
