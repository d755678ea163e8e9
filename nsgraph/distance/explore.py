"""All sequences of best assignments, one representative of each that can make a difference.

Depth first through the groups of neurons in the order in which they are decided. For each the best
assignments are the perfect matchings of the pairs that the solver's duals leave tight; neurons that
no later layer tells apart are interchangeable, so only how many of which kind are matched to which
kind is tried. A branch ends when the layers decided so far are already above the best value known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from nsgraph.distance.alignment import Alignment
from nsgraph.distance.costs import SCALE
from nsgraph.distance.matchings import matchings
from nsgraph.distance.network import Network
from nsgraph.distance.openings import Openings, openings
from nsgraph.distance.solver import Duals, assign
from nsgraph.distance.structure import Group, IntArray, Layer

__all__ = ["Explorer"]

_PAIRS = 20
"""Pairs tried in the time of one assignment."""

_OPEN = 64
"""Neurons that may have several partners; with more of them no budget is enough."""

_LOOKS = 20
"""How often, in the course of a budget, it is asked whether what is left of it may suffice."""

_SLACK = 10
"""How many times of that the rest may seem to need; an exploration gets faster on its way."""


class _Spent(Exception):
    """The budget is, or would be long before the end."""


class Explorer:
    """Searches from `best` on.

    `best` is then the best alignment known, `proven` whether the search came to its end within
    `budget` assignments; it gives up early where it is far from that. `duals` are starts for these
    and change nothing: which pairs are open does not depend on them, and these alone decide what is
    tried in which order.
    """

    def __init__(self, best: Alignment, budget: float, duals: Duals) -> None:
        self.duals = dict(duals)
        self.kinds: dict[int, list[IntArray]] = {}
        self.best, self.least = best, best.value
        self.budget, self.spent, self.look = budget, 0.0, (0.0, 0.0)
        self.a, self.b = best.a, best.b
        structure = self.a.structure
        layers = range(len(structure.layers))
        self.steps = [(p, group) for p in layers for group in structure.decided_at(p)]
        self.known = _known_layers(self.a, self.steps)
        try:
            self._explore(0, Alignment(self.a, self.b), [], 0.0, 1.0)
            self.proven = True
        except _Spent:
            self.proven = False

    def _spend(self, done: float, cost: float = 1 / _PAIRS) -> None:
        """Count a step before which a share `done` of all was explored."""
        self.spent += cost
        spent, before = self.look
        since = self.spent - spent
        if since > len(self.steps) + self.budget / _LOOKS:
            left = self.budget - self.spent
            if (done - before) / since * left * _SLACK < 1 - done:
                raise _Spent
            self.look = self.spent, done
        if self.spent > self.budget:
            raise _Spent

    def _explore(
        self, step: int, alignment: Alignment, values: list[float], before: float, share: float
    ) -> None:
        """All from here on: a share of the whole, with so much of it done before."""
        known = [alignment.layer_value(position) for position in self.known[step]]
        values = values + known
        if math.fsum(values) / len(self.a.structure.layers) >= self.least:
            return
        if step == len(self.steps):
            self.best, self.least = alignment, alignment.value
            return
        self._spend(before, 1)
        position, group = self.steps[step]
        costs = alignment.costs(position, group)
        found = assign(costs, SCALE, self.duals.get(group))
        self.duals[group] = found.duals
        choice = openings(costs, found)
        for partner, done, part in self._matchings(step, choice, before, share):
            branch = alignment.copy()
            branch.set(group, partner)
            self._explore(step + 1, branch, values, done, part)

    def _matchings(
        self, step: int, choice: Openings, before: float, share: float
    ) -> Iterator[tuple[IntArray, float, float]]:
        """Best assignments [rows], -1 for none, one of each that later layers tell apart."""
        if choice.none():
            yield choice.partner(), before, share
            return
        if len(choice.rows) > _OPEN:
            raise _Spent
        if step not in self.kinds:
            self.kinds[step] = [
                _later_kinds(network, *self.steps[step], len(choice.whole))
                for network in (self.a, self.b)
            ]
        of_row, of_column = self.kinds[step]
        kinds = of_row[choice.rows], of_column[choice.columns]

        def spend(done: float) -> None:
            self._spend(before + share * done)

        for chosen, done, part in matchings(choice.allowed, choice.chosen(), *kinds, spend):
            yield choice.partner(chosen), before + share * done, share * part


def _later_kinds(network: Network, position: int, group: int, size: int) -> IntArray:
    """[size] equal for neurons of a group that no layer but the given one tells apart.

    Places behind the last neuron stand for "no partner" and are a kind of their own.
    """
    structure = network.structure
    own = structure.groups[group]
    parts = []
    for other, (layer, matrix) in enumerate(zip(structure.layers, network.matrices, strict=True)):
        if other in structure.read_by[group]:
            parts.append(_read(layer, matrix, own))
        row = structure.rows_in(other, group)
        if other != position and (row >= 0).any():
            parts.append(np.where((row >= 0)[:, None], matrix[row], False))
    bits = np.packbits(np.hstack([np.zeros((own.size, 1), dtype=np.bool_), *parts]), axis=1)
    numbers: dict[bytes, int] = {}
    kinds = [numbers.setdefault(line.tobytes(), len(numbers)) for line in bits]
    return np.array(kinds + [size] * (size - own.size))


def _read(layer: Layer, matrix: npt.NDArray[np.bool_], group: Group) -> npt.NDArray[np.bool_]:
    """[neurons of the group, rows and tags] who reads each neuron."""
    tags, tag = np.unique(layer.column_tag, return_inverse=True)
    read = np.zeros((group.size, len(matrix), len(tags)), dtype=np.bool_)
    neuron = layer.column_neuron - group.start
    mine = np.flatnonzero((neuron >= 0) & (neuron < group.size))
    read[neuron[mine], :, tag[mine]] = matrix[:, mine].T
    return read.reshape(group.size, -1)


def _known_layers(network: Network, steps: list[tuple[int, int]]) -> list[list[int]]:
    """The layers whose neurons are all decided after 0, 1, 2 ... steps and not before."""
    structure = network.structure
    order = {group: place + 1 for place, (_, group) in enumerate(steps)}
    known: list[list[int]] = [[] for _ in range(len(steps) + 1)]
    for position, layer in enumerate(structure.layers):
        groups = np.unique(structure.group_of[np.append(layer.rows, layer.column_neuron)])
        known[max(order.get(group, 0) for group in groups.tolist())].append(position)
    return known
