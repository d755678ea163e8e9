"""Street view house numbers, cropped digits (format 2).

Source: Y. Netzer et al., Reading digits in natural images with unsupervised feature learning, 2011.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nsgraph.datasets.raw import Pair, Raw, checked_pair
from nsgraph.errors import UserError

__all__ = ["find"]


def find(folder: Path) -> Raw | None:
    """`train_32x32.mat` and `test_32x32.mat` in a folder; None if neither is there."""
    paths = [folder / f"{part}_32x32.mat" for part in ("train", "test")]
    if not any(path.is_file() for path in paths):
        return None
    for path in paths:
        if not path.is_file():
            raise UserError(f"{path} is missing.")
    train, test = (_read(path) for path in paths)
    return Raw(train, test, tuple(str(digit) for digit in range(10)))


def _read(path: Path) -> Pair:
    from scipy.io import loadmat

    try:
        content = loadmat(path, variable_names=["X", "y"])
    except Exception as error:  # a damaged file may raise anything
        raise UserError(
            f"{path} is damaged or truncated ({error}); expected a MATLAB 5 file."
        ) from error
    if "X" not in content or "y" not in content:
        raise UserError(f"{path} does not hold the variables X and y.")
    pixels, labels = content["X"], content["y"].ravel()
    if pixels.ndim != 4 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise UserError(
            f"{path}: X is {pixels.dtype} of shape {pixels.shape}; expected uint8 "
            "[height, width, 3, n]."
        )
    digits = np.where(labels == 10, 0, labels)  # the files write the digit 0 as class 10
    return checked_pair(str(path), pixels.transpose(3, 2, 0, 1), digits, 10)
