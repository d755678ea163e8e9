"""Passes through the layers of two networks, each taking an assignment of least cost.

What decides among equal costs is computed from the canonical forms alone.
"""

from __future__ import annotations

import math

import numpy as np

from nsgraph.distance.alignment import Alignment
from nsgraph.distance.canonical import Canonical
from nsgraph.distance.costs import SCALE, lexicographic, tie_levels, weight_of_cost
from nsgraph.distance.features import dissimilarity
from nsgraph.distance.matchings import in_some_matching
from nsgraph.distance.solver import Assignment, Duals, assign, assign_any, mostly, tight
from nsgraph.distance.structure import IntArray

__all__ = ["Sweeper"]

SWEEPS = 4
"""Most sweeps from one start."""


class Sweeper:
    """Passes through the layers of two networks; `duals` are those of the last."""

    def __init__(self, a: Canonical, b: Canonical) -> None:
        self.a, self.b = a.network, b.network
        structure = self.a.structure
        layers = range(len(structure.layers))
        self.steps = [(p, group) for p in layers for group in structure.decided_at(p)]
        self.unlike = {group: _unlike(a, b, group) for _, group in self.steps}
        self.duals: Duals = {}
        self.pairs = 1 + sum(tie.size for tie in self.unlike.values())
        self._solved: dict[int, tuple[IntArray, IntArray]] = {}
        self._fine = {group: _fine(unlike) for group, unlike in self.unlike.items()}

    def cost_duals(self) -> Duals:
        """About the duals of the costs alone."""
        return {group: duals // weight_of_cost(len(duals)) for group, duals in self.duals.items()}

    def descend(self, alignment: Alignment) -> Alignment:
        """The best of some sweeps, each led by the gains under the one before."""
        best = alignment
        for _ in range(SWEEPS - 1):
            before, alignment = alignment, self.sweep(alignment, self.duals)
            if alignment.value < best.value:
                best = alignment
            if np.array_equal(before.partner, alignment.partner):
                break
        return best

    def sweep(
        self, before: Alignment | None, start: Duals, attempt: int | None = None
    ) -> Alignment:
        """One pass; ties go to the gain under `before`, blurred in an attempt, then to likeness."""
        alignment, duals = Alignment(self.a, self.b), {}
        for position, group in self.steps:
            tie = self.unlike[group]
            if before is not None:
                gain = before.gain(group)
                if attempt is not None:
                    gain = _blurred(gain, attempt, group)
                tie = _coarse(gain) + self._fine[group]
            found = self._assign(group, alignment.costs(position, group), tie, start.get(group))
            alignment.set(group, found.partner)
            duals[group] = found.duals
        self.duals = duals
        return alignment

    def redrawn(self, best: Alignment, attempt: int) -> Alignment:
        """One pass; some neurons keep their partners of `best`, as ties allow, noise is for others.

        A quarter, a half, three quarters or all are the others, attempt by attempt.
        """
        alignment = Alignment(self.a, self.b)
        for position, group in self.steps:
            own, other = (n.structure.groups[group] for n in (self.a, self.b))
            half = tie_levels(max(own.size, other.size)) // 2
            tie = half + _noise((own.size, other.size), attempt, group, half)
            partner = best.partner[own.neurons] - other.start
            fate = _noise((own.size, 1), ~attempt, group, 4)[:, 0]
            kept = np.flatnonzero((partner >= 0) & (fate > attempt % 4))
            tie[kept, partner[kept]] = 0
            start = self.duals.get(group)
            found = self._assign(group, alignment.costs(position, group), tie, start)
            alignment.set(group, found.partner)
        return alignment

    def open_rows(self, alignment: Alignment) -> list[tuple[int, int]]:
        """Step and place of the neurons that have another partner in some best assignment."""
        current, rows = Alignment(self.a, self.b), []
        for step, (position, group) in enumerate(self.steps):
            costs = current.costs(position, group)
            found = assign_any(costs, SCALE)
            several = in_some_matching(tight(costs, found), found.whole).sum(axis=1) > 1
            rows += [(step, row) for row in np.flatnonzero(several[: len(costs)]).tolist()]
            neurons = self.a.structure.groups[group].neurons
            current.partner[neurons] = alignment.partner[neurons]
        return rows

    def moved(self, best: Alignment, step: int, row: int) -> Alignment:
        """`best` up to a step, there without the partner of a row; then by the gains under it."""
        alignment = Alignment(self.a, self.b)
        for place, (position, group) in enumerate(self.steps):
            own, other = (n.structure.groups[group] for n in (self.a, self.b))
            if place < step:
                alignment.partner[own.neurons] = best.partner[own.neurons]
                continue
            tie = _coarse(best.gain(group)) + self._fine[group]
            if place == step:
                partner = best.partner[own.start + row]
                if partner >= 0:
                    tie[row, partner - other.start] = tie_levels(max(tie.shape))
            start = self.duals.get(group)
            found = self._assign(group, alignment.costs(position, group), tie, start)
            alignment.set(group, found.partner)
        return alignment

    def _assign(
        self, group: int, costs: IntArray, tie: IntArray, start: IntArray | None
    ) -> Assignment:
        """Least cost, then least tie, then the first such assignment."""
        if mostly(costs, SCALE):
            # The costs alone are solved fast and leave little to do.
            known = self._solved.get(group)
            if known is None or not np.array_equal(known[0], costs):
                duals = assign_any(costs, SCALE).duals * weight_of_cost(max(costs.shape))
                self._solved[group] = known = costs, duals
            start = known[1]
        return assign(lexicographic(costs, tie), start)


def _unlike(a: Canonical, b: Canonical, group: int) -> IntArray:
    """How unlike the neurons of a group are, within `tie_levels`."""
    in_a, in_b = (form.network.structure.groups[group] for form in (a, b))
    most = tie_levels(max(in_a.size, in_b.size))
    features = a.features[in_a.neurons], b.features[in_b.neurons]
    colours = a.colours[in_a.neurons], b.colours[in_b.neurons]
    return dissimilarity(*features, *colours, most)


def _levels(width: int) -> tuple[int, int]:
    """Levels of missing gain, and of unlikeness below each of them, within `tie_levels`."""
    most = tie_levels(width) + 1
    below = min(16, max(2, math.isqrt(most)))
    return most // below, below


def _coarse(gain: IntArray) -> IntArray:
    """Missing gain, in steps that leave room for `_fine`."""
    above, below = _levels(max(gain.shape))
    missing = int(gain.max(initial=0)) - gain
    largest = int(missing.max(initial=0))
    if largest >= above:
        missing = missing * (above - 1) // largest
    return missing * below


def _fine(unlike: IntArray) -> IntArray:
    """Unlikeness within one step of `_coarse`."""
    _, below = _levels(max(unlike.shape))
    return unlike * (below - 1) // max(int(unlike.max(initial=0)), 1)


def _blurred(gain: IntArray, attempt: int, group: int) -> IntArray:
    """The gain and noise of 1/4 to all of its range."""
    largest = max(1, int(gain.max(initial=0)))
    noise = _noise(gain.shape, attempt, group, 1024)
    return gain * 1024 // largest + noise * (1 + attempt % 4) // 4


def _noise(shape: tuple[int, ...], attempt: int, group: int, levels: int) -> IntArray:
    """Whole numbers from 0 to `levels` - 1, the same every time."""
    from nsgraph.distance import kernels  # numba starts only when it is needed

    rows, columns = shape
    return kernels.noise(rows, columns, (attempt << 40) + (group << 32), levels)  # type: ignore[no-any-return]
