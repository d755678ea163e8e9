"""The digits that come with scikit-learn: 1,797 images of 8 x 8, no file of one's own needed.

Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI repository (the test
part of it, as packaged by scikit-learn).
"""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nsgraph.datasets.raw import Raw, checked_pair

__all__ = ["read"]


def read() -> Raw:
    """All digits as one part; the values 0 to 16 are scaled to 0 to 255."""
    table = _packaged_table()
    images = np.rint(table[:, :64] * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    names = tuple(str(digit) for digit in range(10))
    return Raw(train=checked_pair("digits", images, table[:, 64], 10), test=None, class_names=names)


def _packaged_table() -> np.ndarray:
    """`[1797, 65]`: 64 pixels and the label.

    Read from scikit-learn's folder without importing it, which would cost every job the better part
    of a second.
    """
    spec = find_spec("sklearn")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
        if path.is_file():
            with gzip.open(path, "rt") as stream:
                return np.loadtxt(stream, delimiter=",")
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return np.column_stack([bunch.data, bunch.target])
