"""The least value over the choices that equally good assignments leave open.

Layer by layer the assignment of least cost is taken, as published; where several cost the same, all
of them are NNSTD of the same two networks. What is sought here is the one whose value, with all the
layers behind, is least. Everything is computed from two networks in canonical order, so no
relabelling changes what is found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nsgraph.distance.alignment import Alignment
from nsgraph.distance.canonical import Canonical
from nsgraph.distance.costs import lexicographic, tie_levels
from nsgraph.distance.features import dissimilarity
from nsgraph.distance.solver import assign
from nsgraph.distance.structure import IntArray

__all__ = ["Found", "search"]

SWEEPS = 4
"""Most sweeps from one start."""

Duals = dict[int, IntArray]


@dataclass(frozen=True)
class Found:
    """The best alignment found, and the solver's duals of its first sweep."""

    alignment: Alignment
    duals: Duals


def search(a: Canonical, b: Canonical, start: Duals) -> Found:
    """The alignment of least value that the search finds; `start` only saves time."""
    ties = {group: _tie(a, b, group) for group in _decided(a)}
    best, least, before = None, math.inf, None
    duals = dict(start)
    first: Duals = {}
    for _ in range(SWEEPS):
        alignment, duals = _sweep(a, b, ties, before, duals)
        first = first or duals
        if alignment.value < least:
            best, least = alignment, alignment.value
        if before is not None and np.array_equal(before.partner, alignment.partner):
            break
        before = alignment
    assert best is not None
    return Found(best, first)


def _decided(a: Canonical) -> list[int]:
    structure = a.network.structure
    return [g for p in range(len(structure.layers)) for g in structure.decided_at(p)]


def _tie(a: Canonical, b: Canonical, group: int) -> npt.NDArray[np.int64]:
    """How unlike the neurons of a group are, within `tie_levels`."""
    in_a, in_b = (form.network.structure.groups[group] for form in (a, b))
    most = tie_levels(max(in_a.size, in_b.size))
    features = a.features[in_a.neurons], b.features[in_b.neurons]
    colours = a.colours[in_a.neurons], b.colours[in_b.neurons]
    return dissimilarity(*features, *colours, most)


def _sweep(
    a: Canonical, b: Canonical, ties: dict[int, IntArray], before: Alignment | None, start: Duals
) -> tuple[Alignment, Duals]:
    """One pass through the layers; equal costs are told apart by the gain under `before`."""
    alignment, duals = Alignment(a.network, b.network), {}
    structure = a.network.structure
    for position in range(len(structure.layers)):
        for group in structure.decided_at(position):
            tie = ties[group]
            if before is not None:
                tie = _graded(before.gain(group), tie)
            found = assign(lexicographic(alignment.costs(position, group), tie), start.get(group))
            alignment.set(group, found.partner)
            duals[group] = found.duals
    return alignment, duals


def _graded(gain: IntArray, tie: IntArray) -> IntArray:
    """Missing gain first, tie second, within `tie_levels`."""
    most = tie_levels(max(gain.shape))
    below = min(16, max(2, math.isqrt(most)))
    above = (most + 1) // below - 1
    largest = int(gain.max(initial=0))
    missing = largest - gain
    if largest > above:
        missing = missing * above // largest
    return missing * below + tie * (below - 1) // max(int(tie.max(initial=0)), 1)
