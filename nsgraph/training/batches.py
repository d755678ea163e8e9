"""Training images on their device, in an order that the seed alone decides."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from nsgraph.datasets import Dataset, augment
from nsgraph.seeds import torch_seed

__all__ = ["Batches"]

IN_MEMORY = 1 << 26
"""Numbers of a training set that is normalised once and gathered an epoch at a time."""


class Batches:
    """Batches of the training split, in a new order each epoch.

    Epoch k draws from its own streams, so that training resumes anywhere. Order and augmentation
    are drawn on the CPU: they are the same on every device.

    Parameters
    ----------
    data
        On the device to train on.
    size
        Images a batch; the last one may be smaller, and is left out if it is a single image (batch
        norm has no statistics of one).
    kind
        Kind of augmentation.
    seed
        Of the stream `"batches"`.
    """

    def __init__(self, data: Dataset, size: int, kind: str, seed: int) -> None:
        self.data, self.size, self.kind, self.seed = data, size, kind, seed
        images = data.train.images
        rest = len(images) % size
        self.n_images = len(images) - (1 if rest == 1 and len(images) > 1 else 0)
        self.steps = -(-self.n_images // size)
        whole = kind == "none" and images.numel() <= IN_MEMORY
        self.normalised = data.normalise(images) if whole else None

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """(inputs, labels) of each step of one epoch."""
        order = torch.randperm(self.data.train.labels.numel(), generator=self._generator(number))
        order = order[: self.n_images].to(self.data.device)
        labels = self.data.train.labels[order]
        if self.normalised is not None:
            inputs = self.normalised[order]
            yield from zip(inputs.split(self.size), labels.split(self.size), strict=True)
            return
        changes = self._generator(number, "/augmentation")
        for index, targets in zip(order.split(self.size), labels.split(self.size), strict=True):
            images = augment(self.data.train.images[index], self.kind, changes)
            yield self.data.normalise(images), targets

    def _generator(self, number: int, purpose: str = "") -> torch.Generator:
        return torch.Generator().manual_seed(torch_seed(self.seed, f"batches/{number}{purpose}"))
