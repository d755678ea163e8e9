"""From a wiring and masks to the compact graph: virtual sets are traced back to node sets.

A virtual set (pooled, flattened, concatenated, summed) is a list of parts, each a node set seen
through windows of rows and of columns, its channels landing from some channel on. A layer that
reads a virtual set has one link for each part.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Compact, CompactLink
from nsgraph.graphs.graph import NodeSet
from nsgraph.graphs.network import Network
from nsgraph.graphs.tables import Table, compose, convolution, whole_map, windows
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["compact_of"]

LARGEST_EYE = 2**26
"""Largest identity shortcut out of a flattened map that is written down as a matrix, in entries."""


class _NotCompact(Exception):
    """The wiring holds a link that has no compact form."""


class _Part(NamedTuple):
    """A node set as seen in a virtual set.

    Channel c of the node set is channel `offset` + c of the view. If a map of `flat` = (height,
    width) was flattened, its value at (y, x) is channel `offset` + (c * height + y) * width + x.
    """

    source: int
    offset: int
    rows: Table
    columns: Table
    flat: tuple[int, int] | None = None


def compact_of(
    network: Network,
    wiring: Wiring,
    sets: dict[str, NodeSet],
    input_padding: tuple[int, int],
    identity_skips: bool,
) -> Compact | None:
    """The compact graph; None for what it cannot express (a padded map of a flattened one, say).

    `sets` and `input_padding` are those of the layout, arguments otherwise as in `encode`.
    """
    try:
        return _Linker(network, wiring, sets, input_padding).compact(identity_skips)
    except _NotCompact:
        return None


class _Linker:
    def __init__(
        self,
        network: Network,
        wiring: Wiring,
        sets: dict[str, NodeSet],
        input_padding: tuple[int, int],
    ) -> None:
        self.network, self.wiring, self.input_padding = network, wiring, input_padding
        self.sets = tuple(sets.values())
        self.position = {id: number for number, id in enumerate(sets)}
        self.views: dict[str, list[_Part]] = {}
        self.unambiguous = True

    def compact(self, identity_skips: bool) -> Compact:
        links: list[CompactLink] = []
        skips: list[CompactLink] = []
        for s in self.sets:
            for link in self.wiring.into(s.id):
                if link.parametric:
                    links += self._layer(link)
                else:
                    skips += self._skip(link)
        edges = (*links, *skips) if identity_skips else tuple(links)
        return Compact(self.sets, edges, tuple(skips), self.unambiguous)

    def _view(self, id: str) -> list[_Part]:
        """Parts of a set, a node set or a virtual one."""
        if id not in self.views:
            s = self.wiring.set(id)
            if id in self.position:
                own = _Part(self.position[id], 0, self._own(s, 0), self._own(s, 1))
                self.views[id] = [own]
            else:
                self.views[id] = [p for link in self.wiring.into(id) for p in self._through(link)]
            seen = [(part.source, part.offset) for part in self.views[id]]
            self.unambiguous &= len(set(seen)) == len(seen)
        return self.views[id]

    def _own(self, s: ActivationSet, axis: int) -> Table:
        """A node set's rows or columns as seen from inside the network, without padding nodes."""
        nodes = self.sets[self.position[s.id]]
        size, with_padding = s.shape[1 + axis], (nodes.height, nodes.width)[axis]
        before = self.input_padding[axis] if s.role == "input" else 0
        return windows(size, size, 1, 1, 0, 1, 0, 0).shifted(before, with_padding)

    def _through(self, link: Link) -> Iterator[_Part]:
        """Parts of the target of a link without weights, by that link alone."""
        source, target = self.wiring.set(link.source), self.wiring.set(link.target)
        for part in self._view(link.source):
            if link.kind == "flatten":
                yield _flattened(part, source)
                continue
            offset = part.offset + link.channel_offset
            if part.flat is None:
                rows = compose(_outer(link, source, target, 0), part.rows)
                columns = compose(_outer(link, source, target, 1), part.columns)
                yield _Part(part.source, offset, rows, columns)
            elif target.shape[1:] == (1, 1) and _reads_all(link, source, target):
                yield part._replace(offset=offset)
            else:
                raise _NotCompact

    def _layer(self, link: Link) -> Iterator[CompactLink]:
        """One link for each part that a layer reads."""
        assert link.layer is not None
        source, target = self.wiring.set(link.source), self.wiring.set(link.target)
        nodes = self.sets[self.position[source.id]] if source.id in self.position else None
        for part in self._view(link.source):
            if nodes is not None:  # read directly: padding nodes too
                axes = [_direct(link, source, target, nodes, self.input_padding, i) for i in (0, 1)]
            elif part.flat is None:
                axes = [
                    convolution(_outer(link, source, target, axis), table)
                    for axis, table in enumerate((part.rows, part.columns))
                ]
            elif target.shape[1:] == (1, 1) and link.kernel == (1, 1):
                axes = [whole_map(part.rows), whole_map(part.columns)]
            else:
                raise _NotCompact
            yield self._link(link, part, axes)

    def _link(self, link: Link, part: _Part, axes: list[Table]) -> CompactLink:
        name, channels = link.layer, self.sets[part.source].channels
        assert name is not None
        mask = self.network.masks[name]
        target = self.wiring.set(link.target)
        total = self.wiring.set(link.source).channels
        diagonal = link.groups == total == target.channels == channels and part.flat is None

        def cut(values: Any) -> npt.NDArray[Any]:
            """The weights [out, in / groups, ...] of this part, in the shape of the kernel."""
            values = values.reshape(*values.shape[:2], *(values.shape[2:] or (1, 1)))
            if diagonal:
                return np.asarray(values[:, 0])
            values = _ungrouped(values, link.groups)
            if part.flat is None:
                return np.asarray(values[:, part.offset : part.offset + channels])
            stop = part.offset + channels * part.flat[0] * part.flat[1]
            return np.asarray(
                values[:, part.offset : stop].reshape(values.shape[0], channels, *part.flat)
            )

        def weights(kind: str) -> npt.NDArray[np.float32]:
            """Weights of one kind."""
            return cut(self.network.weights[kind][name]).astype(np.float32, copy=False)

        return CompactLink(
            name,
            part.source,
            self.position[link.target],
            cut(mask),
            diagonal,
            axes[0],
            axes[1],
            weights,
            lambda: cut(np.arange(mask.size).reshape(mask.shape)),
        )

    def _skip(self, link: Link) -> Iterator[CompactLink]:
        """Links of an identity shortcut into a node set."""
        n_out = self.wiring.set(link.target).channels
        parts = list(self._through(link))
        seen = [(part.source, part.offset) for part in parts]
        self.unambiguous &= len(set(seen)) == len(seen)
        for part in parts:
            channels = self.sets[part.source].channels
            axes = [part.rows, part.columns]
            inside = part.flat or (1, 1)
            diagonal = channels == n_out and part.offset == 0 and part.flat is None
            if diagonal:
                kernel = np.ones((n_out, 1, 1), np.bool_)
            else:
                n_in = channels * inside[0] * inside[1]
                if n_out * n_in > LARGEST_EYE:
                    raise _NotCompact
                eye = np.eye(n_out, n_in, k=-part.offset, dtype=np.bool_)
                kernel = eye.reshape(n_out, channels, *inside)
            if part.flat is not None:
                axes = [whole_map(part.rows), whole_map(part.columns)]
            else:
                axes = [_without_index(table) for table in axes]
            yield CompactLink(
                None,
                part.source,
                self.position[link.target],
                kernel,
                diagonal,
                axes[0],
                axes[1],
                lambda kind, kernel=kernel: kernel.astype(np.float32),
            )


def _flattened(part: _Part, source: ActivationSet) -> _Part:
    _, height, width = source.shape
    if part.flat is not None or (height, width) == (1, 1):
        return part
    return part._replace(offset=part.offset * height * width, flat=(height, width))


def _outer(link: Link, source: ActivationSet, target: ActivationSet, axis: int) -> Table:
    """Which rows of its source, a virtual set or not, a link reads."""
    return _table(link, source.shape[1 + axis], target.shape[1 + axis], axis, 0, 0)


def _reads_all(link: Link, source: ActivationSet, target: ActivationSet) -> bool:
    """Whether the one row and column of a flat map is read."""
    return all(_outer(link, source, target, axis).target.size for axis in (0, 1))


def _direct(
    link: Link,
    source: ActivationSet,
    target: ActivationSet,
    nodes: NodeSet,
    input_padding: tuple[int, int],
    axis: int,
) -> Table:
    size, out = source.shape[1 + axis], target.shape[1 + axis]
    before = input_padding[axis] if source.role == "input" else 0
    after = (nodes.height, nodes.width)[axis] - size - before
    return _table(link, size, out, axis, before, after)


def _table(link: Link, size: int, out: int, axis: int, before: int, after: int) -> Table:
    return windows(
        size,
        out,
        link.kernel[axis],
        link.stride[axis],
        link.padding[axis],
        link.dilation[axis],
        before,
        after,
    )


@lru_cache(maxsize=4096)
def _without_index(table: Table) -> Table:
    """The same pairs of rows, all by kernel index 0."""
    entries = np.stack([table.target, table.source, np.zeros_like(table.index)], axis=1)
    return Table.of(entries.astype(np.int64), table.n_target, table.n_source)


def _ungrouped(values: npt.NDArray[Any], groups: int) -> npt.NDArray[Any]:
    """Weights [out, in / groups, ...] of a grouped layer as [out, in, ...], zero between groups."""
    if groups == 1:
        return values
    n_out, n_in = values.shape[0] // groups, values.shape[1]
    full = np.zeros((values.shape[0], n_in * groups, *values.shape[2:]), values.dtype)
    for g in range(groups):
        out = slice(g * n_out, (g + 1) * n_out)
        full[out, g * n_in : (g + 1) * n_in] = values[out]
    return full
