"""DSR, dynamic sparse reparameterisation (Mostafa & Wang: ICML 2019).

Weights below one threshold for all layers go; what they leave is shared out in proportion to the
weights that stay. The threshold follows a target: 10 % of the links, which is the authors' 1 % of
the weights at their 90 % sparsity. Departures: the interval between updates is not doubled on the
way, and a link that was just dropped does not return at once.
"""

from __future__ import annotations

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rules import live_weights, magnitude, random
from nsgraph.pruning.starts import uniform_dense_linear
from nsgraph.schedules import constant

DSR = Dynamic(
    start=uniform_dense_linear,
    drop=magnitude,
    grow=random,
    within="threshold",
    redistribute=live_weights,
    fraction=constant(0.1),
    every=100,
    until=0.8,
    may_return=False,
    skips_step=False,
)
