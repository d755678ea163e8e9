"""What can flow from the inputs to the outputs: reachability, live weights, path counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.graph import Csr, Graph

__all__ = ["Live", "exact_sum", "live", "live_weights", "paths"]

BoolArray = npt.NDArray[np.bool_]


class Live(NamedTuple):
    """Nodes reached from an input, nodes reaching an output (bool [n_nodes]), and edge counts.

    `edges` lie on a path from an input to an output; `considered` is the number of edges that were
    looked at: all, or those with a weight behind them.
    """

    reached: BoolArray
    reaching: BoolArray
    edges: int
    considered: int


def live(graph: Graph, *, parametric: bool = False) -> Live:
    """Reachability along all edges and identity shortcuts, or along weights alone.

    Identity shortcuts of the network carry flow whether or not they are edges of the graph:
    without them one empty layer would cut a residual network that works.
    """
    from nsgraph.graphs import kernels

    skips = graph.skips or Csr(np.zeros(graph.n_nodes + 1, np.int64), np.zeros(0, np.int32))
    for array in skips:
        array.flags.writeable = False
    incoming, layers = tuple(graph.incoming), graph.edge_layers
    reached = kernels.forward(incoming, tuple(skips), layers, graph.inputs, parametric)
    reaching = kernels.backward(incoming, tuple(skips), layers, graph.outputs, parametric)
    edges, considered = kernels.live_edges(incoming, layers, reached, reaching, parametric)
    return Live(reached, reaching, int(edges), int(considered))


def live_weights(graph: Graph, state: Live) -> int | None:
    """Number of weights with at least one live edge; None where that is not known.

    A weight (out, in, ky, kx) is live iff at some position its source is reached and its target
    reaches an output: a product of the two maps over positions, per kernel position. In the rolled
    encodings every kept weight joins an input of its layer to an output.
    """
    if graph.network is None:
        return None
    if graph.encoding in ("rolled", "rolled-channel"):
        return graph.network.masks.n_kept
    if graph.layout is None:
        return None
    masks, layout = graph.network.masks, graph.layout
    found: dict[str, BoolArray] = {
        name: np.zeros(mask.shape, np.bool_) for name, mask in masks.items()
    }
    for link in layout.wiring.links:
        if link.layer is None:
            continue
        source, target = layout.wiring.set(link.source), layout.wiring.set(link.target)
        reached = (layout.under(source.id) @ state.reached.astype(np.int32)) > 0
        reached = reached.reshape(source.shape)
        nodes = layout.sets[target.id]
        reaching = state.reaching[nodes.start : nodes.stop].reshape(target.shape)
        _mark(found[link.layer], reached, reaching, link)
    return sum(int(np.count_nonzero(found[name] & mask)) for name, mask in masks.items())


def _mark(found: BoolArray, reached: BoolArray, reaching: BoolArray, link: Any) -> None:
    kernel = found.reshape(*found.shape, 1, 1) if found.ndim == 2 else found  # a view
    n_out, n_in = kernel.shape[0] // link.groups, kernel.shape[1]
    for ky in range(kernel.shape[2]):
        rows, out_rows = _meeting(reaching.shape[1], reached.shape[1], link, 0, ky)
        for kx in range(kernel.shape[3]):
            columns, out_columns = _meeting(reaching.shape[2], reached.shape[2], link, 1, kx)
            left = reached[:, rows][:, :, columns].reshape(reached.shape[0], -1)
            right = reaching[:, out_rows][:, :, out_columns].reshape(reaching.shape[0], -1)
            for g in range(link.groups):
                out, into = slice(g * n_out, (g + 1) * n_out), slice(g * n_in, (g + 1) * n_in)
                both = right[out].astype(np.float32) @ left[into].astype(np.float32).T
                kernel[out, :, ky, kx] |= both > 0


def _meeting(
    out: int, size: int, link: Any, axis: int, k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    at = np.arange(out) * link.stride[axis] - link.padding[axis] + k * link.dilation[axis]
    inside = (at >= 0) & (at < size)
    return at[inside], np.flatnonzero(inside)


def paths(graph: Graph, longest: int) -> list[int]:
    """Number of directed paths with 1, 2, ..., `longest` edges, as exact Python integers.

    Counts per node are 64-bit; where they might not fit, they are carried in Python integers.
    """
    from nsgraph.graphs.kernels import path_counts

    counts: npt.NDArray[Any] = np.ones(graph.n_nodes, dtype=np.int64)
    widest = int(graph.in_degrees.max(initial=0))
    totals = []
    for _ in range(longest):
        if counts.dtype == object or int(counts.max(initial=0)) * widest >= 2**63:
            counts = _slow_path_counts(graph, counts)
        else:
            counts = path_counts(tuple(graph.incoming), counts)
        totals.append(exact_sum(counts))
    return totals


def exact_sum(values: npt.NDArray[Any]) -> int:
    """Sum of non-negative integers [n] without overflow.

    >>> exact_sum(np.full(4, 2**62)) == 2**64
    True
    """
    if values.dtype == object:
        return sum(values.tolist())
    high, low = values >> 32, values & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())


def _slow_path_counts(graph: Graph, counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    pointers, neighbours = graph.incoming
    numbers = counts.astype(object)
    out = np.zeros(graph.n_nodes, dtype=object)
    for v in np.flatnonzero(graph.in_degrees):
        out[v] = sum(numbers[neighbours[pointers[v] : pointers[v + 1]]].tolist())
    return out
