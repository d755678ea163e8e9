"""How far apart two sparse networks are: NNSTD, shared links, and what chance gives for both."""

from __future__ import annotations

from nsgraph.distance.nnstd import Distance, distance

__all__ = ["Distance", "distance"]
