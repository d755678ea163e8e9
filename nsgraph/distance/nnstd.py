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

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from nsgraph.distance.alignment import Alignment
from nsgraph.distance.canonical import Canonical, canonical_form
from nsgraph.distance.costs import SCALE
from nsgraph.distance.network import Network, as_networks
from nsgraph.distance.search import search
from nsgraph.distance.solver import Duals, assign
from nsgraph.distance.structure import IntArray
from nsgraph.errors import UserError
from nsgraph.wiring import Wiring

__all__ = ["Distance", "Outputs", "TieBreak", "canonical_distance", "distance", "plain_distance"]

TieBreak = Literal["canonical", "none"]
Outputs = Literal["labelled", "assigned"]


@dataclass(frozen=True)
class Warm:
    """The solver's prices of the neurons of both networks, [channels] a group: a start for others.

    Good for pairs that share a network with this one or are numbered alike, as snapshots of a run.
    """

    of_a: Duals
    of_b: Duals


@dataclass(frozen=True)
class Distance:
    """Distance between two networks.

    Attributes
    ----------
    value : in [0, 1], mean of `per_layer`
    per_layer : distance of each layer, in [0, 1]
    assignment : for each activation set that a layer computes, [channels of a] which channel of b
        each channel of a is matched to; -1 where b has too few
    proven : whether no other choice among equally good assignments gives a lower value, so that no
        run of the published algorithm on any relabelling does
    warm : what similar pairs can start from (`canonical_distance`)
    """

    value: float
    per_layer: dict[str, float]
    assignment: dict[str, IntArray]
    tie_break: TieBreak
    outputs: Outputs
    proven: bool = False
    warm: Warm | None = field(default=None, repr=False, compare=False)


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
        `"canonical"`: of all choices among equally good assignments the one of the least value that
        a fixed search finds (`search`); invariant under relabelling of either network, symmetric,
        0 for a relabelled copy. `"none"`: the
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
            alignment.set(group, assign(alignment.costs(position, group), SCALE).partner)
    return _distance(alignment, "none", outputs)


def canonical_distance(
    a: Canonical, b: Canonical, outputs: Outputs, start: Warm | None = None
) -> Distance:
    """The invariant procedure on two networks in canonical order.

    Costs in whole numbers, ties broken by what no relabelling changes (`search`). Networks with
    equal canonical matrices are at 0, others are taken in the order of their bytes, so that the
    result is symmetric.

    `start` is `.warm` of a similar pair's distance. It makes the solver faster and changes no bit
    of the result.
    """
    if a.key == b.key:
        alignment = Alignment(a.network, b.network)
        for number, group in enumerate(a.network.structure.groups):
            alignment.set(number, np.arange(group.size))
        return _original(alignment, a, b, outputs)
    swapped = a.key > b.key
    one, other = (b, a) if swapped else (a, b)
    prices: Duals = {}
    if start is not None:
        prices = _in_order(start.of_a if swapped else start.of_b, other)
    found = search(one, other, prices)
    alignment = found.alignment.inverse() if swapped else found.alignment
    prices = _out_of_order(found.duals, other)
    warm = Warm(prices, {}) if swapped else Warm({}, prices)
    return _original(alignment, a, b, outputs, found.proven, warm)


def _original(
    alignment: Alignment,
    a: Canonical,
    b: Canonical,
    outputs: Outputs,
    proven: bool = True,
    warm: Warm | None = None,
) -> Distance:
    """The distance, its assignment told in the numbering before the canonical order."""
    partner = np.full(len(a.order), -1)
    matched = alignment.partner >= 0
    partner[a.order[matched]] = b.order[alignment.partner[matched]]
    assignment = _assignment(alignment, partner)
    return Distance(
        alignment.value, alignment.per_layer, assignment, "canonical", outputs, proven, warm
    )


def _distance(alignment: Alignment, tie_break: TieBreak, outputs: Outputs) -> Distance:
    assignment = _assignment(alignment, alignment.partner)
    return Distance(alignment.value, alignment.per_layer, assignment, tie_break, outputs)


def _in_order(duals: Duals, form: Canonical) -> Duals:
    """Prices of neurons as given, in canonical order."""
    ordered = {}
    for group, prices in duals.items():
        own = form.network.structure.groups[group]
        if len(prices) >= own.size:
            place = form.order[own.neurons] - own.start
            ordered[group] = np.append(prices[place], prices[own.size :])
    return ordered


def _out_of_order(duals: Duals, form: Canonical) -> Duals:
    """Prices in canonical order, told for the neurons as given."""
    given = {}
    for group, prices in duals.items():
        own = form.network.structure.groups[group]
        given[group] = prices.copy()
        given[group][form.order[own.neurons] - own.start] = prices[: own.size]
    return given


def _assignment(alignment: Alignment, partner: IntArray) -> dict[str, IntArray]:
    assignment = {}
    for one, other in zip(alignment.a.structure.layers, alignment.b.structure.layers, strict=True):
        # The place behind the last neuron stands for "no partner", which is -1.
        row_of = other.row_of(alignment.b.structure.n_neurons + 1)
        assignment[one.set] = row_of[partner[one.rows]]
    return assignment
