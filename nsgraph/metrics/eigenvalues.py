"""Largest eigenvalues of the symmetric matrices of a graph. Private.

The graph is taken apart into its connected components. Those whose eigenvalues cannot be among the
largest are left out by bounds; small ones are solved as full matrices, large ones by a Krylov
method. Taken together, the many equal components of a sparse convolution would have their
eigenvalues many times over, which no Krylov method tells apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.metrics import eigenvalue_kernels as kernels
from nsgraph.metrics.krylov import FloatArray, Product, block_lanczos

__all__ = ["WeightedEdges", "adjacency_eigenvalues", "laplacian_radius"]

DENSE = 200
"""Number of nodes up to which all eigenvalues of the full matrix are computed."""

DENSE_SIDE = 100
"""The same for the smaller side of a bipartite graph, of which there are products to compute."""

SMALL_SQUARE = 2.5e-3
"""Second eigenvalue of a Gram matrix, relative to the first, below which its root is not exact."""


class WeightedEdges(NamedTuple):
    """In-neighbours of every node (int64 [n + 1], int32 [e]) and finite weights >= 0, [e].

    Edges may go from higher to lower nodes.
    """

    pointers: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int32]
    weights: npt.NDArray[Any]

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return self.pointers.size - 1

    def adjacency(self, x: FloatArray) -> FloatArray:
        """Rows x S, [k, n], with S = A + A' and A the weighted adjacency matrix."""
        product: FloatArray = kernels.symmetric_product(*self, x)
        return product

    def strengths(self) -> FloatArray:
        """Sums of weights at the nodes, S 1, [n]."""
        return self.adjacency(np.ones((1, self.n_nodes)))[0]

    def laplacian(self) -> Product:
        """The product with L = diag(S 1) - S."""
        strengths = self.strengths()
        return lambda x: strengths * x - self.adjacency(x)

    def full(self) -> FloatArray:
        """A, [n, n]; row = target."""
        full = np.zeros((self.n_nodes, self.n_nodes))
        targets = np.repeat(np.arange(self.n_nodes), np.diff(self.pointers))
        full[targets, self.neighbours] = self.weights
        return full


class Layer(NamedTuple):
    """Edges of a bipartite graph, right nodes as targets; all nodes have edges."""

    pointers: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int32]
    weights: npt.NDArray[Any]
    left: int

    @property
    def right(self) -> int:
        """Number of right nodes."""
        return self.pointers.size - 1

    def gram(self) -> Product:
        """The product with B B' or B' B, the smaller one, B the biadjacency matrix."""
        edges = self[:3]
        if self.left <= self.right:
            return lambda x: kernels.to_left(*edges, kernels.to_right(*edges, x), self.left)
        return lambda x: kernels.to_right(*edges, kernels.to_left(*edges, x, self.left))

    def full_gram(self) -> FloatArray:
        """The same matrix, [side, side]."""
        full = np.zeros((self.right, self.left))
        full[np.repeat(np.arange(self.right), np.diff(self.pointers)), self.neighbours] = (
            self.weights
        )
        gram: FloatArray = full.T @ full if self.left <= self.right else full @ full.T
        return gram


def adjacency_eigenvalues(edges: WeightedEdges) -> tuple[float, float]:
    """The two largest eigenvalues of S = A + A' of at least two nodes, the largest first.

    NaN if those of a large component are too close to the ones below them to be told apart.
    """
    edges, scale = _scaled(edges)
    first, second = _largest(edges, False) if scale else (0.0, 0.0)
    return float(first * scale), float(second * scale)


def laplacian_radius(edges: WeightedEdges) -> float:
    """The largest eigenvalue of the Laplacian L = diag(S 1) - S; NaN as above."""
    edges, scale = _scaled(edges)
    return float(_largest(edges, True)[0] * scale) if scale else 0.0


def _scaled(edges: WeightedEdges) -> tuple[WeightedEdges, float]:
    """The edges with weights whose squares are numbers, and what they are to be multiplied by."""
    largest = float(edges.weights.max(initial=0))
    if largest == 0 or 1e-100 < largest < 1e100:
        return edges, float(largest > 0)
    return edges._replace(weights=edges.weights / largest), largest


def _largest(edges: WeightedEdges, laplacian: bool) -> FloatArray:
    """The largest eigenvalue of L, or the two largest of S, descending."""
    count = 1 if laplacian else 2
    found = np.zeros(0)
    solved = 0
    for part, bound in _parts(edges, laplacian, count):
        if found.size >= count and bound < found[-count]:
            break
        values = _laplacian(part) if laplacian else _adjacency(part)
        found = np.sort(np.concatenate([found, values[-count:]]))
        solved += part.n_nodes
    if solved < edges.n_nodes:  # what is left out has eigenvalues 0, and none that is larger
        found = np.sort(np.concatenate([found, np.zeros(count)]))
    return found[: -count - 1 : -1]


def _laplacian(edges: WeightedEdges) -> FloatArray:
    """The largest eigenvalues of L, ascending: one or more."""
    if edges.n_nodes > DENSE:
        return block_lanczos(edges.laplacian(), edges.n_nodes, 1)
    full = edges.full()
    full += full.T
    values: FloatArray = np.linalg.eigvalsh(np.diag(full.sum(axis=0)) - full)
    return values


def _adjacency(edges: WeightedEdges) -> FloatArray:
    """The largest eigenvalues of S, ascending: two or more."""
    if edges.n_nodes <= DENSE:
        full = edges.full()
        values: FloatArray = np.linalg.eigvalsh(full + full.T)
        return values
    layer = _layer(edges)
    if layer is not None:
        squares = _gram(layer)
        if squares[-2] > SMALL_SQUARE * squares[-1]:
            return np.sqrt(squares[-2:])
    return block_lanczos(edges.adjacency, edges.n_nodes, 2)


def _gram(layer: Layer) -> FloatArray:
    """The largest eigenvalues of the smaller Gram matrix, ascending: two or more."""
    side = min(layer.left, layer.right)
    if side > DENSE_SIDE:
        return block_lanczos(layer.gram(), side, 2)
    return np.concatenate([[0.0], np.linalg.eigvalsh(layer.full_gram())])


def _layer(edges: WeightedEdges) -> Layer | None:
    """The edges as those of a bipartite graph; None if a node has both in- and out-edges."""
    is_left = np.zeros(edges.n_nodes, np.bool_)
    is_left[edges.neighbours] = True
    degrees = np.diff(edges.pointers)
    if np.any(degrees[is_left]):
        return None
    number = np.cumsum(is_left, dtype=np.int32) - np.int32(1)
    pointers = np.concatenate([[0], np.cumsum(degrees[degrees > 0])])
    return Layer(pointers, number[edges.neighbours], edges.weights, int(np.count_nonzero(is_left)))


def _parts(
    edges: WeightedEdges, laplacian: bool, count: int
) -> Iterator[tuple[WeightedEdges, float]]:
    """Groups of components that matter, with a bound on their eigenvalues, which descends.

    A component matters if its upper bound reaches what the lower bounds say of the `count`-th
    eigenvalue. Groups have at most `DENSE` nodes, or are one component.
    """
    root = kernels.components(edges.pointers, edges.neighbours)
    upper, lower = kernels.bounds(*edges, edges.strengths(), root, laplacian)
    threshold = np.partition(lower, -count)[-count]
    roots = np.flatnonzero((upper > 0) & (upper >= threshold * (1 - 1e-9)))
    sizes = np.bincount(root, minlength=root.size)
    if roots.size == 1 and sizes[roots[0]] == edges.n_nodes:
        yield edges, float(upper[roots[0]])
        return
    roots = roots[np.argsort(-upper[roots], kind="stable")]
    rank = np.full(root.size, roots.size)
    rank[roots] = np.arange(roots.size)
    edges = _reordered(edges, np.argsort(rank[root], kind="stable"), int(sizes[roots].sum()))
    ends = np.cumsum(sizes[roots])
    start = first = 0
    while first < roots.size:
        last = max(first + 1, int(np.searchsorted(ends, start + DENSE, side="right")))
        stop = int(ends[last - 1])
        yield _slice(edges, start, stop), float(upper[roots[first]])
        start, first = stop, last


def _reordered(edges: WeightedEdges, order: npt.NDArray[np.intp], n: int) -> WeightedEdges:
    """The nodes order[0], .. order[n - 1], among which there are all their edges."""
    number = np.empty(order.size, np.int32)
    number[order] = np.arange(order.size, dtype=np.int32)
    degrees = np.diff(edges.pointers)[order[:n]]
    pointers = np.concatenate([[0], np.cumsum(degrees)])
    # position of every edge: first edge of its target, plus the place among the target's edges
    at = np.repeat(edges.pointers[order[:n]] - pointers[:-1], degrees) + np.arange(pointers[-1])
    return WeightedEdges(pointers, number[edges.neighbours[at]], edges.weights[at])


def _slice(edges: WeightedEdges, start: int, stop: int) -> WeightedEdges:
    """The nodes start .. stop - 1, among which there are all their edges."""
    pointers = edges.pointers[start : stop + 1]
    at = slice(pointers[0], pointers[-1])
    return WeightedEdges(
        pointers - pointers[0], edges.neighbours[at] - np.int32(start), edges.weights[at]
    )
