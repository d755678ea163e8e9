"""The other distances by name, and what a distance says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nsgraph.distance.network import Network

__all__ = ["DISTANCES", "OtherDistance", "Undefined", "adjacency", "other_distance"]


class Undefined(Exception):
    """Why a distance is undefined for two networks."""


@dataclass(frozen=True)
class OtherDistance:
    """A distance between two networks.

    Attributes
    ----------
    function : takes two networks; may raise `Undefined`
    invariant : whether no relabelling of neurons changes it; otherwise neuron i of one network is
        held against neuron i of the other, and the shapes must be equal
    always : whether it is computed unless others are asked for
    meaning, unit, formula, source : for the data dictionary
    """

    name: str
    function: Callable[[Network, Network], float]
    invariant: bool
    always: bool
    meaning: str
    unit: str
    formula: str
    source: str


DISTANCES: dict[str, OtherDistance] = {}


def other_distance(
    name: str,
    *,
    invariant: bool,
    meaning: str,
    unit: str,
    formula: str,
    source: str,
    always: bool = True,
) -> Callable[[Callable[[Network, Network], float]], Callable[[Network, Network], float]]:
    """Register a function of two networks as a distance."""

    def register(
        function: Callable[[Network, Network], float],
    ) -> Callable[[Network, Network], float]:
        DISTANCES[name] = OtherDistance(
            name, function, invariant, always, meaning, unit, formula, source
        )
        return function

    return register


def adjacency(network: Network) -> sparse.csr_array:
    """[n, n] undirected 0/1 adjacency of the neurons (channels): linked by at least one weight."""
    n = network.structure.n_neurons
    ends = []
    for layer, links in zip(network.structure.layers, network.compressed, strict=True):
        target = np.repeat(layer.rows, np.diff(links.row_start))
        ends.append((layer.column_neuron[links.columns], target))
    source, target = (np.concatenate(side) for side in zip(*ends, strict=True))
    both = np.concatenate([source, target]), np.concatenate([target, source])
    graph = sparse.csr_array((np.ones(len(both[0]), np.float32), both), shape=(n, n))
    graph.data[:] = 1  # several weights between two neurons are one edge
    return graph
