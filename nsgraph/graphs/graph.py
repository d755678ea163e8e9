"""The graph of a sparse network: node sets, and edges held as in-neighbours of every node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError

if TYPE_CHECKING:
    from nsgraph.graphs.layout import Layout
    from nsgraph.graphs.network import Network

__all__ = ["IDENTITY", "Csr", "Graph", "NodeSet"]

IDENTITY = -1
"""Layer index of an edge that stems from identity shortcuts alone."""

IntArray = npt.NDArray[np.int32]


class NodeSet(NamedTuple):
    """Nodes `start .. start + size - 1`, numbered by (channel, row, column) in that order.

    `height` and `width` include padding nodes, where there are any.
    """

    id: str
    start: int
    channels: int
    height: int
    width: int
    role: str

    @property
    def size(self) -> int:
        """Number of nodes."""
        return self.channels * self.height * self.width

    @property
    def stop(self) -> int:
        """One past the last node."""
        return self.start + self.size


class Csr(NamedTuple):
    """Neighbours of node v: `neighbours[pointers[v]:pointers[v + 1]]`."""

    pointers: npt.NDArray[np.int64]
    neighbours: IntArray


@dataclass(frozen=True, eq=False)
class Graph:
    """A simple directed acyclic graph; every edge goes from a lower to a higher node number.

    Made by `encode`, or by `Graph.from_edges` for a graph of one's own. All arrays are read-only.

    Attributes
    ----------
    sets
        Node sets in topological order; they tile the node numbers 0 .. n_nodes - 1.
    layers
        Names of the network's layers; `edge_layers` refers to them by position.
    incoming
        In-neighbours of every node, ascending: int64 pointers [n_nodes + 1], int32 ids [n_edges].
        All per-edge arrays follow this order.
    edge_layers
        int16 [n_edges]; `IDENTITY` for an edge without a weight behind it. Where edges of several
        layers coincide, the first layer.
    weights
        Absolute weights by kind, "final" and "initial" (either may be absent), [n_edges] each.
    inputs, outputs
        bool [n_nodes]: nodes of the network's input, and nodes whose value the output reads.
    n_parallel
        Number of edges that vanished when coinciding edges were merged; their weights were added.
    linked
        False for the encodings in which each layer is a graph of its own.
    skips
        In-neighbours by identity shortcuts, whether or not they are edges of this graph; None if
        the network has none.
    network, layout
        What the graph was made from; None for a graph from edges.
    """

    sets: tuple[NodeSet, ...]
    layers: tuple[str, ...]
    incoming: Csr
    edge_layers: npt.NDArray[np.int16]
    weights: Mapping[str, npt.NDArray[np.floating[Any]]]
    inputs: npt.NDArray[np.bool_]
    outputs: npt.NDArray[np.bool_]
    encoding: str = "multipartite"
    n_parallel: int = 0
    linked: bool = True
    skips: Csr | None = None
    network: Network | None = field(default=None, repr=False)
    layout: Layout | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for array in (
            *self.incoming,
            *(self.skips or ()),
            self.edge_layers,
            *self.weights.values(),
            self.inputs,
            self.outputs,
        ):
            array.flags.writeable = False

    def __repr__(self) -> str:
        return (
            f"Graph({self.encoding}: {self.n_nodes} nodes, {self.n_edges} edges, "
            f"{len(self.layers)} layers)"
        )

    @classmethod
    def from_edges(
        cls,
        n_nodes: int,
        source: npt.ArrayLike,
        target: npt.ArrayLike,
        weight: npt.ArrayLike | None = None,
        *,
        inputs: npt.ArrayLike | None = None,
        outputs: npt.ArrayLike | None = None,
    ) -> Graph:
        """Graph of one layer from edge arrays, for graphs that are not of a network file.

        Parameters
        ----------
        n_nodes
            Number of nodes.
        source, target
            Integer arrays [n_edges], source < target: number the nodes along the edges.
        weight
            Weights [n_edges], kept as their absolute values; None for none.
        inputs, outputs
            Node numbers; by default the nodes without in-edges and those without out-edges.

        Raises
        ------
        UserError
            If an edge goes backward, is given twice, or leaves the nodes.

        Examples
        --------
        >>> Graph.from_edges(3, [0, 1], [1, 2]).n_edges
        2
        """
        sources = np.asarray(source, dtype=np.int64).ravel()
        targets = np.asarray(target, dtype=np.int64).ravel()
        if sources.shape != targets.shape:
            raise UserError(f"{sources.size} sources and {targets.size} targets are not edges.")
        if sources.size and (sources.min() < 0 or targets.max() >= n_nodes):
            raise UserError(f"An edge has an end outside the nodes 0 to {n_nodes - 1}.")
        if np.any(sources >= targets):
            raise UserError("An edge goes backward; number the nodes so that source < target.")
        order = np.lexsort((sources, targets))
        sources, targets = sources[order], targets[order]
        if np.any((np.diff(sources) == 0) & (np.diff(targets) == 0)):
            raise UserError("An edge is given twice; merge the weights of parallel edges.")
        pointers = np.zeros(n_nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(targets, minlength=n_nodes), out=pointers[1:])
        out_degrees = np.bincount(sources, minlength=n_nodes)
        weights = {} if weight is None else {"final": np.abs(np.asarray(weight).ravel()[order])}
        return cls(
            sets=(NodeSet("nodes", 0, n_nodes, 1, 1, "hidden"),),
            layers=("edges",),
            incoming=Csr(pointers, sources.astype(np.int32)),
            edge_layers=np.zeros(sources.size, dtype=np.int16),
            weights=weights,
            inputs=np.diff(pointers) == 0 if inputs is None else _flags(inputs, n_nodes),
            outputs=out_degrees == 0 if outputs is None else _flags(outputs, n_nodes),
            encoding="edges",
        )

    @property
    def n_nodes(self) -> int:
        """Number of nodes, those without edges included."""
        return self.incoming.pointers.size - 1

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return self.incoming.neighbours.size

    @cached_property
    def in_degrees(self) -> npt.NDArray[np.int64]:
        """Number of in-neighbours, [n_nodes]."""
        return np.diff(self.incoming.pointers)

    @cached_property
    def out_degrees(self) -> npt.NDArray[np.int64]:
        """Number of out-neighbours, [n_nodes]."""
        return np.diff(self.outgoing.pointers)

    @cached_property
    def outgoing(self) -> Csr:
        """Out-neighbours of every node, ascending; made when first asked for."""
        from nsgraph.graphs.kernels import transpose  # numba starts only when it is needed

        csr = Csr(*transpose(*self.incoming))
        for array in csr:
            array.flags.writeable = False
        return csr

    def edges(
        self, weights: str | None = None
    ) -> tuple[IntArray, IntArray, npt.NDArray[np.floating[Any]]]:
        """Arrays source, target, weight, each [n_edges], ordered by target, then source.

        `weights` is the kind wanted, by default the final ones, else the initial ones, else ones.
        """
        targets = np.repeat(np.arange(self.n_nodes, dtype=np.int32), self.in_degrees)
        return self.incoming.neighbours, targets, self._weights(weights)

    def node_set(self, id: str) -> NodeSet:
        """The node set of that name."""
        for s in self.sets:
            if s.id == id:
                return s
        raise UserError(f"The graph has no node set {id!r}; it has {[s.id for s in self.sets]}.")

    def layer_graphs(self) -> dict[str, Graph]:
        """Each layer's own graph, for the encodings that do not link the layers.

        Raises
        ------
        UserError
            For a linked encoding.
        """
        if self.linked:
            raise UserError(f"The encoding {self.encoding!r} is one graph, not one a layer.")
        from nsgraph.graphs.rolled import layer_graph

        pairs = zip(self.layers, self.sets[::2], self.sets[1::2], strict=True)
        return {layer: layer_graph(self, layer, left, right) for layer, left, right in pairs}

    def _weights(self, kind: str | None = None) -> npt.NDArray[np.floating[Any]]:
        if kind is None:
            kind = next((k for k in ("final", "initial") if k in self.weights), None)
            if kind is None:
                return np.ones(self.n_edges, dtype=np.float32)
        if kind not in self.weights:
            raise UserError(f"The graph has no {kind!r} weights; it has {sorted(self.weights)}.")
        return self.weights[kind]

    def to_scipy(self) -> Any:
        """Adjacency as a scipy CSR array [n_nodes, n_nodes]; row = source, column = target.

        An edge whose weight is exactly zero is stored as an explicit zero.
        """
        from nsgraph.graphs.convert import to_scipy

        return to_scipy(self)

    def to_networkx(self) -> Any:
        """`networkx.DiGraph`: nodes carry `set`, edges `weight` and `layer`."""
        from nsgraph.graphs.convert import to_networkx

        return to_networkx(self)

    def to_igraph(self) -> Any:
        """Directed `igraph.Graph`: vertices carry `set`, edges `weight` and `layer`."""
        from nsgraph.graphs.convert import to_igraph

        return to_igraph(self)

    def to_graph_tool(self) -> Any:
        """`graph_tool.Graph` with property maps `set`, `weight` and `layer`.

        Raises
        ------
        UserError
            If graph-tool cannot be imported.
        """
        from nsgraph.graphs.convert import to_graph_tool

        return to_graph_tool(self)


def _flags(nodes: npt.ArrayLike, n_nodes: int) -> npt.NDArray[np.bool_]:
    flags = np.zeros(n_nodes, dtype=np.bool_)
    flags[np.asarray(nodes, dtype=np.int64)] = True
    return flags
