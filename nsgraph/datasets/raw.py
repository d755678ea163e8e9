"""What a reader of files returns: plain numpy arrays, before any split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError

__all__ = ["Pair", "Raw", "checked_pair"]

Pair = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]
"""Images `[n, channels, height, width]` of 0 to 255 and labels `[n]`."""


@dataclass(frozen=True)
class Raw:
    """A data set as its files give it.

    `test` is None where the files hold one undivided part; `validation` is None where they do not
    set images aside for it.
    """

    train: Pair
    test: Pair | None
    class_names: tuple[str, ...]
    validation: Pair | None = None


def checked_pair(
    where: str, images: npt.NDArray[np.uint8], labels: npt.ArrayLike, classes: int
) -> Pair:
    """Images and labels, after checking that they belong together.

    Raises
    ------
    UserError
        If there are no images, as many labels as images are not there, or a label is outside
        [0, classes).
    """
    numbers = np.asarray(labels).astype(np.int64).ravel()
    if len(images) != len(numbers):
        raise UserError(f"{where}: found {len(images)} images but {len(numbers)} labels.")
    if not len(images):
        raise UserError(f"{where}: found no images.")
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= classes:
        raise UserError(
            f"{where}: found labels from {low} to {high}; expected 0 to {classes - 1} "
            f"({classes} classes)."
        )
    return np.ascontiguousarray(images), numbers
