"""Top-KAST: a sparse network inside a larger set of weights that are trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nsgraph.pruning.allocation import kept, layer_counts
from nsgraph.pruning.selection import highest
from nsgraph.pruning.stepwise import ForwardBackward
from nsgraph.training.drivers.base import Driver
from nsgraph.training.drivers.exploration import Exploration, under

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["AlwaysSparse"]

MARGIN = 0.8
"""How far, in proportion, the least of the trained weights is taken to fall until the next choice.

Only weights above that are ranked, unless they are too few: the choice is exact in any case.
"""


class AlwaysSparse(Driver):
    """Keeps all weights, shows the network the largest and the optimiser some more.

    Outside an optimiser's step the network holds the forward set: its weights and masks are sparse
    at every evaluation. For the step, weights and mask of the backward set take their place; the
    velocity is always that of the backward set.
    """

    def __init__(self, method: ForwardBackward, sparsity: float, seed: int, epochs: int) -> None:
        self.method, self.sparsity = method, sparsity
        self.exploration = Exploration()
        self.dense: dict[str, Tensor] = {}  # all weights
        self.forward: dict[str, Tensor] = {}
        self.backward: dict[str, Tensor] = {}
        self.open = False  # whether the network holds the backward set
        self.rankings: list[tuple[list[str], int, int]] = []
        self.bars: dict[int, float] = {}

    @torch.no_grad()
    def start(self, trainer: Trainer) -> None:
        for name, layer in trainer.optimiser.layers.items():
            self.dense[name] = layer.weight.detach().clone()
        self._choose()
        self._show(trainer)
        self.exploration.start(self.forward)

    def before_epoch(self, trainer: Trainer) -> None:
        self.exploration.new_epoch()

    @torch.no_grad()
    def before_step(self, trainer: Trainer) -> None:
        self._close(trainer)
        if trainer.step == 0 or trainer.step % self.method.every:
            return
        before = dict(self.forward)
        self._choose()
        self._show(trainer)
        for name, mask in self.forward.items():
            self.exploration.note(name, before[name], mask, before[name] & ~mask)

    @torch.no_grad()
    def instead_of_step(self, trainer: Trainer) -> bool:
        decay = trainer.recipe.weight_decay * (1 / (1 - self.sparsity) - 1)
        for name, layer in trainer.optimiser.layers.items():
            layer.mask.copy_(self.backward[name])
            layer.weight.copy_(self.dense[name] * layer.mask)
            outer = self.dense[name] * (self.backward[name] & ~self.forward[name])
            layer.gradient.add_(outer, alpha=decay)
        self.open = True
        return False

    @torch.no_grad()
    def before_evaluation(self, trainer: Trainer) -> None:
        self._close(trainer)

    def _choose(self) -> None:
        """Both sets anew, by the size of all weights."""
        if not self.rankings:
            self.rankings = self._rankings()
        for k, (names, inner, outer) in enumerate(self.rankings):
            sizes = torch.cat([self.dense[name].abs().flatten() for name in names])
            places = _largest(sizes, outer, self.bars.get(k, 0.0))
            self.bars[k] = MARGIN * float(sizes[places].min()) if len(places) else 0.0
            inside = places[highest(sizes[places], inner)]
            self.backward |= self._masks(names, places)
            self.forward |= self._masks(names, inside)

    def _masks(self, names: list[str], places: Tensor) -> dict[str, Tensor]:
        """Masks of some layers that are true at places of all their weights in a row."""
        sizes = [self.dense[name].numel() for name in names]
        flat = torch.zeros(sum(sizes), dtype=torch.bool, device=places.device)
        flat[places] = True
        parts = zip(names, flat.split(sizes), strict=True)
        return {name: part.view(self.dense[name].shape) for name, part in parts}

    def _rankings(self) -> list[tuple[list[str], int, int]]:
        """Layers that are ranked together, and how many weights of them each set has."""
        shapes = {name: tuple(weight.shape) for name, weight in self.dense.items()}
        density = 1 - self.sparsity
        larger = min(self.method.backward * density, 1.0)
        of_layers = self.method.allocation(shapes, density)
        if of_layers is None:
            total = sum(weight.numel() for weight in self.dense.values())
            return [(list(shapes), kept(density, total), kept(larger, total))]
        inner = layer_counts(shapes, of_layers, density)
        outer = layer_counts(shapes, self.method.allocation(shapes, larger) or {}, larger)
        # Numbers of layers are rounded: the smaller set could have one more.
        return [([name], inner[name], max(inner[name], outer[name])) for name in shapes]

    def _show(self, trainer: Trainer) -> None:
        """Put the forward set into the network."""
        for name, layer in trainer.optimiser.layers.items():
            layer.mask.copy_(self.forward[name])
            layer.weight.copy_(self.dense[name] * layer.mask)

    def _close(self, trainer: Trainer) -> None:
        """Take over what a step made of the backward set."""
        if not self.open:
            return
        for name, layer in trainer.optimiser.layers.items():
            self.dense[name] = torch.where(self.backward[name], layer.weight, self.dense[name])
        self.open = False
        self._show(trainer)

    def row(self) -> dict[str, Any]:
        return self.exploration.row()

    def tensors(self) -> dict[str, Tensor]:
        state = self.exploration.tensors()
        for key in ("dense", "forward", "backward"):
            state |= {f"{key}/{name}": value for name, value in getattr(self, key).items()}
        return state

    def restore(self, tensors: dict[str, Tensor]) -> None:
        self.exploration.restore(tensors)
        for key in ("dense", "forward", "backward"):
            setattr(self, key, under(f"{key}/", tensors))


def _largest(sizes: Tensor, number: int, bar: float) -> Tensor:
    """Places of the `number` largest, ties by position; quick where few reach the bar."""
    pool = (sizes >= bar).nonzero()[:, 0]
    if len(pool) < number:
        pool = torch.arange(len(sizes), device=sizes.device)
    return pool[highest(sizes[pool], number)]
