"""What dynamic sparse training has tried: columns of the history about links that came and went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["Exploration"]


class Exploration:
    """Counts of links, kept on the device until an epoch's row is asked for.

    Columns: `changed_links`, links that came in the epoch; `exploration`, the part of all weights
    that was alive at some time so far (Liu et al. 2021); `drop_overlap`, of the links dropped in
    the epoch the part that returned in the same update, None if none was dropped.
    """

    def __init__(self) -> None:
        self.ever: dict[str, Tensor] = {}
        self.new_epoch()

    def start(self, masks: Mapping[str, Tensor]) -> None:
        """Begin with boolean masks by layer name."""
        self.ever = {name: mask.clone() for name, mask in masks.items()}

    def new_epoch(self) -> None:
        """Count the epoch's links from zero."""
        self.changed: int | Tensor = 0
        self.dropped: int | Tensor = 0
        self.returned: int | Tensor = 0

    def note(self, name: str, before: Tensor, after: Tensor, dropped: Tensor) -> None:
        """Count an update of one layer: masks before and after, and all links that it dropped."""
        self.ever[name] |= after
        self.changed = self.changed + (after & ~before).sum()
        self.dropped = self.dropped + dropped.sum()
        self.returned = self.returned + (dropped & after).sum()

    def row(self) -> dict[str, Any]:
        """The epoch's columns."""
        tried = torch.stack([mask.sum() for mask in self.ever.values()]).sum()
        dropped = int(self.dropped)
        return {
            "changed_links": int(self.changed),
            "exploration": int(tried) / sum(mask.numel() for mask in self.ever.values()),
            "drop_overlap": int(self.returned) / dropped if dropped else None,
        }

    def tensors(self) -> dict[str, Tensor]:
        """State that a checkpoint must hold."""
        return {f"ever/{name}": mask for name, mask in self.ever.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        self.ever = under("ever/", tensors)


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin so, without the beginning."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
