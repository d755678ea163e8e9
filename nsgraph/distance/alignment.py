"""A matching of the neurons of two networks, and what it costs."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nsgraph.distance.costs import aligned_columns, fractions, intersections
from nsgraph.distance.network import Network
from nsgraph.distance.structure import Group, IntArray

__all__ = ["Alignment"]


class Alignment:
    """Which neuron of `b` each neuron of `a` is matched to, as far as it is decided.

    `partner` is [n_neurons of a], -1 for a neuron that is undecided or left over; labelled neurons
    are decided from the start.
    """

    def __init__(self, a: Network, b: Network) -> None:
        self.a, self.b = a, b
        self.partner = np.where(a.structure.labelled, np.arange(a.structure.n_neurons), -1)
        for one, other in zip(a.structure.groups, b.structure.groups, strict=True):
            if one.labelled:
                self.partner[one.neurons] += other.start - one.start

    def set(self, group: int, partner: IntArray) -> None:
        """Decide a group: the place in `b`'s group of each neuron of `a`'s, -1 for none."""
        start = self.b.structure.groups[group].start
        partner = np.where(partner < 0, -1, partner + start)
        self.partner[self.a.structure.groups[group].neurons] = partner

    def inverse(self) -> Alignment:
        """The alignment of `b` with `a`."""
        inverse = Alignment(self.b, self.a)
        matched = np.flatnonzero(self.partner >= 0)
        inverse.partner = np.full(self.b.structure.n_neurons, -1)
        inverse.partner[self.partner[matched]] = matched
        inverse.per_layer = self.per_layer  # the same in either direction, to the last bit
        return inverse

    def costs(self, position: int, group: int) -> npt.NDArray[np.float64]:
        """Cost of matching each two neurons of a group, by their input sets in the layer."""
        layers = self.a.structure.layers[position], self.b.structure.layers[position]
        rows = [
            layer.row_of(net.structure.n_neurons)[net.structure.groups[group].neurons]
            for layer, net in zip(layers, (self.a, self.b), strict=True)
        ]
        columns = aligned_columns(*layers, self.partner)
        common = intersections(self.a, self.b, position, columns, *rows)
        sizes = [n.fan_in[position][r] for n, r in zip((self.a, self.b), rows, strict=True)]
        return fractions(common, sizes[0][:, None], sizes[1][None, :])

    def disagreement(self, group: int) -> npt.NDArray[np.int64]:
        """Size of the symmetric difference of the readers of each two neurons of a group."""
        groups = self.a.structure.groups[group], self.b.structure.groups[group]
        apart = np.zeros((groups[0].size, groups[1].size))
        for position in range(len(self.a.structure.layers)):
            mine = _readers(self.a, position, groups[0])
            theirs = _readers(self.b, position, groups[1])
            if mine is None or theirs is None:
                continue
            rows, others = self.matched_rows(position)
            out_degrees = [np.sum(each, axis=(1, 2)) for each in (mine, theirs)]
            one = mine[:, rows].reshape(groups[0].size, -1)
            two = theirs[:, others].reshape(groups[1].size, -1)
            apart += out_degrees[0][:, None] + out_degrees[1][None, :] - 2 * (one @ two.T)
        return apart.astype(np.int64)

    def matched_rows(self, position: int) -> tuple[IntArray, IntArray]:
        """The rows of `a` in a layer that have a partner, and the rows of these in `b`."""
        mine, theirs = (net.structure.layers[position] for net in (self.a, self.b))
        partner = self.partner[mine.rows]
        rows = np.flatnonzero(partner >= 0)
        return rows, theirs.row_of(self.b.structure.n_neurons)[partner[rows]]

    def layer_value(self, position: int) -> float:
        """Distance of a layer: mean cost over its neurons, unmatched ones at 1."""
        layers = self.a.structure.layers[position], self.b.structure.layers[position]
        rows, others = self.matched_rows(position)
        columns = aligned_columns(*layers, self.partner)
        matched = np.flatnonzero(columns >= 0)
        one = self.a.matrices[position][np.ix_(rows, matched)]
        two = self.b.matrices[position][np.ix_(others, columns[matched])]
        common = np.count_nonzero(one & two, axis=1)
        costs = fractions(common, self.a.fan_in[position][rows], self.b.fan_in[position][others])
        width = max(len(layer.rows) for layer in layers)
        return (math.fsum(costs) + width - len(rows)) / width

    @cached_property
    def per_layer(self) -> dict[str, float]:
        """Distance of each layer, once all groups are decided."""
        layers = self.a.structure.layers
        return {layer.name: self.layer_value(i) for i, layer in enumerate(layers)}

    @property
    def value(self) -> float:
        """Mean over the layers."""
        values = self.per_layer.values()
        return math.fsum(values) / len(values)


def _readers(network: Network, position: int, group: Group) -> npt.NDArray[np.float32] | None:
    """[n_group, n_rows, tags] who reads each neuron of the group in a layer, None if nobody may."""
    layer = network.structure.layers[position]
    columns = np.flatnonzero(
        (layer.column_neuron >= group.start) & (layer.column_neuron < group.start + group.size)
    )
    if not len(columns):
        return None
    order = np.lexsort((layer.column_tag[columns], layer.column_neuron[columns]))
    read = network.floats[position][:, columns[order]]
    return read.reshape(len(read), group.size, -1).transpose(1, 0, 2)
