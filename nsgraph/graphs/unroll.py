"""The multipartite graph: layers unrolled over their maps, linked by (channel, row, column)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import structs

from nsgraph.graphs.compact import Compact
from nsgraph.graphs.graph import IDENTITY, Csr, Edges, Graph, NodeSet
from nsgraph.graphs.layout import Layout, make_layout
from nsgraph.graphs.linking import compact_of
from nsgraph.graphs.network import Network
from nsgraph.graphs.rolled import disjoint
from nsgraph.wiring import ActivationSet, Link, Wiring

__all__ = ["multipartite", "unrolled"]


class _Source(NamedTuple):
    """Nodes that a layer reads: consecutive from `base`, or (base = -1) those of `under`."""

    height: int
    width: int
    padding: tuple[int, int]
    base: int
    pointers: npt.NDArray[np.int64]
    nodes: npt.NDArray[np.int32]
    multiplicity: npt.NDArray[np.int64] | None


class _Piece(NamedTuple):
    """Edges into one node set: pointers [size + 1], sources [e], weights [kinds, e], layers [e]."""

    pointers: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    layers: npt.NDArray[np.int16]


def multipartite(
    network: Network, wiring: Wiring, *, identity_skips: bool = False, input_padding: bool = False
) -> Graph:
    """The multipartite graph of a network whose wiring is known; see `encode`."""
    layout = make_layout(wiring, input_padding)
    compact = compact_of(network, wiring, layout.sets, layout.input_padding, identity_skips)
    return Graph(
        sets=tuple(layout.sets.values()),
        layers=wiring.layers,
        weight_kinds=tuple(network.weights),
        inputs=layout.inputs(),
        outputs=layout.outputs(),
        encoding="multipartite-identity" if identity_skips else "multipartite",
        options={"input_padding": input_padding},
        network=network,
        layout=layout,
        compact=compact,
        unroll=lambda: (
            _written(compact, layout, tuple(network.weights))
            if compact is not None and compact.plain
            else _merged(network, layout, identity_skips)
        ),
    )


def unrolled(network: Network, wiring: Wiring, *, input_padding: bool = False) -> Graph:
    """Every layer unrolled as a bipartite graph of its own; see `encode`."""
    uses: dict[str, int] = {}
    parts = []
    for link in wiring.links:
        if link.layer is None:
            continue
        uses[link.layer] = uses.get(link.layer, 0) + 1
        name = link.layer if uses[link.layer] == 1 else f"{link.layer}@{uses[link.layer]}"
        source, target = wiring.set(link.source), wiring.set(link.target)
        own = Wiring(
            (
                ActivationSet(f"{name}/in", *source.shape, role="input"),
                ActivationSet(f"{name}/out", *target.shape, role="output"),
            ),
            (structs.replace(link, source=f"{name}/in", target=f"{name}/out", layer=name),),
        )
        graph = multipartite(network.part(link.layer, name), own, input_padding=input_padding)
        parts.append(replace(graph, encoding="unrolled"))
    return disjoint(parts, network, {"input_padding": input_padding})


def _written(compact: Compact, layout: Layout, kinds: tuple[str, ...]) -> Edges:
    """Edges by the lists that nodes share; only of a `plain` graph."""
    from nsgraph.graphs.neighbour_kernels import count_edges, write_edges
    from nsgraph.graphs.neighbours import neighbours_of_nodes

    below, listed = neighbours_of_nodes(compact, kinds=kinds)
    pointers = count_edges(tuple(below))
    n_edges = int(pointers[-1])
    sources, layers = np.empty(n_edges, np.uint32), np.empty(n_edges, np.int16)
    weights = np.empty((len(kinds), n_edges), np.float32)
    numbers: dict[str | None, int] = {name: i for i, name in enumerate(layout.wiring.layers)}
    for position, s in enumerate(compact.sets):
        behind = [numbers.get(b.links[0].layer, IDENTITY) for b in compact.into(position)]
        own = np.array(behind, np.int16)
        arrays = pointers, sources, weights, layers
        write_edges(s.start, s.stop, tuple(below), listed, own, *arrays)
    return Edges(
        Csr(pointers, sources.view(np.int32)),
        layers,
        {kind: weights[position] for position, kind in enumerate(kinds)},
        0,
    )


def _merged(network: Network, layout: Layout, identity_skips: bool) -> Edges:
    """Edges layer by layer, those that coincide merged."""
    from nsgraph.graphs.kernels import merge

    kinds = list(network.weights)
    plan = [(s, _links_into(layout, s, identity_skips)) for s in layout.sets.values()]
    bounds = [
        [_bound(network, layout, link) if isinstance(link, Link) else link.nnz for link in links]
        for _, links in plan
    ]
    room = sum(map(sum, bounds))
    out = _Piece(
        np.zeros(layout.n_nodes + 1, dtype=np.int64),
        np.empty(room, dtype=np.int32),
        np.empty((len(kinds), room), dtype=np.float32),
        np.empty(room, dtype=np.int16),
    )
    n_parallel = 0
    for (s, links), sizes in zip(plan, bounds, strict=True):
        rows = out.pointers[s.start : s.stop + 1]
        start = int(rows[0])
        if not links:
            rows[:] = start
        elif len(links) == 1 and isinstance(links[0], Link):
            n_parallel += _fill(network, layout, links[0], rows, out.sources, out.weights)
            out.layers[start : rows[-1]] = layout.wiring.layers.index(_name(links[0]))
        else:
            pieces = []
            for link, size in zip(links, sizes, strict=True):
                piece, merged = _piece(network, layout, link, size, len(kinds))
                pieces.append(piece)
                n_parallel += merged
            total = pieces[0]
            for number, piece in enumerate(pieces[1:], start=2):
                last = number == len(pieces)
                space = sum(sizes[:number])
                target = _Piece(rows, *out[1:]) if last else _empty(s.size, space, len(kinds))
                n_parallel += int(merge(tuple(total), tuple(piece), *target))
                total = target
    n_edges = int(out.pointers[-1])
    return Edges(
        Csr(out.pointers, out.sources[:n_edges]),
        out.layers[:n_edges],
        {kind: out.weights[position, :n_edges] for position, kind in enumerate(kinds)},
        n_parallel,
    )


def _links_into(layout: Layout, s: NodeSet, identity_skips: bool) -> list[Any]:
    """Layers into a node set, and, where asked for, the matrix of its identity shortcuts."""
    links: list[Any] = [link for link in layout.wiring.into(s.id) if link.parametric]
    skips = layout.skips_into(s.id) if identity_skips else None
    return links if skips is None else [*links, skips]


def _source(layout: Layout, link: Link) -> _Source:
    s = layout.wiring.set(link.source)
    nothing = np.zeros(1, np.int64), np.zeros(1, np.int32), None
    if link.source in layout.sets:
        nodes = layout.sets[link.source]
        top, left = layout.input_padding if nodes.role == "input" else (0, 0)
        padding = link.padding[0] - top, link.padding[1] - left
        return _Source(nodes.height, nodes.width, padding, nodes.start, *nothing)
    under = layout.under(link.source)
    counts = np.diff(under.indptr)
    if np.all(counts == 1) and np.all(np.diff(under.indices) == 1):  # flattening alone
        return _Source(s.height, s.width, link.padding, int(under.indices[0]), *nothing)
    return _Source(
        s.height,
        s.width,
        link.padding,
        -1,
        under.indptr.astype(np.int64),
        under.indices.astype(np.int32),
        counts.astype(np.int64),
    )


def _bound(network: Network, layout: Layout, link: Link) -> int:
    """Number of edges of a layer before any merging."""
    target = layout.wiring.set(link.target)
    return _count(network, link, _source(layout, link), target.shape)


def _count(network: Network, link: Link, source: _Source, target: tuple[int, int, int]) -> int:
    mask = _kernel(network.masks[_name(link)])
    kept = mask.reshape(link.groups, -1, *mask.shape[1:]).sum(axis=1, dtype=np.int64)
    kept = kept.reshape(-1, *mask.shape[2:])  # kept weights by source channel and kernel position
    total = 0
    for ky in range(mask.shape[2]):
        rows = _valid(target[1], link, 0, ky, source.padding[0], source.height)
        for kx in range(mask.shape[3]):
            columns = _valid(target[2], link, 1, kx, source.padding[1], source.width)
            if source.multiplicity is None:
                total += int(kept[:, ky, kx].sum()) * rows.size * columns.size
            else:
                grid = source.multiplicity.reshape(-1, source.height, source.width)
                per_channel = grid[:, rows][:, :, columns].sum(axis=(1, 2))
                total += int(kept[:, ky, kx] @ per_channel)
    return total


def _valid(
    out: int, link: Link, axis: int, k: int, padding: int, size: int
) -> npt.NDArray[np.int64]:
    """Source rows (axis 0) or columns (axis 1) that kernel position k meets inside the map."""
    at = np.arange(out) * link.stride[axis] - padding + k * link.dilation[axis]
    return at[(at >= 0) & (at < size)]


def _fill(
    network: Network,
    layout: Layout,
    link: Link,
    pointers: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
) -> int:
    target = layout.wiring.set(link.target)
    return _run(network, link, _source(layout, link), target.shape, pointers, sources, weights)


def _run(
    network: Network,
    link: Link,
    source: _Source,
    target: tuple[int, int, int],
    pointers: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
) -> int:
    from nsgraph.graphs.kernels import fill

    magnitudes = network.magnitudes(_name(link))
    shape = (link.groups, source.height, source.width, target[1], target[2])
    return int(
        fill(
            _kernel(network.masks[_name(link)]),
            magnitudes.reshape(*magnitudes.shape, 1, 1) if magnitudes.ndim == 3 else magnitudes,
            shape,
            link.stride,
            source.padding,
            link.dilation,
            source.base,
            source.pointers,
            source.nodes,
            pointers,
            sources,
            weights,
        )
    )


def _piece(
    network: Network, layout: Layout, link: Any, size: int, kinds: int
) -> tuple[_Piece, int]:
    """Edges of one layer, or of a matrix of identity shortcuts, and how many merged."""
    if isinstance(link, Link):
        target = layout.wiring.set(link.target)
        piece = _empty(target.size, size, kinds)
        merged = _fill(network, layout, link, piece.pointers, piece.sources, piece.weights)
        piece.layers[:] = layout.wiring.layers.index(_name(link))
        return piece, merged
    link.sort_indices()
    weights = np.broadcast_to(link.data.astype(np.float32), (kinds, link.nnz)).copy()
    layers = np.full(link.nnz, IDENTITY, dtype=np.int16)
    piece = _Piece(link.indptr.astype(np.int64), link.indices.astype(np.int32), weights, layers)
    return piece, int(link.data.sum()) - link.nnz


def _empty(size: int, room: int, kinds: int) -> _Piece:
    return _Piece(
        np.zeros(size + 1, dtype=np.int64),
        np.empty(room, dtype=np.int32),
        np.empty((kinds, room), dtype=np.float32),
        np.empty(room, dtype=np.int16),
    )


def _kernel(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return mask.reshape(*mask.shape, 1, 1) if mask.ndim == 2 else mask


def _name(link: Link) -> str:
    assert link.layer is not None
    return link.layer
