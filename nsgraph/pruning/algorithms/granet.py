"""GraNet, gradual pruning with zero-cost neuroregeneration (Liu et al.: NeurIPS 2021).

From a random start at half of the links, pruned as in GMP until 110 of 160 epochs; each update
also replaces a part of every layer's links, and goes on doing so to the end of the training.
Departures: pruning and regrowth come just before the optimiser's step and not just after it, with
the same batch's gradient; exact counts; the replaced part follows the cosine of .5 to .005 in the
steps of an update, rounded down, and a layer that is dense is left alone.
"""

from __future__ import annotations

from nsgraph.pruning.allocation import erk
from nsgraph.pruning.gradual import Gradual
from nsgraph.schedules import cosine

GRANET = Gradual(initial=0.5, start=erk, begin=0.0, end=110 / 160, regrowth=cosine(0.5, 0.005))
