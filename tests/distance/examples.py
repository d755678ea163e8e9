"""Networks for the tests, and ways to relabel and rewire them without the package's code."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nsgraph.distance import Distance
from nsgraph.wiring import ActivationSet, Link, Wiring

Arrays = dict[str, np.ndarray]


def random_layer(rng: np.random.Generator, shape: tuple[int, ...], density: float) -> np.ndarray:
    """Erdos-Renyi mask with exactly round(density * size) links."""
    mask = np.zeros(int(np.prod(shape)), dtype=bool)
    mask[rng.choice(mask.size, round(density * mask.size), replace=False)] = True
    return mask.reshape(shape)


def random_mlp(rng: np.random.Generator, widths: list[int], density: float) -> Arrays:
    """Chain of linear layers."""
    return {
        f"fc{i}": random_layer(rng, (after, before), density)
        for i, (before, after) in enumerate(pairwise(widths))
    }


def relabelled_mlp(rng: np.random.Generator, masks: Arrays, outputs: bool = False) -> Arrays:
    """Copy with the hidden neurons (and outputs, if asked) in another order."""
    names = list(masks)
    before = np.arange(masks[names[0]].shape[1])
    copy = {}
    for name in names:
        width = len(masks[name])
        last = name == names[-1] and not outputs
        after = np.arange(width) if last else rng.permutation(width)
        copy[name] = masks[name][after][:, before]
        before = after
    return copy


def rewired(rng: np.random.Generator, masks: Arrays, fraction: float) -> Arrays:
    """Copy with that fraction of every layer's links moved to empty places."""
    copy = {}
    for name, mask in masks.items():
        flat = mask.ravel().copy()
        kept, empty = np.flatnonzero(flat), np.flatnonzero(~flat)
        moved = round(fraction * len(kept))
        flat[rng.choice(kept, moved, replace=False)] = False
        flat[rng.choice(empty, moved, replace=False)] = True
        copy[name] = flat.reshape(mask.shape)
    return copy


def _sets(*rows: tuple) -> tuple[ActivationSet, ...]:
    return tuple(ActivationSet(*row) for row in rows)


# A residual network: an identity skip (stem and sum1 are one group), a 1x1 shortcut, pooling, and
# a flattened 2x2 map.
RESIDUAL = Wiring(
    _sets(
        ("input", 2, 4, 4, "input"),
        ("stem", 4, 4, 4),
        ("inner1", 3, 4, 4),
        ("sum1", 4, 4, 4),
        ("inner2", 5, 2, 2),
        ("sum2", 6, 2, 2),
        ("pooled", 6, 2, 2),
        ("flat", 24, 1, 1),
        ("output", 3, 1, 1, "output"),
    ),
    (
        Link("conv", "input", "stem", "stem", kernel=(3, 3), padding=(1, 1)),
        Link("conv", "stem", "inner1", "block1.a", kernel=(3, 3), padding=(1, 1)),
        Link("conv", "inner1", "sum1", "block1.b", kernel=(3, 3), padding=(1, 1)),
        Link("identity", "stem", "sum1"),
        Link("conv", "sum1", "inner2", "block2.a", kernel=(3, 3), stride=(2, 2), padding=(1, 1)),
        Link("conv", "inner2", "sum2", "block2.b", kernel=(3, 3), padding=(1, 1)),
        Link("conv", "sum1", "sum2", "block2.skip", stride=(2, 2)),
        Link("pool", "sum2", "pooled", kernel=(2, 2), stride=(1, 1)),
        Link("flatten", "pooled", "flat"),
        Link("linear", "flat", "output", "fc"),
    ),
)
RESIDUAL_GROUPS = [["input"], ["stem", "sum1"], ["inner1"], ["inner2"], ["sum2", "pooled"]]

# Dense connections: a concatenation of two maps, and a shortcut that pads channels (option A).
DENSE = Wiring(
    _sets(
        ("input", 3, 2, 2, "input"),
        ("one", 3, 2, 2),
        ("two", 2, 2, 2),
        ("both", 5, 2, 2),
        ("wide", 6, 1, 1),
        ("output", 2, 1, 1, "output"),
    ),
    (
        Link("conv", "input", "one", "one"),
        Link("conv", "one", "two", "two", kernel=(3, 3), padding=(1, 1)),
        Link("concat", "two", "both", channel_offset=0),
        Link("concat", "one", "both", channel_offset=2),
        Link("conv", "both", "wide", "wide", stride=(2, 2)),
        Link("identity", "one", "wide", stride=(2, 2), channel_offset=1),
        Link("linear", "wide", "output", "fc"),
    ),
)


def random_masks(rng: np.random.Generator, wiring: Wiring, density: float) -> Arrays:
    """Erdos-Renyi masks of a wiring."""
    return {
        link.layer: random_layer(rng, wiring.weight_shape(link), density)
        for link in wiring.links
        if link.layer is not None
    }


def relabelled(masks: Arrays, wiring: Wiring, orders: dict[str, np.ndarray]) -> Arrays:
    """Copy whose set `s` has the channel `orders[s][i]` in place i; sets left out keep theirs.

    The caller makes the orders agree with the ties of the wiring.
    """
    copy = {}
    for link in wiring.links:
        if link.layer is None:
            continue
        after, before = (
            orders.get(end, np.arange(wiring.set(end).channels))
            for end in (link.target, link.source)
        )
        copy[link.layer] = masks[link.layer][after][:, before]
    return copy


def residual_orders(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random orders of `RESIDUAL`: tied sets move together, the flattened map with its channels."""
    orders = {}
    for group in RESIDUAL_GROUPS[1:]:
        order = rng.permutation(RESIDUAL.set(group[0]).channels)
        orders |= dict.fromkeys(group, order)
    orders["flat"] = (orders["pooled"][:, None] * 4 + np.arange(4)).ravel()
    return orders


def dense_orders(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random orders of `DENSE`: channels 1 to 3 of `wide` are those of `one`, the others free."""
    one, two = rng.permutation(3), rng.permutation(2)
    free, mixed = np.array([0, 4, 5]), rng.permutation(3)
    wide = np.empty(6, dtype=np.int64)
    wide[free], wide[1:4] = free[mixed], one + 1
    return {"one": one, "two": two, "both": np.concatenate([two, one + 2]), "wide": wide}


def plain_twin(a: Arrays, b: Arrays, labelled: bool, found: Distance) -> float:
    """NNSTD of two chains of linear layers by a double loop over sets, as published.

    Where several assignments are best, that of `found` is followed; that it is best is asserted.
    """
    from scipy.optimize import linear_sum_assignment

    names = list(a)
    renamed = {i: i for i in range(a[names[0]].shape[1])}
    total = 0.0
    for name in names:
        sets_a = [{renamed[i] for i in np.flatnonzero(row) if i in renamed} for row in a[name]]
        extra = [sum(i not in renamed for i in np.flatnonzero(row)) for row in a[name]]
        sets_b = [set(np.flatnonzero(row).tolist()) for row in b[name]]
        cost = np.zeros((len(sets_a), len(sets_b)))
        for i, one in enumerate(sets_a):
            for j, other in enumerate(sets_b):
                union = len(one | other) + extra[i]
                cost[i, j] = (len(one ^ other) + extra[i]) / union if union else 0
        partner = found.assignment[name]
        rows = np.flatnonzero(partner >= 0)
        columns = partner[rows]
        assert len(rows) == len(set(columns.tolist())) == min(cost.shape)
        if labelled and name == names[-1]:
            assert rows.tolist() == columns.tolist()
        else:
            least = cost[linear_sum_assignment(cost)].sum()
            assert abs(cost[rows, columns].sum() - least) < 1e-9
        renamed = dict(zip(rows.tolist(), columns.tolist(), strict=True))
        total += (cost[rows, columns].sum() + abs(np.subtract(*cost.shape))) / max(cost.shape)
    return total / len(names)
