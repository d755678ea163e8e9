"""Pairs of node sets: the two-step ways between them, and what counting them costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Bundle, Compact
from nsgraph.graphs.tables import Classes
from nsgraph.metrics.census.bits import Bits
from nsgraph.metrics.census.signatures import (
    SOURCE,
    TARGET,
    Join,
    Signatures,
    signatures,
)

__all__ = ["Pair", "Pairs"]

WORD, RESULT, VISIT, CHANNEL = 0.1, 0.5, 6.0, 5.0
"""Nanoseconds to multiply two words of 64 channels, and to sum up a result; one by one, to look at
a word, and to add a channel that it has. Only their ratios matter."""

Route = tuple[Bundle, Bundle]


@dataclass(frozen=True)
class Pair:
    """Node sets p <= q and the routes of two steps between them.

    Attributes
    ----------
    p, q, n_p, n_q
        Positions of the sets and their numbers of channels.
    kinds
        Kind of every group of routes, ascending (see `signatures`).
    routes
        The routes of every group, (bundle at p, bundle at q); their classes are the same.
    direct
        Bundle p -> q.
    table
        Where the matrices of every route are: int64 [routes, 10], columns `product_kernels.ROUTE`.
    filled
        Mean number of ones in the matrices of both bundles of every route, [routes, 2].
    """

    p: int
    q: int
    n_p: int
    n_q: int
    kinds: tuple[int, ...]
    routes: tuple[tuple[Route, ...], ...]
    direct: Bundle | None
    table: npt.NDArray[np.int64]
    filled: npt.NDArray[np.float64]

    @cached_property
    def rows(self) -> Signatures:
        """Relations between rows of p and rows of q."""
        direct = self.direct and self.direct.rows
        return signatures(self._joins("rows"), direct, self.p == self.q)

    @cached_property
    def columns(self) -> Signatures:
        """Relations between columns of p and columns of q."""
        direct = self.direct and self.direct.columns
        return signatures(self._joins("columns"), direct, self.p == self.q)

    def _joins(self, axis: str) -> tuple[Join, ...]:
        examples = (routes[0] for routes in self.routes)
        return tuple(
            Join(kind, getattr(first, axis), getattr(second, axis))
            for kind, (first, second) in zip(self.kinds, examples, strict=True)
        )

    @property
    def meetings(self) -> int:
        """Number of two-step ways between rows of p and of q, and between columns."""
        return sum(join.meetings for axis in ("rows", "columns") for join in self._joins(axis))

    @cached_property
    def first_route(self) -> npt.NDArray[np.int64]:
        """Where each group begins in the table, and its end, [groups + 1]."""
        return np.cumsum([0, *map(len, self.routes)])

    @property
    def n_terms(self) -> int:
        """No pair of signatures needs more products."""
        return int((self.rows.entries[1] * self.columns.entries[1]) @ np.diff(self.first_route))

    @property
    def largest(self) -> int:
        """No two nodes have more ways between them, of all kinds together."""
        between = np.add.reduceat(self.table[:, 9], self.first_route[:-1])
        return int((self.rows.weights * self.columns.weights) @ between)

    @cached_property
    def costs(self) -> tuple[float, float]:
        """Estimated nanoseconds by words, and one by one."""
        number = self.rows.entries[0] * self.columns.entries[0]
        number = np.repeat(number, np.diff(self.first_route))
        n_words, between = self.table[:, 0], self.table[:, 9]
        results = len(self.rows) * len(self.columns) * self.n_p * self.n_q
        by_words = WORD * self.n_p * self.n_q * int(number @ n_words) + RESULT * results
        of_p, of_q = self.filled.T
        visits = n_words * self.n_q + of_q * -(-self.n_p // 64)
        one_by_one = float(number @ (VISIT * visits + CHANNEL * of_q * of_p / between))
        return by_words, one_by_one


class Pairs:
    """Finds the pairs of a compact graph."""

    def __init__(self, compact: Compact, bits: Bits) -> None:
        self.compact, self.bits = compact, bits
        self._made: dict[tuple[int, int, tuple[int, ...]], Pair | None] = {}
        self.into: list[dict[int, Bundle]] = [{} for _ in compact.sets]
        self.out_of: list[dict[int, Bundle]] = [{} for _ in compact.sets]
        for (source, target), bundle in compact.bundles.items():
            self.into[target][source] = bundle
            self.out_of[source][target] = bundle

    def pair(self, p: int, q: int, kinds: Iterable[int]) -> Pair | None:
        """Sets p and q with their routes of some kinds; None if there are none."""
        key = p, q, tuple(kinds)
        if key not in self._made:
            self._made[key] = self._make(*key)
        return self._made[key]

    def _make(self, p: int, q: int, kinds: Iterable[int]) -> Pair | None:
        groups: dict[tuple[int, tuple[Classes, ...]], list[Route]] = {}
        for kind in kinds:
            for first, second in self._routes(p, q, kind):
                classes = first.rows, second.rows, first.columns, second.columns
                groups.setdefault((kind, classes), []).append((first, second))
        if not groups:
            return None
        every = [(kind, route) for (kind, _), routes in groups.items() for route in routes]
        return Pair(
            p,
            q,
            self.compact.sets[p].channels,
            self.compact.sets[q].channels,
            tuple(kind for kind, _ in groups),
            tuple(map(tuple, groups.values())),
            self.compact.bundles.get((p, q)),
            np.array([self._places(kind, *route) for kind, route in every], np.int64),
            np.array([[self.bits.filled[b.source, b.target] for b in r] for _, r in every]),
        )

    def meeting(self, p: int, q: int, kind: int) -> set[int]:
        """Sets in which the routes of a kind meet."""
        of_p = self.into[p] if kind == SOURCE else self.out_of[p]
        of_q = self.out_of[q] if kind == TARGET else self.into[q]
        return of_p.keys() & of_q.keys()

    def _routes(self, p: int, q: int, kind: int) -> list[Route]:
        of_p = self.into[p] if kind == SOURCE else self.out_of[p]
        of_q = self.out_of[q] if kind == TARGET else self.into[q]
        return [(of_p[m], of_q[m]) for m in sorted(self.meeting(p, q, kind))]

    def _places(self, kind: int, first: Bundle, second: Bundle) -> tuple[int, ...]:
        near, far = (first.source, first.target), (second.source, second.target)
        right, other = self.bits.by_source[near], self.bits.by_target[near]
        if kind == SOURCE:
            right, other = other, right
        left = self.bits.by_source[far] if kind == TARGET else self.bits.by_target[far]
        return (
            *(right.n_words, right.start, right.n_columns, right.step),
            *(left.start, left.n_columns, left.step),
            *(other.start, other.step, other.channels),
        )
