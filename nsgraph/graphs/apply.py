"""The adjacency matrix as an operator: products with vectors without any edges."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Bundle
from nsgraph.graphs.graph import Graph, NodeSet
from nsgraph.graphs.taps import Taps

__all__ = ["adjacency"]

Array = npt.NDArray[Any]


class _Block(NamedTuple):
    """Edges between two node sets: their taps, and float64 values of the kernel's shape."""

    source: NodeSet
    target: NodeSet
    taps: Taps
    values: npt.NDArray[np.float64]


def adjacency(graph: Graph, weights: str | None = None) -> Any:
    """Adjacency matrix as a `scipy.sparse.linalg.LinearOperator`, row = source, column = target.

    Entries are absolute weights of the kind `weights` ("initial", "final"), or ones for None. Where
    the graph has a compact form, and for weights if no weight joins two nodes twice, products come
    from the kernels, in time and memory that do not depend on the number of edges; elsewhere from
    the sparse matrix.

    Notes
    -----
    With values for kept and pruned weights alike, products are those of a dense convolution. Below
    about a tenth of the weights the sparse matrix, if it fits into memory, is faster.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import LinearOperator, aslinearoperator

    compact = graph.compact
    if compact is None or (weights is not None and not compact.unambiguous):
        pointers, sources = graph.incoming
        values = np.ones(graph.n_edges) if weights is None else graph.weights[weights]
        shape = graph.n_nodes, graph.n_nodes
        return aslinearoperator(csr_array((values, sources, pointers), shape=shape).T)
    blocks = []
    for bundle in compact.bundles.values():
        source, target = compact.sets[bundle.source], compact.sets[bundle.target]
        taps = bundle.taps
        kernel = taps.kernel if weights is None else _magnitudes(bundle, taps, weights)
        blocks.append(_Block(source, target, taps, kernel.astype(np.float64)))

    def out_of_targets(x: Array) -> Array:
        y = np.zeros(graph.n_nodes)
        for block in blocks:
            _push(block, x.ravel(), y)
        return y

    def out_of_sources(x: Array) -> Array:
        y = np.zeros(graph.n_nodes)
        for block in blocks:
            _pull(block, x.ravel(), y)
        return y

    shape = graph.n_nodes, graph.n_nodes
    return LinearOperator(shape, matvec=out_of_targets, rmatvec=out_of_sources, dtype=np.float64)


def _pull(block: _Block, x: Array, y: Array) -> None:
    """Add to y, at the targets, the weighted sums of x over the sources."""
    source, target, taps, values = block
    f = x[source.start : source.stop].reshape(taps.source)
    g = y[target.start : target.stop].reshape(target.channels, -1)
    for part in taps.parts(8):
        columns = taps.read(f[part], np.add)
        if taps.diagonal:
            g[part] += np.einsum("cq,cqp->cp", values[part], columns)
        else:
            g += values[:, part].reshape(len(g), -1) @ columns.reshape(-1, taps.positions)


def _push(block: _Block, x: Array, y: Array) -> None:
    """Add to y, at the sources, the weighted sums of x over the targets."""
    source, target, taps, values = block
    f = y[source.start : source.stop].reshape(taps.source)
    g = x[target.start : target.stop].reshape(target.channels, -1)
    for part in taps.parts(8):
        if taps.diagonal:
            columns = values[part, :, None] * g[part, None]
        else:
            own = values[:, part]
            columns = (own.reshape(len(g), -1).T @ g).reshape(*own.shape[1:], taps.positions)
        taps.write(columns, f[part], np.add)


def _magnitudes(bundle: Bundle, taps: Taps, kind: str) -> Array:
    """Absolute weights of every tap; those of several kernel indices or layers add."""
    if bundle.plain:
        (link,) = bundle.links
        weights = link.magnitudes(kind).reshape(*taps.kernel.shape[:-1], -1)
        return (weights if taps.index is None else weights[..., taps.index]) * taps.kernel
    values = np.zeros(taps.kernel.shape)
    for number, link in enumerate(bundle.links):
        weights = link.magnitudes(kind) * link.kernel
        if link.diagonal and not taps.diagonal:
            weights = np.eye(len(weights))[:, :, None, None] * weights[:, None]
        for tap, (a, b) in enumerate(taps.pairs):
            for i in taps.rows.members[a][number]:
                for j in taps.columns.members[b][number]:
                    values[..., tap] += weights[..., i, j]
    return values
