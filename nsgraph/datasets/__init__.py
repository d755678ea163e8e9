"""Data sets: readers of the common formats, splits, normalisation.

`load` gives a `Dataset`; nothing here imports torch before it is needed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nsgraph.datasets.loading import load, names

if TYPE_CHECKING:
    from nsgraph.datasets.augmentation import augment
    from nsgraph.datasets.dataset import Dataset, Split
    from nsgraph.datasets.download import fetch

__all__ = ["Dataset", "Split", "augment", "fetch", "load", "names"]

_WHERE = {"Dataset": "dataset", "Split": "dataset", "augment": "augmentation", "fetch": "download"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
