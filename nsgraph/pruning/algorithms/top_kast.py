"""Top-KAST, top-K always sparse training (Jayakumar et al.: NeurIPS 2020).

The largest |w| of each layer are the network; as many again get gradients too and may take their
place. All others are kept as they are. The recipe's weight decay acts on the used weights, and 1 /
density times as strongly on the merely trained ones.
"""

from __future__ import annotations

from nsgraph.pruning.stepwise import ForwardBackward

TOP_KAST = ForwardBackward()
