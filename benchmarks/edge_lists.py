"""The peer of encoding: a multipartite encoder with numpy that ends in an igraph graph."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.network import Network
from nsgraph.wiring import Link, Wiring

__all__ = ["EdgeList", "edge_list", "to_igraph"]

Array = npt.NDArray[np.int64]


class EdgeList(NamedTuple):
    """Number of nodes, and source and target of every edge [edges, 2]."""

    n_nodes: int
    edges: Array


def edge_list(network: Network) -> EdgeList:
    """Edges of the multipartite encoding, vectorised over channels and positions with numpy.

    For wirings in which only pools without padding and flattened maps have no nodes of their own.
    Parallel edges are not merged, weights are left out.
    """
    wiring = network.wiring
    assert wiring is not None
    n_nodes, nodes = _nodes(wiring)
    edges = [
        found
        for link in wiring.links
        if link.layer is not None
        for found in _layer(wiring, link, network.masks[link.layer], nodes)
    ]
    return EdgeList(n_nodes, np.concatenate(edges))


def to_igraph(edges: EdgeList) -> Any:
    """Directed `igraph.Graph`."""
    import igraph

    return igraph.Graph(n=edges.n_nodes, edges=edges.edges, directed=True)


def _nodes(wiring: Wiring) -> tuple[int, dict[str, Array]]:
    """Numbers of the nodes under every position of every set, [channels, height, width, nodes]."""
    own = {s.id for s in wiring.node_sets()}
    found: dict[str, Array] = {}
    start = 0
    for s in wiring.sets:
        if s.id in own:
            found[s.id] = np.arange(start, start + s.size).reshape(*s.shape, 1)
            start += s.size
            continue
        (link,) = wiring.into(s.id)
        below = found[link.source]
        pooled = link.kind == "pool"
        found[s.id] = _pooled(below, link, *s.shape[1:]) if pooled else below.reshape(*s.shape, -1)
    return start, found


def _pooled(below: Array, link: Link, height: int, width: int) -> Array:
    (kernel_y, kernel_x), (stride_y, stride_x) = link.kernel, link.stride
    y = np.arange(height)[:, None] * stride_y + np.arange(kernel_y)
    x = np.arange(width)[:, None] * stride_x + np.arange(kernel_x)
    windows = below[:, y[:, None, :, None], x[None, :, None, :]]
    return windows.reshape(below.shape[0], height, width, -1)


def _layer(
    wiring: Wiring, link: Link, mask: npt.NDArray[np.bool_], nodes: dict[str, Array]
) -> list[Array]:
    """Edges of one layer, an array [edges, 2] for every kernel position."""
    below, own = nodes[link.source], nodes[link.target]
    kernel = mask.reshape(*mask.shape, 1, 1) if mask.ndim == 2 else mask
    out_by_in = kernel.shape[0] // link.groups, kernel.shape[1]
    found = []
    for ky, kx in np.ndindex(kernel.shape[2:]):
        y = np.arange(own.shape[1]) * link.stride[0] - link.padding[0] + ky * link.dilation[0]
        x = np.arange(own.shape[2]) * link.stride[1] - link.padding[1] + kx * link.dilation[1]
        rows, columns = (
            np.flatnonzero((at >= 0) & (at < size))
            for at, size in zip((y, x), below.shape[1:3], strict=True)
        )
        out, into = np.nonzero(kernel[:, :, ky, kx])
        into = into + out // out_by_in[0] * out_by_in[1]
        source = below[into[:, None, None], y[rows][:, None], x[columns]]
        target = own[out[:, None, None], rows[:, None], columns]
        pairs = np.broadcast_arrays(source, target)
        found.append(np.stack([pair.ravel() for pair in pairs], axis=1))
    return found
