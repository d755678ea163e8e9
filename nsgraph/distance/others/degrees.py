"""Distance of degree distributions: how many links neurons have, not where they lead."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.stats import wasserstein_distance

from nsgraph.distance.network import Network
from nsgraph.distance.others.registry import other_distance

__all__ = ["degrees", "layer_degrees"]


@other_distance(
    "degrees",
    invariant=True,
    meaning="distance between the distributions of degrees, layer by layer",
    unit="0 to 1",
    formula="mean over layers, and over in- and out-degrees, of the first Wasserstein distance; "
    "degrees as shares of the largest possible one",
    source="Villani 2009, Optimal transport",
)
def degrees(a: Network, b: Network) -> float:
    """Mean Wasserstein distance of in- and out-degrees."""
    found = [
        wasserstein_distance(one, other)
        for position in range(len(a.matrices))
        for one, other in zip(layer_degrees(a, position), layer_degrees(b, position), strict=True)
    ]
    return math.fsum(found) / len(found)


def layer_degrees(
    network: Network, position: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """In-degrees of a layer's neurons and out-degrees of those it reads, as shares of the most."""
    layer, matrix = network.structure.layers[position], network.matrices[position]
    _, reader, columns = np.unique(layer.column_neuron, return_inverse=True, return_counts=True)
    out = np.bincount(reader, weights=matrix.sum(axis=0))
    return matrix.mean(axis=1), out / (columns * len(matrix))
