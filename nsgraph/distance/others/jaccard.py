"""Jaccard distance: links in the same places, nothing aligned."""

from __future__ import annotations

import numpy as np

from nsgraph.distance.network import Network
from nsgraph.distance.others.registry import other_distance

__all__ = ["jaccard"]


@other_distance(
    "jaccard",
    invariant=False,
    meaning="share of the links of either network that the other lacks, place by place",
    unit="0 to 1",
    formula="1 - |A and B| / |A or B|; 0 if neither has any",
    source="Jaccard 1912",
)
def jaccard(a: Network, b: Network) -> float:
    """1 - shared links / links of either."""
    pairs = list(zip(a.matrices, b.matrices, strict=True))
    shared = sum(int(np.count_nonzero(one & other)) for one, other in pairs)
    either = sum(int(np.count_nonzero(one | other)) for one, other in pairs)
    return 1 - shared / either if either else 0.0
