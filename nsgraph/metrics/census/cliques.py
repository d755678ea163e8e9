"""Four nodes that are all joined, which takes four sets that are: dense blocks have them."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from nsgraph.graphs.compact import Compact
from nsgraph.graphs.exact import exact_dot
from nsgraph.graphs.tables import Classes
from nsgraph.metrics.census.bits import Bits

__all__ = ["clique_sum"]

IntArray = npt.NDArray[np.int64]


def clique_sum(compact: Compact, bits: Bits) -> int:
    """Number of sets of four nodes that are all joined."""
    out_of: list[set[int]] = [set() for _ in compact.sets]
    for source, target in compact.bundles:
        out_of[source].add(target)
    total = 0
    for p, q in compact.bundles:
        for r in out_of[p] & out_of[q]:
            for s in out_of[p] & out_of[q] & out_of[r]:
                total += _between(compact, bits, (p, q, r, s))
    return total


def _between(compact: Compact, bits: Bits, sets: tuple[int, int, int, int]) -> int:
    from nsgraph.metrics.census import bit_kernels

    pairs = list(combinations(sets, 2))
    bundles = [compact.bundles[pair] for pair in pairs]
    rows, n_rows = _joined_rows(tuple(bundle.rows for bundle in bundles))
    columns, n_columns = _joined_rows(tuple(bundle.columns for bundle in bundles))
    slices = np.array([bits.by_source[pair] for pair in pairs], np.int64)
    found = bit_kernels.cliques(bits.words, slices, rows, columns)
    return exact_dot(found, np.multiply.outer(n_rows, n_columns))


@lru_cache(maxsize=4096)
def _joined_rows(classes: tuple[Classes, ...]) -> tuple[npt.NDArray[np.int32], IntArray]:
    """Classes of all rows u, v, w, x that are all joined, and how many have each six.

    `classes` are those of u to v, w, x, of v to w, x, of w to x.
    """
    uv, uw, ux, vw, vx, wx = map(_table, classes)
    u, v = np.nonzero(uv >= 0)
    k, w = np.nonzero((uw[u] >= 0) & (vw[v] >= 0))
    u, v = u[k], v[k]
    k, x = np.nonzero((ux[u] >= 0) & (vx[v] >= 0) & (wx[w] >= 0))
    u, v, w = u[k], v[k], w[k]
    found = np.stack([uv[u, v], uw[u, w], ux[u, x], vw[v, w], vx[v, x], wx[w, x]], axis=1)
    return np.unique(found, axis=0, return_counts=True)  # type: ignore[return-value]


def _table(classes: Classes) -> npt.NDArray[np.int32]:
    """Class of every pair [source row, target row], -1 for none."""
    table = np.full((classes.n_source, classes.n_target), -1, np.int32)
    table[classes.source, classes.target] = classes.number
    return table
