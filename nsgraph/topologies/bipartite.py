"""A layer as bipartite graphs: between which nodes a null model may move links and weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError

__all__ = ["GRAINS", "Bipartite", "Ends", "bipartite"]

IntArray = npt.NDArray[np.int64]

GRAINS = {
    "position": "a graph for each group and kernel position, output channels x input channels",
    "rolled": "a graph for each group, output channels x (input channel, kernel row and column)",
}
"""Grain -> the bipartite graphs of a layer. For a linear layer both are the layer itself."""


class Ends(NamedTuple):
    """Graph, row node and column node of links, int64 [links] each.

    Nodes are numbered through the layer, graph after graph.
    """

    graphs: IntArray
    rows: IntArray
    columns: IntArray


class Bipartite:
    """The bipartite graphs of a layer of that shape; two graphs share no node and no link.

    Parameters
    ----------
    name, shape
        Of the layer, [out, in] or [out, in / groups, height, width].
    grain
        One of `GRAINS`.
    groups
        Groups of a convolution.
    classes
        int [in], None for one class: the columns of each class are a graph apart.

    Attributes
    ----------
    n_rows
        Rows of each graph.
    column_starts
        int64 [graphs + 1]: first column of each graph.
    """

    def __init__(
        self, name: str, shape: tuple[int, ...], grain: str, groups: int = 1, classes: Any = None
    ) -> None:
        if grain not in GRAINS:
            raise UserError(f"Grain {grain!r} is unknown; expected one of {', '.join(GRAINS)}.")
        if shape[0] % groups:
            raise UserError(f"Layer {name!r}: {shape[0]} outputs cannot form {groups} groups.")
        kernel = int(np.prod(shape[2:]))
        channels, positions = np.indices((groups * shape[1], kernel)).reshape(2, -1)
        apart = [channels // shape[1]]
        if grain == "position":
            apart.append(positions)
        if classes is not None:
            apart.append(np.asarray(classes)[channels])
        graphs = np.unique(np.stack(apart), axis=1, return_inverse=True)[1].ravel()
        self.n_rows = shape[0] // groups
        self.column_starts = np.concatenate([[0], np.cumsum(np.bincount(graphs))])
        self._width = shape[1] * kernel  # cells of one output
        self._graphs = graphs
        self._cells = np.argsort(graphs, kind="stable")  # column -> place among all groups' inputs
        self._columns = np.empty_like(self._cells)
        self._columns[self._cells] = np.arange(self._cells.size)

    def ends(self, links: IntArray) -> Ends:
        """Ends of links, which are given as indices of the flattened layer."""
        output, place = np.divmod(links, self._width)
        group, row = np.divmod(output, self.n_rows)
        place += group * self._width
        graph = self._graphs[place]
        return Ends(graph, graph * self.n_rows + row, self._columns[place])

    def links(self, rows: IntArray, columns: IntArray) -> IntArray:
        """Indices of the flattened layer, from the ends of links."""
        group, place = np.divmod(self._cells[columns], self._width)
        return (group * self.n_rows + rows % self.n_rows) * self._width + place


def bipartite(
    name: str,
    shape: tuple[int, ...],
    grain: str,
    groups: Mapping[str, int] | None,
    classes: Mapping[str, npt.ArrayLike] | None,
) -> Bipartite:
    """The bipartite graphs of a layer, with what the mappings hold about it."""
    return Bipartite(name, shape, grain, (groups or {}).get(name, 1), (classes or {}).get(name))
