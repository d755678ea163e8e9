"""From a sparse network to a graph: the encodings."""

from __future__ import annotations

from typing import Any

from nsgraph.errors import UserError
from nsgraph.graphs.graph import Graph
from nsgraph.graphs.network import as_network
from nsgraph.graphs.rolled import rolled, rolled_channel

__all__ = ["ENCODINGS", "encode"]

ENCODINGS = {
    "multipartite": "all layers linked into one graph, a node per channel and position",
    "multipartite-identity": "the same with edges of weight 1 for identity shortcuts",
    "unrolled": "a node per channel and position, each layer a graph of its own",
    "rolled": "left nodes (channel, kernel row, kernel column), right nodes channels, per layer",
    "rolled-channel": "left and right nodes channels, per layer; edge weight the L2 norm",
}
"""Name -> what it is. "multipartite-identity" is `multipartite` with `identity_skips=True`."""


def encode(
    network: Any,
    masks: Any = None,
    input_shape: tuple[int, int, int] | None = None,
    *,
    encoding: str = "multipartite",
    identity_skips: bool = False,
    input_padding: bool = False,
    weights: str = "final",
) -> Graph:
    """Encode a sparse network as a directed graph.

    Every kept weight is an edge from what it reads to what it adds to, at every position of the map
    (multipartite, unrolled) or once (rolled); the edge's weight is the weight's absolute value.
    Batch norm, activations, dropout and biases leave no trace. Pooled, flattened and concatenated
    maps have no nodes: a layer that reads one has edges from all nodes under each position. Edges
    that coincide (overlapping pools, parallel branches) are merged and their weights added. A
    weight that reads a node by two ways without weights (a map added to itself) counts once.

    Parameters
    ----------
    network
        A `SavedNetwork`, a `torch.nn.Module`, a `Wiring` (with `masks`), or masks alone.
    masks
        Layer name -> 0/1 array; for a module by default its weights that are not zero.
    input_shape
        (channels, height, width); needed for a module, except in the rolled encodings.
    encoding
        One of `ENCODINGS`.
    identity_skips
        Multipartite only: add edges of weight 1 for shortcuts without parameters.
    input_padding
        Give the padding of the input nodes too, as the reference of the multipartite study does;
        in the unrolled encoding the padding of every layer's own input.
    weights
        "final", "initial" or "both".

    Returns
    -------
    Graph
        With int32 node numbers; a node set's nodes are numbered by (channel, row, column).

    Raises
    ------
    UserError
        On an unknown encoding, weights that are missing or not finite, masks that do not fit, or
        a network without wiring in an encoding that needs one.

    Notes
    -----
    Definition: Cunegatti et al., "Understanding sparse neural networks from their topology via
    multipartite graph representations" (2024). Their code links layers of stride 2 by a flat
    offset on a wrong grid; here layers are linked by (channel, row, column), so that counts of
    networks with such layers differ from theirs.

    Examples
    --------
    >>> encode({"fc": [[1, 0, 1], [0, 1, 1]]}, encoding="rolled").n_edges
    4
    """
    if encoding not in ENCODINGS:
        raise UserError(
            f"Encoding {encoding!r} is unknown; expected one of {', '.join(ENCODINGS)}."
        )
    if encoding == "multipartite-identity":
        encoding, identity_skips = "multipartite", True
    if identity_skips and encoding != "multipartite":
        raise UserError(
            f"identity_skips belongs to the multipartite encoding, not to {encoding!r}."
        )
    found = as_network(network, masks, input_shape, weights)
    if encoding == "rolled":
        return rolled(found)
    if encoding == "rolled-channel":
        return rolled_channel(found)
    if found.wiring is None:
        path = getattr(network, "path", None)
        raise UserError(
            f"{f'{path}: the' if path else 'The'} {encoding} encoding needs the network's wiring "
            "(for a module: input_shape), which is not known; rolled and rolled-channel do without."
        )
    from nsgraph.graphs.unroll import multipartite, unrolled  # scipy.sparse starts here

    if encoding == "unrolled":
        return unrolled(found, found.wiring, input_padding=input_padding)
    return multipartite(
        found, found.wiring, identity_skips=identity_skips, input_padding=input_padding
    )
