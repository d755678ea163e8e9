"""One epoch of training: of one network, or of several that are trained as one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.pruning.engine import private_randomness
from nsgraph.training.batches import side_by_side
from nsgraph.training.recipe import TrainingDiverged, learning_rate

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["Forward", "alone", "run_epoch"]

Forward = Callable[[Tensor], Tensor]
"""Inputs `[M, n, channels, height, width]` to logits `[M, n, classes]`, each network its own."""

WATCH = 100
"""Steps between looks at the loss; a look makes the CPU wait for the GPU."""


def alone(net: nn.Module) -> Forward:
    """The forward pass of a single network, M = 1; inputs in the layout of its weights."""
    last = any(p.dim() == 4 and not p.is_contiguous() for p in net.parameters())
    layout = torch.channels_last if last else torch.contiguous_format

    def forward(inputs: Tensor) -> Tensor:
        logits: Tensor = net(inputs[0].contiguous(memory_format=layout))
        return logits.unsqueeze(0)

    return forward


def run_epoch(trainers: Sequence[Trainer], forward: Forward) -> list[dict[str, Any]]:
    """Train for one epoch and evaluate.

    Parameters
    ----------
    trainers
        Of networks whose parameters are side by side in one optimiser; they agree in data, recipe,
        device, epoch and place in the recipe's schedule.
    forward
        The forward pass of all of them.

    Returns
    -------
    list of dict
        The epoch's row of each; `seconds` is its share of the time.

    Raises
    ------
    TrainingDiverged
        When a loss is not finite.
    """
    began = time.perf_counter()
    for trainer in trainers:
        number, skipped = trainer.begin_epoch()
    first = trainers[0]
    with private_randomness(first.seed, f"network/{first.epoch}", first.device):
        losses, right = _steps(trainers, forward, number, skipped)
    images = first.batches.n_images - skipped * first.recipe.batch
    seen = zip(losses.double().mean(0).tolist(), right.tolist(), strict=True)
    rows = [t.end_epoch(loss, n / images) for t, (loss, n) in zip(trainers, seen, strict=True)]
    for row in rows:
        row["seconds"] = (time.perf_counter() - began) / len(rows)
    return rows


def _steps(
    trainers: Sequence[Trainer], forward: Forward, number: int, skipped: int
) -> tuple[Tensor, Tensor]:
    """Steps of an epoch of the recipe: losses `[steps, M]`, and images classified rightly `[M]`."""
    first, sgd = trainers[0], trainers[0].sgd
    losses: list[Tensor] = []
    right = torch.zeros(len(trainers), dtype=torch.int64, device=first.device)
    batches = side_by_side([trainer.batches for trainer in trainers], number)
    for inputs, labels in islice(batches, skipped, None):
        for trainer in trainers:
            trainer.driver.before_step(trainer)
        sgd.clear()
        with _precision(first):
            logits = forward(inputs)
        loss = _loss(logits, labels, first.recipe.label_smoothing)
        loss.sum().backward()
        still = [i for i, t in enumerate(trainers) if t.driver.instead_of_step(t)]
        sgd.step(learning_rate(first.recipe, first.step, first.batches.steps), still)
        for trainer in trainers:
            trainer.step += 1
        losses.append(loss.detach())
        right += (logits.detach().argmax(2) == labels).sum(1)
        if len(losses) % WATCH == 0:
            _watch(trainers, losses)
    _watch(trainers, losses)
    return torch.stack(losses), right


def _precision(trainer: Trainer) -> AbstractContextManager[Any]:
    if not trainer.amp:
        return nullcontext()
    return torch.autocast(trainer.device.type, dtype=torch.bfloat16)


def _loss(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Mean cross-entropy of each network, in float32 at least."""
    logits = logits.flatten(0, 1).to(torch.promote_types(logits.dtype, torch.float32))
    each = F.cross_entropy(logits, labels.flatten(), reduction="none", label_smoothing=smoothing)
    return each.view(labels.shape).mean(1)


def _watch(trainers: Sequence[Trainer], losses: list[Tensor]) -> None:
    """Stop at the first loss that is not finite."""
    recent = torch.stack(losses[-WATCH:])
    finite = torch.isfinite(recent)
    if bool(finite.all()):
        return
    bad, which = (int(i) for i in (~finite).nonzero()[0])
    trainer = trainers[which]
    step = trainer.step - len(recent) + bad
    rate = learning_rate(trainer.recipe, step, trainer.batches.steps)
    raise TrainingDiverged(
        f"Training diverged: the loss is {float(recent[bad, which])} in epoch {trainer.epoch}, "
        f"step {step + 1} of {trainer.steps}, at learning rate {rate:g}; try a smaller lr or a "
        "warmup."
    )
