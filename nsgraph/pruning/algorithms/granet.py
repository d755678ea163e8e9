"""GraNet, gradual pruning with zero-cost neuroregeneration (Liu et al.: NeurIPS 2021).

From a random start at half of the links, pruned as in GMP until 110 of 160 epochs; each update
also replaces a part of every layer's links, and goes on doing so to the end of the training.
Departures: weights are pruned before the gradient is taken that links grow by, and the optimiser's
step comes after both; counts are exact; what is replaced is rounded down, and nothing is in a layer
that is dense.
"""

from __future__ import annotations

from nsgraph.pruning.gradual import Gradual
from nsgraph.pruning.starts import erk
from nsgraph.schedules import cosine

GRANET = Gradual(initial=0.5, start=erk, begin=0.0, end=110 / 160, regrowth=cosine(0.5, 0.005))
