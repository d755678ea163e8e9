"""Portrait divergence (Bagrow and Bollt 2019): how many nodes stand how far from each node.

A network's portrait B[l, k] is the number of nodes that have k nodes at l steps. It is read as the
distribution P(k, l) = P(k | l) P(l), where P(k | l) = B[l, k] / N is that of one node's neighbours
at l steps, and P(l) = sum_k k B[l, k] / sum_l' sum_k k B[l', k] that of the steps between two
connected nodes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial.distance import jensenshannon

from nsgraph.distance.network import Network
from nsgraph.distance.others.registry import adjacency, other_distance

__all__ = ["portrait", "portrait_divergence"]

BLOCK = 512
"""Nodes whose surroundings are searched at a time: bounds the memory to n * BLOCK."""


@other_distance(
    "portrait",
    invariant=True,
    meaning="divergence between the distributions of how many neurons stand how many steps away",
    unit="0 to 1",
    formula="Jensen-Shannon divergence (base 2) of P(k, l) of the undirected graphs of neurons",
    source="Bagrow and Bollt 2019, An information-theoretic, all-scales approach to comparing "
    "networks",
)
def portrait_divergence(a: Network, b: Network) -> float:
    """Jensen-Shannon divergence of the portraits of the undirected graphs of neurons."""
    one, other = (_distribution(portrait(adjacency(network))) for network in (a, b))
    both = np.zeros((2, *np.maximum(one.shape, other.shape)))
    for padded, found in zip(both, (one, other), strict=True):
        padded[: found.shape[0], : found.shape[1]] = found
    return float(jensenshannon(both[0].ravel(), both[1].ravel(), base=2) ** 2)


def portrait(graph: sparse.csr_array) -> npt.NDArray[np.int64]:
    """[largest distance + 1, n + 1] number of nodes that have k nodes at l steps.

    >>> portrait(sparse.csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))).tolist()
    [[0, 3, 0, 0], [0, 2, 1, 0], [1, 2, 0, 0]]
    """
    n = graph.shape[0]
    found: list[npt.NDArray[np.int64]] = []
    for start in range(0, n, BLOCK):
        sources = np.arange(start, min(start + BLOCK, n))
        shell = np.zeros((n, len(sources)), dtype=np.float32)
        shell[sources, np.arange(len(sources))] = 1
        seen, steps = shell > 0, 0
        while shell.any():
            if steps == len(found):
                found.append(np.zeros(n + 1, dtype=np.int64))
            found[steps] += np.bincount(shell.sum(axis=0).astype(np.int64), minlength=n + 1)
            reached = (graph @ shell > 0) & ~seen
            seen |= reached
            shell, steps = reached.astype(np.float32), steps + 1
    counts = np.array(found)
    counts[:, 0] = n - counts[:, 1:].sum(axis=1)  # also those that were done before
    return counts


def _distribution(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    pairs = counts @ np.arange(counts.shape[1])
    return counts / counts[0].sum() * (pairs / pairs.sum())[:, None]
