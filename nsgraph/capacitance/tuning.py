"""Fine-tuning a probed network, with beta_eff after every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsgraph.capacitance.beta import capacitance
from nsgraph.capacitance.probe import Probe
from nsgraph.capacitance.result import Capacitance, Reading
from nsgraph.capacitance.zoo import Tuning
from nsgraph.datasets import Dataset, Split
from nsgraph.datasets.split import stratified_parts
from nsgraph.errors import UserError
from nsgraph.pruning.engine import private_randomness
from nsgraph.training.batches import Batches
from nsgraph.training.evaluation import accuracy
from nsgraph.training.recipe import TrainingDiverged

__all__ = [
    "beta_row",
    "check_probe",
    "features_of",
    "fine_tune",
    "measure",
    "part_of",
]

CHUNK = 256
"""Images whose capacitance is summed at a time."""


def fine_tune(
    probe: Probe,
    data: Dataset,
    tuning: Tuning,
    seed: int = 0,
    epochs: int | None = None,
    progress: Callable[[Mapping[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:
    """Train all that is not frozen, and watch.

    Parameters
    ----------
    probe
        Changed in place; on the device of `data`.
    data
        Training, validation and test images.
    tuning
        How.
    seed
        Of batch order and dropout.
    epochs
        To stop after; by default those of `tuning`.
    progress
        Called with each row.

    Returns
    -------
    list of dict
        One row an epoch: `epoch` (from 1), `loss` (mean over its steps), `validation_accuracy`,
        `test_accuracy`, for each reading `<reading>_beta`, `_numerator`, `_denominator` and
        `_beta.status` (why there is no beta), and `seconds`, of it `capacitance_seconds`.

    Raises
    ------
    TrainingDiverged
        When the loss is not finite.
    UserError
        If the probe's capacitance is 0 by its definition; before any training.
    """
    check_probe(probe, tuning.readings)
    trained = [p for p in probe.parameters() if p.requires_grad]
    optimiser = _optimiser(trained, tuning)
    batches = Batches(data, tuning.batch, "none", seed)
    rows = []
    for epoch in range(1, (epochs or tuning.epochs) + 1):
        began = time.perf_counter()
        with private_randomness(seed, f"probe/{epoch}", data.device):
            loss = _train(probe, batches.epoch(epoch), optimiser)
        if not np.isfinite(loss):
            raise TrainingDiverged(f"Fine-tuning diverged: the loss is {loss} in epoch {epoch}.")
        probe.eval()
        row = {
            "epoch": epoch,
            "loss": loss,
            "validation_accuracy": accuracy(probe, data, "validation"),
            "test_accuracy": accuracy(probe, data, "test"),
        }
        looked = time.perf_counter()
        for reading in tuning.readings:
            row |= beta_row(reading, measure(probe, data, reading, tuning.images))
        now = time.perf_counter()
        row |= {"seconds": now - began, "capacitance_seconds": now - looked}
        rows.append(row)
        if progress is not None:
            progress(row)
    return rows


def check_probe(probe: Probe, readings: Sequence[Reading]) -> None:
    """Refuse a probe whose capacitance is 0 whatever it learns; tried on made-up features."""
    layers = [layer for layer in probe.head if isinstance(layer, nn.Linear)]
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(CHUNK, layers[0].in_features, generator=generator)
    features = features.to(layers[0].weight.device)
    labels = torch.arange(CHUNK, device=features.device) % layers[-1].out_features
    for reading in readings:
        found = capacitance(probe.head, [(features, labels)], reading=reading, sign_errors=0)
        if found.status:
            raise UserError(f"The probe has no neural capacitance: {found.status}")


def measure(probe: Probe, data: Dataset, reading: Reading, images: int) -> Capacitance:
    """Neural capacitance of the probe's head, on the first training images."""
    return capacitance(probe.head, features_of(probe, data, images), reading=reading)


def beta_row(prefix: str, found: Capacitance) -> dict[str, Any]:
    """Value, numerator, denominator and status of a capacitance, under names of their own."""
    return {
        f"{prefix}_beta": found.value,
        f"{prefix}_numerator": found.numerator,
        f"{prefix}_denominator": found.denominator,
        f"{prefix}_beta.status": found.status,
    }


@torch.no_grad()
def features_of(probe: Probe, data: Dataset, images: int) -> list[tuple[Tensor, Tensor]]:
    """Batches of what the head sees of the first training images, and their labels."""
    part = data.train
    found = []
    for start in range(0, min(images, len(part)), CHUNK):
        here = slice(start, min(start + CHUNK, images))
        found.append((probe.base(data.normalise(part.images[here])), part.labels[here]))
    return found


def part_of(data: Dataset, share: float, seed: int = 0) -> Dataset:
    """The same data set with a share of its training images, stratified by class.

    Validation and test images and the normalisation stay as they are.
    """
    if share >= 1:
        return data
    labels = data.train.labels.cpu().numpy()
    _, chosen = stratified_parts(labels, [share], seed)
    index = torch.from_numpy(chosen).to(data.device)
    return replace(data, train=Split(data.train.images[index], data.train.labels[index]))


def _train(probe: nn.Module, batches: Any, optimiser: torch.optim.Optimizer) -> float:
    probe.train()
    losses = []
    for inputs, labels in batches:
        optimiser.zero_grad()
        loss = F.cross_entropy(probe(inputs), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return float(torch.stack(losses).double().mean())


def _optimiser(parameters: Sequence[Tensor], tuning: Tuning) -> torch.optim.Optimizer:
    if tuning.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=tuning.lr)
    return torch.optim.SGD(parameters, lr=tuning.lr, momentum=0.9)
