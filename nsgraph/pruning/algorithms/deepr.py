"""DeepR, deep rewiring (Bellec et al.: ICLR 2018).

Every weight, alive or not, has a random sign for life. Each step decays live weights towards zero
and adds a little noise; where the sign would flip the link is dropped, and one of the absent comes
at 1e-12. L1 and noise are the authors' program's. Departure: the step itself is the recipe's, with
momentum and weight decay.
"""

from __future__ import annotations

from nsgraph.pruning.starts import random
from nsgraph.pruning.stepwise import DeepRewiring

DEEPR = DeepRewiring(start=random)
"""The links are drawn from all weights alike; afterwards they move within their layers."""
