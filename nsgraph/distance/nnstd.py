"""NNSTD, the neural network sparse topology distance (Liu et al. 2020, Algorithm 1).

Layer by layer, the neurons of one network are assigned to those of the other so that the sum of

    |N_a(i) symmetric difference N_b(j)| / |N_a(i) union N_b(j)|

over the pairs is least; N(i) is the set of a neuron's inputs, renamed by the assignment of the
layers before. The layer's distance is the total over the number of neurons, the network's the mean
over its layers. Two empty input sets are at 0, one empty set at 1.

Beyond the published algorithm: neurons left over where widths differ cost 1 and the total is
divided by the larger width; a convolution's neurons are its output channels, with input sets of
(channel, ky, kx); links summed into one activation set count as one layer, named `a+b`, whose input
sets are the unions; activation sets tied by identity links share one assignment, decided at the
first of them in topological order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nsgraph.distance.canonical import Canonical, canonical_form
from nsgraph.distance.costs import (
    aligned_columns,
    assign,
    fractions,
    intersections,
    lexicographic,
    tie_levels,
)
from nsgraph.distance.features import dissimilarity
from nsgraph.distance.network import Network, as_networks
from nsgraph.distance.structure import IntArray
from nsgraph.errors import UserError
from nsgraph.wiring import Wiring

__all__ = ["Distance", "Outputs", "TieBreak", "canonical_distance", "distance", "plain_distance"]

TieBreak = Literal["canonical", "none"]
Outputs = Literal["labelled", "assigned"]

SWEEPS = 4
"""Most sweeps of the canonical procedure."""


@dataclass(frozen=True)
class Distance:
    """Distance between two networks.

    Attributes
    ----------
    value : in [0, 1], mean of `per_layer`
    per_layer : distance of each layer, in [0, 1]
    assignment : for each activation set that a layer computes, [channels of a] which channel of b
        each channel of a is matched to; -1 where b has too few
    """

    value: float
    per_layer: dict[str, float]
    assignment: dict[str, IntArray]
    tie_break: TieBreak
    outputs: Outputs


def distance(
    a: Any,
    b: Any,
    tie_break: TieBreak = "canonical",
    outputs: Outputs = "labelled",
    wiring: Wiring | None = None,
) -> Distance:
    """NNSTD between two sparse networks of the same layers (widths may differ).

    Parameters
    ----------
    a, b
        `Masks`, a mapping from layer name to a 0/1 array, or a saved network, whose wiring is used.
    tie_break
        `"canonical"`: invariant under relabelling of either network, symmetric, 0 for a relabelled
        copy; every neuron is placed by properties that no relabelling changes. `"none"`: the
        published algorithm, which leaves the choice among equally good assignments to the solver.
    outputs
        `"labelled"`: the output neurons stand for classes and are compared one to one.
        `"assigned"`: they are assigned like all others, as the published code does.
    wiring
        How the layers are joined; without one, and without saved networks that have one, a chain.

    Raises
    ------
    UserError
        If the layers do not chain, differ between the networks in more than their widths, or an
        option has another value.

    Examples
    --------
    >>> a = {"fc1": [[1, 1, 0], [0, 0, 1]], "fc2": [[1, 0], [1, 1]]}
    >>> b = {"fc1": [[0, 0, 1], [1, 1, 0]], "fc2": [[0, 1], [1, 1]]}    # hidden neurons swapped
    >>> distance(a, b).value
    0.0
    """
    check_options(tie_break, outputs)
    first, second = as_networks(a, b, wiring, outputs == "labelled")
    if tie_break == "none":
        return plain_distance(first, second, outputs)
    return canonical_distance(canonical_form(first), canonical_form(second), outputs)


def check_options(tie_break: str, outputs: str) -> None:
    """Raise a `UserError` unless both options have one of their values."""
    for name, found, allowed in (
        ("tie_break", tie_break, ("canonical", "none")),
        ("outputs", outputs, ("labelled", "assigned")),
    ):
        if found not in allowed:
            raise UserError(f"{name} must be {allowed[0]!r} or {allowed[1]!r}, not {found!r}.")


def plain_distance(a: Network, b: Network, outputs: Outputs) -> Distance:
    """The published algorithm: one pass, ties as the solver leaves them."""
    alignment = _Alignment(a, b)
    for position in range(len(a.structure.layers)):
        for group in a.structure.decided_at(position):
            alignment.set(group, assign(alignment.costs(position, group)))
    return _distance(alignment, "none", outputs)


def canonical_distance(a: Canonical, b: Canonical, outputs: Outputs) -> Distance:
    """The invariant procedure on two networks in canonical order.

    Costs in whole numbers, ties broken by features that no relabelling changes; from the second
    sweep on first by the disagreement of the neurons' readers under the alignment before. The least
    value of up to `SWEEPS` sweeps counts. Networks with equal canonical matrices are at 0, others
    are taken in the order of their bytes, so that the result is symmetric.
    """
    if a.key == b.key:
        alignment = _Alignment(a.network, b.network)
        for number, group in enumerate(a.network.structure.groups):
            alignment.set(number, np.arange(group.size))
        return _original(alignment, a, b, outputs)
    swapped = a.key > b.key
    one, other = (b, a) if swapped else (a, b)
    best = _best_alignment(one, other)
    return _original(best.inverse() if swapped else best, a, b, outputs)


def _best_alignment(a: Canonical, b: Canonical) -> _Alignment:
    structure = a.network.structure
    ties = {}
    for position in range(len(structure.layers)):
        for group in structure.decided_at(position):
            pair = structure.groups[group], b.network.structure.groups[group]
            most = tie_levels(max(pair[0].size, pair[1].size))
            ties[group] = dissimilarity(a, b, *pair, most), most
    best, least, before = None, math.inf, None
    for _ in range(SWEEPS):
        alignment = _Alignment(a.network, b.network)
        for position in range(len(structure.layers)):
            for group in structure.decided_at(position):
                tie, most = ties[group]
                if before is not None:
                    tie = _graded(before.disagreement(group), tie, most)
                costs = lexicographic(alignment.costs(position, group), tie)
                alignment.set(group, assign(costs))
        value = alignment.value()
        if value < least:
            best, least = alignment, value
        if before is not None and np.array_equal(before.partner, alignment.partner):
            break
        before = alignment
    assert best is not None
    return best


def _graded(
    disagreement: npt.NDArray[np.int64], tie: npt.NDArray[np.int64], most: int
) -> npt.NDArray[np.int64]:
    """Disagreement first, tie second, in at most `most + 1` levels together."""
    largest = int(disagreement.max(initial=0))
    below = min(int(tie.max(initial=0)) + 1, max(2, (most + 1) // (largest + 1)))
    above = (most + 1) // below - 1
    if largest > above:
        disagreement = disagreement * above // largest
    return disagreement * below + tie * (below - 1) // max(int(tie.max(initial=0)), 1)


class _Alignment:
    """Which neuron of `b` each neuron of `a` is matched to, as far as it is decided."""

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

    def inverse(self) -> _Alignment:
        """The alignment of `b` with `a`."""
        inverse = _Alignment(self.b, self.a)
        matched = np.flatnonzero(self.partner >= 0)
        inverse.partner = np.full(self.b.structure.n_neurons, -1)
        inverse.partner[self.partner[matched]] = matched
        return inverse

    def costs(self, position: int, group: int) -> npt.NDArray[np.float64]:
        """Cost of matching each neuron of `a`'s group to each of `b`'s, by the layer's input sets."""
        layers = self.a.structure.layers[position], self.b.structure.layers[position]
        rows = [
            _rows_of(layer.rows, net.structure.groups[group].neurons, net.structure.n_neurons)
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
        for position, layer in enumerate(self.a.structure.layers):
            other = self.b.structure.layers[position]
            reads = [
                _readers(net, position, g) for net, g in zip((self.a, self.b), groups, strict=True)
            ]
            if reads[0] is None or reads[1] is None:
                continue
            row_of = np.full(self.b.structure.n_neurons, -1)
            row_of[other.rows] = np.arange(len(other.rows))
            partner = self.partner[layer.rows]
            rows = np.where(partner < 0, -1, row_of[partner])
            matched = rows >= 0
            one = reads[0][:, matched].reshape(groups[0].size, -1)
            two = reads[1][:, rows[matched]].reshape(groups[1].size, -1)
            degrees = [r.reshape(len(r), -1).sum(axis=1) for r in reads]
            apart += degrees[0][:, None] + degrees[1][None, :] - 2 * (one @ two.T)
        return apart.astype(np.int64)

    def layer_value(self, position: int) -> float:
        """Distance of a layer: mean cost over its neurons, unmatched ones at 1."""
        layers = self.a.structure.layers[position], self.b.structure.layers[position]
        row_of = np.full(self.b.structure.n_neurons, -1)
        row_of[layers[1].rows] = np.arange(len(layers[1].rows))
        partner = self.partner[layers[0].rows]
        rows = np.flatnonzero(partner >= 0)
        others = row_of[partner[rows]]
        columns = aligned_columns(*layers, self.partner)
        matched = np.flatnonzero(columns >= 0)
        one = self.a.matrices[position][np.ix_(rows, matched)]
        two = self.b.matrices[position][np.ix_(others, columns[matched])]
        common = np.count_nonzero(one & two, axis=1)
        costs = fractions(
            common, self.a.fan_in[position][rows], self.b.fan_in[position][others]
        )
        width = max(len(layer.rows) for layer in layers)
        return (math.fsum(costs) + width - len(rows)) / width

    def per_layer(self) -> dict[str, float]:
        """Distance of each layer."""
        layers = self.a.structure.layers
        return {layer.name: self.layer_value(i) for i, layer in enumerate(layers)}

    def value(self) -> float:
        """Mean over the layers."""
        values = self.per_layer().values()
        return math.fsum(values) / len(values)


def _rows_of(rows: IntArray, neurons: slice, n_neurons: int) -> IntArray:
    """Row of each of the neurons in a layer that computes them all."""
    row_of = np.full(n_neurons, -1)
    row_of[rows] = np.arange(len(rows))
    return row_of[neurons]


def _readers(network: Network, position: int, group: Any) -> npt.NDArray[np.float32] | None:
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


def _original(alignment: _Alignment, a: Canonical, b: Canonical, outputs: Outputs) -> Distance:
    """The distance, its assignment told in the numbering before the canonical order."""
    found = _distance(alignment, "canonical", outputs)
    partner = np.full(len(a.order), -1)
    matched = alignment.partner >= 0
    partner[a.order[matched]] = b.order[alignment.partner[matched]]
    assignment = _assignment(alignment, partner)
    return Distance(found.value, found.per_layer, assignment, "canonical", outputs)


def _distance(alignment: _Alignment, tie_break: TieBreak, outputs: Outputs) -> Distance:
    assignment = _assignment(alignment, alignment.partner)
    return Distance(alignment.value(), alignment.per_layer(), assignment, tie_break, outputs)


def _assignment(alignment: _Alignment, partner: IntArray) -> dict[str, IntArray]:
    assignment = {}
    for one, other in zip(
        alignment.a.structure.layers, alignment.b.structure.layers, strict=True
    ):
        row_of = np.full(alignment.b.structure.n_neurons + 1, -1)
        row_of[other.rows] = np.arange(len(other.rows))
        assignment[one.set] = row_of[partner[one.rows]]
    return assignment
