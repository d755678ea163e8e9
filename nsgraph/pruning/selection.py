"""Exact selection: the k highest of many numbers, anywhere or by a pattern, ties by position."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import torch
from torch import Tensor

from nsgraph.errors import UserError
from nsgraph.pruning.allocation import Allocation, kept, layer_counts, overall, uniform
from nsgraph.pruning.patterns import check_pattern, groups

__all__ = ["highest", "select", "within"]


def highest(scores: Tensor, k: int) -> Tensor:
    """Boolean tensor with exactly `k` entries true: the highest scores, equal ones by position.

    Parameters
    ----------
    scores
        Any shape, on any device, without NaN.
    k
        From 0 to the number of scores.

    Examples
    --------
    >>> highest(torch.tensor([1.0, 3.0, 1.0, 1.0]), 3).tolist()
    [True, True, True, False]
    """
    flat = scores.flatten()
    if k <= 0:
        return torch.zeros_like(scores, dtype=torch.bool)
    if k >= flat.numel():
        return torch.ones_like(scores, dtype=torch.bool)
    threshold = flat.kthvalue(flat.numel() - k + 1).values
    above = flat > threshold
    level = flat == threshold
    chosen = above | (level & (level.cumsum(0) <= k - above.sum()))
    return chosen.view_as(scores)


def within(scores: Tensor, count: int, pattern: str = "free") -> Tensor:
    """The highest `count` scores of one layer that a pattern allows.

    Parameters
    ----------
    scores
        `[out, in, ...]`, without NaN.
    count
        From 0 to the number of scores. With `channels`, the channels that it has room for are kept
        whole; with n:m it differs from n/m of the scores by less than 1.
    pattern
        See `nsgraph.pruning.patterns`.

    Examples
    --------
    >>> within(torch.tensor([[4.0, 3.0, 2.0], [1.0, 0.0, 0.5]]), 3, "rows").int().tolist()
    [[1, 1, 0], [1, 0, 0]]
    """
    if pattern == "free":
        return highest(scores, count)
    rows = scores.flatten(1)
    if pattern == "rows":
        return _even(rows, count).view_as(scores)
    if pattern == "channels":
        chosen = highest(rows.sum(1), count // rows.shape[1])
        return chosen[:, None].expand_as(rows).reshape(scores.shape)
    shape = groups(pattern)
    if shape is None:
        raise UserError(f"There is no pattern {pattern!r}.")
    n, m = shape
    last = scores.movedim(1, -1)  # the input channel runs fastest
    rows = last.flatten(1)
    whole = rows.shape[1] // m * m
    of_m = rows[:, :whole].reshape(-1, m)
    body = _even(of_m, n * len(of_m)).view(len(rows), -1)
    tail = _even(rows[:, whole:], count - whole // m * n * len(rows))
    return torch.cat([body, tail], 1).view(last.shape).movedim(-1, 1).contiguous()


def _even(rows: Tensor, count: int) -> Tensor:
    """`count` entries, of each row the same number of its highest, up to one."""
    each, more = divmod(count, max(len(rows), 1))
    order = rows.argsort(dim=1, descending=True, stable=True)
    chosen = torch.zeros_like(rows, dtype=torch.bool).scatter_(1, order[:, :each], True)
    if more:
        following = order[:, each : each + 1]
        chosen.scatter_(1, following, highest(rows.gather(1, following), more))
    return chosen


def select(
    scores: Mapping[str, Tensor],
    allocation: Allocation,
    density: float,
    pattern: str = "free",
) -> dict[str, Tensor]:
    """Keep the highest scores: exactly `kept(density, N)` in all, ties by position.

    Parameters
    ----------
    scores
        Float64 tensors by layer name, in network order; -inf where a weight cannot be kept.
    allocation
        How many of them each layer keeps; see `nsgraph.pruning.allocation`.
    density
        Part of all weights, in (0, 1].
    pattern
        Where they may lie; see `nsgraph.pruning.patterns`. With `channels` at most that many.

    Raises
    ------
    UserError
        Where allocation, density and pattern do not go together.
    """
    shapes = {name: tuple(values.shape) for name, values in scores.items()}
    if pattern == "channels":
        return _channels(scores, allocation, density)
    check_pattern(pattern, allocation, 1 - density)
    if shape := groups(pattern):
        density = shape[0] / shape[1]
    if pattern != "free" and allocation is overall:
        allocation = uniform
    densities = allocation(shapes, density)
    if densities is None:
        flat = torch.cat([values.flatten() for values in scores.values()])
        chosen = highest(flat, kept(density, flat.numel()))
        parts = chosen.split([values.numel() for values in scores.values()])
        return {n: part.view(shapes[n]) for n, part in zip(scores, parts, strict=True)}
    room = {name: int((values > -torch.inf).sum()) for name, values in scores.items()}
    counts = layer_counts(shapes, densities, density, room)
    return {name: within(values, counts[name], pattern) for name, values in scores.items()}


def _channels(
    scores: Mapping[str, Tensor], allocation: Allocation, density: float
) -> dict[str, Tensor]:
    """Whole output channels, at most the budget and within one channel of it."""
    *others, last = scores
    sizes = {name: values.numel() for name, values in scores.items()}
    budget = kept(density, sum(sizes.values()))
    left = budget - sizes[last]
    if left < 0:
        raise UserError(
            f"The pattern 'channels' keeps all {sizes[last]} weights of the last layer {last!r}; a "
            f"sparsity of {1 - density:g} leaves {budget}."
        )
    shapes = {name: tuple(scores[name].shape) for name in others}
    rows = {name: prod(shape[1:]) for name, shape in shapes.items()}
    sums = {name: scores[name].flatten(1).sum(1) for name in others}
    alive = {name: int((values > -torch.inf).sum()) for name, values in sums.items()}
    part = left / max(sum(sizes[name] for name in others), 1)
    densities = allocation(shapes, part) if others else {}
    if densities is None:
        channels = _in_one_ranking(sums, rows, alive, left)
    else:
        shares = {name: densities[name] * sizes[name] / rows[name] for name in others}
        channels = _by_shares(shares, rows, alive, left)
    counts = {name: channels[name] * rows[name] for name in others} | {last: sizes[last]}
    return {name: within(values, counts[name], "channels") for name, values in scores.items()}


def _in_one_ranking(
    sums: Mapping[str, Tensor], rows: Mapping[str, int], alive: Mapping[str, int], left: int
) -> dict[str, int]:
    """Channels of each layer, when they come by their sums until the next finds no room."""
    every = torch.cat([values.cpu() for values in sums.values()])
    layer = torch.cat([torch.full((len(v),), i) for i, v in enumerate(sums.values())])
    size = torch.tensor(list(rows.values()))
    order = every.argsort(descending=True, stable=True)[: sum(alive.values())]
    taken = order[size[layer[order]].cumsum(0) <= left]
    counts = torch.bincount(layer[taken], minlength=len(rows)).tolist()
    return dict(zip(rows, counts, strict=True))


def _by_shares(
    shares: Mapping[str, float], rows: Mapping[str, int], alive: Mapping[str, int], left: int
) -> dict[str, int]:
    """Channels of each layer: the whole part of its share, then the most lacking while one fits."""
    counts = {name: min(int(share + 1e-9), alive[name]) for name, share in shares.items()}
    left -= sum(counts[name] * rows[name] for name in rows)
    while able := [n for n in rows if rows[n] <= left and counts[n] < alive[n]]:
        lacking = max(able, key=lambda name: shares[name] - counts[name])
        counts[lacking] += 1
        left -= rows[lacking]
    return counts
