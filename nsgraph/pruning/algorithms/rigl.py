"""RigL, rigging the lottery (Evci et al.: ICML 2020).

An update takes the place of the optimiser's step. Departure: a link that is dropped and grown in
the same update starts at zero too.
"""

from __future__ import annotations

from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.rules import gradient, magnitude
from nsgraph.pruning.starts import erk
from nsgraph.schedules import cosine

RIGL = Dynamic(
    start=erk, drop=magnitude, grow=gradient, fraction=cosine(0.3), every=100, until=0.75
)
