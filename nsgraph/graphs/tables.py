"""One axis of a link: which source row each target row reads, and by which kernel index.

Everything about space that a link knows (stride, padding, dilation, pooling before it) is in two
such tables, one for the rows and one for the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "Classes",
    "Selection",
    "Table",
    "by_index",
    "classify",
    "compose",
    "convolution",
    "whole_map",
    "windows",
]

IntArray = npt.NDArray[np.int32]
Class = tuple[tuple[int, ...], ...]
Index = slice | npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Table:
    """Entry k joins source row `source[k]` to target row `target[k]` by kernel index `index[k]`.

    Entries are distinct and sorted; a pair of rows may be joined by several kernel indices (pools
    with overlapping windows before a convolution). int32 [entries]; sizes of the two axes.
    """

    target: IntArray
    source: IntArray
    index: IntArray
    n_target: int
    n_source: int

    @classmethod
    def of(cls, entries: npt.NDArray[np.int64], n_target: int, n_source: int) -> Table:
        """The table of (target, source, index) rows [entries, 3]; repeated rows count once.

        Equal tables are one object, so that what is known about one is known about all.
        """
        rows = np.unique(entries.reshape(-1, 3), axis=0).astype(np.int32)
        return _interned(rows.T.tobytes(), n_target, n_source)

    def shifted(self, offset: int, n_source: int) -> Table:
        """The table onto a longer source axis on which this one's rows begin at `offset`."""
        if offset == 0 and n_source == self.n_source:
            return self
        columns = np.stack([self.target, self.source + np.int32(offset), self.index])
        return _interned(columns.tobytes(), self.n_target, n_source)


@lru_cache(maxsize=4096)
def _interned(columns: bytes, n_target: int, n_source: int) -> Table:
    target, source, index = np.frombuffer(columns, np.int32).reshape(3, -1)
    return Table(target, source, index, n_target, n_source)


class Selection(NamedTuple):
    """Rows of one axis, and the rows of the other axis that each is joined to.

    `rows` are distinct and ascending. In `partners`, an entry (at, joined) says that rows[at] are
    joined to `joined`, one to one; the first is about all rows, further ones about those with more
    than one, two, ... partners. All are slices where they can be.
    """

    rows: Index
    partners: tuple[tuple[Index, Index], ...]

    @classmethod
    def of(cls, rows: IntArray, partners: IntArray) -> Selection:
        """The selection of at least one pair."""
        order = np.lexsort((partners, rows))
        distinct, start, where, count = np.unique(
            rows[order], return_index=True, return_inverse=True, return_counts=True
        )
        rank = np.arange(rows.size) - start[where]
        joined = [(where[rank == k], partners[order[rank == k]]) for k in range(count.max())]
        return cls(_slice(distinct), tuple((_slice(at), _slice(other)) for at, other in joined))


@dataclass(frozen=True, eq=False)
class Classes:
    """Pairs of rows by the kernel indices that join them, for all links of a bundle at once.

    Pair k joins `source[k]` to `target[k]` and has the class `number[k]`. `members[number][link]`
    are the kernel indices of that link, empty where the link does not join the two rows.
    """

    target: IntArray
    source: IntArray
    number: IntArray
    members: tuple[Class, ...]
    n_target: int
    n_source: int

    def __len__(self) -> int:
        return len(self.members)

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Number of pairs of each class, [classes]."""
        return np.bincount(self.number, minlength=len(self))

    @cached_property
    def into(self) -> npt.NDArray[np.int64]:
        """Number of source rows of each class for every target row, [classes, target rows]."""
        return self._spread(self.target, self.n_target)

    @cached_property
    def out_of(self) -> npt.NDArray[np.int64]:
        """Number of target rows of each class for every source row, [classes, source rows]."""
        return self._spread(self.source, self.n_source)

    @cached_property
    def of_targets(self) -> tuple[Selection, ...]:
        """For every class, its target rows and what source rows they are joined to."""
        return self._select(self.target, self.source)

    @cached_property
    def of_sources(self) -> tuple[Selection, ...]:
        """For every class, its source rows and what target rows they are joined to."""
        return self._select(self.source, self.target)

    def _select(self, rows: IntArray, partners: IntArray) -> tuple[Selection, ...]:
        groups = (self.number == number for number in range(len(self)))
        return tuple(Selection.of(rows[group], partners[group]) for group in groups)

    def _spread(self, rows: IntArray, size: int) -> npt.NDArray[np.int64]:
        spread = np.zeros((len(self), size), np.int64)
        np.add.at(spread, (self.number, rows), 1)
        return spread


@lru_cache(maxsize=4096)
def windows(
    size: int,
    out: int,
    kernel: int,
    stride: int,
    padding: int,
    dilation: int,
    top: int,
    bottom: int,
) -> Table:
    """Rows under every row of a convolution or pool: row x*stride - padding + k*dilation by k.

    Rows before -top and from size + bottom on are outside; source rows are numbered from -top on.
    """
    x = np.repeat(np.arange(out), kernel)
    k = np.tile(np.arange(kernel), out)
    u = x * stride - padding + k * dilation
    inside = (u >= -top) & (u < size + bottom)
    entries = np.stack([x, u + top, k], axis=1)[inside]
    return Table.of(entries, out, top + size + bottom)


@lru_cache(maxsize=4096)
def convolution(outer: Table, inner: Table) -> Table:
    """`outer` read through the windows of `inner`: kernel indices are those of `outer`."""
    if outer.n_source != inner.n_target:
        raise ValueError(f"{outer.n_source} rows are not {inner.n_target}")
    return _chain(outer, inner)


@lru_cache(maxsize=4096)
def compose(outer: Table, inner: Table) -> Table:
    """Windows within windows: which source rows are under each row, kernel index 0 for all."""
    chained = convolution(outer, inner)
    entries = np.stack([chained.target, chained.source, np.zeros_like(chained.index)], axis=1)
    return Table.of(entries.astype(np.int64), chained.n_target, chained.n_source)


@lru_cache(maxsize=4096)
def whole_map(inner: Table) -> Table:
    """One target row that reads every row of a map, by that row's number as the kernel index."""
    entries = np.stack([np.zeros_like(inner.target), inner.source, inner.target], axis=1)
    return Table.of(entries.astype(np.int64), 1, inner.n_source)


@lru_cache(maxsize=4096)
def classify(tables: tuple[Table, ...]) -> Classes:
    """Number the distinct combinations of kernel indices that join two rows, over all links."""
    joined: dict[tuple[int, int], list[list[int]]] = {}
    for link, table in enumerate(tables):
        for x, u, i in zip(
            table.target.tolist(), table.source.tolist(), table.index.tolist(), strict=True
        ):
            joined.setdefault((x, u), [[] for _ in tables])[link].append(i)
    numbers: dict[Class, int] = {}
    number = [
        numbers.setdefault(tuple(map(tuple, joined[pair])), len(numbers)) for pair in sorted(joined)
    ]
    pairs = np.array(sorted(joined), dtype=np.int32).reshape(-1, 2)
    return Classes(
        pairs[:, 0].copy(),
        pairs[:, 1].copy(),
        np.array(number, dtype=np.int32),
        tuple(numbers),
        tables[0].n_target,
        tables[0].n_source,
    )


@lru_cache(maxsize=4096)
def by_index(table: Table) -> Classes:
    """Pairs of rows by kernel index, indices that join none left out.

    Two rows that several kernel indices join are in several of these classes.
    """
    indices, number = np.unique(table.index, return_inverse=True)
    members = tuple(((index,),) for index in indices.tolist())
    return Classes(
        table.target,
        table.source,
        number.astype(np.int32),
        members,
        table.n_target,
        table.n_source,
    )


def _slice(rows: npt.NDArray[np.integer[Any]]) -> Index:
    """Row numbers as a slice if they are evenly spaced and ascending, otherwise as they are."""
    first, last = int(rows[0]), int(rows[-1])
    step = int(rows[1]) - first if rows.size > 1 else 1
    if step > 0 and np.all(np.diff(rows) == step):
        return slice(first, last + 1, step)
    return rows.astype(np.int64)


def _chain(outer: Table, inner: Table) -> Table:
    below: list[list[int]] = [[] for _ in range(inner.n_target)]
    for v, u in zip(inner.target.tolist(), inner.source.tolist(), strict=True):
        below[v].append(u)
    entries = [
        (x, u, i)
        for x, v, i in zip(
            outer.target.tolist(), outer.source.tolist(), outer.index.tolist(), strict=True
        )
        for u in below[v]
    ]
    return Table.of(np.array(entries, dtype=np.int64), outer.n_target, inner.n_source)
