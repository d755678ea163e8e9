"""Sums over all pairs of nodes: bi-fans, bi-parallels, triangles, diamonds, two-step pairs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Compact
from nsgraph.graphs.exact import exact_dot
from nsgraph.metrics.census.bits import Bits
from nsgraph.metrics.census.pairs import Pair, Pairs
from nsgraph.metrics.census.signatures import SOURCE, TARGET, THROUGH

__all__ = ["PairSums", "Triangles", "pair_sums"]

IntArray = npt.NDArray[np.int64]

LARGEST = 2**63 - 1
"""No sum of a compiled loop may be larger; what might be is cut into several loops."""

MOST_MEETINGS = 10**7
"""Pairs of rows that are sorted only to learn what counting them would cost."""


class PairSums(NamedTuple):
    """Numbers of copies, induced or not, of subgraphs that hold a cycle.

    `two_step` is the number of node pairs u, v with u -> y -> v, `shortcut` the number of those
    with u -> v as well.
    """

    bifan: int
    biparallel: int
    cycle_skip: int
    two_step: int
    triangle: int
    shortcut: int
    multi_middle: int
    multi_output: int
    multi_input: int
    middle_output: int
    input_middle: int
    input_output: int


@dataclass(frozen=True)
class Triangles:
    """Triangles by the nodes of a pair of sets p -> q that are joined directly.

    `first` [row signatures, column signatures, channels of p] counts those in which the node of p
    is first and one of q third, `third` [.., .., channels of q] the same at q, and `second` those
    in which the node of p is first and that of q second.
    """

    pair: Pair
    first: IntArray
    second: IntArray
    third: IntArray


def pair_sums(compact: Compact, bits: Bits) -> tuple[PairSums, list[Triangles]]:
    """The sums of the whole graph, and where its triangles are."""
    pairs = Pairs(compact, bits)
    from_below = _counted_from_targets(pairs)
    totals: Counter[str] = Counter()
    triangles = []
    for q in range(len(compact.sets)):
        for p in range(q + 1):
            wanted = _wanted(pairs, p, q, from_below)
            pair = pairs.pair(p, q, _kinds(pairs, p, q, wanted))
            if pair is None:
                continue
            sums, found = _products(pair, bits, wanted)
            totals.update(sums)
            totals["bifan"] += sums["common_targets"] * wanted[0]
            totals["bifan"] += sums["common_sources"] * wanted[1]
            if found is not None:
                triangles.append(found)
    # every triangle is found from each of its three edges
    assert totals["triangle"] == totals["triangle_by_targets"] == totals["triangle_by_sources"]
    if totals["triangle"] >= 2**63:
        raise OverflowError("triangles are too many to be counted by node")
    return PairSums(*(totals[name] for name in PairSums._fields)), triangles


def _counted_from_targets(pairs: Pairs) -> set[int]:
    """Sets whose bi-fans are cheaper to count as pairs of targets with common sources.

    A bi-fan is two common targets of two sources, or two common sources of two targets. The choice
    must be the same for all sets that share sources, directly or by others.
    """
    chosen: set[int] = set()
    left = {t for t, sources in enumerate(pairs.into) if sources}
    while left:
        targets, sources = {left.pop()}, set[int]()
        while more := {s for t in targets for s in pairs.into[t]} - sources:
            sources |= more
            targets |= {t for s in sources for t in pairs.out_of[s]}
        left -= targets
        if _cost(pairs, targets, SOURCE) < _cost(pairs, sources, TARGET):
            chosen |= targets
    return chosen


def _cost(pairs: Pairs, sets: set[int], kind: int) -> float:
    """Cost of counting common sources or targets within these sets."""
    every = (pairs.pair(p, q, [kind]) for q in sets for p in sets if p <= q)
    found = [pair for pair in every if pair is not None]
    if any(pair.meetings > MOST_MEETINGS for pair in found):
        return inf
    return sum(min(pair.costs) for pair in found)


def _wanted(pairs: Pairs, p: int, q: int, from_below: set[int]) -> tuple[bool, bool]:
    """Whether bi-fans are counted from common targets of p and q, and from common sources."""
    targets = pairs.meeting(p, q, TARGET)
    sources = pairs.meeting(p, q, SOURCE)
    return bool(targets) and not targets & from_below, bool(sources) and q in from_below


def _kinds(pairs: Pairs, p: int, q: int, wanted: tuple[bool, bool]) -> list[int]:
    """Kinds of routes that matter: paths always, the others beside them or for bi-fans."""
    if p == q:
        return [kind for kind, want in zip((TARGET, SOURCE), wanted, strict=True) if want]
    linked = q in pairs.out_of[p]
    through = bool(pairs.meeting(p, q, THROUGH))
    return [
        kind
        for kind, matters in (
            (THROUGH, through),
            (TARGET, wanted[0] or linked or through),
            (SOURCE, wanted[1] or linked),
        )
        if matters
    ]


def _products(
    pair: Pair, bits: Bits, wanted: tuple[bool, bool]
) -> tuple[dict[str, int], Triangles | None]:
    """Sums of one pair of sets over all their nodes, by name, and its triangles if it has any."""
    from nsgraph.metrics.census.product_kernels import SUMS, products

    direct = -1, 0, 0
    if pair.direct is not None:
        place = bits.by_target[pair.p, pair.q]
        direct = place.start, place.n_columns, place.step
    by_words, one_by_one = pair.costs
    at_once = LARGEST // (max(pair.largest, 1) ** 2 * pair.n_p)
    if at_once == 0:
        raise OverflowError(f"{pair.largest} ways between two nodes are too many to be counted")
    places = np.multiply.outer(pair.rows.multiplicity, pair.columns.multiplicity).ravel()
    totals = np.zeros(len(SUMS), object)
    by_p, by_q = np.zeros(1, np.int64), np.zeros((1, 1), np.int64)
    for start in range(0, pair.n_q, at_once):
        sums, *maps = products(
            pair.rows.arrays,
            pair.columns.arrays,
            np.array(pair.kinds),
            pair.first_route,
            pair.table,
            pair.n_terms,
            bits.words,
            direct,
            (start, min(start + at_once, pair.n_q), pair.n_q, pair.n_p, pair.p == pair.q),
            wanted,
            one_by_one < by_words,
        )
        totals += _weighted(sums.reshape(-1, len(SUMS)), places)
        by_p, by_q = by_p + maps[0], by_q + maps[1]
    named = dict(zip(SUMS, totals.tolist(), strict=True))
    if named["triangle"] == named["triangle_by_targets"] == 0:
        return named, None
    return named, Triangles(pair, by_p, by_q[..., 1], by_q[..., 0])


def _weighted(sums: IntArray, weights: IntArray) -> npt.NDArray[np.object_]:
    """Sums [signatures, quantities] times weights [signatures], as Python integers."""
    if int(sums.max(initial=0)) * int(weights.sum()) < 2**63:
        return (weights @ sums).astype(object)
    return np.array([exact_dot(column, weights) for column in sums.T], object)
