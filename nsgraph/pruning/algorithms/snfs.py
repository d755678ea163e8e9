"""SNFS, sparse networks from scratch by sparse momentum (Dettmers & Zettlemoyer: 2019).

After each epoch but the last the smallest |w| of each layer go; layers grow in proportion to the
mean momentum of their live weights, where the momentum of absent ones is largest. Departure:
numbers of dropped links are rounded down.
"""

from __future__ import annotations

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rules import magnitude, mean_momentum, momentum
from nsgraph.pruning.starts import uniform
from nsgraph.schedules import cosine

SNFS = Dynamic(
    start=uniform,
    drop=magnitude,
    grow=momentum,
    redistribute=mean_momentum,
    fraction=cosine(0.5),
    every="epoch",
    skips_step=False,
)
