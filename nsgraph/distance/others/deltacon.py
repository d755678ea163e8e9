"""DeltaCon (Koutra, Vogelstein and Faloutsos 2013): how differently nodes influence each other.

The influence of every node on every other is S = (I + e^2 D - e A)^-1, belief propagation in its
linear form, with e = 1 / (1 + largest degree). The distance is

    ( sum_ij ( sqrt(S_a)_ij - sqrt(S_b)_ij )^2 )^(1/2),

and the similarity of the paper is 1 / (1 + distance). This is DeltaCon_0, the exact form, which
solves for all nodes instead of groups of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dpotrf, dpotri

from nsgraph.distance.network import Network
from nsgraph.distance.others.registry import Undefined, adjacency, other_distance

__all__ = ["deltacon", "influence"]

LARGEST = 20_000
"""Neurons of a network whose influences (n^2 numbers) are worth holding."""


@other_distance(
    "deltacon",
    invariant=False,
    meaning="distance between the influences of all neurons on each other; neuron i of one network "
    "is held against neuron i of the other",
    unit="at least 0",
    formula="root of sum_ij (sqrt(S_a) - sqrt(S_b))^2, S = (I + e^2 D - e A)^-1, e = 1 / (1 + "
    "largest degree), undirected graph of neurons",
    source="Koutra, Vogelstein and Faloutsos 2013, DeltaCon (DeltaCon_0)",
)
def deltacon(a: Network, b: Network) -> float:
    """Matusita distance of the two matrices of influence."""
    n = a.structure.n_neurons
    if n > LARGEST:
        raise Undefined(f"{n} neurons are more than {LARGEST}")
    roots = [np.sqrt(influence(network)) for network in (a, b)]
    return float(np.linalg.norm(roots[0] - roots[1]))


def influence(network: Network) -> npt.NDArray[np.float64]:
    """[n, n] influence of every neuron on every other, at least 0."""
    graph = adjacency(network).toarray().astype(np.float64)
    degree = graph.sum(axis=1)
    e = 1 / (1 + degree.max())
    # Positive definite: a row's other entries sum to e d < 1.
    factor, _ = dpotrf(np.diag(1 + e**2 * degree) - e * graph, lower=True, overwrite_a=True)
    lower = np.tril(dpotri(factor, lower=True, overwrite_c=True)[0])
    solved = lower + np.tril(lower, -1).T
    return np.maximum(solved, 0)  # an inverse of an M-matrix is not negative, its rounding may be
