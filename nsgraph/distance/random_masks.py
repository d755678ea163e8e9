"""Erdos-Renyi masks: the null model of distance and of shared links."""

from __future__ import annotations

import numpy as np

from nsgraph.masks import Masks

__all__ = ["random_masks"]


def random_masks(masks: Masks, rng: np.random.Generator) -> Masks:
    """Masks of the same shapes, each layer with exactly as many links, placed uniformly."""
    layers = {}
    for name, mask in masks.items():
        kept = np.zeros(mask.size, dtype=np.bool_)
        count = int(np.count_nonzero(mask))
        kept[rng.choice(mask.size, size=count, replace=False, shuffle=False)] = True
        layers[name] = kept.reshape(mask.shape)
    return Masks(layers)
