"""The least value over the choices that equally good assignments leave open.

Layer by layer an assignment of least cost is taken, as published. Where several are best each leads
to a value of NNSTD of its own; what is sought is the least of them. Everything is computed from two
networks in canonical order, so no relabelling changes what is found.

1. *Sweeps.* In the first, ties go to neurons that are alike in how they are tied to inputs and
   outputs; in the following ones to those whose readers, as matched in the sweep before, gain most.
2. *Exploration* of all that is open (`explore`), within a budget: where it comes to an end the
   least value is proven, and no run of the published algorithm is below it.
3. *Draws* otherwise, from the best so far: passes led by its gains and noise, and passes in which
   some neurons keep their partners and noise decides on the others, by turns. Noise is the same
   every time. From each better one sweeps go on. Budgets fall with the size of the networks.
"""

from __future__ import annotations

from dataclasses import dataclass

from nsgraph.distance.alignment import Alignment
from nsgraph.distance.canonical import Canonical
from nsgraph.distance.explore import Explorer
from nsgraph.distance.solver import Duals
from nsgraph.distance.sweep import Sweeper

__all__ = ["Found", "search"]

EXPLORED, EXPLORED_PAIRS = 4_000, 200_000_000
"""Assignments that the exploration may solve, and the pairs of neurons weighed in them."""

DRAWS, DRAWN_PAIRS = 384, 120_000_000
"""Draws, and the pairs of neurons weighed (`Sweeper.work`) before the last one."""


@dataclass(frozen=True)
class Found:
    """The best alignment found, whether it is proven to be the best, the first sweep's duals."""

    alignment: Alignment
    proven: bool
    duals: Duals


def search(a: Canonical, b: Canonical, start: Duals) -> Found:
    """The alignment of least value that the search finds; `start` only saves time."""
    sweeper = Sweeper(a, b, start)
    alignment = sweeper.sweep(None)
    first = dict(sweeper.duals)
    told_apart = any(a.network.structure.read_by[group] for _, group in sweeper.steps)
    if not (sweeper.tied and told_apart):  # nothing to choose, or no layer behind it
        return Found(alignment, True, first)
    best = sweeper.descend(alignment)
    budget = min(EXPLORED, EXPLORED_PAIRS // max(1, sweeper.pairs))
    explorer = Explorer(best, budget, sweeper.duals)
    best = explorer.best
    if not explorer.proven:
        most = sweeper.work + DRAWN_PAIRS
        for draw in range(DRAWS):
            if sweeper.work > most:
                break
            best = _drawn(sweeper, best, draw)
    return Found(best, explorer.proven, first)


def _drawn(sweeper: Sweeper, best: Alignment, draw: int) -> Alignment:
    """`best`, or what a draw leads to; what is as good is taken too, it may lead on."""
    if draw % 2:
        drawn = sweeper.blurred(best, draw // 2)
        drawn = min(sweeper.sweep(drawn), drawn, key=lambda alignment: alignment.value)
    else:
        drawn = sweeper.redrawn(best, draw // 2)
    if drawn.value < best.value:
        return sweeper.descend(drawn)
    return drawn if drawn.value == best.value else best
