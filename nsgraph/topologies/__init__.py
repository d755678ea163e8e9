"""Masks drawn at random: null models and neighbours of a sparse network, without torch."""

from __future__ import annotations

from nsgraph.topologies.bipartite import GRAINS
from nsgraph.topologies.degree_preserving import channel_masks, degree_preserving
from nsgraph.topologies.erdos_renyi import erdos_renyi
from nsgraph.topologies.moving import move_links
from nsgraph.topologies.placement import StrengthMatch, carry, match_strengths, shuffle_links

__all__ = [
    "GRAINS",
    "StrengthMatch",
    "carry",
    "channel_masks",
    "degree_preserving",
    "erdos_renyi",
    "match_strengths",
    "move_links",
    "shuffle_links",
]
