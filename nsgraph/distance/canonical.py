"""Canonical order of a network's neurons: the same network for every relabelling of it.

Colour refinement (Weisfeiler and Leman 1968) with individualisation, as in canonical labelling of
graphs (McKay and Piperno 2014), on 64-bit colours. Labelled neurons start with a colour each, all
others of a group alike; a colour then takes in the multiset of its neighbours' colours, forward and
backward through the layers, until the number of colours stops growing. What is left is broken:

1. *Twins*, neurons of a group with the same links in and out, may be exchanged freely: any order.
2. Components of the graph among neurons that still share their colour, in which no colour occurs
   twice, are told apart by nothing either: equal ones get any order.
3. Otherwise each member of the smallest class in turn gets a colour of its own, and the one whose
   refinement has the least hash stays (classes need not be orbits of the automorphism group; the
   look-ahead by one step separates what refinement alone does not).

Steps 1 and 2 are exact. Step 3 would need deeper search only for members that one step of
look-ahead confuses although no automorphism maps them to each other; two different 64-bit colours
collide with a probability of about 1e-12 for a network of some thousand neurons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from nsgraph.distance.features import neuron_features
from nsgraph.distance.hashing import Colours, mix
from nsgraph.distance.network import Network
from nsgraph.distance.structure import IntArray

__all__ = ["Canonical", "canonical_form"]

_FORWARD = np.uint64(0xD6E8FEB86659FD93)
_BACKWARD = np.uint64(0xA0761D6478BD642F)


@dataclass(frozen=True, eq=False)
class Canonical:
    """A network in canonical order.

    Attributes
    ----------
    network : the network, neurons reordered within their groups
    order : [n_neurons] which neuron of the given network stands in each place
    colours : [n_neurons] colour of each place before anything was broken arbitrarily but twins
    key : equal for two networks of one structure if and only if their canonical matrices are equal
    """

    network: Network
    order: IntArray
    colours: Colours
    key: bytes

    @cached_property
    def features(self) -> npt.NDArray[np.float64]:
        """Features of the neurons in canonical order (`neuron_features`)."""
        return neuron_features(self.network)


def canonical_form(network: Network) -> Canonical:
    """Canonical order of a network; equal for all relabellings of it."""
    refiner = _Refiner(network)
    with np.errstate(over="ignore"):
        refined = refiner.refine(refiner.initial())
        colours = refiner.break_ties(refined)
    structure = network.structure
    place = np.where(structure.labelled, structure.index_in_group, 0)
    order = np.lexsort((np.where(structure.labelled, 0, colours), place, structure.group_of))
    reordered = network.permuted(order)
    key = b"".join(
        str(matrix.shape).encode() + np.packbits(matrix).tobytes() for matrix in reordered.matrices
    )
    return Canonical(reordered, order, refined[order], key)


def _segment_sums(values: Colours, start: IntArray) -> Colours:
    """Wraparound sums of `values[start[i]:start[i + 1]]`; empty segments are 0."""
    total = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, out=total[1:])
    return total[start[1:]] - total[start[:-1]]


class _Refiner:
    def __init__(self, network: Network) -> None:
        self.structure = network.structure
        self.layers = list(zip(self.structure.layers, network.compressed, strict=True))
        self.tags = [
            mix((layer.column_tag + (position << 40)).astype(np.uint64))
            for position, layer in enumerate(self.structure.layers)
        ]
        self.free = ~self.structure.labelled

    def into_rows(self, position: int, of_neuron: Colours) -> Colours:
        """For each row of a layer, the multiset hash of what it reads."""
        layer, links = self.layers[position]
        column = mix(of_neuron[layer.column_neuron] + self.tags[position])
        return _segment_sums(column[links.columns], links.row_start)

    def out_of_columns(self, position: int, of_neuron: Colours) -> tuple[IntArray, Colours]:
        """The neurons that a layer reads, and for each the multiset hash of who reads it."""
        layer, links = self.layers[position]
        row = mix(of_neuron[layer.rows])
        column = mix(_segment_sums(row[links.rows], links.column_start) + self.tags[position])
        order, neurons, start = layer.columns_by_neuron
        return neurons, _segment_sums(column[order], start)

    def initial(self) -> Colours:
        """A colour for each group, labelled neuron, and place among twins."""
        n = self.structure.n_neurons
        own = mix(np.arange(n, dtype=np.uint64))
        links = mix(self.structure.group_of.astype(np.uint64))
        for position, (layer, _) in enumerate(self.layers):
            links[layer.rows] = mix(links[layer.rows] * _FORWARD + self.into_rows(position, own))
            neurons, readers = self.out_of_columns(position, own)
            links[neurons] = mix(links[neurons] * _BACKWARD + readers)
        rank = np.where(self.free, _rank_among_equals(links), self.structure.index_in_group)
        return mix(mix(self.structure.group_of.astype(np.uint64)) + rank.astype(np.uint64))

    def refine(self, colours: Colours) -> Colours:
        """Colours after refinement until their number stops growing."""
        colours, number, n = colours.copy(), -1, len(colours)
        while True:
            for position, (layer, _) in enumerate(self.layers):
                hashed = self.into_rows(position, colours)
                colours[layer.rows] = mix(colours[layer.rows] * _FORWARD + hashed)
            for position in reversed(range(len(self.layers))):
                neurons, readers = self.out_of_columns(position, colours)
                colours[neurons] = mix(colours[neurons] * _BACKWARD + readers)
            before, number = number, len(np.unique(colours))
            if number in (before, n):
                return colours

    def break_ties(self, colours: Colours) -> Colours:
        """Refined colours, all different."""
        while True:
            _, member_of, sizes = np.unique(colours, return_inverse=True, return_counts=True)
            shared = sizes[member_of] > 1
            if not shared.any():
                return colours
            rank = self._rank_of_components(colours, member_of, shared)
            if rank.any():
                colours = self.refine(np.where(rank > 0, mix(colours + rank), colours))
            else:
                colours = self._individualise(colours, sizes, member_of)

    def _rank_of_components(
        self, colours: Colours, member_of: IntArray, shared: npt.NDArray[np.bool_]
    ) -> Colours:
        """Rank among equals of each neuron's component, 0 where a colour occurs in it twice."""
        _, component = connected_components(self._links_among(shared), directed=False)
        pairs = component[shared] * len(colours) + member_of[shared]
        unique, counts = np.unique(pairs, return_counts=True)
        simple = np.ones(component.max() + 1, dtype=np.bool_)
        simple[unique[counts > 1] // len(colours)] = False
        order = np.argsort(component, kind="stable")
        start = np.append(0, np.cumsum(np.bincount(component)))
        contents = _segment_sums(mix(colours)[order], start)
        rank = _rank_among_equals(contents)
        return np.where(shared & simple[component], rank[component], 0).astype(np.uint64)

    def _links_among(self, shared: npt.NDArray[np.bool_]) -> sparse.coo_array:
        ends: list[tuple[IntArray, IntArray]] = []
        for layer, links in self.layers:
            target = np.repeat(layer.rows, np.diff(links.row_start))
            source = layer.column_neuron[links.columns]
            both = shared[target] & shared[source]
            ends.append((target[both], source[both]))
        target, source = (np.concatenate(side) for side in zip(*ends, strict=True))
        n = self.structure.n_neurons
        return sparse.coo_array((np.ones(len(target)), (target, source)), shape=(n, n))

    def _individualise(self, colours: Colours, sizes: IntArray, member_of: IntArray) -> Colours:
        """Refined colours after the best member of the smallest class got a colour of its own."""
        # Classes are numbered by colour, so the first of the smallest is the same for every copy.
        smallest = int(np.argmin(np.where(sizes > 1, sizes, len(colours) + 1)))
        best, least = colours, None
        for member in np.flatnonzero(member_of == smallest):
            trial = colours.copy()
            trial[member] = mix(trial[member : member + 1])[0]
            trial = self.refine(trial)
            hashed = int(np.sum(mix(trial), dtype=np.uint64))
            if least is None or hashed < least:
                best, least = trial, hashed
        return best


def _rank_among_equals(values: Colours) -> IntArray:
    """How many equal values stand before each value.

    >>> _rank_among_equals(np.array([5, 7, 5, 5], dtype=np.uint64)).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(values, kind="stable")
    _, first, counts = np.unique(values[order], return_index=True, return_counts=True)
    rank = np.empty(len(values), dtype=np.int64)
    rank[order] = np.arange(len(values)) - np.repeat(first, counts)
    return rank
