"""From a name to a data set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nsgraph.datasets import digits
from nsgraph.errors import UserError

if TYPE_CHECKING:
    from nsgraph.datasets.dataset import Dataset

__all__ = ["load", "names"]


def names() -> list[str]:
    """Names that `load` knows."""
    return ["digits"]


def load(name: str, root: str | os.PathLike[str] | None = None, split_seed: int = 0) -> Dataset:
    """Data set of that name."""
    from nsgraph.datasets.dataset import Dataset

    if name == "digits":
        return Dataset.from_raw("digits", digits.read(), split_seed)
    raise UserError(f"There is no data set {name!r}; expected one of {', '.join(names())}.")
