"""Batches of a data set, or those that are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from nsgraph.datasets import Dataset
from nsgraph.errors import UserError

__all__ = ["Data", "batches_of"]

Data = Dataset | Iterable[tuple[Any, Any]]
"""A data set, or pairs (inputs `[n, ...]`, labels `[n]`), numpy or torch."""


def batches_of(
    data: Data, split: str, size: int, most: int | None, like: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs in the type and on the device of `like`, and labels, in order, not augmented.

    Parameters
    ----------
    data
        A data set is normalised and cut into batches of `size`; pairs are taken as they are.
    split
        Which split of a data set.
    most
        Stop after so many batches.

    Raises
    ------
    UserError
        On something that is neither, or on inputs and labels that do not fit.
    """
    if not isinstance(size, int) or not isinstance(most, int | None):
        raise UserError("Samples of a batch, and batches, are whole numbers.")
    if size < 1 or (most is not None and most < 1):
        raise UserError("A batch has at least one sample, and there is at least one batch.")
    if isinstance(data, Dataset):
        if split not in ("train", "validation", "test"):
            raise UserError(f"Split {split!r} is unknown; expected train, validation or test.")
        part = getattr(data, split)
        pairs: Iterable[tuple[Any, Any]] = (
            (data.normalise(images.to(like.device)), labels)
            for images, labels in zip(part.images.split(size), part.labels.split(size), strict=True)
        )
    elif isinstance(data, Tensor | str) or not isinstance(data, Iterable):
        raise UserError(
            f"Expected a data set (of nsgraph.datasets.load) or batches (inputs, labels), but a "
            f"{type(data).__name__} was given."
        )
    else:
        pairs = data
    return (_pair(pair, like) for pair in islice(pairs, most))


def _pair(pair: Any, like: Tensor) -> tuple[Tensor, Tensor]:
    try:
        inputs, labels = (torch.as_tensor(part) for part in pair)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            "A batch is a pair (inputs, labels) of arrays, and data are several of them, such as "
            f"[(inputs, labels)] ({error})."
        ) from error
    if labels.ndim != 1 or labels.is_floating_point() or len(inputs) != len(labels):
        raise UserError(
            f"Inputs of shape {tuple(inputs.shape)} and labels of shape {tuple(labels.shape)} "
            f"({labels.dtype}) are no batch; expected [n, ...] and whole numbers [n]."
        )
    if not len(labels):
        raise UserError("A batch has no samples.")
    return inputs.to(like.device, like.dtype), labels.to(like.device, torch.int64)
