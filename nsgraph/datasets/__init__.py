"""Data sets: readers of the common formats, splits, normalisation.

`load` gives a `Dataset`; nothing here imports torch before it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsgraph.datasets.loading import load, names
from nsgraph.lazy import attach

if TYPE_CHECKING:
    from nsgraph.datasets.augmentation import augment
    from nsgraph.datasets.dataset import Dataset, Split
    from nsgraph.datasets.download import fetch

__all__ = ["Dataset", "Split", "augment", "fetch", "load", "names"]

_WHERE = {"Dataset": "dataset", "Split": "dataset", "augment": "augmentation", "fetch": "download"}

__getattr__ = attach(__name__, _WHERE)
