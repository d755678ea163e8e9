"""Lottery tickets: iterative magnitude pruning with rewinding (Frankle, Carbin: ICLR 2019).

Departures: by default every round removes the same part, so that the last one lands exactly on the
sparsity (the original removes 20 % each time); the output layer is pruned at the same rate as all
others; a round trains its last epoch to the end and prunes what is there then.
"""

from __future__ import annotations

from nsgraph.pruning.tickets import Tickets

LOTTERY_TICKET = Tickets()
