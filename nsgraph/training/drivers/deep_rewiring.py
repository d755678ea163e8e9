"""Deep rewiring: links of fixed sign that move where a step would flip them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from nsgraph.pruning.starts import begin
from nsgraph.pruning.stepwise import DeepRewiring
from nsgraph.seeds import stream, torch_seed
from nsgraph.training.drivers.base import Driver
from nsgraph.training.drivers.exploration import Exploration, under
from nsgraph.training.recipe import learning_rate

if TYPE_CHECKING:
    from nsgraph.training.optimiser import Layer
    from nsgraph.training.trainer import Trainer

__all__ = ["SignKeeping"]

NEWBORN = 1e-12
"""Size of a link's weight when it comes (Bellec et al. 2018)."""


class SignKeeping(Driver):
    """After each step: L1 decay, noise, and new places for the links whose weights flipped.

    There is no hook after a step, so the work is done before the next one or the evaluation.
    """

    def __init__(self, method: DeepRewiring, sparsity: float, seed: int, epochs: int) -> None:
        self.method, self.sparsity, self.seed = method, sparsity, seed
        self.exploration = Exploration()
        self.sign: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}
        self.taken: int | None = None  # the step that was taken and is not looked at yet

    def start(self, trainer: Trainer) -> None:
        layers = trainer.optimiser.layers
        shapes = {name: tuple(layer.weight.shape) for name, layer in layers.items()}
        rng = stream(self.seed, f"method/{self.method.name}/signs")
        for name, layer in layers.items():
            # The initial weights are symmetric: their signs are random. A zero has none.
            drawn = torch.from_numpy(rng.integers(0, 2, shapes[name]) * 2.0 - 1.0)
            weight = layer.weight.detach()
            sign = torch.where(weight == 0, drawn.to(weight), weight.sign())
            self.sign[name] = sign.contiguous()
        number = torch_seed(self.seed, f"method/{self.method.name}/start")
        generator = torch.Generator().manual_seed(number)
        masks = begin(self.method.start, shapes, 1 - self.sparsity, generator)
        trainer.set_masks(masks)
        self.counts = {name: int(mask.sum()) for name, mask in masks.items()}
        self.exploration.start(trainer.optimiser.masks())

    def before_epoch(self, trainer: Trainer) -> None:
        self.exploration.new_epoch()

    def before_step(self, trainer: Trainer) -> None:
        self._look(trainer)

    def instead_of_step(self, trainer: Trainer) -> bool:
        self.taken = trainer.step
        return False

    def before_evaluation(self, trainer: Trainer) -> None:
        self._look(trainer)

    def row(self) -> dict[str, Any]:
        return self.exploration.row()

    def tensors(self) -> dict[str, Tensor]:
        state = {f"sign/{name}": sign for name, sign in self.sign.items()}
        state |= {f"count/{name}": torch.tensor(count) for name, count in self.counts.items()}
        return state | self.exploration.tensors()

    def restore(self, tensors: dict[str, Tensor]) -> None:
        self.sign = under("sign/", tensors)
        self.counts = {name: int(count) for name, count in under("count/", tensors).items()}
        self.exploration.restore(tensors)

    @torch.no_grad()
    def _look(self, trainer: Trainer) -> None:
        if self.taken is None:
            return
        rate = learning_rate(trainer.recipe, self.taken, trainer.batches.steps)
        rng = stream(self.seed, f"method/{self.method.name}/{self.taken}")
        self.taken = None
        layers = trainer.optimiser.layers
        for name, layer in layers.items():
            self._decay(layer.weight, layer.mask, name, rate, rng)
        before = trainer.optimiser.masks()
        flipped = {n: before[n] & (layer.weight * self.sign[n] < 0) for n, layer in layers.items()}
        numbers = torch.stack([links.sum() for links in flipped.values()]).tolist()
        gone = dict(zip(layers, numbers, strict=True))
        for name, number in self._destined(gone, layers, rng).items():
            if gone[name] == number == 0:
                continue
            stay = before[name] & ~flipped[name]
            grown = _drawn(~stay, number, rng)
            trainer.optimiser.set_masks({name: stay | grown})
            trainer.optimiser.restart(name, grown)
            layers[name].weight.add_(grown * self.sign[name], alpha=NEWBORN)
            self.counts[name] += number - gone[name]
            self.exploration.note(name, before[name], stay | grown, flipped[name])

    def _destined(
        self, gone: Mapping[str, int], layers: Mapping[str, Layer], rng: np.random.Generator
    ) -> dict[str, int]:
        """How many links each layer gets."""
        if self.method.within == "layer":
            return dict(gone)
        free = [layer.mask.numel() - self.counts[n] + gone[n] for n, layer in layers.items()]
        drawn = rng.multivariate_hypergeometric(free, sum(gone.values()), method="marginals")
        return dict(zip(layers, drawn.tolist(), strict=True))

    def _decay(
        self, weight: Tensor, mask: Tensor, name: str, rate: float, rng: np.random.Generator
    ) -> None:
        if self.method.l1:
            weight.sub_(self.sign[name] * mask, alpha=rate * self.method.l1)
        if self.method.noise:
            drawn = torch.from_numpy(rng.standard_normal(self.counts[name], dtype=np.float32))
            noise = torch.zeros(weight.shape, dtype=weight.dtype, device=weight.device)
            noise.masked_scatter_(mask != 0, drawn.to(weight))
            weight.add_(noise, alpha=rate * self.method.noise)


def _drawn(free: Tensor, number: int, rng: np.random.Generator) -> Tensor:
    """So many of the free places, uniformly at random, as a boolean tensor."""
    places = free.flatten().nonzero()[:, 0]
    chosen = torch.from_numpy(rng.choice(len(places), number, replace=False, shuffle=False))
    drawn = torch.zeros(free.numel(), dtype=torch.bool, device=free.device)
    drawn[places[chosen.to(free.device)]] = True
    return drawn.view(free.shape)
