"""The images that a method sees: the user's batches, some of a data set, or a shape alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from nsgraph.errors import UserError
from nsgraph.models import prunable
from nsgraph.pruning.method import Scored
from nsgraph.seeds import stream

if TYPE_CHECKING:
    from nsgraph.datasets import Dataset

__all__ = ["Batch", "batches_for"]

Batch = tuple[Tensor, Tensor]


def batches_for(
    method: Scored,
    net: nn.Module,
    data: Dataset | Iterable[Batch] | None,
    seed: int,
    input_shape: Sequence[int] | None,
) -> list[Batch]:
    """Batches (inputs, labels) on the network's device, as the method asks for them.

    Raises
    ------
    UserError
        If there is nothing to take them from, or a class has too few images.
    """
    device = next(net.parameters()).device
    if method.inputs is None:
        return []
    if method.inputs == "shape":
        shape = input_shape or getattr(data, "input_shape", None) or _shape_of(net)
        if shape is None:
            raise UserError(
                f"The method {method.name!r} needs the shape of one image; give data, or "
                "input_shape=(channels, height, width)."
            )
        return [(torch.ones((1, *shape), device=device), torch.zeros(1, dtype=torch.int64))]
    if data is None:
        raise UserError(f"The method {method.name!r} needs data, but none were given.")
    from nsgraph.datasets import Dataset

    if not isinstance(data, Dataset):
        found = [(x.to(device), y.to(device)) for x, y in data]
        if not found:
            raise UserError(f"The method {method.name!r} needs data, but there is no batch.")
        return found
    index = torch.from_numpy(_draw(data.train.labels.cpu().numpy(), method, seed))
    index = index.to(data.train.labels.device)
    images = data.normalise(data.train.images[index])
    return [(images.to(device), data.train.labels[index].to(device))]


def _draw(labels: np.ndarray, method: Scored, seed: int) -> np.ndarray:
    """Indices of one batch: at random, or the same number of each class in turn."""
    order = stream(seed, method.stream).permutation(len(labels))
    if method.per_class is None:
        return order[: method.batch]
    of_class = [order[labels[order] == label][: method.per_class] for label in np.unique(labels)]
    for label, members in zip(np.unique(labels), of_class, strict=True):
        if len(members) < method.per_class:
            raise UserError(
                f"The method {method.name!r} draws {method.per_class} training images of each "
                f"class, but class {label} has {len(members)}; set its option per_class."
            )
    turns = [members[k : k + 1] for k in range(method.per_class) for members in of_class]
    return np.concatenate(turns)


def _shape_of(net: nn.Module) -> tuple[int, ...] | None:
    """Shape of one image where the first layer alone tells it."""
    first = next(iter(prunable(net).values()))
    return (first.in_features, 1, 1) if isinstance(first, nn.Linear) else None
