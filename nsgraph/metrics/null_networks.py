"""Networks drawn at random that keep some of a given network's structure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nsgraph.errors import UserError
from nsgraph.graphs import Graph, encode
from nsgraph.graphs.network import Network
from nsgraph.masks import Masks
from nsgraph.seeds import stream
from nsgraph.topologies import (
    carry,
    channel_masks,
    degree_preserving,
    erdos_renyi,
    match_strengths,
    shuffle_links,
)

__all__ = ["NULLS", "null_graphs", "null_network"]

NULLS = {
    "er": "networks with as many links in every layer, placed uniformly",
    "degree": "networks in which every node keeps its degrees in every layer",
    "strength": "such networks with the weights placed so that strengths are kept approximately",
}
"""Name -> what the null model draws. The first two place each layer's weights at random.

Degrees are kept before edges that coincide (overlapping pools, parallel branches) are merged: how
many merge is up to the draw, and `null_values` says what share of the nodes keeps its degrees.
"""


def null_graphs(graph: Graph, kind: str, seed: int = 0) -> Iterator[Graph]:
    """Graphs of null networks without end, encoded as the given graph was.

    Raises
    ------
    UserError
        At once, as `null_values`.
    """
    if kind not in NULLS:
        raise UserError(f"Null {kind!r} is unknown; expected one of {', '.join(NULLS)}.")
    if kind == "strength" and not _network(graph).weights:
        raise UserError("The null of strengths needs weights, but only the masks are known.")
    return _null_graphs(graph, kind, seed)


def null_network(graph: Graph, kind: str, rng: np.random.Generator) -> Network:
    """A random network of the same shapes and wiring, for a graph of that encoding.

    "er" and "degree" place each layer's weights on its new links at random. Links keep their final
    and initial weights together: in the null of strengths the first kind there is (final, where
    known) decides. In the rolled-channel encoding links are kernels, see `channel_masks`.
    """
    network = _network(graph)
    links = channel_masks(network.masks) if graph.encoding == "rolled-channel" else network.masks
    if kind == "er":
        null = erdos_renyi(links, rng)
        assignment = shuffle_links(links, rng)
    else:
        how: dict[str, Any] = {
            "grain": "rolled" if graph.encoding == "rolled" else "position",
            "groups": {name: network.groups(name) for name in links},
            "classes": _channel_classes(graph),
        }
        null = degree_preserving(links, rng, **how)
        if kind == "degree":
            assignment = shuffle_links(links, rng)
        else:
            sizes = {name: _magnitudes(network, name, links) for name in links}
            assignment = match_strengths(links, null, sizes, rng, **how).assignment
    return replace(
        network,
        masks=Masks(carry(network.masks, null, assignment)),
        weights={of: carry(arrays, null, assignment) for of, arrays in network.weights.items()},
    )


def _network(graph: Graph) -> Network:
    """The network of a graph of all layers; that of one layer has none that could be encoded."""
    if graph.network is None or (graph.linked and not graph.encoding.startswith("multipartite")):
        raise UserError(
            "A null model moves the links of a network, so it needs a graph made by `encode`, not "
            "one from edges or a single layer of one."
        )
    return graph.network


def _null_graphs(graph: Graph, kind: str, seed: int) -> Iterator[Graph]:
    for number in itertools.count():
        null = null_network(graph, kind, stream(seed, f"null/{kind}/{number}"))
        yield encode(null, encoding=graph.encoding, **graph.options)


def _channel_classes(graph: Graph) -> dict[str, Any]:
    """Layer -> class of every input channel: equal where its values stand for equally many nodes.

    They differ where a concatenation or a sum joins maps that were pooled in other ways, or clipped
    windows are flattened. A node's in-degree is kept if it keeps its links from each class. Layers
    that read a node set have one class and are left out.
    """
    if graph.layout is None:
        return {}
    wiring, counts = graph.layout.wiring, dict[str, list[Any]]()
    for link in wiring.links:
        if link.layer is not None and link.source not in graph.layout.sets:
            nodes = np.diff(graph.layout.under(link.source).indptr)
            of_channels = nodes.reshape(wiring.set(link.source).channels, -1)
            counts.setdefault(link.layer, []).append(of_channels)
    return {
        layer: np.unique(np.hstack(nodes), axis=0, return_inverse=True)[1].ravel()
        for layer, nodes in counts.items()
    }


def _magnitudes(network: Network, layer: str, links: Masks) -> Any:
    """Absolute weights of the first kind; L2 norms of the kernels where these are the links."""
    weights = network.magnitudes(layer)[0]
    if weights.shape == links[layer].shape:
        return weights
    return np.sqrt(np.square(np.where(network.masks[layer], weights, 0)).sum(axis=(2, 3)))
