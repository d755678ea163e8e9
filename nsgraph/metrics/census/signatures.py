"""How two rows are related, on one axis: the classes of all ways from one to the other.

For node sets p and q a row u of p and a row v of q may be joined directly, or by two steps that
meet in a third row: u -> y -> v, u -> y <- v, or u <- y -> v. All pairs (u, v) with the same
classes of direct link and of ways have the same products of channel matrices. Their number does
not grow with the map, but for a few border rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.tables import Classes

__all__ = ["SOURCE", "TARGET", "THROUGH", "Join", "Signatures", "signatures"]

THROUGH, TARGET, SOURCE = range(3)
"""Two steps from u to v: u -> y -> v, or by a common target u -> y <- v or source u <- y -> v."""

IntArray = npt.NDArray[np.int64]


class Steps(NamedTuple):
    """Steps between rows of one set and rows y in which ways meet, on either side of them."""

    rows: npt.NDArray[np.int32]
    y: npt.NDArray[np.int32]
    n_rows: int


class Join(NamedTuple):
    """Two steps from rows u to rows v, `first` between u and y, `second` between y and v."""

    kind: int
    first: Classes
    second: Classes

    @property
    def near(self) -> Steps:
        """The first steps, at u."""
        c = self.first
        if self.kind == SOURCE:
            return Steps(c.target, c.source, c.n_target)
        return Steps(c.source, c.target, c.n_source)

    @property
    def far(self) -> Steps:
        """The second steps, at v."""
        c = self.second
        if self.kind == TARGET:
            return Steps(c.source, c.target, c.n_source)
        return Steps(c.target, c.source, c.n_target)

    @property
    def meetings(self) -> int:
        """Number of ways."""
        return _meetings(self)


@lru_cache(maxsize=4096)
def _meetings(join: Join) -> int:
    near, far = join.near.y, join.far.y
    n = max(near.max(initial=-1), far.max(initial=-1)) + 1
    return int(np.bincount(near, minlength=n) @ np.bincount(far, minlength=n))


@dataclass(frozen=True, eq=False)
class Signatures:
    """The distinct relations between rows u and v, for a list of joins; n of them.

    Attributes
    ----------
    pointers
        [n, joins + 1]: entries of signature s by join k are `pointers[s, k]` to `[s, k + 1]` - 1.
    first, second, weight
        [entries] classes of the two steps, and by how many rows y there are such steps.
    direct
        [n] class of the direct link; -1 for none.
    order
        [n] sign of v - u if both are rows of one set, else 0.
    u, v, number
        [pairs] every pair of rows that is related, and its signature.
    """

    pointers: IntArray
    first: IntArray
    second: IntArray
    weight: IntArray
    direct: IntArray
    order: IntArray
    u: IntArray
    v: IntArray
    number: IntArray
    n_u: int
    n_v: int

    def __len__(self) -> int:
        return len(self.direct)

    @cached_property
    def multiplicity(self) -> IntArray:
        """Number of pairs of rows of every signature, [n]."""
        return np.bincount(self.number, minlength=len(self))

    @cached_property
    def by_u(self) -> IntArray:
        """Number of rows v for every signature and row u, [n, rows u]."""
        return self._spread(self.u, self.n_u)

    @cached_property
    def by_v(self) -> IntArray:
        """Number of rows u for every signature and row v, [n, rows v]."""
        return self._spread(self.v, self.n_v)

    @cached_property
    def entries(self) -> IntArray:
        """Number of entries of all signatures together, and of the largest one, [2, joins]."""
        counts = np.diff(self.pointers, axis=1)
        return np.stack([counts.sum(axis=0), counts.max(axis=0, initial=0)])

    @cached_property
    def weights(self) -> IntArray:
        """Largest sum of the weights of one signature, [joins]."""
        total = np.concatenate([[0], np.cumsum(self.weight)])
        return np.diff(total[self.pointers], axis=1).max(axis=0, initial=0)

    @cached_property
    def arrays(self) -> tuple[IntArray, ...]:
        """What the kernels read."""
        return self.pointers, self.first, self.second, self.weight, self.direct, self.order

    def _spread(self, rows: IntArray, size: int) -> IntArray:
        flat = np.bincount(self.number * size + rows, minlength=len(self) * size)
        return flat.reshape(len(self), size)


@lru_cache(maxsize=4096)
def signatures(joins: tuple[Join, ...], direct: Classes | None, same: bool) -> Signatures:
    """Group the pairs of rows by all joins at once; `same`: u and v are rows of one set."""
    met = [_meet(join) for join in joins]
    n_u, n_v = joins[0].near.n_rows, joins[0].far.n_rows
    sizes = [len(join.first) * len(join.second) for join in joins]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    codes = int(offsets[-1])
    keys = np.concatenate(
        [m[0] * codes + m[1] + offset for m, offset in zip(met, offsets, strict=False)]
    )
    keys, weight = np.unique(keys, return_counts=True)
    pair, code = np.divmod(keys, max(codes, 1))
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    u, v = np.divmod(pair[starts], max(n_v, 1))
    link = _direct(direct, u * n_v + v)
    order = np.sign(v - u) if same else np.zeros_like(u)
    number, examples = _number(np.stack([code, weight], axis=1), starts, link, order)

    stops = np.append(starts, code.size)[1:]
    taken = [np.arange(starts[k], stops[k]) for k in examples]
    entries = np.concatenate(taken) if taken else np.zeros(0, np.int64)
    join_of = np.searchsorted(offsets, code[entries], side="right") - 1
    inside = code[entries] - offsets[join_of]
    n_second = np.array([len(join.second) for join in joins])[join_of]
    signature = np.repeat(np.arange(len(examples)), [t.size for t in taken])
    counts = np.bincount(signature * len(joins) + join_of, minlength=len(examples) * len(joins))
    ends = np.concatenate([[0], np.cumsum(counts)])
    within = np.arange(len(examples))[:, None] * len(joins) + np.arange(len(joins) + 1)
    return Signatures(
        ends[within],
        inside // n_second,
        inside % n_second,
        weight[entries],
        link[examples],
        order[examples],
        u,
        v,
        number,
        n_u,
        n_v,
    )


def _meet(join: Join) -> tuple[IntArray, IntArray]:
    """Rows u n_v + v of every way, and its pair of classes."""
    near, far = join.near, join.far
    order = np.argsort(far.y, kind="stable")
    begin, end = (np.searchsorted(far.y[order], near.y, side=side) for side in ("left", "right"))
    first = np.repeat(np.arange(near.y.size), end - begin)
    past = np.cumsum(end - begin) - (end - begin)
    second = order[np.arange(first.size) - (past - begin)[first]]
    pair = near.rows[first].astype(np.int64) * far.n_rows + far.rows[second]
    code = join.first.number[first].astype(np.int64) * len(join.second)
    return pair, code + join.second.number[second]


def _direct(classes: Classes | None, pair: IntArray) -> IntArray:
    """Class of the direct link of every pair of rows u n_v + v, -1 for none."""
    if classes is None or classes.number.size == 0:
        return np.full(pair.size, -1)
    linked = classes.source.astype(np.int64) * classes.n_target + classes.target
    order = np.argsort(linked)
    at = order[np.searchsorted(linked[order], pair).clip(max=order.size - 1)]
    return np.where(linked[at] == pair, classes.number[at].astype(np.int64), -1)


def _number(
    entries: IntArray, starts: IntArray, link: IntArray, order: IntArray
) -> tuple[IntArray, IntArray]:
    """Number of the signature of every pair, and an example of every signature."""
    data, width = entries.tobytes(), entries.itemsize * entries.shape[1]
    stops = np.append(starts, len(entries))[1:]
    found: dict[tuple[bytes, int, int], int] = {}
    number = [
        found.setdefault((data[width * start : width * stop], *of), len(found))
        for start, stop, *of in zip(
            starts.tolist(), stops.tolist(), link.tolist(), order.tolist(), strict=True
        )
    ]
    numbers = np.array(number, dtype=np.int64)
    return numbers, np.unique(numbers, return_index=True)[1]
