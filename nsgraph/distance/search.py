"""The least value over the choices that equally good assignments leave open.

Layer by layer an assignment of least cost is taken, as published. Where several are best each leads
to a value of NNSTD of its own; what is sought is the least of them. Everything is computed from two
networks in canonical order, so no relabelling changes what is found.

1. *Sweeps.* In the first, ties go to neurons that are alike in how they are tied to inputs and
   outputs; in the following ones to those whose readers, as matched in the sweep before, gain most.
2. *Exploration* of all that is open (`explore`), within a budget: where it comes to an end the
   least value is proven, and no run of the published algorithm is below it.
3. *Attempts* otherwise: sweeps from the best so far, its gains blurred by noise that is the same
   every time; then moves of single neurons to other partners, until none helps; then draws, in
   which some neurons keep their partners and noise decides on the others. The numbers of attempts,
   moves and draws and the budget fall with the size of the networks.
"""

from __future__ import annotations

from dataclasses import dataclass

from nsgraph.distance.alignment import Alignment
from nsgraph.distance.canonical import Canonical
from nsgraph.distance.explore import Explorer
from nsgraph.distance.solver import Duals
from nsgraph.distance.sweep import Sweeper

__all__ = ["Found", "search"]

# What small networks are given; large ones in proportion to the pairs of neurons that a sweep
# weighs, down to nothing.
EXPLORED, EXPLORED_PAIRS = 100, 60_000_000
"""Assignments that the exploration may solve, and the pairs of neurons in them."""

ATTEMPTS, MOVES, TRIED_PAIRS = 16, 64, 2_000_000
"""Attempts, moves of single neurons, and the pairs of neurons in the attempts."""

DRAWS, DRAWN_PAIRS = 256, 12_000_000
"""Draws, and the pairs of neurons in them."""


@dataclass(frozen=True)
class Found:
    """The best alignment found, whether it is proven to be the best, the first sweep's duals."""

    alignment: Alignment
    proven: bool
    duals: Duals


def search(a: Canonical, b: Canonical, start: Duals) -> Found:
    """The alignment of least value that the search finds; `start` only saves time."""
    sweeper = Sweeper(a, b)
    alignment = sweeper.sweep(None, start)
    first = sweeper.duals
    if not any(a.network.structure.read_by[group] for _, group in sweeper.steps):
        return Found(alignment, True, first)  # no layer behind can tell the choices apart
    best = sweeper.descend(alignment)
    explorer = Explorer(best, min(EXPLORED, EXPLORED_PAIRS // sweeper.pairs), sweeper.cost_duals())
    best = explorer.best
    if not explorer.proven:
        effort = min(1.0, TRIED_PAIRS / ATTEMPTS / sweeper.pairs)
        for attempt in range(int(ATTEMPTS * effort)):
            alignment = sweeper.descend(sweeper.sweep(best, sweeper.duals, attempt))
            if alignment.value < best.value:
                best = alignment
        best = _improve(sweeper, best, int(MOVES * effort))
        best = _redraw(sweeper, best, min(DRAWS, DRAWN_PAIRS // sweeper.pairs))
    return Found(best, explorer.proven, first)


def _improve(sweeper: Sweeper, best: Alignment, moves: int) -> Alignment:
    """Local search: one neuron after the other gives up its partner where ties let it."""
    tried = 0
    while tried < moves:
        for step, row in sweeper.open_rows(best):
            if tried == moves:
                return best
            tried += 1
            alignment = sweeper.moved(best, step, row)
            if alignment.value < best.value:
                best = alignment
                break
        else:
            break
    return best


def _redraw(sweeper: Sweeper, best: Alignment, draws: int) -> Alignment:
    """Neighbours at random, nearer and further; as good ones are taken too, they may lead on."""
    for attempt in range(draws):
        alignment = sweeper.redrawn(best, attempt)
        if alignment.value <= best.value:
            best = alignment
    return best
