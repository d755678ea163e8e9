"""Networks in training: one alone, or several of one architecture as one."""

from __future__ import annotations

import copy
import hashlib
import logging
import os
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nsgraph.datasets import Dataset
from nsgraph.files import digest
from nsgraph.models import network_arrays
from nsgraph.training.batches import steps_of
from nsgraph.training.checkpoint import read_checkpoint, write_checkpoint
from nsgraph.training.drivers import Driver
from nsgraph.training.epoch import alone, run_epoch
from nsgraph.training.optimiser import MaskedSGD
from nsgraph.training.recipe import Recipe, TrainingDiverged
from nsgraph.training.stacked import NotStackable, stacked
from nsgraph.training.trainer import Run, Trainer

__all__ = ["Member", "Progress", "carry_out"]

LAYOUT = 2
"""Raised when the tensors of a checkpoint get other names or meanings."""

Progress = Callable[[dict[str, Any]], None]
"""Called after each epoch with the epoch's row of the history."""

logger = logging.getLogger(__name__)


@dataclass
class Member:
    """A network to be trained.

    Attributes
    ----------
    net
        At initialisation, on any device; stays as it is.
    driver, seed
        The method at work, and the seed of batch order and of what the method draws.
    progress, observers
        Called after each epoch, with its row and with the trainer.
    checkpoint
        File of its state, or None.
    key
        What decides the run beside network, data, recipe and seed: tells checkpoints apart.
    """

    net: nn.Module
    driver: Driver
    seed: int = 0
    progress: Progress | None = None
    checkpoint: str | os.PathLike[str] | None = None
    key: Any = None
    observers: Iterable[Callable[[Trainer], None]] = ()


def carry_out(
    members: Sequence[Member],
    data: Dataset,
    recipe: Recipe,
    device: torch.device,
    checkpoint_every: float = 20.0,
) -> list[Run]:
    """Train networks: as one where that is possible, else one by one.

    Together are those at the same place of a checkpoint that will pass through the same epochs (a
    method may train in rounds whose number depends on the sparsity).

    Raises
    ------
    TrainingDiverged
        When the loss of one is not finite.
    """
    data = data.to(device)
    jobs = [_Job(member, data, recipe, device) for member in members]
    together: dict[Hashable, list[_Job]] = {}
    for job in jobs:
        together.setdefault(job.course(), []).append(job)
    runs: dict[_Job, Run] = {}
    for group in together.values():
        runs |= zip(group, _train(group, checkpoint_every), strict=True)
    return [runs[job] for job in jobs]


class _Job:
    """A member on its device, with what its checkpoint holds."""

    def __init__(self, member: Member, data: Dataset, recipe: Recipe, device: torch.device) -> None:
        self.member, self.data, self.recipe = member, data, recipe
        self.device = device
        self.initial = network_arrays(member.net)[0]
        self.net = _channels_last(copy.deepcopy(member.net).to(device), data)
        self.fingerprint = ""
        self.saved: tuple[dict[str, Tensor], dict[str, Any]] | None = None
        if member.checkpoint is not None:
            self.fingerprint = _fingerprint(self)
            self.saved = read_checkpoint(member.checkpoint, self.fingerprint)

    def course(self) -> Hashable:
        """The epoch that is reached, and the places in the recipe of all epochs."""
        driver, steps = self.member.driver, steps_of(self.data, self.recipe.batch)
        epochs = driver.total_epochs(self.recipe.epochs, steps)
        done = 0 if self.saved is None else self.saved[1]["epoch"]
        return done, tuple(driver.place(epoch, steps) for epoch in range(1, epochs + 1))

    def again(self) -> _Job:
        """The same, as if it had not been touched."""
        return _Job(self.member, self.data, self.recipe, self.device)

    def begin(self, trainer: Trainer) -> None:
        """Start the training, or go on where the checkpoint is."""
        trainer.observers.extend(self.member.observers)
        if self.saved is None:
            self.member.driver.start(trainer)
            if self.recipe.sparse_init:
                trainer.optimiser.scale_to_density()
            trainer.observe()
        else:
            trainer.restore(*self.saved)
        self.saved = None

    def keep(self, trainer: Trainer) -> None:
        """Write the checkpoint, if there is to be one."""
        if self.member.checkpoint is not None:
            tensors, about = trainer.state()
            about["fingerprint"] = self.fingerprint
            write_checkpoint(self.member.checkpoint, tensors, about)

    def forget(self) -> None:
        """Remove the checkpoint."""
        if self.member.checkpoint is not None:
            Path(self.member.checkpoint).unlink(missing_ok=True)


@torch.no_grad()
def _channels_last(net: nn.Module, data: Dataset) -> nn.Module:
    """The module in the layout in which convolutions are fast, unless it needs the usual one.

    `x.view(len(x), -1)`, which many networks have, refuses maps whose channels lie last.
    """
    if all(parameter.dim() != 4 for parameter in net.parameters()):
        return net
    images = data.normalise(data.train.images[:2])
    training = net.training
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # of 4-D only
    try:
        net.eval()(images)
    except RuntimeError:  # if something else is wrong, it will be said in training
        net = net.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return net.train(training)


def _train(jobs: Sequence[_Job], checkpoint_every: float) -> list[Run]:
    data, recipe, nets = jobs[0].data, jobs[0].recipe, [job.net for job in jobs]
    if len(jobs) == 1:
        sgd, forward = MaskedSGD(nets, recipe), alone(nets[0])
    else:
        try:
            sgd, forward = stacked(nets, recipe, data.input_shape)
        except NotStackable as reason:
            logger.info("%d networks are trained one by one: %s.", len(jobs), reason)
            return [_train([job.again()], checkpoint_every)[0] for job in jobs]
    trainers: list[Trainer] = []
    for job in jobs:
        like = trainers[0].batches if trainers else None
        member = job.member
        trainers.append(Trainer(job.net, data, member.driver, recipe, member.seed, sgd, like))
    for job, trainer in zip(jobs, trainers, strict=True):
        job.begin(trainer)
    written = time.monotonic()
    try:
        while trainers[0].epoch < trainers[0].epochs:
            rows = run_epoch(trainers, forward)
            for job, row in zip(jobs, rows, strict=True):
                if job.member.progress is not None:
                    job.member.progress(row)
            late = time.monotonic() - written >= checkpoint_every
            if late and trainers[0].epoch < trainers[0].epochs:
                for job, trainer in zip(jobs, trainers, strict=True):
                    job.keep(trainer)
                written = time.monotonic()
    except TrainingDiverged:
        for job in jobs:
            job.forget()
        raise
    for job in jobs:
        job.forget()
    return [
        trainer.finished(job.initial, next(job.member.net.parameters()).device)
        for job, trainer in zip(jobs, trainers, strict=True)
    ]


def _fingerprint(job: _Job) -> str:
    """Digest of everything that decides a run: only its own checkpoint may be resumed."""
    content = hashlib.sha256()
    for name, value in sorted(job.net.state_dict().items()):
        content.update(name.encode())
        content.update(np.ascontiguousarray(value.cpu().numpy()).tobytes())
    data = job.data
    for split in (data.train, data.validation):
        content.update(split.labels.cpu().numpy().tobytes())
    about = {
        "key": job.member.key,
        "recipe": job.recipe.as_dict(),
        "seed": job.member.seed,
        "device": job.device.type,
        "layout": LAYOUT,
        "torch": str(torch.__version__),
        "data": [data.name, len(data.train), data.mean.tolist(), data.std.tolist()],
        "content": content.hexdigest(),
    }
    return digest(about, 64)
