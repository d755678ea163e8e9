"""Are degrees heavy-tailed? Exact power-law fits of degree sequences, and what speaks against."""

from __future__ import annotations

from nsgraph.tails.alternatives import Alternative
from nsgraph.tails.erdos_renyi import heavy_by_chance
from nsgraph.tails.fit import TailFit, fit_tail, fit_tails
from nsgraph.tails.verdict import Verdict

__all__ = ["Alternative", "TailFit", "Verdict", "fit_tail", "fit_tails", "heavy_by_chance"]
