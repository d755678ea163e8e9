"""Masks with some of their links moved: neighbours of a network, a given number of links away."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nsgraph.errors import UserError
from nsgraph.masks import Masks

__all__ = ["move_links"]


def move_links(masks: Masks, moved: float | Mapping[str, int], rng: np.random.Generator) -> Masks:
    """Masks of which some links, drawn at random, are elsewhere in the same layer.

    Every layer keeps its number of links. A link that moves goes to a place, drawn at random, where
    `masks` has none, so that exactly as many links differ as were asked for.

    Parameters
    ----------
    masks
        Arrays of any shape.
    moved
        Part of each layer's links, in [0, 1], rounded to whole links and to what the free places
        allow (a dense layer stays as it is); or the number of each layer.
    rng
        Source of the draws.

    Raises
    ------
    UserError
        If a part is out of range, or a layer has fewer links or free places than its number.

    Examples
    --------
    >>> masks = Masks({"fc": [[1, 1, 0, 0], [1, 1, 0, 0]]})
    >>> other = move_links(masks, 0.25, np.random.default_rng(0))["fc"]
    >>> int(other.sum()), int((other & masks["fc"]).sum())
    (4, 3)
    """
    if not isinstance(moved, Mapping) and not 0 <= moved <= 1:
        raise UserError(f"The part of the links to move is {moved!r}; expected one in [0, 1].")
    layers = {}
    for name, mask in masks.items():
        links, free = np.flatnonzero(mask), np.flatnonzero(~mask)
        if isinstance(moved, Mapping):
            count = moved[name]
        else:
            count = min(round(moved * len(links)), len(free))
        if not 0 <= count <= min(len(links), len(free)):
            raise UserError(
                f"{count} links of layer {name!r} cannot move: it has {len(links)} links and "
                f"{len(free)} free places."
            )
        other = mask.ravel().copy()
        other[rng.choice(links, size=count, replace=False, shuffle=False)] = False
        other[rng.choice(free, size=count, replace=False, shuffle=False)] = True
        layers[name] = other.reshape(mask.shape)
    return Masks(layers)
