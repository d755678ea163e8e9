"""What can flow from the inputs to the outputs: reachability, live weights, path counts.

Everything here is computed in one of two ways, with equal results: from the masks alone where the
graph has a compact form, or on its edges. `implicit` = True or False asks for one of them; by
default it is the first where it exists.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Compact
from nsgraph.graphs.exact import exact_dot, exact_sum
from nsgraph.graphs.graph import Csr, Graph

__all__ = ["Live", "edge_sum", "exact_sum", "live", "live_both", "live_weights", "paths"]

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


def live(graph: Graph, *, parametric: bool = False, implicit: bool | None = None) -> Live:
    """Reachability along all edges and identity shortcuts, or along weights alone.

    Identity shortcuts of the network carry flow whether or not they are edges of the graph:
    without them one empty layer would cut a residual network that works.
    """
    compact = _compact(graph, implicit)
    if compact is not None:
        return _live_by_masks(graph, compact, parametric)
    from nsgraph.graphs import kernels

    skips = graph.skips or Csr(np.zeros(graph.n_nodes + 1, np.int64), np.zeros(0, np.int32))
    for array in skips:
        array.flags.writeable = False
    incoming, layers = tuple(graph.incoming), graph.edge_layers
    reached = kernels.forward(incoming, tuple(skips), layers, graph.inputs, parametric)
    reaching = kernels.backward(incoming, tuple(skips), layers, graph.outputs, parametric)
    live_edges, considered = kernels.live_edges(incoming, layers, reached, reaching, parametric)
    return Live(reached, reaching, int(live_edges), int(considered))


def live_both(graph: Graph, *, implicit: bool | None = None) -> tuple[Live, Live]:
    """`live` along all edges and identity shortcuts, and along weights alone.

    Faster than two calls: mostly the shortcuts reach nothing new.
    """
    flow = live(graph, implicit=implicit)
    compact = _compact(graph, implicit)
    if not (graph.skips if compact is None else compact.skips):
        return flow, flow
    if compact is None:
        return flow, live(graph, parametric=True, implicit=False)
    return flow, _live_by_masks(graph, compact, True, known=flow)


def _live_by_masks(
    graph: Graph, compact: Compact, parametric: bool, known: Live | None = None
) -> Live:
    """`live`; the edges are not counted again if all is as in a `known` result."""
    from nsgraph.graphs import reach

    edges = compact.parametric if parametric else compact
    reached = reach.reached_from(edges, graph.inputs, skips=not parametric)
    reaching = reach.reaching_to(edges, graph.outputs, skips=not parametric)
    if (
        known is not None
        and edges is compact
        and np.array_equal(reached, known.reached)
        and np.array_equal(reaching, known.reaching)
    ):
        return known
    return Live(reached, reaching, reach.count_live(edges, reached, reaching), edges.n_edges)


def live_weights(graph: Graph, state: Live, *, implicit: bool | None = None) -> int | None:
    """Number of weights with at least one live edge; None where that is not known.

    A weight (out, in, ky, kx) is live iff at some position its source is reached and its target
    reaches an output. Padding nodes of the input do not count: no weight is live by them alone. In
    the rolled encodings every kept weight joins an input of its layer to an output.
    """
    if graph.network is None:
        return None
    if graph.encoding in ("rolled", "rolled-channel"):
        return graph.network.masks.n_kept
    if graph.layout is None:
        return None
    compact = _compact(graph, implicit)
    if compact is not None:
        from nsgraph.graphs.reach import count_live_weights

        return count_live_weights(compact, state.reached & ~_padding(graph), state.reaching)
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


def paths(graph: Graph, longest: int, *, implicit: bool | None = None) -> list[int]:
    """Number of directed paths with 1, 2, ..., `longest` edges, as exact Python integers.

    Counts per node are 64-bit; where they might not fit, they are carried in Python integers.
    """
    compact = _compact(graph, implicit)
    if compact is not None:
        from nsgraph.graphs.walks import path_totals

        return path_totals(compact, longest)
    counts: npt.NDArray[Any] = np.ones(graph.n_nodes, dtype=np.int64)
    totals = []
    for _ in range(longest):
        counts = _over_in_neighbours(graph, counts)
        totals.append(exact_sum(counts))
    return totals


def edge_sum(
    graph: Graph, f: npt.NDArray[Any], g: npt.NDArray[Any], *, implicit: bool | None = None
) -> int:
    """Sum over all edges u -> v of f[u] g[v], as an exact Python integer.

    f and g are non-negative integers [n_nodes]. From the masks it is fast where both are equal at
    positions with equal surroundings, as degrees are.

    >>> graph = Graph.from_edges(3, [0, 1], [1, 2])
    >>> edge_sum(graph, np.array([1, 10, 0]), np.array([0, 2, 3]))
    32
    """
    compact = _compact(graph, implicit)
    if compact is not None:
        from nsgraph.graphs.walks import sum_over_edges

        return sum_over_edges(compact, f, g)
    return exact_dot(_over_in_neighbours(graph, f), g)


def _compact(graph: Graph, implicit: bool | None) -> Compact | None:
    return None if implicit is False else graph.compact


def _padding(graph: Graph) -> BoolArray:
    """Padding nodes of the input, bool [n_nodes]."""
    padding = np.zeros(graph.n_nodes, np.bool_)
    assert graph.layout is not None
    real, (top, left) = graph.layout.wiring.input, graph.layout.input_padding
    s = graph.node_set(real.id)
    own = padding[s.start : s.stop].reshape(s.channels, s.height, s.width)
    own[:] = True
    own[:, top : top + real.height, left : left + real.width] = False
    return padding


def _mark(found: BoolArray, reached: BoolArray, reaching: BoolArray, link: Any) -> None:
    """Mark the weights of a link that join a reached node to a reaching one.

    A product of the two maps over positions, per kernel position.
    """
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


def _over_in_neighbours(graph: Graph, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sum of non-negative integers [n_nodes] over the in-neighbours of every node, exactly."""
    from nsgraph.graphs.kernels import path_counts

    widest = int(graph.in_degrees.max(initial=0))
    if values.dtype != object and int(values.max(initial=0)) * widest < 2**63:
        return path_counts(tuple(graph.incoming), values.astype(np.int64, copy=False))  # type: ignore[no-any-return]
    pointers, neighbours = graph.incoming
    numbers = values.astype(object)
    out = np.zeros(graph.n_nodes, dtype=object)
    for v in np.flatnonzero(graph.in_degrees):
        out[v] = sum(numbers[neighbours[pointers[v] : pointers[v + 1]]].tolist())
    return out
