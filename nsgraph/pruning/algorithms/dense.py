"""Dense training: every weight is kept; the reference of all others."""

from __future__ import annotations

from nsgraph.pruning.method import Dense

DENSE = Dense()
