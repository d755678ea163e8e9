"""Masks with the same degrees, all such masks equally likely: the configuration null model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nsgraph.masks import Masks
from nsgraph.topologies.bipartite import Bipartite, bipartite

__all__ = ["ROUNDS", "channel_masks", "degree_preserving"]

ROUNDS = 25
"""Rounds of trades by default; see `degree_preserving` for why these are enough."""


def degree_preserving(
    masks: Masks,
    rng: np.random.Generator,
    *,
    grain: str = "position",
    groups: Mapping[str, int] | None = None,
    classes: Mapping[str, npt.ArrayLike] | None = None,
    rounds: int = ROUNDS,
) -> Masks:
    """Masks with the degrees of the given ones, drawn uniformly, each layer on its own.

    Parameters
    ----------
    masks
        Arrays [out, in] or [out, in / groups, height, width].
    rng
        Source of the draws.
    grain
        Which nodes keep their degrees, see `GRAINS`.

        "position", for the unrolled and the multipartite graph: every node there keeps its in- and
        its out-degree in every layer, at the border of the map too, because each kernel position
        keeps its own. (Counted before coinciding edges are merged: where pools overlap or branches
        run in parallel, how many edges coincide depends on the draw.) The rolled graph's nodes
        keep their degrees as well, but fewer links may move than could. A depthwise layer cannot
        move at all: each of its graphs is a single cell.

        "rolled", for the rolled graph: input channels keep the degree of each kernel position,
        output channels their total, which may spread over other positions.

        For the rolled-channel graph rewire the `channel_masks`.
    groups
        Layer name -> groups of a convolution, 1 where absent; links stay within their group.
    classes
        Layer name -> class of every input channel, int [in]; one class where absent. Outputs keep
        their degree from each class. Needed for the multipartite graph where a layer's channels
        stand for different numbers of nodes, as in a concatenation of pooled and other maps.
    rounds
        A round is a trade of every row with another one, then of every column with another one.

    Raises
    ------
    UserError
        On an unknown grain, or channels that do not divide into the groups.

    Notes
    -----
    Curveball (Strona et al. 2014): two rows pool the links that only one of them has and deal them
    out again, each keeping its number. Carstens (2015) proved that the chain ends at the uniform
    distribution. Here all rows trade at once in random pairs, a "global trade" (Carstens et al.
    2018), and rows and columns alternate. That is uniform as well: given the pairs, a trade leads
    from one mask to another as often as back, so each step keeps the uniform distribution; a step
    may change one pair alone or nothing, so every mask that single trades reach is reached, and
    the chain has no period.

    A link that one of two nodes of like degree has alone is given away with probability 1/2, so
    that r trades leave a share of 2^-r of the links where they were: after 50 trades, one link in
    10^15. Nodes of high degree give few of their links to nodes of low degree; they are why both
    sides trade, since the link then leaves by its other end. On layers of 300 x 300 and 784 x 784
    with power-law degrees on both sides (exponent 2.2, largest degree half the width), started
    from the most nested arrangement, four-cycles and overlap with the start reach their final
    level after 16 to 32 trades; with trades among the rows alone after 64 to 256.

    References
    ----------
    Strona et al. 2014, Nature Communications 5, 4114. Carstens 2015, Physical Review E 91, 042812.
    Carstens et al. 2018, ESA 2018, 11.

    Examples
    --------
    >>> masks = Masks({"fc": [[1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]]})
    >>> null = degree_preserving(masks, np.random.default_rng(0))["fc"]
    >>> null.sum(axis=1).tolist(), null.sum(axis=0).tolist()
    ([2, 2, 2], [2, 1, 2, 1])
    """
    layers = {}
    for name, mask in masks.items():
        graphs = bipartite(name, mask.shape, grain, groups, classes)
        layers[name] = _rewired(mask, graphs, rounds, rng)
    return Masks(layers)


def channel_masks(masks: Masks) -> Masks:
    """Masks [out, in / groups] of the rolled-channel graph: kernels with at least one link.

    The null of that graph moves kernels as wholes, with all their links and weights: channels keep
    their degrees in the graph, the layer its number of links, its kernels and their norms. Moving
    single weights would leave another number of non-empty kernels, hence of edges, and every
    metric would show little else.
    """
    return Masks(
        {
            name: mask if mask.ndim == 2 else np.asarray(mask.any(axis=(2, 3)))
            for name, mask in masks.items()
        }
    )


def _rewired(
    mask: npt.NDArray[np.bool_], graphs: Bipartite, rounds: int, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    from nsgraph.topologies.kernels import rewire  # numba starts only when it is needed

    ends = graphs.ends(np.flatnonzero(mask))
    order = np.argsort(ends.rows, kind="stable")
    n_columns = int(graphs.column_starts[-1])
    row_degrees = np.bincount(ends.rows, minlength=graphs.n_rows * (graphs.column_starts.size - 1))
    starts = graphs.column_starts[ends.graphs[order]]
    neighbours = (ends.columns[order] - starts).astype(np.int32)
    rewire(
        _pointers(row_degrees),
        _pointers(np.bincount(ends.columns, minlength=n_columns)),
        neighbours,
        graphs.n_rows,
        graphs.column_starts,
        rounds,
        rng,
    )
    rewired = np.zeros(mask.size, dtype=np.bool_)
    rewired[graphs.links(ends.rows[order], neighbours + starts)] = True
    return rewired.reshape(mask.shape)


def _pointers(degrees: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(degrees)])
