"""The networks of the study of topology distance: which are trained, which are only drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nsgraph.masks import Masks
from nsgraph.models.names import source_digest
from nsgraph.pruning.allocation import er, layer_counts
from nsgraph.seeds import stream
from nsgraph.store import NetworkSpec
from nsgraph.studies.configuration import options_for, recipe_for
from nsgraph.topologies import move_links

__all__ = ["METHOD", "Evolved", "chain", "evolved_specs", "random_network", "which"]

METHOD = "set"
"""What the networks are trained by, as in the paper."""

Shapes = Mapping[str, tuple[int, ...]]


class Evolved(NamedTuple):
    """Which of the trained networks: the seed of its start, and its number among those from it."""

    start: int
    number: int


def evolved_specs(
    settings: Mapping[str, Any], dataset: str, model: str, method_digest: str
) -> list[NetworkSpec]:
    """Networks in groups: those of a group start nearly alike, the groups are independent.

    Every network has a training seed of its own: 0, 1, ... through all groups. It draws which links
    of the group's start are moved, the initial weights, the batches, and what SET grows.

    Parameters
    ----------
    settings
        One tier; `evolution` has `sparsity`, `starts` (seeds, one a group), `networks` (of each
        group), `moved` (part of the links) and `snapshots` (epochs).
    """
    asked = settings["evolution"]
    return [
        NetworkSpec(
            dataset=dataset,
            model=model,
            method=METHOD,
            sparsity=float(asked["sparsity"]),
            seed=group * asked["networks"] + number,
            split_seed=settings["split_seed"],
            recipe=recipe_for(dict(settings), dataset, model),
            options={**options_for(settings, METHOD), "start": _near(start, asked["moved"])},
            method_digest=method_digest,
            model_digest=source_digest(model),
            snapshots=sorted(asked["snapshots"]),
            snapshot_weights=True,
        )
        for group, start in enumerate(asked["starts"])
        for number in range(asked["networks"])
    ]


def which(seed: int, evolution: Mapping[str, Any]) -> Evolved:
    """Start and number of the network with that training seed.

    >>> which(4, {"starts": [7, 9], "networks": 3})
    Evolved(start=9, number=1)
    """
    group, number = divmod(seed, evolution["networks"])
    return Evolved(evolution["starts"][group], number)


def _near(start: int, moved: float) -> dict[str, Any]:
    return {"near": {"start": "er", "seed": start, "moved": moved}}


def random_network(shapes: Shapes, density: float, rng: np.random.Generator) -> Masks:
    """Random links, in each layer as many as SET starts with (Mocanu et al. 2018)."""
    masks = {}
    for name, count in layer_counts(shapes, er(shapes, density), density).items():
        size = int(np.prod(shapes[name]))
        mask = np.zeros(size, dtype=np.bool_)
        mask[rng.choice(size, size=count, replace=False, shuffle=False)] = True
        masks[name] = mask.reshape(shapes[name])
    return Masks(masks)


def chain(
    shapes: Shapes, density: float, networks: int, changed: float, root: int
) -> Sequence[Masks]:
    """Networks of which each has a part of the links of the one before elsewhere, at random.

    Parameters
    ----------
    networks
        How many, the first included.
    changed
        Part of each layer's links.
    root
        Seed.
    """
    rng = stream(root, "chain")
    found = [random_network(shapes, density, rng)]
    while len(found) < networks:
        found.append(move_links(found[-1], changed, rng))
    return found
