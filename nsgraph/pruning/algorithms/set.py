"""SET, sparse evolutionary training (Mocanu et al.: Nature Communications 2018).

The fraction of positive weights nearest zero and, separately, of negative ones is replaced after
each epoch but the last. Departures: new links start at zero, as everywhere here, and weights of
exactly zero count as positive (the original drops all of them).
"""

from __future__ import annotations

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rules import magnitude, random
from nsgraph.pruning.starts import er
from nsgraph.schedules import constant

SET = Dynamic(
    start=er,
    drop=magnitude,
    grow=random,
    fraction=constant(0.3),
    every="epoch",
    within="sign",
    skips_step=False,
)
