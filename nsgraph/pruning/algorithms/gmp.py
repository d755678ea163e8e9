"""GMP, gradual magnitude pruning along a cubic curve (Zhu, Gupta: ICLR workshop 2018).

Departures: one ranking of |w| over all layers (the original gives every layer the same sparsity),
and weights once pruned never come back.
"""

from __future__ import annotations

from nsgraph.pruning.gradual import Gradual

GMP = Gradual()
