"""SET-ITOP, in-time over-parameterisation by random growth (Liu et al.: ICML 2021).

Rare and large updates over the whole training, so that in the end many weights have been tried: see
the column `exploration` of the history. The smallest |w| of a layer go, whatever their sign.
"""

from __future__ import annotations

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rules import magnitude, random
from nsgraph.pruning.starts import erk
from nsgraph.schedules import cosine

SET_ITOP = Dynamic(
    start=erk,
    drop=magnitude,
    grow=random,
    fraction=cosine(0.5, 0.005),
    every=1500,
    skips_step=False,
)
