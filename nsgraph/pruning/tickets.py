"""Lottery tickets: train, prune, rewind, and again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from nsgraph.errors import UserError
from nsgraph.pruning.method import Method
from nsgraph.pruning.moments import Span, steps_of

__all__ = ["Tickets"]


@dataclass(frozen=True, kw_only=True)
class Tickets(Method):
    """Iterative magnitude pruning with rewinding (Frankle & Carbin 2019; Frankle et al. 2020).

    Train the dense network; then, n times over, prune the live weights of smallest |w| over all
    layers, set weights and batch-norm state back to what they were after `rewind` steps of the
    first training, and train again from that step of the recipe on: the same learning rates, the
    same batches, momentum from zero. The last pruning leaves exactly the sparsity that is asked
    for.

    Attributes
    ----------
    rate
        Part of the remaining weights that a round removes at most, in (0, 1).
    rounds
        How many times to prune; None: as few as `rate` allows.
    even
        Whether the density after round i of n is D^(i/n), so that all rounds remove the same part;
        or (1 - rate)^i, with what is then left to remove in the last round.
    rewind
        Steps of the first training, fewer than it has, or `"2 epochs"`. 0: its start.
    control
        What happens in the last round. `"none"`: as in all others. `"reinitialise"`: the mask with
        other initial weights, trained by the whole recipe: each parameter's initial values are
        permuted, which is a draw of independent weights from their distribution whatever it was.
        `"redrawn"`: the rewound weights with as many links in each layer, drawn at random.
    """

    category: str = "magnitude"
    rate: float = 0.2
    rounds: int | None = None
    even: bool = True
    rewind: Span = 0
    control: Literal["none", "reinitialise", "redrawn"] = "none"

    TUNABLE: ClassVar[tuple[str, ...]] = ("rate", "rounds", "even", "rewind", "control")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 < self.rate < 1, f"rate is {self.rate}; expected a part in (0, 1)")
        self._check(
            self.rounds is None or self.rounds >= 1,
            f"rounds is {self.rounds}; expected at least 1",
        )
        self._check(
            self.rounds is None or self.even,
            "rounds is given, so every round removes the same part; leave out even or rounds",
        )

    @property
    def needs(self) -> str | None:
        return "training"

    def densities(self, sparsity: float) -> list[float]:
        """Density after each round, from the first pruning to the last; none for sparsity 0.

        Examples
        --------
        >>> [round(d, 3) for d in Tickets(rate=0.5).densities(0.9)]
        [0.562, 0.316, 0.178, 0.1]
        >>> [round(d, 3) for d in Tickets(rate=0.5, even=False).densities(0.9)]
        [0.5, 0.25, 0.125, 0.1]
        """
        if sparsity == 0:
            return []
        density = 1 - sparsity
        fewest = math.log(density) / math.log1p(-self.rate)
        n = self.rounds or math.ceil(fewest - 1e-9)  # .512 is three rounds of .2, not four
        between = [density ** (i / n) if self.even else (1 - self.rate) ** i for i in range(1, n)]
        return [*between, density]

    def rewind_step(self, steps: int, steps_per_epoch: int) -> int:
        """Steps of the first training after which the state is kept for rewinding.

        Raises
        ------
        UserError
            If that is no number of steps, or not before the end of the training.
        """
        step = steps_of(self.rewind, steps_per_epoch)
        if step is None:
            raise UserError(
                f"Method {self.name!r}: rewind is {self.rewind!r}; expected a number of steps "
                "or a text such as '2 epochs'."
            )
        self._check(
            step < steps,
            f"rewind is {self.rewind!r}, step {step}; expected one before the end of the first "
            f"training, which has {steps} steps",
        )
        return step
