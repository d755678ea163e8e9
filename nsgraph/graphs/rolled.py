"""Encodings that do not look at the map: one bipartite graph a layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from nsgraph.graphs.graph import Csr, Graph, NodeSet
from nsgraph.graphs.network import Network

__all__ = ["bipartite_layers", "layer_graph", "rolled", "rolled_channel"]

Shape = tuple[int, int, int]


def rolled(network: Network) -> Graph:
    """Left nodes (input channel, kernel row, kernel column), right nodes output channels."""
    parts = []
    for name, mask in network.masks.items():
        shape = mask.shape[1:] if mask.ndim == 4 else (mask.shape[1], 1, 1)
        flat = mask.reshape(mask.shape[0], -1)
        weights = network.magnitudes(name).reshape(-1, flat.size)
        parts.append(_part(name, flat, weights, network.groups(name), shape))
    return bipartite_layers("rolled", network, parts)


def rolled_channel(network: Network) -> Graph:
    """Left nodes input channels, right nodes output channels.

    Joined iff a weight of the kernel slice is kept; the edge's weight is the slice's L2 norm.
    """
    parts = []
    for name, mask in network.masks.items():
        weights = network.magnitudes(name)
        flat = mask
        if mask.ndim == 4:
            flat = np.asarray(mask.any(axis=(2, 3)))
            weights = np.sqrt(np.square(np.where(mask, weights, 0)).sum(axis=(3, 4)))
        shape = (mask.shape[1], 1, 1)
        weights = weights.reshape(-1, flat.size)
        parts.append(_part(name, flat, weights, network.groups(name), shape))
    return bipartite_layers("rolled-channel", network, parts)


def _part(
    name: str, kept: Any, weights: Any, groups: int, shape: tuple[int, ...]
) -> tuple[Any, ...]:
    """One layer from a matrix [out, in per group * kernel] and weights [kinds, its size]."""
    n_out, n_in = kept.shape
    at = np.flatnonzero(kept)
    pointers = np.zeros(n_out + 1, dtype=np.int64)
    np.cumsum(np.count_nonzero(kept, axis=1), out=pointers[1:])
    sources = (at % n_in).astype(np.int32)
    if groups > 1:
        group = np.arange(n_out, dtype=np.int32) // (n_out // groups)
        sources += np.repeat(group * np.int32(n_in), np.diff(pointers))
    left = (shape[0] * groups, *shape[1:])
    return name, left, (n_out, 1, 1), pointers, sources, weights[:, at]


def bipartite_layers(encoding: str, network: Network, parts: list[tuple[Any, ...]]) -> Graph:
    """One graph of disjoint layers.

    Each part is (name, left shape, right shape, pointers [right size + 1], sources numbered from 0,
    weights [kinds, edges]).
    """
    sets: list[NodeSet] = []
    left: Shape
    right: Shape
    pointers = [np.zeros(1, np.int64)]
    start = edges = 0
    for name, left, right, rows, sources, _ in parts:
        sets.append(NodeSet(f"{name}/in", start, *left, "input"))
        sets.append(NodeSet(f"{name}/out", sets[-1].stop, *right, "output"))
        sources += np.int32(start)
        pointers += [np.full(sets[-2].size, edges, np.int64), rows[1:] + edges]
        start = sets[-1].stop
        edges += int(rows[-1])
    counts = [part[4].size for part in parts]
    inputs = np.repeat([s.role == "input" for s in sets], [s.size for s in sets])
    weights = np.concatenate([part[5] for part in parts], axis=1)
    return Graph(
        sets=tuple(sets),
        layers=tuple(part[0] for part in parts),
        incoming=Csr(np.concatenate(pointers), np.concatenate([part[4] for part in parts])),
        edge_layers=np.repeat(np.arange(len(parts), dtype=np.int16), counts),
        weights={kind: weights[i] for i, kind in enumerate(network.weights)},
        inputs=inputs,
        outputs=~inputs,
        encoding=encoding,
        linked=False,
        network=network,
    )


def layer_graph(graph: Graph, layer: str, left: NodeSet, right: NodeSet) -> Graph:
    """One layer of such a graph on its own, its nodes numbered from 0."""
    nodes = slice(left.start, right.stop)
    pointers = graph.incoming.pointers[left.start : right.stop + 1]
    edges = slice(int(pointers[0]), int(pointers[-1]))
    sources = graph.incoming.neighbours[edges] - np.int32(left.start)
    return Graph(
        sets=(left._replace(start=0), right._replace(start=right.start - left.start)),
        layers=(layer,),
        incoming=Csr(pointers - pointers[0], sources),
        edge_layers=np.zeros(sources.size, dtype=np.int16),
        weights={kind: values[edges] for kind, values in graph.weights.items()},
        inputs=graph.inputs[nodes],
        outputs=graph.outputs[nodes],
        encoding=graph.encoding,
        network=None if graph.network is None else graph.network.part(layer.split("@")[0]),
    )
