"""What is written beside the weights: provenance, histories, entries of manifests, progress."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import safetensors
import torch

from nsgraph import __version__, datasets, snapshots
from nsgraph.datasets import Dataset
from nsgraph.errors import UserError
from nsgraph.files import atomic_write, file_sha256
from nsgraph.network_file import Provenance, SavedNetwork, load_network
from nsgraph.store import Entry, NetworkSpec
from nsgraph.training.loop import Progress

__all__ = [
    "Say",
    "data_of",
    "entry_of",
    "epoch_words",
    "provenance_of",
    "say_network",
    "stored",
    "versions",
    "write_history",
]

Say = Callable[[str], None]
"""Told of progress in words."""

logger = logging.getLogger(__name__)


def data_of(spec: NetworkSpec) -> Dataset:
    """The specification's data set, divided by its split seed."""
    return datasets.load(spec.dataset, split_seed=spec.split_seed)


def stored(path: Path, spec: NetworkSpec | None = None) -> SavedNetwork | None:
    """The network at `path` if it is there and whole, with the snapshots that `spec` asks for."""
    if not path.exists():
        return None
    try:
        saved = load_network(path)
    except UserError as error:
        logger.warning("%s; it is made again.", str(error).rstrip("."))
        return None
    absent = snapshots.missing(path, spec.snapshots, spec.snapshot_weights) if spec else []
    if absent:
        epochs = ", ".join(map(str, absent))
        logger.warning("%s lacks its snapshots of epochs %s; it is made again.", path, epochs)
        return None
    return saved


def provenance_of(spec: NetworkSpec, data: Dataset) -> Provenance:
    """What is known before training."""
    return Provenance(
        dataset=spec.dataset,
        model=spec.model,
        method=spec.method,
        sparsity=spec.sparsity,
        seed=spec.seed,
        split_seed=spec.split_seed,
        input_shape=tuple(data.input_shape),
        classes=data.classes,
        training_version=spec.training_version,
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Versions of what decides the bytes of a network."""
    return {
        "nsgraph": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "safetensors": safetensors.__version__,
        "torch": str(torch.__version__),
    }


def write_history(path: Path, history: list[dict[str, Any]]) -> None:
    """Write the epochs, with their seconds, to `<name>.history.json` beside the network file."""
    with atomic_write(path.with_name(f"{path.stem}.history.json")) as temporary:
        text = msgspec.json.format(msgspec.json.encode(history, order="sorted"), indent=1)
        temporary.write_bytes(text + b"\n")


def entry_of(spec: NetworkSpec, saved: SavedNetwork, path: Path) -> Entry:
    """A stored network's line of the manifest."""
    about = saved.provenance
    return Entry(
        network=spec.id,
        dataset=spec.dataset,
        model=spec.model,
        method=spec.method,
        category=about.category or "",
        sparsity=spec.sparsity,
        sparsity_reached=saved.masks.sparsity,
        seed=spec.seed,
        split_seed=spec.split_seed,
        epochs=about.epochs,
        epochs_before=about.epochs_before,
        best_epoch=about.best_epoch,
        validation_accuracy=about.validation_accuracy,
        test_accuracy=about.test_accuracy,
        device=about.device,
        file=path.as_posix(),
        sha256=file_sha256(path),
    )


def epoch_words(place: str, say: Say | None) -> Progress | None:
    """A callback of the loop that says each epoch in words."""
    if say is None:
        return None

    def words(row: dict[str, Any]) -> None:
        say(
            f"{place}: epoch {row['epoch']}, loss {row['loss']:.4f}, validation accuracy "
            f"{row['validation_accuracy']:.4f}, {row['seconds']:.1f} s"
        )

    return words


def say_network(place: str, entry: Entry, say: Say | None) -> None:
    """Say that a network is there."""
    if say is not None:
        reached = entry.test_accuracy
        say(f"{place}: test accuracy {'unknown' if reached is None else f'{reached:.4f}'}")
