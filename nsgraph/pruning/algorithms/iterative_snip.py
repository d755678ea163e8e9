"""Iterative SNIP: SNIP in 60 rounds on the pruned network (de Jorge et al.: ICLR 2021).

Departure: all rounds score the same batch, where the original draws new images every time.
"""

from __future__ import annotations

from dataclasses import replace

from nsgraph.pruning.algorithms.snip import snip

ITERATIVE_SNIP = replace(
    snip,
    name="iterative-snip",
    rounds=60,
    reference="SNIP in rounds, pruned weights stay pruned (de Jorge et al. 2021).",
)
