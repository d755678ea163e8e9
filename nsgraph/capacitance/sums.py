"""What is added up over a data set, in float64, and divided once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

__all__ = ["ROUNDING", "Sums"]

ROUNDING = 8
"""Rounding error of a sum, in units of the arithmetic's epsilon times the size of its terms."""


@dataclass
class Sums:
    """Row and column sums of P over samples, and the size of what was added.

    Attributes
    ----------
    rows, columns
        By layer: delta_in = P 1 and delta_out = 1'P at its weights, summed over samples, float64.
    row_scales, column_scales
        By layer: how large the terms of those sums were, as a norm over its weights: what an error
        of one in 1 may amount to.
    totals, counts
        Sum of all of P, and number of samples, for each sample or batch.
    scale
        How large the terms of the totals were.
    """

    rows: dict[Any, Tensor] = field(default_factory=dict)
    columns: dict[Any, Tensor] = field(default_factory=dict)
    row_scales: dict[Any, float] = field(default_factory=dict)
    column_scales: dict[Any, float] = field(default_factory=dict)
    totals: list[Tensor] = field(default_factory=list)
    counts: list[Tensor] = field(default_factory=list)
    scale: float = 0.0

    def add_rows(self, layer: Hashable, sums: Tensor, scale: Tensor) -> None:
        """Add row sums at a layer's weights."""
        _add(self.rows, self.row_scales, layer, sums, scale)

    def add_columns(self, layer: Hashable, sums: Tensor, scale: Tensor) -> None:
        """Add column sums at a layer's weights."""
        _add(self.columns, self.column_scales, layer, sums, scale)

    def add_totals(self, totals: Tensor, counts: Tensor, scale: Tensor) -> None:
        """Add sums of P, one for each sample (or batch), `[n]`."""
        self.totals.append(totals.double().cpu())
        self.counts.append(counts.double().cpu())
        self.scale += float(scale)

    def keep(self, layer: Hashable, of: Callable[[Tensor], Tensor]) -> None:
        """Keep what a function keeps of a layer's sums; once, after all was added."""
        for sums in (self.rows, self.columns):
            if layer in sums:
                sums[layer] = of(sums[layer])

    @property
    def samples(self) -> int:
        """Number of samples."""
        return int(sum(float(count.sum()) for count in self.counts))

    @property
    def interior(self) -> Collection[Any]:
        """Layers with row and with column sums: all others add nothing to the numerator."""
        return [layer for layer in self.rows if layer in self.columns]

    def numerator(self) -> tuple[float, float]:
        """delta_out . delta_in of the means over samples, and the size of its terms."""
        value, scale = 0.0, 0.0
        for layer in self.interior:
            rows, columns = self.rows[layer], self.columns[layer]
            value += float((rows * columns).sum())
            scale += float(rows.norm()) * self.column_scales[layer]
            scale += float(columns.norm()) * self.row_scales[layer]
        return value / self.samples**2, scale / self.samples**2

    def denominator(self) -> tuple[float, float, float]:
        """Sum of the mean P, its standard error over samples, and the size of its terms.

        The standard error is that of independent samples, 0 with a single sample (or batch).
        """
        totals, counts = torch.cat(self.totals), torch.cat(self.counts)
        mean = float(totals.sum() / counts.sum())
        n, error = len(totals), 0.0
        if n > 1:
            spread = (totals - mean * counts).square().sum() * n / (n - 1)
            error = float(spread.sqrt() / counts.sum())
        return mean, error, self.scale / self.samples


def _add(
    kept: dict[Any, Tensor], scales: dict[Any, float], layer: Any, sums: Tensor, scale: Tensor
) -> None:
    if layer not in kept:
        kept[layer] = torch.zeros_like(sums, dtype=torch.float64)
        scales[layer] = 0.0
    kept[layer] += sums
    scales[layer] += float(scale)
