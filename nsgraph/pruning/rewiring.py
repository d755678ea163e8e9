"""One update of dynamic sparse training: links dropped and grown in all layers, exact in number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nsgraph.errors import UserError
from nsgraph.pruning.dynamic import Dynamic, Rule
from nsgraph.pruning.rules import Links
from nsgraph.pruning.selection import highest

__all__ = ["Change", "Update", "rewire", "spread"]

TOLERANCE = 0.1
"""How far from its aim an adaptive threshold may be and stay (Mostafa & Wang 2019)."""


@dataclass(frozen=True)
class Change:
    """What an update makes of one layer; boolean tensors shaped like its weights.

    Attributes
    ----------
    mask
        The links after the update.
    grown
        Those of them that start anew, a dropped link that returned among them.
    dropped
        The links that were dropped, whether they returned or not.
    """

    mask: Tensor
    grown: Tensor
    dropped: Tensor


@dataclass(frozen=True)
class Update:
    """What an update makes of the network.

    Attributes
    ----------
    changes
        By layer name.
    counts
        Links that each layer has by right, without surplus; their sum never changes.
    threshold
        That of the next update.
    """

    changes: dict[str, Change]
    counts: dict[str, int]
    threshold: float


def rewire(
    layers: Mapping[str, Links],
    counts: Mapping[str, int],
    method: Dynamic,
    fraction: float,
    surplus: float = 0.0,
    threshold: float = math.inf,
) -> Update:
    """Drop links and grow as many; the number of links stays exactly the same, up to the surplus.

    Parameters
    ----------
    layers
        Those that take part; unchanged.
    counts
        Links that each of them has by right; what it has beyond is dropped first.
    method
        Says how to drop and grow.
    fraction
        Part of the links to drop, in [0, 1]; numbers are rounded down. At 0 none is dropped.
    surplus
        Part of these layers' weights to grow on top, in [0, 1].
    threshold
        Of the method within `"threshold"`.
    """
    scores = {name: _scores(method, method.drop, links) for name, links in layers.items()}
    live = _numbers([links.mask for links in layers.values()])
    trimmed = {
        name: highest(-scores[name].masked_fill(~links.mask, math.inf), number - counts[name])
        for (name, links), number in zip(layers.items(), live, strict=True)
    }
    right = {name: links.mask & ~trimmed[name] for name, links in layers.items()}
    sizes = {name: links.mask.numel() for name, links in layers.items()}
    absent = {name: sizes[name] - number for name, number in zip(layers, live, strict=True)}
    # What was just dropped makes room for itself, unless it may not return.
    scarce = dict.fromkeys(layers, sum(sizes.values())) if method.may_return else absent
    if fraction == 0:
        dropped = {name: torch.zeros_like(mask) for name, mask in right.items()}
    elif method.within in ("layer", "sign"):
        dropped = {
            name: _of_layer(links, right[name], scores[name], method, fraction, scarce[name])
            for name, links in layers.items()
        }
    else:
        if method.within == "threshold":
            below = [mask & (scores[name] < threshold) for name, mask in right.items()]
            number = sum(_numbers(below))
            aim = fraction * sum(counts.values())
            if number < (1 - TOLERANCE) * aim:
                threshold *= 2
            elif number > (1 + TOLERANCE) * aim:
                threshold /= 2
        else:
            number = math.floor(fraction * sum(counts.values()) + 1e-9)
        dropped = _of_network(right, scores, min(number, sum(scarce.values())))
    stay = {name: mask & ~dropped[name] for name, mask in right.items()}
    gone = dict(zip(layers, _numbers(list(dropped.values())), strict=True))
    room = absent
    if method.may_return:
        room = {name: sizes[name] - counts[name] + gone[name] for name in layers}
    shares = {name: float(number) for name, number in gone.items()}
    if method.redistribute is not None:
        shares = {n: float(method.redistribute(links, stay[n])) for n, links in layers.items()}
    amounts = spread(sum(gone.values()), shares, room)
    left = {name: room[name] - amounts[name] for name in layers}
    extra = min(round(surplus * sum(sizes.values())), sum(left.values()))
    more = spread(extra, {name: float(size) for name, size in sizes.items()}, left)
    changes = {}
    for name, links in layers.items():
        candidates = ~stay[name] if method.may_return else ~links.mask
        wanted = _scores(method, method.grow, links).masked_fill(~candidates, -math.inf)
        grown = highest(wanted, amounts[name] + more[name])
        changes[name] = Change(stay[name] | grown, grown, trimmed[name] | dropped[name])
    after = {name: counts[name] - gone[name] + amounts[name] for name in layers}
    return Update(changes, after, threshold)


def spread(total: int, shares: Mapping[str, float], room: Mapping[str, int]) -> dict[str, int]:
    """Whole numbers in proportion to shares, none beyond its room, with exactly the sum `total`.

    What does not fit into one goes to the others in proportion; fractions by largest remainder
    (ties: the earlier). Where no share is positive, the room itself is the share.

    >>> spread(10, {"a": 8.0, "b": 1.0, "c": 1.0}, {"a": 5, "b": 9, "c": 9})
    {'a': 5, 'b': 3, 'c': 2}
    """
    amounts = dict.fromkeys(shares, 0)
    weights = {n: share if math.isfinite(share) else 0.0 for n, share in shares.items()}
    open_ = [name for name in shares if room[name] > 0]
    left = total
    while open_ and left:
        if sum(weights[name] for name in open_) <= 0:
            weights = {name: float(room[name]) for name in shares}
        whole = sum(weights[name] for name in open_)
        parts = {name: left * weights[name] / whole for name in open_}
        full = [name for name in open_ if parts[name] >= room[name]]
        if not full:
            amounts |= {name: math.floor(part) for name, part in parts.items()}
            missing = left - sum(amounts[name] for name in open_)
            by_remainder = sorted(open_, key=lambda name: amounts[name] - parts[name])
            for name in by_remainder[:missing]:
                amounts[name] += 1
            break
        amounts |= {name: room[name] for name in full}
        left -= sum(room[name] for name in full)
        open_ = [name for name in open_ if name not in full]
    return amounts


def _scores(method: Dynamic, rule: Rule, links: Links) -> Tensor:
    """A rule's scores in float64, finite: infinite ones are the largest and smallest numbers.

    Where there is no link, or one, infinity says so; a link that may be chosen is never infinite.
    """
    values = rule(links)
    name = getattr(rule, "__name__", "rule")
    if not isinstance(values, Tensor) or values.shape != links.weight.shape:
        found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise UserError(
            f"Method {method.name!r}: the rule {name!r} gave {found} for layer {links.name!r}; "
            f"expected a tensor of shape {tuple(links.weight.shape)}."
        )
    if bool(values.isnan().any()):
        raise UserError(
            f"Method {method.name!r}: the rule {name!r} gave NaN scores for layer {links.name!r}."
        )
    most = torch.finfo(torch.float64).max
    return values.detach().double().clamp(-most, most)


def _numbers(masks: Sequence[Tensor]) -> list[int]:
    """How many are true in each; one wait for the device in all."""
    found: list[int] = torch.stack([mask.sum() for mask in masks]).tolist() if masks else []
    return found


def _of_layer(
    links: Links, right: Tensor, scores: Tensor, method: Dynamic, fraction: float, most: int
) -> Tensor:
    """The fraction of a layer, or of each sign of it, with the lowest scores."""
    groups = [right]
    if method.within == "sign":
        negative = right & (links.weight < 0)
        groups = [right & ~negative, negative]
    dropped = torch.zeros_like(right)
    for group, size in zip(groups, _numbers(groups), strict=True):
        number = min(math.floor(fraction * size + 1e-9), most)
        most -= number
        dropped |= highest(-scores.masked_fill(~group, math.inf), number)
    return dropped


def _of_network(
    right: Mapping[str, Tensor], scores: Mapping[str, Tensor], number: int
) -> dict[str, Tensor]:
    """The lowest scores of all layers in one ranking."""
    flat = torch.cat(
        [scores[n].masked_fill(~mask, math.inf).flatten() for n, mask in right.items()]
    )
    parts = highest(-flat, number).split([mask.numel() for mask in right.values()])
    return {n: part.view_as(m) for (n, m), part in zip(right.items(), parts, strict=True)}
