"""Erdos-Renyi masks: the null model that knows nothing but the densities of the layers."""

from __future__ import annotations

import numpy as np

from nsgraph.masks import Masks

__all__ = ["erdos_renyi"]


def erdos_renyi(masks: Masks, rng: np.random.Generator) -> Masks:
    """Masks of the same shapes, each layer with exactly as many links, placed uniformly.

    This is the model G(n, m) of Erdos & Renyi (1959), layer by layer: the number of links is
    fixed, not its expectation. In the unrolled graph a weight at the rim of a kernel has fewer
    edges than one at its centre, so that the number of edges there varies a little.
    """
    layers = {}
    for name, mask in masks.items():
        kept = np.zeros(mask.size, dtype=np.bool_)
        count = int(np.count_nonzero(mask))
        kept[rng.choice(mask.size, size=count, replace=False, shuffle=False)] = True
        layers[name] = kept.reshape(mask.shape)
    return Masks(layers)
