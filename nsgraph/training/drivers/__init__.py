"""What a method does while the network trains: one driver for each kind of method."""

from __future__ import annotations

from collections.abc import Callable

from nsgraph.errors import UserError
from nsgraph.pruning.dynamic import Dynamic
from nsgraph.pruning.gradual import Gradual
from nsgraph.pruning.method import Dense, Method, Scored
from nsgraph.pruning.post_training import Reconstructed
from nsgraph.pruning.stepwise import DeepRewiring, ForwardBackward
from nsgraph.pruning.tickets import Tickets
from nsgraph.training.drivers.base import Driver, FixedMasks
from nsgraph.training.drivers.deep_rewiring import SignKeeping
from nsgraph.training.drivers.gradual import GradualPruning
from nsgraph.training.drivers.pruning import Pruning
from nsgraph.training.drivers.reconstruction import Reconstruction
from nsgraph.training.drivers.rewiring import Rewiring
from nsgraph.training.drivers.tickets import TicketRounds
from nsgraph.training.drivers.top_kast import AlwaysSparse

__all__ = [
    "DRIVERS",
    "AlwaysSparse",
    "Driver",
    "FixedMasks",
    "GradualPruning",
    "Pruning",
    "Reconstruction",
    "Rewiring",
    "SignKeeping",
    "TicketRounds",
    "driver_for",
]

DRIVERS: dict[type[Method], Callable[..., Driver]] = {
    Scored: Pruning,
    Reconstructed: Reconstruction,
    Gradual: GradualPruning,
    Tickets: TicketRounds,
    Dynamic: Rewiring,
    DeepRewiring: SignKeeping,
    ForwardBackward: AlwaysSparse,
}
"""Driver of each kind of method, made with (method, sparsity, seed, epochs of the recipe)."""


def driver_for(method: Method, sparsity: float, seed: int, epochs: int) -> Driver:
    """The driver of a method."""
    if isinstance(method, Dense):
        return Driver()
    for kind in type(method).__mro__:
        if kind in DRIVERS:
            return DRIVERS[kind](method, sparsity, seed, epochs)
    raise UserError(f"The method {method.name!r} is of no kind that can be trained.")
