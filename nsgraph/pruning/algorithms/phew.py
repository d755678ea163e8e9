"""PHEW, paths with higher edge weights: biased random walks (Patil & Dovrolis: ICML 2021).

Walks start at the inputs and at the outputs in turn, each at the next unit; a walk goes from one
unit (a channel or a neuron) to the next by a weight drawn with probability in proportion to |w|.
Weights are kept in the order in which walks first took them, until there are enough.

Generalised from chains of layers to any network with a wiring: where a unit is also read without
weights (a shortcut, pooling, flattening), that link counts as a weight of one. The original has a
coin choose between the branches of a residual block. Where the walks would have to go on for more
than one walk a weight, the largest |w| that none of them took fill up.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from nsgraph.models import trace
from nsgraph.pruning.allocation import kept
from nsgraph.pruning.gradients import Batches, Scores, weights
from nsgraph.pruning.method import algorithm
from nsgraph.wiring import ActivationSet, Link, Wiring

WALKS = 512
"""Walks that are made at once in each direction."""


@algorithm("phew", category="pruning at initialisation", needs="shape", mode="eval")
def phew(net: nn.Module, batches: Batches, masks: Scores, density: float) -> Scores:
    """First visits of random walks with p in proportion to |w| (PHEW, Patil & Dovrolis 2021)."""
    sizes = {name: weight.abs().detach().cpu().double() for name, weight in weights(net).items()}
    flat = np.concatenate([size.numpy().ravel() for size in sizes.values()])
    wiring = trace(net, batches[0][0].shape[1:])
    source, target, weight = _edges(wiring, {name: tuple(s.shape) for name, s in sizes.items()})
    chance = np.where(weight < 0, 1.0, flat[weight])
    forth = _Walks(source, target, chance, weight, _units(wiring, [wiring.input]))
    back = _Walks(target, source, chance, weight, _units(wiring, wiring.outputs))
    rank = np.full(len(flat), -1)
    taken, walks, wanted = 0, 0, kept(density, len(flat))
    while taken < wanted and walks < len(flat):
        steps = [forth.take(walks // 2), back.take(walks // 2)]
        visits = np.stack([_padded(s, max(map(len, steps))) for s in steps], 2).T.ravel()
        visits = visits[visits >= 0]  # walk by walk, one from either end in turn
        new, first = np.unique(visits, return_index=True)
        new, first = new[rank[new] < 0], first[rank[new] < 0]
        rank[new[np.argsort(first)]] = np.arange(taken, taken + len(new))
        taken, walks = taken + len(new), walks + 2 * WALKS
    scores = np.where(rank < 0, flat / (flat.max() + 1) - 1, len(flat) - rank)
    parts = torch.from_numpy(scores).split([size.numel() for size in sizes.values()])
    return {name: part.view(s.shape) for (name, s), part in zip(sizes.items(), parts, strict=True)}


class _Walks:
    """Random walks from the starts in turn, along edges from `here` to `there`."""

    def __init__(
        self,
        here: np.ndarray,
        there: np.ndarray,
        chance: np.ndarray,
        weight: np.ndarray,
        starts: np.ndarray,
    ) -> None:
        order = np.argsort(here, kind="stable")
        units = max(int(here.max()), int(there.max())) + 1
        self.there, self.weight, self.starts = there[order], weight[order], starts
        self.first = np.searchsorted(here[order], np.arange(units + 1))
        self.total = np.concatenate([[0.0], np.cumsum(chance[order])])

    def take(self, before: int) -> np.ndarray:
        """Weights `[step, walk]` that walks take, -1 for none, after `before` earlier walks."""
        unit = self.starts[(before + np.arange(WALKS)) % len(self.starts)]
        going = np.ones(WALKS, dtype=bool)
        steps: list[np.ndarray] = []
        while True:
            first, last = self.first[unit], self.first[unit + 1]
            low, high = self.total[first], self.total[last]
            going &= high > low
            if not going.any():
                return np.array(steps, dtype=np.int64).reshape(-1, WALKS)
            value = low + torch.rand(WALKS, dtype=torch.float64).numpy() * (high - low)
            edge = np.searchsorted(self.total, value, side="right") - 1
            edge = np.where(going, np.clip(edge, first, last - 1), 0)
            steps.append(np.where(going, self.weight[edge], -1))
            unit = np.where(going, self.there[edge], unit)


def _padded(steps: np.ndarray, length: int) -> np.ndarray:
    return np.pad(steps, ((0, length - len(steps)), (0, 0)), constant_values=-1)


def _units(wiring: Wiring, sets: Iterable[ActivationSet]) -> np.ndarray:
    """Numbers of the channels of some sets, all sets being numbered through."""
    ends = np.cumsum([s.channels for s in wiring.sets])
    start = {s.id: int(end) - s.channels for s, end in zip(wiring.sets, ends, strict=True)}
    return np.concatenate([start[s.id] + np.arange(s.channels) for s in sets])


def _edges(
    wiring: Wiring, shapes: dict[str, tuple[int, ...]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source and target unit of every link between units, and its weight's place or -1."""
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()])
    begin = {n: int(e - np.prod(s)) for (n, s), e in zip(shapes.items(), ends, strict=True)}
    edges = [
        _of_link(wiring, link, shapes.get(link.layer or ""), begin.get(link.layer or "", 0))
        for link in wiring.links
    ]
    source, target, weight = (np.concatenate(parts) for parts in zip(*edges, strict=True))
    return source, target, weight


def _of_link(
    wiring: Wiring, link: Link, shape: tuple[int, ...] | None, begin: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    source = _units(wiring, [wiring.set(link.source)])
    target = _units(wiring, [wiring.set(link.target)])
    if shape is not None:
        out, into, *_ = np.indices(shape).reshape(len(shape), -1)
        group = out // (shape[0] // link.groups)
        places = begin + np.arange(len(out))
        return source[group * shape[1] + into], target[out + link.channel_offset], places
    if link.kind == "flatten":
        source = np.repeat(source, len(target) // len(source))
    target = target[link.channel_offset :][: len(source)]
    return source[: len(target)], target, np.full(len(target), -1)
