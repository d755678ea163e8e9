"""Dynamic sparse training as a composition: start, drop, grow, and when."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nsgraph.errors import UserError
from nsgraph.pruning.method import Method, plain
from nsgraph.pruning.starts import Start, start_option
from nsgraph.schedules import Schedule, constant, plain_schedule, read_schedule

__all__ = ["Dynamic"]

Rule = Callable[..., Any]
"""Scores of one layer's links, or its share of what grows: see `nsgraph.pruning.rules`."""


@dataclass(frozen=True, kw_only=True)
class Dynamic(Method):
    """Dynamic sparse training: every now and then, drop some links and grow as many.

    Layers that are dense at the start stay dense and take no part.

    Attributes
    ----------
    start
        Topology to begin with: see `nsgraph.pruning.starts`. As an option its name, or
        `{"near": {"start": "er", "seed": 0, "moved": 0.01}}`.
    drop
        Rule that scores live links, lowest dropped first.
    grow
        Rule that scores absent links, highest grown first.
    fraction
        Part of the live links that an update drops, as a function of progress from 0 to 1 =
        `until`. As an option: its value at 0 (the curve keeps its shape), or another curve, such as
        `{"linear": [0.5, 0.1]}`.
    every
        Steps between updates, or `"epoch"`, or `"5 epochs"`.
    until
        Part of the training, in (0, 1], after which the links stay as they are.
    within
        Drop the fraction of each `"layer"`, or of the positive and of the negative weights of it
        (`"sign"`), or of all layers in one ranking (`"network"`). Or drop whatever scores below a
        `"threshold"` that all layers share, doubled after an update that dropped less than 90 % of
        the fraction of the network and halved after one that dropped more than 110 %.
    threshold
        The first such threshold.
    redistribute
        None: each layer grows as many links as it dropped. Or a rule that gives each layer's share
        of all that grow, as far as there is room in it; the number of links in all stays the same.
    surplus
        Part of the weights that is alive beyond the density between updates, as a function of
        progress: an update drops that surplus first and grows the next one last. It is dropped
        at the end in any case, and epochs that end with a surplus cannot be the best one.
    may_return
        Whether a link that was just dropped may be grown at once. It starts at zero all the same.
    skips_step
        Whether an update takes the place of the optimiser's step, with the gradient of that step's
        batch at hand, or is made before a step.
    """

    category: str = "dynamic sparse training"
    start: Start
    drop: Rule
    grow: Rule
    fraction: Schedule = constant(0.3)  # noqa: RUF009  (immutable)
    every: int | str = 100
    until: float = 1.0
    within: Literal["layer", "sign", "network", "threshold"] = "layer"
    threshold: float = 1e-3
    redistribute: Rule | None = None
    surplus: Schedule = constant(0.0)  # noqa: RUF009  (immutable)
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
        "threshold",
        "redistribute",
        "surplus",
        "may_return",
    )
    SCHEDULES: ClassVar[tuple[str, ...]] = ("fraction", "surplus")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.interval(1)
        self._check(0 < self.until <= 1, f"until is {self.until}; expected a part in (0, 1]")
        self._check(
            0 < self.threshold < math.inf,
            f"threshold is {self.threshold}; expected a number above 0",
        )
        for name in self.SCHEDULES:
            parts = [getattr(self, name)(k / 100) for k in range(101)]
            wrong = [part for part in parts if not 0 <= part <= 1]
            self._check(not wrong, f"{name} reaches {wrong[:1]}; expected parts in [0, 1]")

    @property
    def needs(self) -> str | None:
        return "training"

    @property
    def options(self) -> dict[str, Any]:
        schedules = {name: plain_schedule(getattr(self, name)) for name in self.SCHEDULES}
        others = {n: plain(getattr(self, n)) for n in self.TUNABLE if n not in self.SCHEDULES}
        return {name: {**others, **schedules}[name] for name in self.TUNABLE}

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

    def updates(self, steps: int, steps_per_epoch: int) -> int:
        """How many times links change in `steps` steps.

        >>> from nsgraph.pruning import registry
        >>> registry.get("rigl").updates(1000, 10)  # every 100 until 75 %
        7
        """
        return max(math.ceil(self.until * steps / self.interval(steps_per_epoch)) - 1, 0)

    def _field(self, key: str, hint: Any, value: Any) -> Any:
        if key == "start":
            return start_option(value, self.start, self.name)
        if key in self.SCHEDULES:
            try:
                return read_schedule(value, like=getattr(self, key))
            except UserError as error:
                raise UserError(f"Option {key!r} of method {self.name!r}: {error}") from error
        if key == "redistribute" and value is None:
            return None
        if key in ("drop", "grow", "redistribute"):
            from nsgraph.pruning import rules

            return self._named(key, rules.SHARES if key == "redistribute" else rules.RULES, value)
        return self._converted(key, hint, value)
