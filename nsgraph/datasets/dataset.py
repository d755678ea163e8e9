"""A data set in memory: three splits of 8-bit images, and how to normalise them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nsgraph.datasets.raw import Pair, Raw
from nsgraph.datasets.split import stratified_parts
from nsgraph.errors import UserError

__all__ = ["Dataset", "Split"]

VALIDATION = 0.1
"""Part of the official training images that becomes validation."""

WHOLE = (0.15, 0.15)
"""Validation and test parts of a set that comes in one piece."""


@dataclass(frozen=True, eq=False)
class Split:
    """Images `[n, channels, height, width]` (uint8) and labels `[n]` (int64), on one device."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        """The same split on another device."""
        return Split(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three splits of one set of images.

    Attributes
    ----------
    name
        As asked for.
    class_names
        One for each label, in order.
    train, validation, test
        The official test set is `test`; `validation` was drawn from the training images by the
        split seed, stratified by class.
    mean, std
        `[channels]`, float32, of the training split only, on the scale 0 to 1. A constant channel
        has std 1.
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    mean: Tensor
    std: Tensor

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        _, channels, height, width = self.train.images.shape
        return channels, height, width

    @property
    def device(self) -> torch.device:
        """Where the images are."""
        return self.train.images.device

    def digest(self) -> str:
        """Twelve hexadecimal digits over all images and labels and their division into splits."""
        content = hashlib.sha256()
        for split in (self.train, self.validation, self.test):
            content.update(str(tuple(split.images.shape)).encode())
            content.update(split.images.cpu().numpy().tobytes())
            content.update(split.labels.cpu().numpy().tobytes())
        return content.hexdigest()[:12]

    def normalise(self, images: Tensor) -> Tensor:
        """Float32 images with the training split's mean 0 and standard deviation 1 per channel.

        Parameters
        ----------
        images
            `[n, channels, height, width]`, uint8, on any device; the result is there too.
        """
        mean = (255 * self.mean).to(images.device).view(1, -1, 1, 1)
        std = (255 * self.std).to(images.device).view(1, -1, 1, 1)
        return images.to(torch.float32).sub_(mean).div_(std)

    def to(self, device: torch.device | str) -> Dataset:
        """The same data set on another device."""
        return replace(
            self,
            train=self.train.to(device),
            validation=self.validation.to(device),
            test=self.test.to(device),
            mean=self.mean.to(device),
            std=self.std.to(device),
        )

    @classmethod
    def from_arrays(
        cls,
        name: str,
        train: tuple[Any, Any],
        test: tuple[Any, Any] | None = None,
        validation: tuple[Any, Any] | None = None,
        classes: int | None = None,
        class_names: tuple[str, ...] | None = None,
        split_seed: int = 0,
    ) -> Dataset:
        """Data set of one's own arrays, numpy or torch.

        Parameters
        ----------
        name
            Any word; it goes into provenance and tables.
        train, validation, test
            Pairs (images, labels). Images `[n, channels, height, width]` or `[n, height, width]`,
            uint8; labels `[n]`, whole numbers from 0. Without `validation`, a tenth of `train` is
            drawn for it; without `test`, 15 % each are drawn for validation and test.
        classes, class_names
            Number or names of the classes; by default as many as the largest training label asks
            for.

        Raises
        ------
        UserError
            On images that are not 8-bit, shapes that differ between the splits, or labels out of
            range.
        """
        given = {"train": train, "validation": validation, "test": test}
        pairs = {part: _pair(name, part, pair) for part, pair in given.items() if pair is not None}
        if class_names is None:
            count = classes if classes is not None else int(pairs["train"][1].max()) + 1
            class_names = tuple(str(label) for label in range(count))
        elif classes is not None and classes != len(class_names):
            raise UserError(f"{name}: {classes} classes, but {len(class_names)} class names.")
        for part, (images, labels) in pairs.items():
            if images.shape[1:] != pairs["train"][0].shape[1:]:
                raise UserError(
                    f"{name}: {part} images have shape {images.shape[1:]}, training images "
                    f"{pairs['train'][0].shape[1:]}; expected one shape."
                )
            if labels.min() < 0 or labels.max() >= len(class_names):
                raise UserError(
                    f"{name}: {part} labels go from {labels.min()} to {labels.max()}; expected 0 "
                    f"to {len(class_names) - 1}."
                )
        raw = Raw(pairs["train"], pairs.get("test"), class_names, pairs.get("validation"))
        return cls.from_raw(name, raw, split_seed)

    @classmethod
    def from_raw(cls, name: str, raw: Raw, split_seed: int = 0) -> Dataset:
        """Data set of a reader's arrays, divided by `split_seed` where the files do not."""
        train, validation, test = raw.train, raw.validation, raw.test
        if test is None and validation is not None:
            raise UserError(f"{name}: a validation part but no test part.")
        if test is None:
            rest, held, last = stratified_parts(train[1], WHOLE, split_seed)
            train, validation, test = _take(train, rest), _take(train, held), _take(train, last)
        elif validation is None:
            rest, held = stratified_parts(train[1], (VALIDATION,), split_seed)
            train, validation = _take(train, rest), _take(train, held)
        mean, std = _moments(train[0])
        return cls(
            name, raw.class_names, _split(train), _split(validation), _split(test), mean, std
        )


def _take(pair: Pair, index: np.ndarray) -> Pair:
    return pair[0][index], pair[1][index]


def _split(pair: Pair | None) -> Split:
    assert pair is not None
    images = np.require(pair[0], requirements=["C", "W"])  # a view of a file's bytes is read-only
    return Split(torch.from_numpy(images), torch.from_numpy(pair[1]))


def _moments(images: np.ndarray) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel on the scale 0 to 1.

    The sums are of whole numbers below 2^53 and so exact in float64, in whatever order BLAS adds.
    """
    total, squares = np.zeros(images.shape[1]), np.zeros(images.shape[1])
    for start in range(0, len(images), 1024):  # widened block by block, never the whole set
        for channel in range(images.shape[1]):
            values = images[start : start + 1024, channel].astype(np.float64).ravel()
            total[channel] += values.sum()
            squares[channel] += values @ values
    count = images.size // images.shape[1]
    mean = total / count
    variance = np.array(
        [_variance(int(s), int(q), count) for s, q in zip(total, squares, strict=True)]
    )
    std = np.where(variance > 0, np.sqrt(variance), 255.0)
    return (
        torch.from_numpy((mean / 255).astype(np.float32)),
        torch.from_numpy((std / 255).astype(np.float32)),
    )


def _variance(total: int, squares: int, count: int) -> float:
    """Variance of `count` whole numbers by their sum and sum of squares, without cancellation."""
    return (count * squares - total * total) / count**2


def _pair(name: str, part: str, pair: tuple[Any, Any]) -> Pair:
    images, labels = (
        x.detach().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x) for x in pair
    )
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4 or not images.size:
        raise UserError(
            f"{name}: {part} images have shape {images.shape}; expected [n, channels, height, "
            "width]."
        )
    if images.dtype != np.uint8:
        raise UserError(
            f"{name}: {part} images are of type {images.dtype}; expected uint8 (0 to 255)."
        )
    if labels.shape != (len(images),):
        raise UserError(
            f"{name}: {part} labels have shape {labels.shape}; expected ({len(images)},)."
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise UserError(f"{name}: {part} labels are of type {labels.dtype}; expected integers.")
    return np.ascontiguousarray(images), labels.astype(np.int64)
