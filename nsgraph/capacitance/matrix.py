"""The weight graph itself, for small networks: P as a sparse matrix with named nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from nsgraph.capacitance.batches import Data, batches_of
from nsgraph.capacitance.closed_form import second_term
from nsgraph.capacitance.heads import BatchNorm, find_stack
from nsgraph.capacitance.layers import Layer
from nsgraph.capacitance.opening import evaluating, layer_names, opened
from nsgraph.capacitance.result import Reading
from nsgraph.capacitance.stack import Passed
from nsgraph.errors import UserError
from nsgraph.network_file import SavedNetwork

if TYPE_CHECKING:
    from nsgraph.graphs import Graph

__all__ = ["WeightGraph", "weight_graph"]

MOST = 20_000_000
"""Entries of P, pruned weights' included, that are held in float64."""


@dataclass(frozen=True, eq=False)
class WeightGraph:
    """Weights as nodes, second derivatives as edges.

    Attributes
    ----------
    matrix
        P, a scipy CSR array, float64 `[n, n]`; row = the earlier weight, column = the later one.
    layers
        Names of the layers, from the input to the output.
    layer, output, input
        For every node the position of its layer in `layers`, and the neurons that the weight leads
        to and comes from, int `[n]`.
    samples
        Number of samples that P is the mean of.
    """

    matrix: Any
    layers: tuple[str, ...]
    layer: npt.NDArray[np.int64]
    output: npt.NDArray[np.int64]
    input: npt.NDArray[np.int64]
    samples: int

    @property
    def labels(self) -> list[str]:
        """Name of every node: `layer[output,input]`, as one indexes the layer's weights."""
        nodes = zip(self.layer, self.output, self.input, strict=True)
        return [f"{self.layers[layer]}[{i},{j}]" for layer, i, j in nodes]

    @property
    def delta_in(self) -> npt.NDArray[np.float64]:
        """P 1, `[n]`."""
        return self.matrix.sum(axis=1)

    @property
    def delta_out(self) -> npt.NDArray[np.float64]:
        """1'P, `[n]`."""
        return self.matrix.sum(axis=0)

    @cached_property
    def graph(self) -> Graph:
        """The same as a graph that can be measured and exported; its weights are |P|.

        A node set is a layer of weights, the order of nodes that of `labels`; a layer of the graph
        is what leads from one layer of weights to the next.
        """
        from nsgraph.graphs import Graph, NodeSet
        from nsgraph.graphs.graph import Edges

        coo = self.matrix.tocoo()
        n, last = len(self.layer), len(self.layers) - 1
        plain = Graph.from_edges(
            n,
            coo.row,
            coo.col,
            coo.data,
            inputs=np.flatnonzero(self.layer == 0),
            outputs=np.flatnonzero(self.layer == last),
        )
        starts = np.searchsorted(self.layer, np.arange(last + 2))
        roles = ["input", *["hidden"] * (last - 1), "output"]
        sets = tuple(
            NodeSet(name, int(start), int(stop - start), 1, 1, role)
            for name, start, stop, role in zip(
                self.layers, starts[:-1], starts[1:], roles, strict=True
            )
        )
        targets = np.repeat(self.layer, plain.in_degrees)
        edges = Edges(plain.incoming, (targets - 1).astype(np.int16), dict(plain.weights), 0)
        names = tuple(f"{a} to {b}" for a, b in zip(self.layers[:-1], self.layers[1:], strict=True))
        return replace(plain, sets=sets, layers=names, unroll=lambda: edges, encoding="weights")

    def to_networkx(self) -> Any:
        """`networkx.DiGraph` like that of any graph; nodes have a `label`, weights their signs."""
        graph, coo = self.graph.to_networkx(), self.matrix.tocoo()
        for node, label in enumerate(self.labels):
            graph.nodes[node]["label"] = label
        for u, v, weight in zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True):
            graph.edges[u, v]["weight"] = weight
        return graph


def weight_graph(
    net: nn.Module | SavedNetwork,
    data: Data,
    *,
    reading: Reading = "local",
    masks: Mapping[str, Any] | None = None,
    head: str | Sequence[str] | None = None,
    absolute: bool = False,
    batch_norm: BatchNorm = "fixed",
    split: str = "train",
    batch_size: int = 128,
    max_batches: int | None = None,
) -> WeightGraph:
    """P of the linear layers that end a network; arguments as in `capacitance`.

    Raises
    ------
    UserError
        Also if P has too many entries to be formed.
    """
    module, links = opened(net, masks)
    batches = batches_of(data, split, batch_size, max_batches, next(module.parameters()))
    names = layer_names(module, head)
    with evaluating(module), torch.no_grad():
        stack = find_stack(module, links, batch_norm=batch_norm, names=names, absolute=absolute)
        _check_size(stack.layers, reading)
        pieces: dict[tuple[int, int], Tensor] = {}
        samples = 0
        for inputs, labels in batches:
            passed = stack.run(stack.entering(inputs, labels), labels, second=reading == "exact")
            samples += len(labels)
            for i in range(len(stack.layers) - 1):
                for neuron, piece in _pieces(passed, i, reading == "exact", absolute):
                    at = i, neuron
                    pieces[at] = pieces[at] + piece if at in pieces else piece.double()
    if not samples:
        raise UserError("There is no batch.")
    return _assembled(stack.layers, pieces, reading == "exact", samples)


def _pieces(passed: Passed, i: int, exact: bool, absolute: bool) -> Iterator[tuple[int, Tensor]]:
    """For every neuron between two layers P from the weights into it to those it may lead to."""
    layer, above = passed.layers[i], passed.layers[i + 1]
    z, slope, error, ahead = (
        passed.inputs[i],
        passed.slopes[i],
        passed.errors[i + 1],
        passed.inputs[i + 1],
    )
    curved = second_term(passed, i) if exact else None
    for neuron in range(layer.n_outputs):
        into, onto = _nodes(layer, above, neuron, exact)
        left = z[:, layer.indices[1][into]] * slope[:, [neuron]]
        k, q = (index[onto] for index in above.indices)
        right = error[:, k] * (q == neuron)
        if curved is not None:
            right = right + ahead[:, q] * curved[:, k, neuron]
        yield neuron, left.abs().T @ right.abs() if absolute else left.T @ right


def _nodes(layer: Layer, above: Layer, neuron: int, exact: bool) -> tuple[Tensor, Tensor]:
    """Positions of the weights into a neuron, and of those of the next layer that count for it."""
    into = (layer.indices[0] == neuron).nonzero().flatten()
    starts = above.indices[1]
    return into, (torch.ones_like(starts) if exact else starts == neuron).nonzero().flatten()


def _check_size(layers: Sequence[Layer], reading: Reading) -> None:
    entries = 0
    for layer, above in pairwise(layers):
        if reading == "exact":
            entries += layer.n_nodes * above.n_nodes
        else:
            width = layer.n_outputs
            fans = layer.indices[0].bincount(minlength=width)
            entries += int((fans * above.indices[1].bincount(minlength=width)).sum())
    if entries > MOST:
        raise UserError(
            f"P has {entries:,} entries; up to {MOST:,} are formed. beta_eff needs none of them: "
            "ns.capacitance."
        )


def _assembled(
    layers: Sequence[Layer], pieces: Mapping[tuple[int, int], Tensor], exact: bool, samples: int
) -> WeightGraph:
    """The matrix, from its parts."""
    starts = np.cumsum([0, *(layer.n_nodes for layer in layers)])
    rows, columns, values = [], [], []
    for (i, neuron), piece in pieces.items():
        into, onto = _nodes(layers[i], layers[i + 1], neuron, exact)
        at = np.meshgrid(into.cpu() + starts[i], onto.cpu() + starts[i + 1], indexing="ij")
        rows.append(at[0].ravel())
        columns.append(at[1].ravel())
        values.append(piece.cpu().numpy().ravel() / samples)
    n = int(starts[-1])
    at = [np.concatenate(part) if part else np.zeros(0, int) for part in (rows, columns)]
    data = np.concatenate(values) if values else np.zeros(0)
    matrix = sp.coo_array((data, tuple(at)), shape=(n, n)).tocsr()
    matrix.eliminate_zeros()
    indices = [[part.cpu().numpy() for part in layer.indices] for layer in layers]
    return WeightGraph(
        matrix,
        tuple(layer.name for layer in layers),
        np.repeat(np.arange(len(layers)), [layer.n_nodes for layer in layers]),
        np.concatenate([out for out, _ in indices]),
        np.concatenate([into for _, into in indices]),
        samples,
    )
