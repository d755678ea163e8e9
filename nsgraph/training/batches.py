"""Training images on their device, in an order that the seed alone decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from nsgraph.datasets import Dataset, augment
from nsgraph.seeds import torch_seed

__all__ = ["Batches", "side_by_side", "steps_of"]

IN_MEMORY = 1 << 26
"""Numbers of a training set that is normalised once for all epochs."""


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
    like
        Batches of the same data and kind, whose normalised images are used.
    """

    def __init__(
        self, data: Dataset, size: int, kind: str, seed: int, like: Batches | None = None
    ) -> None:
        self.data, self.size, self.kind, self.seed = data, size, kind, seed
        images = data.train.images
        self.n_images = _used(len(images), size)
        self.steps = steps_of(data, size)
        self.normalised: Tensor | None = None
        if kind == "none" and images.numel() <= IN_MEMORY:
            self.normalised = data.normalise(images) if like is None else like.normalised

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """(inputs, labels) of each step of one epoch."""
        for inputs, labels in side_by_side([self], number):
            yield inputs[0], labels[0]

    def order(self, number: int) -> Tensor:
        """Positions of the images of one epoch, on the CPU."""
        n = self.data.train.labels.numel()
        return torch.randperm(n, generator=self.generator(number))[: self.n_images]

    def generator(self, number: int, purpose: str = "") -> torch.Generator:
        """Random numbers of one epoch."""
        return torch.Generator().manual_seed(torch_seed(self.seed, f"batches/{number}{purpose}"))


def steps_of(data: Dataset, size: int) -> int:
    """Steps of an epoch with batches of `size` images."""
    return -(-_used(len(data.train), size) // size)


def _used(images: int, size: int) -> int:
    return images - 1 if images % size == 1 and images > 1 else images


def side_by_side(batches: Sequence[Batches], number: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs `[M, n, ...]` and labels `[M, n]` of each step of one epoch, for M seeds.

    Parameters
    ----------
    batches
        M times those of one data set, which differ in their seed alone.
    number
        The epoch, from 1.
    """
    first = batches[0]
    data, normalised = first.data, first.normalised
    changes = [b.generator(number, "/augmentation") for b in batches]
    orders = torch.stack([b.order(number) for b in batches]).to(data.device)
    for index in orders.split(first.size, 1):
        flat = index.flatten()
        if normalised is not None:
            inputs = normalised[flat]
        else:
            inputs = data.normalise(augment(data.train.images[flat], first.kind, changes))
        yield inputs.unflatten(0, index.shape), data.train.labels[index]
