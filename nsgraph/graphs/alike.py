"""Rows and columns with equal surroundings, in groups: one value stands for many nodes.

Far from the border every row of a map has as many neighbours of every kind as the next one. A count
is the same for all of them, and a map of counts needs one value for each channel, group of rows and
group of columns, however large the images are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from nsgraph.graphs.compact import Bundle
    from nsgraph.graphs.graph import NodeSet
    from nsgraph.graphs.tables import Classes

__all__ = ["Alike", "Grid", "grids_of", "grouped_degrees_of"]

CountArray = npt.NDArray[np.int64]
End = tuple["Classes", bool]
"""Classes of rows, and whether one's own rows are their targets or their sources."""


class Alike(NamedTuple):
    """Rows in groups: one row of each group, [groups]; the group of each row, [rows]; sizes."""

    first: CountArray
    group: CountArray
    size: CountArray

    @classmethod
    def of(cls, counts: Sequence[CountArray], n_rows: int) -> Alike:
        """Rows grouped by the columns of all `counts`, [..., rows] each."""
        numbers: dict[bytes, int] = {}
        flat = [own.reshape(-1, n_rows) for own in counts]
        stacked = np.concatenate([np.zeros((1, n_rows), np.int64), *flat])
        keys = map(bytes, np.ascontiguousarray(stacked.T))
        group = np.array([numbers.setdefault(key, len(numbers)) for key in keys])
        return cls(np.unique(group, return_index=True)[1], group, np.bincount(group))

    @property
    def member(self) -> CountArray:
        """Whether a row is of a group, 0 or 1, [rows, groups]."""
        return np.equal.outer(self.group, np.arange(self.size.size)).astype(np.int64)


class Grid(NamedTuple):
    """Channels of a node set, and its rows and columns in groups."""

    rows: Alike
    columns: Alike
    channels: int

    @classmethod
    def of(cls, rows: Sequence[CountArray], columns: Sequence[CountArray], s: NodeSet) -> Grid:
        """Rows and columns of the set grouped by counts, see `Alike.of`."""
        grouped = Alike.of(rows, s.height)
        if s.height == s.width and all(a is b for a, b in zip(rows, columns, strict=True)):
            return cls(grouped, grouped, s.channels)
        return cls(grouped, Alike.of(columns, s.width), s.channels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of channels, of groups of rows and of groups of columns."""
        return self.channels, self.rows.size.size, self.columns.size.size

    @property
    def nodes(self) -> CountArray:
        """Nodes of one channel in each pair of groups, [groups of rows, groups of columns]."""
        return np.outer(self.rows.size, self.columns.size)

    def spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values [channels, groups, groups] at all nodes, [channels, rows, columns]."""
        return values.take(self.rows.group, axis=1).take(self.columns.group, axis=2)

    def sample(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values [channels, rows, columns] at one node of each group."""
        return values.take(self.rows.first, axis=1).take(self.columns.first, axis=2)


def grids_of(sets: Sequence[NodeSet], bundles: Iterable[Bundle]) -> tuple[Grid, ...]:
    """Rows and columns of every set by their numbers of neighbours in every class."""
    ends: list[tuple[list[End], list[End]]] = [([], []) for _ in sets]
    for bundle in bundles:
        for axis, classes in enumerate((bundle.rows, bundle.columns)):
            ends[bundle.target][axis].append((classes, True))
            ends[bundle.source][axis].append((classes, False))
    return tuple(
        Grid(_alike(tuple(rows), s.height), _alike(tuple(columns), s.width), s.channels)
        for (rows, columns), s in zip(ends, sets, strict=True)
    )


@lru_cache(maxsize=4096)
def _alike(ends: tuple[End, ...], n_rows: int) -> Alike:
    """Rows grouped by their numbers of neighbours in classes that they are targets of, or not."""
    return Alike.of([classes.into if into else classes.out_of for classes, into in ends], n_rows)


def grouped_degrees_of(
    bundles: Iterable[Bundle], grids: Sequence[Grid]
) -> tuple[tuple[CountArray, CountArray], ...]:
    """In- and out-degrees of every set, [channels, groups of rows, groups of columns] each."""
    degrees = tuple(tuple(np.zeros((2, *grid.shape), np.int64)) for grid in grids)
    for bundle in bundles:
        source, target = grids[bundle.source], grids[bundle.target]
        into, out_of = degrees[bundle.target][0], degrees[bundle.source][1]
        into += bundle.into(target.rows.first, target.columns.first)
        out_of += bundle.out_of(source.rows.first, source.columns.first)
    return degrees  # type: ignore[return-value]
