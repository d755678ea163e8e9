"""Dynamic sparse training as a composition: start, drop, grow, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nsgraph.pruning.allocation import ALLOCATIONS, Allocation
from nsgraph.pruning.method import Method
from nsgraph.schedules import Schedule, constant

__all__ = ["Dynamic"]

Rule = Callable[..., Any]
"""Scores of one layer's links: see `nsgraph.pruning.rules`."""


@dataclass(frozen=True, kw_only=True)
class Dynamic(Method):
    """Dynamic sparse training: every now and then, drop some links and grow as many.

    Attributes
    ----------
    start
        Allocation of the links that a random start has; `overall` ranks all weights together.
    drop
        Rule that scores live links, lowest dropped first.
    grow
        Rule that scores absent links, highest grown first.
    fraction
        Part of a layer's live links that an update drops, as a function of progress from 0 to 1 =
        `until`. As an option: its value at 0; the curve keeps its shape.
    every
        Steps between updates, or `"epoch"`, or `"5 epochs"`.
    until
        Part of the training, in (0, 1], after which the links stay as they are.
    within
        Drop the fraction of each `"layer"`, or of the positive and of the negative weights of it
        (`"sign"`).
    may_return
        Whether a link that was just dropped may be grown at once. It starts at zero all the same.
    skips_step
        Whether an update takes the place of the optimiser's step, with the gradient of that step's
        batch at hand, or is made before a step.
    """

    category: str = "dynamic sparse training"
    start: Allocation
    drop: Rule
    grow: Rule
    fraction: Schedule = constant(0.3)  # noqa: RUF009  (a plain function, not shared state)
    every: int | str = 100
    until: float = 1.0
    within: Literal["layer", "sign"] = "layer"
    may_return: bool = True
    skips_step: bool = True

    TUNABLE: ClassVar[tuple[str, ...]] = (
        "start",
        "drop",
        "grow",
        "fraction",
        "every",
        "until",
        "within",
        "may_return",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.interval(1)
        self._check(0 < self.until <= 1, f"until is {self.until}; expected a part in (0, 1]")
        part = self.fraction(0.0)
        self._check(0 <= part <= 1, f"fraction is {part}; expected a part in [0, 1]")

    @property
    def needs(self) -> str | None:
        return "training"

    @property
    def options(self) -> dict[str, Any]:
        return {**super().options, "fraction": self.fraction(0.0)}

    def interval(self, steps_per_epoch: int) -> int:
        """Steps from one update to the next."""
        if isinstance(self.every, int):
            count, unit = self.every, 1
        else:
            words = self.every.split()
            epochs = "1" if len(words) == 1 else words[0]
            known = 0 < len(words) <= 2 and words[-1] in ("epoch", "epochs") and epochs.isdigit()
            count, unit = int(epochs) if known else 0, steps_per_epoch
        self._check(
            count >= 1,
            f"every is {self.every!r}; expected a number of steps, 'epoch' or '5 epochs'",
        )
        return count * unit

    def due(self, step: int, steps: int, steps_per_epoch: int) -> bool:
        """Whether links change after `step` of `steps` steps are done."""
        return 0 < step < self.until * steps and step % self.interval(steps_per_epoch) == 0

    def _field(self, key: str, hint: Any, value: Any) -> Any:
        if key == "start":
            return self._named(key, ALLOCATIONS, value)
        if key in ("drop", "grow"):
            from nsgraph.pruning.rules import RULES

            return self._named(key, RULES, value)
        if key == "fraction":
            return _rescaled(self.fraction, self._converted(key, float, value))
        return self._converted(key, hint, value)


def _rescaled(schedule: Schedule, start: float) -> Schedule:
    factor = start / schedule(0.0) if schedule(0.0) else 0.0
    return lambda progress: factor * schedule(progress)
