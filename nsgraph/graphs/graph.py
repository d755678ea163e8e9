"""The graph of a sparse network: node sets, and edges held as in-neighbours of every node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.errors import UserError

if TYPE_CHECKING:
    from nsgraph.graphs.compact import Compact
    from nsgraph.graphs.layout import Layout
    from nsgraph.graphs.neighbours import Neighbours
    from nsgraph.graphs.network import Network

__all__ = ["IDENTITY", "Csr", "Edges", "Graph", "NodeSet"]

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


class Edges(NamedTuple):
    """Everything of a graph that has the length of its edges; see the properties of `Graph`."""

    incoming: Csr
    layers: npt.NDArray[np.int16]
    weights: Mapping[str, npt.NDArray[np.floating[Any]]]
    n_parallel: int


@dataclass(frozen=True, eq=False)
class Graph:
    """A simple directed acyclic graph; every edge goes from a lower to a higher node number.

    Made by `encode`, or by `Graph.from_edges` for a graph of one's own. Nodes, degrees and the
    number of edges come from the masks where they can; the edges themselves are unrolled when first
    asked for. All arrays are read-only.

    Attributes
    ----------
    sets
        Node sets in topological order; they tile the node numbers 0 .. n_nodes - 1.
    layers
        Names of the network's layers; `edge_layers` refers to them by position.
    weight_kinds
        Kinds of weights: "final", "initial", both or none.
    inputs, outputs
        bool [n_nodes]: nodes of the network's input, and nodes whose value the output reads.
    encoding, options
        Name of the encoding, and further arguments of `encode` that made the graph.
    network, layout
        What the graph was made from; None for a graph from edges.
    compact
        The same graph as node sets and links, without its edges; None for a graph from edges and
        for the few wirings that have no such form.
    parts
        The layers' own graphs, in the encodings that do not link the layers.
    """

    sets: tuple[NodeSet, ...]
    layers: tuple[str, ...]
    inputs: npt.NDArray[np.bool_]
    outputs: npt.NDArray[np.bool_]
    unroll: Callable[[], Edges] = field(repr=False)
    weight_kinds: tuple[str, ...] = ()
    encoding: str = "multipartite"
    options: Mapping[str, Any] = field(default_factory=dict)
    network: Network | None = field(default=None, repr=False)
    layout: Layout | None = field(default=None, repr=False)
    compact: Compact | None = field(default=None, repr=False)
    parts: tuple[Graph, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.inputs.flags.writeable = False
        self.outputs.flags.writeable = False

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
            If an edge goes backward, is given twice, or leaves the nodes, if weights do not fit the
            edges, or nodes are not whole numbers of the graph.

        Examples
        --------
        >>> Graph.from_edges(3, [0, 1], [1, 2]).n_edges
        2
        """
        sources, targets = _whole("source", source), _whole("target", target)
        if n_nodes < 0:
            raise UserError(f"A graph cannot have {n_nodes} nodes.")
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
        weights = {}
        if weight is not None:
            values = np.abs(np.asarray(weight, dtype=np.float64).ravel())
            if values.size != sources.size:
                raise UserError(f"{values.size} weights do not fit {sources.size} edges.")
            weights["final"] = values[order]
        csr = Csr(pointers, sources.astype(np.int32))
        edges = Edges(csr, np.zeros(sources.size, dtype=np.int16), weights, 0)
        return cls(
            sets=(NodeSet("nodes", 0, n_nodes, 1, 1, "hidden"),),
            layers=("edges",),
            weight_kinds=tuple(weights),
            unroll=lambda: edges,
            inputs=np.diff(pointers) == 0 if inputs is None else _flags(inputs, n_nodes),
            outputs=out_degrees == 0 if outputs is None else _flags(outputs, n_nodes),
            encoding="edges",
        )

    @property
    def linked(self) -> bool:
        """False for the encodings in which each layer is a graph of its own."""
        return self.parts is None

    @property
    def n_nodes(self) -> int:
        """Number of nodes, those without edges included."""
        return self.sets[-1].stop

    @cached_property
    def n_edges(self) -> int:
        """Number of edges."""
        if self.parts is not None:
            return sum(part.n_edges for part in self.parts)
        if self.compact is not None:
            return self.compact.n_edges
        return self.incoming.neighbours.size

    @cached_property
    def n_parallel(self) -> int:
        """Number of edges that vanished when coinciding edges were merged; their weights add."""
        if self.compact is not None and self.compact.unambiguous:
            return self.compact.n_parallel
        return self._edges.n_parallel

    @cached_property
    def in_degrees(self) -> npt.NDArray[np.int64]:
        """Number of in-neighbours, [n_nodes]."""
        if self.compact is not None:
            return _frozen(self.compact.in_degrees())
        return _frozen(np.diff(self.incoming.pointers))

    @cached_property
    def out_degrees(self) -> npt.NDArray[np.int64]:
        """Number of out-neighbours, [n_nodes]."""
        if self.compact is not None:
            return _frozen(self.compact.out_degrees())
        return _frozen(np.bincount(self.incoming.neighbours, minlength=self.n_nodes))

    @cached_property
    def _edges(self) -> Edges:
        edges = self.unroll()
        for array in (*edges.incoming, edges.layers, *edges.weights.values()):
            _frozen(np.asarray(array))
        return edges

    @property
    def is_unrolled(self) -> bool:
        """Whether the edges have been unrolled already."""
        return "_edges" in vars(self)

    def unrolled(self) -> Graph:
        """The graph itself, once its edges are there."""
        assert self._edges
        return self

    @property
    def incoming(self) -> Csr:
        """In-neighbours of every node, ascending: int64 pointers [n_nodes + 1], int32 [n_edges].

        All per-edge arrays follow this order.
        """
        return self._edges.incoming

    @property
    def edge_layers(self) -> npt.NDArray[np.int16]:
        """Layer of every edge, [n_edges]; `IDENTITY` for an edge without a weight behind it.

        Where edges of several layers coincide, the first layer.
        """
        return self._edges.layers

    @property
    def weights(self) -> Mapping[str, npt.NDArray[np.floating[Any]]]:
        """Absolute weights by kind, [n_edges] each."""
        return self._edges.weights

    @cached_property
    def skips(self) -> Csr | None:
        """In-neighbours by identity shortcuts, whether or not they are edges of this graph.

        None if the network has none.
        """
        found = None if self.layout is None else self.layout.skips()
        return None if found is None else Csr(_frozen(found.pointers), _frozen(found.neighbours))

    @cached_property
    def outgoing(self) -> Csr:
        """Out-neighbours of every node, ascending; made when first asked for."""
        from nsgraph.graphs.kernels import transpose  # numba starts only when it is needed

        pointers = np.zeros(self.n_nodes + 1, np.int64)
        np.cumsum(self.out_degrees, out=pointers[1:])
        neighbours = np.empty(self.n_edges, np.int32)
        transpose(*self.incoming, pointers, neighbours)
        return Csr(_frozen(pointers), _frozen(neighbours))

    @cached_property
    def below(self) -> Neighbours:
        """In-neighbours of every node without an array of all edges, where masks give them."""
        return self._neighbours(out=False)

    @cached_property
    def above(self) -> Neighbours:
        """Out-neighbours of every node, in the same form as `below`."""
        return self._neighbours(out=True)

    def _neighbours(self, out: bool) -> Neighbours:
        from nsgraph.graphs.neighbours import neighbours_of_edges, neighbours_of_nodes

        if self.compact is None:
            return neighbours_of_edges(self.outgoing if out else self.incoming)
        return neighbours_of_nodes(self.compact, out=out)[0]

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
        if self.parts is None:
            raise UserError(f"The encoding {self.encoding!r} is one graph, not one a layer.")
        return dict(zip(self.layers, self.parts, strict=True))

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


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array


def _flags(nodes: npt.ArrayLike, n_nodes: int) -> npt.NDArray[np.bool_]:
    numbers = _whole("inputs or outputs", nodes)
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < n_nodes:
        raise UserError(f"An input or output is outside the nodes 0 to {n_nodes - 1}.")
    flags = np.zeros(n_nodes, dtype=np.bool_)
    flags[numbers] = True
    return flags


def _whole(what: str, numbers: npt.ArrayLike) -> npt.NDArray[np.int64]:
    values = np.asarray(numbers).ravel()
    whole = values.astype(np.int64)
    if not np.array_equal(whole, values):
        raise UserError(f"The nodes in {what} are not whole numbers.")
    return whole
