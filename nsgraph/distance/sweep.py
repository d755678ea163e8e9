"""Passes through the layers of two networks, each taking an assignment of least cost.

What decides among equal costs is computed from the canonical forms alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsgraph.distance.alignment import Alignment
from nsgraph.distance.canonical import Canonical
from nsgraph.distance.costs import SCALE
from nsgraph.distance.features import dissimilarity
from nsgraph.distance.network import BoolArray
from nsgraph.distance.openings import Openings, openings
from nsgraph.distance.solver import Duals, assign
from nsgraph.distance.structure import IntArray

__all__ = ["Sweeper"]

SWEEPS = 4
"""Most sweeps from one start."""

UNLIKE = 1024
"""Levels of unlikeness within one step of gain."""


TIES = 4
"""Pairs of neurons whose costs are weighed in the time of an open pair."""


class Sweeper:
    """Passes through the layers of two networks; `duals` save time and change nothing.

    `pairs` of neurons are weighed in one pass; `work` counts those weighed so far. `tied` says
    whether there has been anything to choose.
    """

    def __init__(self, a: Canonical, b: Canonical, duals: Duals) -> None:
        self.forms = a, b
        self.a, self.b = a.network, b.network
        structure = self.a.structure
        layers = range(len(structure.layers))
        self.steps = [(p, group) for p in layers for group in structure.decided_at(p)]
        self.duals = dict(duals)
        groups = self.a.structure.groups, self.b.structure.groups
        self.pairs = sum(groups[0][g].size * groups[1][g].size for _, g in self.steps)
        self.work, self.tied = 0, False
        self._all_unlike: dict[int, IntArray] = {}
        self._supported: tuple[Alignment, BoolArray] | None = None
        self._last: dict[int, tuple[bytes, Openings]] = {}

    def descend(self, alignment: Alignment) -> Alignment:
        """The best of some sweeps, each led by the gains under the one before."""
        best = alignment
        for _ in range(SWEEPS - 1):
            before, alignment = alignment, self.sweep(alignment)
            if alignment.value < best.value:
                best = alignment
            if np.array_equal(before.partner, alignment.partner):
                break
        return best

    def sweep(self, before: Alignment | None) -> Alignment:
        """One pass; ties go to the gain under `before`, then to likeness."""

        def tie(group: int, choice: Openings) -> IntArray:
            unlike = choice.block(self._unlike(group))
            if before is None:
                return unlike
            return choice.missed(before.gain(group)) * UNLIKE + unlike

        return self._pass(tie)

    def blurred(self, best: Alignment, draw: int) -> Alignment:
        """One pass; ties go to the gain under `best` and noise of a quarter to all of its range."""

        def tie(group: int, choice: Openings) -> IntArray:
            missed = choice.missed(best.gain(group))
            noise = _noise(missed.shape, draw, group, UNLIKE)
            return missed * UNLIKE // max(1, int(missed.max())) + noise * (1 + draw % 4) // 4

        return self._pass(tie)

    def redrawn(self, best: Alignment, draw: int) -> Alignment:
        """One pass; some neurons keep their partners of `best`, as ties allow, noise is for others.

        A quarter, a half, three quarters or all are the others, draw by draw, less those that
        what the last choice gained rests on (`_supports`). In the last step ties go to the gain:
        there is no choice behind it that this could mislead.
        """

        def tie(group: int, choice: Openings) -> IntArray:
            if group == self.steps[-1][1]:
                return choice.missed(best.gain(group))
            m = len(choice.rows)
            stays = _noise((m, 1), ~draw, group, 4)[:, 0] > draw % 4
            noise = 1 + _noise((m, m), draw, group, UNLIKE)
            rows, columns = self._kept(best, group, choice)
            neurons = self.a.structure.groups[group].start + choice.rows[rows]
            stays = stays[rows] | self._supports(best)[neurons]
            noise[rows[stays], columns[stays]] = 0
            return noise

        return self._pass(tie)

    def _pass(self, tie: Callable[[int, Openings], IntArray]) -> Alignment:
        """Group after group at the least cost and, of that, the least `tie` of what is open."""
        alignment = Alignment(self.a, self.b)
        for position, group in self.steps:
            choice = self._openings(alignment, position, group)
            if choice.none():
                alignment.set(group, choice.partner())
                continue
            self.tied = True
            self.work += TIES * int((np.diff(choice.start) ** 2).sum())
            alignment.set(group, choice.partner(choice.least(tie(group, choice))))
        return alignment

    def _openings(self, alignment: Alignment, position: int, group: int) -> Openings:
        """What the assignments of least cost of a group leave open, given those before it."""
        inputs = alignment.partner[self.a.structure.layers[position].column_neuron].tobytes()
        known = self._last.get(group)
        if known is None or known[0] != inputs:
            costs = alignment.costs(position, group)
            self.work += costs.size
            found = assign(costs, SCALE, self.duals.get(group))
            self.duals[group] = found.duals
            self._last[group] = known = inputs, openings(costs, found)
        return known[1]

    def _unlike(self, group: int) -> IntArray:
        """How unlike the neurons of a group are, below `UNLIKE`."""
        if group not in self._all_unlike:
            a, b = self.forms
            in_a, in_b = (f.network.structure.groups[group].neurons for f in self.forms)
            self._all_unlike[group] = dissimilarity(
                a.features[in_a], b.features[in_b], a.colours[in_a], b.colours[in_b], UNLIKE - 1
            )
        return self._all_unlike[group]

    def _supports(self, best: Alignment) -> BoolArray:
        """[n_neurons of a] those with a gain in the last step, what these read in common, and on.

        Few where the last layer is narrow and sparse; there a link more in common counts for more
        than all that other choices can bring.
        """
        if self._supported is None or self._supported[0] is not best:
            last = self.steps[-1][1]
            own, other = (n.structure.groups[last] for n in (self.a, self.b))
            partner = best.partner[own.neurons]
            matched = np.flatnonzero(partner >= 0)
            found = np.zeros(len(best.partner), dtype=np.bool_)
            gain = best.gain(last)[matched, partner[matched] - other.start]
            found[own.start + matched] = gain > 0
            for position, _ in reversed(self.steps):
                found |= best.common_inputs(position, found)
            self._supported = best, found
        return self._supported[1]

    def _kept(self, best: Alignment, group: int, choice: Openings) -> tuple[IntArray, IntArray]:
        """Which of the open rows have which of the open columns under `best`."""
        own, other = (n.structure.groups[group] for n in (self.a, self.b))
        place = np.full(len(choice.whole), -1)
        place[choice.columns] = np.arange(len(choice.columns))
        rows = np.flatnonzero(choice.rows < own.size)
        partner = best.partner[own.start + choice.rows[rows]]
        columns = np.where(partner >= 0, place[np.maximum(partner - other.start, 0)], -1)
        return rows[columns >= 0], columns[columns >= 0]


def _noise(shape: tuple[int, ...], draw: int, group: int, levels: int) -> IntArray:
    """Whole numbers from 0 to `levels` - 1, the same every time."""
    from nsgraph.distance import kernels  # numba starts only when it is needed

    rows, columns = shape
    return kernels.noise(rows, columns, (draw << 40) + (group << 32), levels)  # type: ignore[no-any-return]
