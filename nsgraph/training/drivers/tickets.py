"""Lottery tickets: rounds of training, pruning and rewinding."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nsgraph.pruning.allocation import overall
from nsgraph.pruning.engine import check_empty
from nsgraph.pruning.selection import highest, select
from nsgraph.pruning.tickets import Tickets
from nsgraph.seeds import torch_seed
from nsgraph.training.drivers.base import Driver

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["TicketRounds"]


class TicketRounds(Driver):
    """Round 0 is the dense training; rounds 1 to n each prune, rewind and train.

    Rounds after the first leave out the recipe's first steps up to the one that they rewind to, and
    whole epochs of them are no epochs. Only the last round's epochs can be the best.
    """

    def __init__(self, method: Tickets, sparsity: float, seed: int, epochs: int) -> None:
        self.method, self.sparsity, self.seed, self.epochs = method, sparsity, seed, epochs
        self.densities = method.densities(sparsity)
        self.last = len(self.densities)
        self.round = 0
        self.rewind = 0
        self.before = [0] * (self.last + 1)
        self.total = epochs
        self.kept: dict[str, Tensor] = {}

    def total_epochs(self, recipe: int, steps: int) -> int:
        self.rewind = self.method.rewind_step(recipe * steps, steps)
        for number in range(self.last):
            self.before[number + 1] = self.before[number] + self._epochs(number, steps)
        self.epochs_before = self.before[-1]
        self.total = self.epochs_before + self._epochs(self.last, steps)
        return self.total

    def place(self, epoch: int, steps: int) -> tuple[int, int]:
        number = self._round_of(epoch)
        within = epoch - self.before[number]
        whole, rest = divmod(self._first_step(number), steps)
        return whole + within, rest if within == 1 else 0

    def label(self, epoch: int) -> str | None:
        return f"round-{self._round_of(epoch)}" if self._ends(epoch) else None

    def before_epoch(self, trainer: Trainer) -> None:
        self.round = self._round_of(trainer.epoch)
        if self.round > 0 and self.before[self.round] == trainer.epoch - 1:
            self._begin_round(trainer)

    def before_step(self, trainer: Trainer) -> None:
        if self.round > 0 or self.last == 0:
            return
        if trainer.step == 0 and self.method.control == "reinitialise":
            self._keep("initial", trainer)
        if trainer.step == self.rewind:
            self._keep("rewind", trainer)

    def row(self) -> dict[str, Any]:
        return {"round": self.round, "rounds": self.last}

    def tensors(self) -> dict[str, Tensor]:
        return self.kept

    def restore(self, tensors: dict[str, Tensor]) -> None:
        self.kept = tensors

    def _epochs(self, number: int, steps: int) -> int:
        """Epochs of a round."""
        return self.epochs - self._first_step(number) // steps

    def _first_step(self, number: int) -> int:
        """Step of the recipe that a round begins with."""
        afresh = self.method.control == "reinitialise" and number == self.last
        return 0 if number == 0 or afresh else self.rewind

    def _round_of(self, epoch: int) -> int:
        return bisect_left(self.before, epoch) - 1

    def _ends(self, epoch: int) -> bool:
        """Whether a round ends with this epoch."""
        return epoch in self.before[1:] or epoch == self.total

    def _keep(self, when: str, trainer: Trainer) -> None:
        state = {f"{when}/{name}": v.detach().clone() for name, v in _state(trainer).items()}
        self.kept = {**self.kept, **state}

    @torch.no_grad()
    def _begin_round(self, trainer: Trainer) -> None:
        """Prune by the trained weights, rewind, and let momentum start anew."""
        scores = {
            name: layer.weight.abs().double().masked_fill(layer.mask == 0, -torch.inf)
            for name, layer in trainer.optimiser.layers.items()
        }
        masks = select(scores, overall, self.densities[self.round - 1])
        if self.round == self.last:
            check_empty(self.method, self.sparsity, masks)
        control = self.method.control if self.round == self.last else "none"
        if control == "redrawn":
            masks = self._redrawn(masks)
        when = "initial" if control == "reinitialise" else "rewind"
        for name, value in _state(trainer).items():
            value.copy_(self.kept[f"{when}/{name}"].reshape(value.shape))
        if control == "reinitialise":
            self._permute(trainer)
        trainer.optimiser.set_masks(masks)
        trainer.optimiser.forget()

    def _redrawn(self, masks: dict[str, Tensor]) -> dict[str, Tensor]:
        """As many links in each layer, at random."""
        generator = self._generator("redrawn")
        drawn = {}
        for name, mask in masks.items():
            scores = torch.rand(mask.shape, dtype=torch.float64, generator=generator)
            drawn[name] = highest(scores, int(mask.sum())).to(mask.device)
        return drawn

    def _permute(self, trainer: Trainer) -> None:
        """Every parameter's values in another order."""
        generator = self._generator("reinitialise")
        for parameter in trainer.net.parameters():
            order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
            parameter.copy_(parameter.flatten()[order].view(parameter.shape))

    def _generator(self, when: str) -> torch.Generator:
        number = torch_seed(self.seed, f"method/{self.method.name}/{when}")
        return torch.Generator().manual_seed(number)


def _state(trainer: Trainer) -> dict[str, Tensor]:
    """Parameters and buffers of the network, as they are (not copies)."""
    return {**dict(trainer.net.named_parameters()), **dict(trainer.net.named_buffers())}
