"""The multipartite graph without its edges: node sets, and between them bundles of links.

A link joins node (ci, u, u') of one set to node (co, x, x') of a later one iff kernel[co, ci, i, j]
is kept for some i that joins row u to row x and some j that joins column u' to column x' (see
`tables`). All links between the same two sets form a bundle. Its pairs of rows fall into few
classes, and so do its columns; for a row class a and a column class b the channels are joined by
one matrix M(a, b), so that the adjacency between the sets is the sum over classes of
M(a, b) x rows(a) x columns(b), a sum of disjoint terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.alike import Grid, grids_of, grouped_degrees_of
from nsgraph.graphs.graph import NodeSet
from nsgraph.graphs.tables import Classes, Table, classify

if TYPE_CHECKING:
    from nsgraph.graphs.taps import Taps

__all__ = ["Bundle", "Compact", "CompactLink", "Diagonal"]

BoolArray = npt.NDArray[np.bool_]
CountArray = npt.NDArray[np.int64]
Rows = slice | CountArray
ALL = slice(None)


class Diagonal(NamedTuple):
    """A channel matrix that joins each channel only to the one of the same number, bool [c]."""

    values: BoolArray


Matrix = BoolArray | Diagonal
"""Channels joined: bool [target channels, source channels], or a diagonal."""


@dataclass(frozen=True, eq=False)
class CompactLink:
    """One layer (or identity shortcut) from one node set to another.

    Attributes
    ----------
    layer
        Name of the layer; None for an identity shortcut.
    source, target
        Positions of the node sets.
    kernel
        bool [target channels, source channels, i, j], or [channels, i, j] if `diagonal`: channel c
        of the source is then joined to channel c of the target alone.
    rows, columns
        Which kernel indices join which rows and columns.
    weights
        Weights of a kind ("final", "initial"), float32 of the kernel's shape; made when asked.
    numbers
        Position of every entry of the kernel in the layer's mask, flattened; made when asked. None
        for an identity shortcut.
    """

    layer: str | None
    source: int
    target: int
    kernel: BoolArray
    diagonal: bool
    rows: Table
    columns: Table
    weights: Any = field(repr=False)
    numbers: Any = field(default=None, repr=False)

    def magnitudes(self, kind: str) -> npt.NDArray[np.float32]:
        """Absolute weights of that kind."""
        return np.asarray(np.abs(self.weights(kind)))

    @property
    def n_joined(self) -> int:
        """Edges of this link alone, counted once for every pair of kernel indices behind them."""
        channels = (0,) if self.diagonal else (0, 1)
        kept = np.count_nonzero(self.kernel, axis=channels)
        rows = np.bincount(self.rows.index, minlength=kept.shape[0])
        columns = np.bincount(self.columns.index, minlength=kept.shape[1])
        return _exact_product(rows, kept, columns)


class Sums(NamedTuple):
    """Kept channels by class: `into` [row classes, column classes, target channels], `out_of`."""

    into: CountArray
    out_of: CountArray


@dataclass(frozen=True, eq=False)
class Bundle:
    """All links from one node set to another.

    `rows` and `columns` are the classes of their pairs of rows and columns; `matrix(a, b)` says
    which channels they join.
    """

    source: int
    target: int
    links: tuple[CompactLink, ...]
    _matrices: dict[tuple[int, int], Matrix | None] = field(default_factory=dict, repr=False)

    @cached_property
    def rows(self) -> Classes:
        """Classes of the pairs of rows."""
        return classify(tuple(link.rows for link in self.links))

    @cached_property
    def columns(self) -> Classes:
        """Classes of the pairs of columns."""
        return classify(tuple(link.columns for link in self.links))

    @property
    def diagonal(self) -> bool:
        """Whether every channel is joined to the one of the same number alone."""
        return all(link.diagonal for link in self.links)

    @cached_property
    def plain(self) -> bool:
        """Whether there is one link and every class is one kernel index: M is then a slice."""
        return len(self.links) == 1 and all(
            len(members[0]) == 1 for members in (*self.rows.members, *self.columns.members)
        )

    def matrix(self, a: int, b: int) -> Matrix | None:
        """Channels joined for row class a and column class b; None if no link joins both.

        A link that joins the rows but not the columns joins nothing. Matrices are kept, so that
        each is made once; a plain one is contiguous, [target channels, source channels].
        """
        if (a, b) not in self._matrices:
            self._matrices[a, b] = self._join(self.rows.members[a], self.columns.members[b])
        return self._matrices[a, b]

    @cached_property
    def sums(self) -> Sums:
        """Row and column sums of every matrix."""
        shape = len(self.rows), len(self.columns)
        if self.plain:
            kernel = self.links[0].kernel
            at = np.ix_(
                [m[0][0] for m in self.rows.members], [m[0][0] for m in self.columns.members]
            )
            if self.diagonal:
                both = np.moveaxis(kernel, 0, -1)[at].astype(np.int64)
                return Sums(both, both)
            from nsgraph.graphs.map_kernels import kept_channels

            size = kernel.shape[2:]
            flat = np.ascontiguousarray(kernel).reshape(*kernel.shape[:2], -1)
            return Sums(*(kept.reshape(*size, -1)[at] for kept in kept_channels(flat)))
        link = self.links[0]
        channels = link.kernel.shape[0], link.kernel.shape[0 if link.diagonal else 1]
        into, out_of = (np.zeros((*shape, size), np.int64) for size in channels)
        for a in range(shape[0]):
            for b in range(shape[1]):
                matrix = self.matrix(a, b)
                if isinstance(matrix, Diagonal):
                    into[a, b] = out_of[a, b] = matrix.values
                elif matrix is not None:
                    into[a, b], out_of[a, b] = (np.count_nonzero(matrix, axis=i) for i in (1, 0))
        return Sums(into, out_of)

    @cached_property
    def taps(self) -> Taps:
        """The bundle as one kernel, for products with maps."""
        from nsgraph.graphs.taps import taps_of

        return taps_of(self)

    @cached_property
    def n_edges(self) -> int:
        """Number of edges, coinciding ones counted once."""
        return _exact_product(self.rows.counts, self.sums.into.sum(axis=2), self.columns.counts)

    def into(self, rows: Rows = ALL, columns: Rows = ALL) -> CountArray:
        """In-degree of every node of the target set by this bundle, [channels, rows, columns]."""
        return _spread(self.sums.into, self.rows.into[:, rows], self.columns.into[:, columns])

    def out_of(self, rows: Rows = ALL, columns: Rows = ALL) -> CountArray:
        """Out-degree of every node of the source set by this bundle, [channels, rows, columns]."""
        return _spread(self.sums.out_of, self.rows.out_of[:, rows], self.columns.out_of[:, columns])

    def _join(self, rows: Any, columns: Any) -> Matrix | None:
        joined: list[Matrix] = []
        for link, indices_i, indices_j in zip(self.links, rows, columns, strict=True):
            if not (indices_i and indices_j):
                continue
            part = link.kernel[..., indices_i[0], indices_j[0]]
            if len(indices_i) > 1 or len(indices_j) > 1:
                part = link.kernel[..., list(indices_i), :][..., list(indices_j)].any(axis=(-2, -1))
            joined.append(Diagonal(part) if link.diagonal else part)
        if not joined:
            return None
        if all(isinstance(part, Diagonal) for part in joined):
            return Diagonal(np.logical_or.reduce([part.values for part in joined]))  # type: ignore[union-attr]
        dense = [np.diag(p.values) if isinstance(p, Diagonal) else p for p in joined]
        if len(dense) == 1:
            return np.ascontiguousarray(dense[0])
        return np.logical_or.reduce(dense)


@dataclass(frozen=True, eq=False)
class Compact:
    """Node sets and the bundles between them.

    Attributes
    ----------
    sets
        Node sets, in topological order; bundles name them by position.
    links
        Links that are edges of the graph.
    skips
        Identity shortcuts of the network, whether or not they are edges of the graph.
    unambiguous
        False if some weight joins two nodes by two ways (a map added to its own pool, say): such a
        weight counts once, and only the unrolled graph tells which weights coincide.
    """

    sets: tuple[NodeSet, ...]
    links: tuple[CompactLink, ...]
    skips: tuple[CompactLink, ...]
    unambiguous: bool = True

    @cached_property
    def bundles(self) -> Mapping[tuple[int, int], Bundle]:
        """(source, target) -> bundle, for all pairs of sets with links, ordered by target."""
        found: dict[tuple[int, int], list[CompactLink]] = {}
        for link in self.links:
            found.setdefault((link.source, link.target), []).append(link)
        order = sorted(found, key=lambda pair: (pair[1], pair[0]))
        return {pair: Bundle(*pair, tuple(found[pair])) for pair in order}

    @cached_property
    def n_edges(self) -> int:
        """Number of edges of the simple graph, a Python integer."""
        return sum(bundle.n_edges for bundle in self.bundles.values())

    @property
    def plain(self) -> bool:
        """Whether no two weights or links join the same nodes, see `Bundle.plain`."""
        return all(bundle.plain for bundle in self.bundles.values())

    @property
    def n_parallel(self) -> int:
        """Edges that vanish when coinciding ones are merged. Only if `unambiguous`."""
        return sum(link.n_joined for link in self.links) - self.n_edges

    def into(self, position: int) -> tuple[Bundle, ...]:
        """Bundles whose target is the set."""
        return tuple(b for b in self.bundles.values() if b.target == position)

    def out_of(self, position: int) -> tuple[Bundle, ...]:
        """Bundles whose source is the set."""
        return tuple(b for b in self.bundles.values() if b.source == position)

    @cached_property
    def parametric(self) -> Compact:
        """The graph of the edges that have a weight behind them; itself if all have."""
        links = tuple(link for link in self.links if link.layer is not None)
        if len(links) == len(self.links):
            return self
        return Compact(self.sets, links, self.skips, self.unambiguous)

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """Rows and columns of every set, those with equal numbers of neighbours grouped."""
        return grids_of(self.sets, self.bundles.values())

    @cached_property
    def grouped_degrees(self) -> tuple[tuple[CountArray, CountArray], ...]:
        """In- and out-degrees of every set, [channels, groups of rows, groups of columns] each."""
        return grouped_degrees_of(self.bundles.values(), self.grids)

    def in_degrees(self) -> CountArray:
        """Number of in-neighbours of every node, [nodes]."""
        return self._degrees(0)

    def out_degrees(self) -> CountArray:
        """Number of out-neighbours of every node, [nodes]."""
        return self._degrees(1)

    def _degrees(self, which: int) -> CountArray:
        degrees = np.empty(self.sets[-1].stop, np.int64)
        for s, grid, own in zip(self.sets, self.grids, self.grouped_degrees, strict=True):
            degrees[s.start : s.stop] = grid.spread(own[which]).ravel()
        return degrees


def _spread(sums: CountArray, rows: CountArray, columns: CountArray) -> CountArray:
    """Sum over classes of sums[a, b, c] rows[a, y] columns[b, x], as [c, y, x]."""
    return np.asarray(rows.T @ (sums.transpose(2, 0, 1) @ columns))


def _exact_product(left: CountArray, matrix: CountArray, right: CountArray) -> int:
    """left' matrix right in Python integers."""
    return int(left.astype(object) @ matrix.astype(object) @ right.astype(object))
