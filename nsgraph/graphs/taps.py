"""A bundle or a link as a kernel and ways to read maps: what the products with maps work on.

In the words of convolution by matrix multiplication (im2col): for every tap q, a pair of a row
class and a column class, the source map is read onto the grid of the target, so that the columns
[source channels * taps, target positions] times the kernel [target channels, source channels *
taps] give the target map. Two nodes are joined by one tap of a bundle at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Bundle, CompactLink, Diagonal
from nsgraph.graphs.tables import Classes, Index, Selection, by_index, windows

__all__ = ["CHUNK", "Taps", "taps_of", "taps_of_link"]

Array = npt.NDArray[Any]
Shape = tuple[int, int, int]

ALL = slice(None)

CHUNK = 2**25
"""Bytes of columns that are held at a time."""

SINGLE = by_index(windows(1, 1, 1, 1, 0, 1, 0, 0))
"""One row joined to one row."""


@dataclass(frozen=True, eq=False)
class Taps:
    """A kernel, and the rows and columns that each of its taps joins.

    Attributes
    ----------
    kernel
        bool [target channels, source channels, taps], or [channels, taps] if `diagonal`.
    diagonal
        Whether channel c of the source is joined to channel c of the target alone.
    rows, columns
        Classes of pairs of rows and of columns.
    pairs
        For every tap, its row class and its column class.
    index
        For the taps of one link, positions in its kernel's flattened last two axes; None for all
        of them in their order.
    flattened
        Whether the source is a map whose nodes count as channels with one position each.
    """

    kernel: npt.NDArray[np.bool_]
    diagonal: bool
    rows: Classes
    columns: Classes
    pairs: tuple[tuple[int, int], ...]
    index: npt.NDArray[np.int64] | None = None
    flattened: bool = False

    @property
    def source(self) -> Shape:
        """Channels, height and width of the source."""
        channels = self.kernel.shape[0 if self.diagonal else 1]
        return channels, self.rows.n_source, self.columns.n_source

    @property
    def target(self) -> Shape:
        """Channels, height and width of the target."""
        return len(self.kernel), self.rows.n_target, self.columns.n_target

    @property
    def positions(self) -> int:
        """Number of positions of the target."""
        return self.rows.n_target * self.columns.n_target

    @property
    def windows(self) -> bool:
        """Whether a tap may read several positions for one of the target."""
        selections = (*self.rows.of_targets, *self.columns.of_targets)
        return any(len(selection.partners) > 1 for selection in selections)

    def parts(self, itemsize: int) -> Iterator[slice]:
        """Source channels in parts whose columns and kernel are of moderate size."""
        width = max(itemsize * self.positions, 1 if self.diagonal else self.target[0])
        size = max(1, CHUNK // (width * max(1, len(self.pairs))))
        for start in range(0, self.source[0], size):
            yield slice(start, min(start + size, self.source[0]))

    @property
    def numbers_of_classes(self) -> npt.NDArray[np.int64]:
        """Row class and column class of every tap, [2, taps]."""
        return np.array(self.pairs, np.int64).reshape(-1, 2).T

    def numbers(self, link: CompactLink) -> npt.NDArray[np.int64]:
        """Position of every entry of the kernel of that link in its layer's mask, flattened."""
        numbers = link.numbers().reshape(*self.kernel.shape[:-1], -1)
        return numbers if self.index is None else numbers[..., self.index]

    def read(self, values: Array, add: np.ufunc) -> Array:
        """Columns [channels, taps, target positions] of a map [channels, height, width].

        The values under a position, if several, are combined by `add`; those outside are zero.
        """
        channels = len(values)
        if self._same:
            return values.reshape(channels, 1, -1)
        columns = np.zeros((channels, len(self.pairs), *self.target[1:]), values.dtype)
        for tap, (a, b) in enumerate(self.pairs):
            rows, across = self.rows.of_targets[a], self.columns.of_targets[b]
            columns[:, tap][_at(rows, across)] = _combined(values, rows, across, add)
        return columns.reshape(channels, len(self.pairs), self.positions)

    def write(self, columns: Array, values: Array, add: np.ufunc) -> None:
        """The transpose of `read`: add columns to a map, in place."""
        channels = len(values)
        for tap, (a, b) in enumerate(self.pairs):
            rows, across = self.rows.of_sources[a], self.columns.of_sources[b]
            part = columns[:, tap].reshape(channels, *self.target[1:])
            at = _at(rows, across)
            values[at] = add(values[at], _combined(part, rows, across, add))

    @property
    def _same(self) -> bool:
        """Whether the columns are the map itself."""
        if len(self.pairs) != 1 or self.source[1:] != self.target[1:]:
            return False
        a, b = self.pairs[0]
        rows, columns = self.rows.of_targets[a], self.columns.of_targets[b]
        return _one_to_one(rows, self.source[1]) and _one_to_one(columns, self.source[2])


def taps_of(bundle: Bundle) -> Taps:
    """Taps of a bundle; it keeps them itself, as `bundle.taps`."""
    if bundle.plain:
        return taps_of_link(bundle.links[0])
    rows, columns = bundle.rows, bundle.columns
    pairs, matrices = [], []
    for a in range(len(rows)):
        for b in range(len(columns)):
            matrix = bundle.matrix(a, b)
            if matrix is not None:
                pairs.append((a, b))
                matrices.append(matrix.values if isinstance(matrix, Diagonal) else matrix)
    if not matrices:  # nothing but padding is met
        return taps_of_link(bundle.links[0])
    return Taps(np.stack(matrices, axis=-1), bundle.diagonal, rows, columns, tuple(pairs))


def taps_of_link(link: CompactLink) -> Taps:
    """Taps of one link, one for every position in the kernel.

    Where windows overlap before the kernel, two nodes may be joined by several of them.
    """
    if _reads_a_whole_map(link):
        flat = np.ascontiguousarray(link.kernel).reshape(len(link.kernel), -1, 1)
        return Taps(flat, False, SINGLE, SINGLE, ((0, 0),), flattened=True)
    rows, columns = by_index(link.rows), by_index(link.columns)
    width = link.kernel.shape[-1]
    pairs = [(a, b) for a in range(len(rows)) for b in range(len(columns))]
    index = np.array(
        [rows.members[a][0][0] * width + columns.members[b][0][0] for a, b in pairs], np.int64
    )
    flat = link.kernel.reshape(*link.kernel.shape[:-2], -1)
    if np.array_equal(index, np.arange(flat.shape[-1])):
        return Taps(np.ascontiguousarray(flat), link.diagonal, rows, columns, tuple(pairs))
    kernel = np.ascontiguousarray(flat[..., index])
    return Taps(kernel, link.diagonal, rows, columns, tuple(pairs), index=index)


def _reads_a_whole_map(link: CompactLink) -> bool:
    """Whether every node of the source is read by an entry of its own of the kernel."""
    return (
        not link.diagonal
        and link.rows.n_target == link.columns.n_target == 1
        and all(
            table.index.size == table.n_source == size and bool(np.all(table.index == table.source))
            for table, size in zip((link.rows, link.columns), link.kernel.shape[2:], strict=True)
        )
    )


def _one_to_one(selection: Selection, size: int) -> bool:
    everything = slice(0, size, 1)
    return all(
        isinstance(rows, slice) and rows == everything
        for rows in (selection.rows, *selection.partners[0])
    )


def _combined(values: Array, rows: Selection, columns: Selection, add: np.ufunc) -> Array:
    """What the selected rows and columns read of values [channels, rows, columns]."""
    for before, selection in (((ALL,), rows), ((ALL, ALL), columns)):
        (_, first), *others = selection.partners
        taken = values[*before, first]
        if others:
            taken = taken.copy()
        for at, more in others:
            taken[*before, at] = add(taken[*before, at], values[*before, more])
        values = taken
    return values


def _at(rows: Selection, columns: Selection) -> tuple[Any, ...]:
    """Where the selected rows and columns are in a map [channels, rows, columns]."""
    if isinstance(rows.rows, slice) and isinstance(columns.rows, slice):
        return ALL, rows.rows, columns.rows
    return ALL, _numbers(rows.rows)[:, None], _numbers(columns.rows)


def _numbers(rows: Index) -> npt.NDArray[np.int64]:
    return np.arange(rows.start, rows.stop, rows.step) if isinstance(rows, slice) else rows
