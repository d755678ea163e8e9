"""Encodings in which each layer is a bipartite graph of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nsgraph.graphs.graph import Csr, Edges, Graph
from nsgraph.graphs.network import Network
from nsgraph.masks import Masks
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["disjoint", "rolled", "rolled_channel"]


def rolled(network: Network) -> Graph:
    """Left nodes (input channel, kernel row, kernel column), right nodes output channels."""
    parts = []
    for name, mask in network.masks.items():
        flat = mask.shape[0], mask.shape[1] * int(np.prod(mask.shape[2:])), 1, 1
        weights = {kind: arrays[name].reshape(flat) for kind, arrays in network.weights.items()}
        graph = _bipartite(network, name, mask.reshape(flat), weights)
        if mask.ndim == 4:  # the flat left nodes are numbered by (channel, row, column) already
            left, right = graph.sets
            channels, (height, width) = mask.shape[1] * network.groups(name), mask.shape[2:]
            left = left._replace(channels=channels, height=height, width=width)
            graph = replace(graph, sets=(left, right))
        parts.append(replace(graph, encoding="rolled"))
    return disjoint(parts, network)


def rolled_channel(network: Network) -> Graph:
    """Left nodes input channels, right nodes output channels.

    Joined iff a weight of the kernel slice is kept; the edge's weight is the slice's L2 norm.
    """
    parts = []
    for name, mask in network.masks.items():
        shape = (*mask.shape, 1, 1)[:4]
        joined = mask.reshape(shape) if mask.ndim == 2 else mask.any(axis=(2, 3), keepdims=True)
        weights = {}
        for kind, arrays in network.weights.items():
            kept = np.where(mask, arrays[name], 0).astype(np.float32, copy=False)
            weights[kind] = np.sqrt(np.square(kept).reshape(*shape[:2], -1).sum(axis=2))
            weights[kind] = weights[kind].reshape(joined.shape)
        graph = _bipartite(network, name, np.asarray(joined), weights)
        parts.append(replace(graph, encoding="rolled-channel"))
    return disjoint(parts, network)


def disjoint(parts: Sequence[Graph], network: Network, options: Any = None) -> Graph:
    """One graph of layers that are not linked, each a graph of two node sets."""
    starts = np.cumsum([0, *(part.n_nodes for part in parts)]).tolist()
    sets = [
        s._replace(start=s.start + start)
        for part, start in zip(parts, starts, strict=False)
        for s in part.sets
    ]
    return Graph(
        sets=tuple(sets),
        layers=tuple(part.layers[0] for part in parts),
        weight_kinds=tuple(network.weights),
        inputs=np.concatenate([part.inputs for part in parts]),
        outputs=np.concatenate([part.outputs for part in parts]),
        encoding=parts[0].encoding,
        options=options or {},
        network=network,
        parts=tuple(parts),
        unroll=lambda: _joined(parts, starts),
    )


def _bipartite(network: Network, name: str, mask: Any, weights: Any) -> Graph:
    """A layer of channels, mask and weights [out, in / groups, 1, 1], as a graph of its own."""
    from nsgraph.graphs.unroll import multipartite

    groups = network.groups(name)
    wiring = Wiring(
        (
            ActivationSet(f"{name}/in", mask.shape[1] * groups, role="input"),
            ActivationSet(f"{name}/out", mask.shape[0], role="output"),
        ),
        (Link("conv", f"{name}/in", f"{name}/out", name, groups=groups),),
    )
    layer = Network(Masks({name: mask}), {kind: {name: w} for kind, w in weights.items()}, wiring)
    return replace(multipartite(layer, wiring), network=network.part(name), layout=None)


def _joined(parts: Sequence[Graph], starts: Sequence[int]) -> Edges:
    """Edges of all parts, nodes and edges numbered on from part to part."""
    edges = np.cumsum([0, *(part.incoming.neighbours.size for part in parts)])
    pointers = [
        part.incoming.pointers[:-1] + first for part, first in zip(parts, edges, strict=False)
    ]
    neighbours = [
        part.incoming.neighbours + np.int32(start)
        for part, start in zip(parts, starts, strict=False)
    ]
    layers = np.repeat(np.arange(len(parts), dtype=np.int16), np.diff(edges))
    weights = {
        kind: np.concatenate([part.weights[kind] for part in parts])
        for kind in parts[0].weight_kinds
    }
    csr = Csr(np.concatenate([*pointers, edges[-1:]]).astype(np.int64), np.concatenate(neighbours))
    return Edges(csr, layers, weights, sum(part.n_parallel for part in parts))
