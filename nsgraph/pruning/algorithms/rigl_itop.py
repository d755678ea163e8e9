"""RigL-ITOP, in-time over-parameterisation by gradient growth (Liu et al.: ICML 2021).

Rare and large updates over the whole training. Departure: as in RigL itself an update takes the
place of the optimiser's step; the authors' program takes the step first.
"""

from __future__ import annotations

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rules import gradient, magnitude
from nsgraph.pruning.starts import erk
from nsgraph.schedules import cosine

RIGL_ITOP = Dynamic(
    start=erk, drop=magnitude, grow=gradient, fraction=cosine(0.5, 0.005), every=4000
)
