"""A matching of the neurons of two networks, and what it costs."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from nsgraph.distance.costs import (
    aligned_columns,
    fractions,
    intersections,
    paired_intersections,
    whole,
)
from nsgraph.distance.network import BoolArray, Network, Readers
from nsgraph.distance.structure import IntArray

__all__ = ["Alignment"]

_DIGITS = 6
"""Binary digits of the weight of a reader in `gain`."""

_LINKS_A_WORD = 0.5


class Alignment:
    """Which neuron of `b` each neuron of `a` is matched to, as far as it is decided.

    `partner` is [n_neurons of a], -1 for a neuron that is undecided or left over; labelled neurons
    are decided from the start.
    """

    def __init__(self, a: Network, b: Network) -> None:
        self.a, self.b = a, b
        self._gains: dict[int, IntArray] = {}
        self.partner = np.where(a.structure.labelled, np.arange(a.structure.n_neurons), -1)
        for one, other in zip(a.structure.groups, b.structure.groups, strict=True):
            if one.labelled:
                self.partner[one.neurons] += other.start - one.start

    def copy(self) -> Alignment:
        """The same decisions, to be continued in another way."""
        copy = Alignment.__new__(Alignment)
        copy.a, copy.b, copy.partner = self.a, self.b, self.partner.copy()
        copy._gains = {}
        return copy

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

    def costs(self, position: int, group: int) -> IntArray:
        """Cost of matching each two neurons of a group, by their input sets in the layer."""
        layers = self.a.structure.layers[position], self.b.structure.layers[position]
        rows, others = (net.structure.rows_in(position, group) for net in (self.a, self.b))
        columns = aligned_columns(*layers, self.partner)
        common = intersections(self.a, self.b, position, columns, rows)
        if len(others) < len(layers[1].rows) or (np.diff(others) != 1).any():
            common = common[:, others]
        return whole(common, self.a.fan_in[position][rows], self.b.fan_in[position][others])

    def matched_rows(self, position: int) -> tuple[IntArray, IntArray]:
        """The rows of `a` in a layer that have a partner, and the rows of these in `b`."""
        mine, theirs = (net.structure.layers[position] for net in (self.a, self.b))
        partner = self.partner[mine.rows]
        rows = np.flatnonzero(partner >= 0)
        return rows, theirs.row_of(self.b.structure.n_neurons)[partner[rows]]

    def matched_common(self, position: int) -> tuple[IntArray, IntArray, IntArray]:
        """Of the matched rows of a layer, common inputs and the sizes of both input sets."""
        layers = self.a.structure.layers[position], self.b.structure.layers[position]
        rows, others = self.matched_rows(position)
        columns = aligned_columns(*layers, self.partner)
        common = paired_intersections(self.a, self.b, position, columns, rows, others)
        return common, self.a.fan_in[position][rows], self.b.fan_in[position][others]

    def common_inputs(self, position: int, marked: BoolArray) -> BoolArray:
        """[n_neurons of a] the inputs that marked rows of a layer have in common with partners."""
        mine, theirs = (net.structure.layers[position] for net in (self.a, self.b))
        rows, others = self.matched_rows(position)
        chosen = marked[mine.rows[rows]]
        columns = aligned_columns(mine, theirs, self.partner)
        found = np.zeros(len(self.partner), dtype=np.bool_)
        for row, other in zip(rows[chosen], others[chosen], strict=True):
            read = np.flatnonzero(self.a.matrices[position][row] & (columns >= 0))
            common = self.b.matrices[position][other, columns[read]]
            found[mine.column_neuron[read[common]]] = True
        return found

    def layer_value(self, position: int) -> float:
        """Distance of a layer: mean cost over its neurons, unmatched ones at 1."""
        costs = fractions(*self.matched_common(position))
        width = max(len(n.structure.layers[position].rows) for n in (self.a, self.b))
        return (math.fsum(costs) + width - len(costs)) / width

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

    def gain(self, group: int) -> IntArray:
        """How much matching each two neurons of a group helps the layers that read them.

        The cost of two readers with S links in all, I of them common, is 1 - I / (S - I). Its
        slope, S / (S - I)^2 over the width of the layer, is what one more common link saves. The
        gain of a pair of neurons is the sum over the readers matched here that read both, slopes
        in whole numbers up to 2^6 - 1. The cost is concave in I, so that another matching never
        costs these layers more than the slopes say.

        All groups are decided; what was found is remembered.
        """
        if group in self._gains:
            return self._gains[group]
        slopes = {}
        for position in self.a.structure.read_by[group]:
            common, size_a, size_b = self.matched_common(position)
            union = size_a + size_b - common
            width = max(len(n.structure.layers[position].rows) for n in (self.a, self.b))
            slopes[position] = (size_a + size_b) / np.maximum(union, 1) ** 2 / width
        groups = self.a.structure.groups[group], self.b.structure.groups[group]
        total = np.zeros((groups[0].size, groups[1].size), dtype=np.int64)
        steepest = max((slope.max(initial=0) for slope in slopes.values()), default=0)
        if steepest > 0:
            for position, slope in slopes.items():
                weight = np.rint(slope / steepest * (2**_DIGITS - 1)).astype(np.int64)
                self._add_gain(position, group, weight, total)
        self._gains[group] = total
        return total

    def _add_gain(self, position: int, group: int, weight: IntArray, total: IntArray) -> None:
        from nsgraph.distance import kernels  # numba starts only when it is needed

        mine, theirs = (net.readers(position, group) for net in (self.a, self.b))
        rows, others = self.matched_rows(position)
        pair_of, pair_of_other = (
            np.full(len(net.structure.layers[position].rows), -1) for net in (self.a, self.b)
        )
        pair_of[rows] = pair_of_other[others] = np.arange(len(rows))
        tags = 1 + max(int(r.tags.max(initial=0)) for r in (mine, theirs))
        words = -(-max(1, len(rows)) * tags // 64)
        links = len(mine.tags) * len(theirs.tags) / max(1, len(rows) * tags)
        if links < _LINKS_A_WORD * total.size * words * _DIGITS:
            of_pairs = (pair_of, others, weight)
            kernels.gain_by_links(*of_pairs, *_arrays(mine), *_arrays(theirs), total)  # type: ignore[call-arg]
            return
        bits = [np.zeros((size, words), dtype=np.uint64) for size in total.shape]
        kernels.reader_bits(pair_of, tags, *_arrays(mine), bits[0])
        kernels.reader_bits(pair_of_other, tags, *_arrays(theirs), bits[1])
        planes = np.zeros((_DIGITS, words * 64), dtype=np.bool_)
        digits = (np.repeat(weight, tags) >> np.arange(_DIGITS)[:, None]) & 1
        planes[:, : digits.shape[1]] = digits
        packed = np.packbits(planes, axis=1, bitorder="little").view(np.uint64)
        kernels.gain_by_bits(*bits, packed, total)  # type: ignore[call-arg]


def _arrays(readers: Readers) -> tuple[IntArray, IntArray, IntArray]:
    return readers.row_start, readers.neurons, readers.tags
