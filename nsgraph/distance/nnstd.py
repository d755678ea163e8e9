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

from nsgraph.distance.alignment import Alignment
from nsgraph.distance.canonical import Canonical, canonical_form
from nsgraph.distance.costs import assign, lexicographic, tie_levels
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
    alignment = Alignment(a, b)
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

    Where ties abound (densities at which neurons have a handful of inputs) the value is well below
    that of the published algorithm. Where they are few it is the same or differs by what the few
    free choices happen to bring, in either direction: a sequence of layer-wise assignments is not
    searched exhaustively.
    """
    if a.key == b.key:
        alignment = Alignment(a.network, b.network)
        for number, group in enumerate(a.network.structure.groups):
            alignment.set(number, np.arange(group.size))
        return _original(alignment, a, b, outputs)
    swapped = a.key > b.key
    one, other = (b, a) if swapped else (a, b)
    best = _best_alignment(one, other)
    return _original(best.inverse() if swapped else best, a, b, outputs)


def _best_alignment(a: Canonical, b: Canonical) -> Alignment:
    structure = a.network.structure
    ties = {}
    for position in range(len(structure.layers)):
        for group in structure.decided_at(position):
            in_a, in_b = structure.groups[group], b.network.structure.groups[group]
            most = tie_levels(max(in_a.size, in_b.size))
            features = a.features[in_a.neurons], b.features[in_b.neurons]
            colours = a.colours[in_a.neurons], b.colours[in_b.neurons]
            ties[group] = dissimilarity(*features, *colours, most), most
    best, least, before = None, math.inf, None
    for _ in range(SWEEPS):
        alignment = Alignment(a.network, b.network)
        for position in range(len(structure.layers)):
            for group in structure.decided_at(position):
                tie, most = ties[group]
                if before is not None:
                    tie = _graded(before.disagreement(group), tie, most)
                costs = lexicographic(alignment.costs(position, group), tie)
                alignment.set(group, assign(costs))
        value = alignment.value
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


def _original(alignment: Alignment, a: Canonical, b: Canonical, outputs: Outputs) -> Distance:
    """The distance, its assignment told in the numbering before the canonical order."""
    found = _distance(alignment, "canonical", outputs)
    partner = np.full(len(a.order), -1)
    matched = alignment.partner >= 0
    partner[a.order[matched]] = b.order[alignment.partner[matched]]
    assignment = _assignment(alignment, partner)
    return Distance(found.value, found.per_layer, assignment, "canonical", outputs)


def _distance(alignment: Alignment, tie_break: TieBreak, outputs: Outputs) -> Distance:
    assignment = _assignment(alignment, alignment.partner)
    return Distance(alignment.value, alignment.per_layer, assignment, tie_break, outputs)


def _assignment(alignment: Alignment, partner: IntArray) -> dict[str, IntArray]:
    assignment = {}
    for one, other in zip(alignment.a.structure.layers, alignment.b.structure.layers, strict=True):
        # The place behind the last neuron stands for "no partner", which is -1.
        row_of = other.row_of(alignment.b.structure.n_neurons + 1)
        assignment[one.set] = row_of[partner[one.rows]]
    return assignment
