"""Gradual pruning during training: sparser and sparser along a curve, with or without regrowth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nsgraph.errors import UserError
from nsgraph.pruning.method import Method, plain
from nsgraph.pruning.moments import Moment, Span, moment_of, steps_of
from nsgraph.pruning.starts import Start, erk, start_option
from nsgraph.schedules import Schedule, constant, plain_schedule, polynomial, read_schedule

__all__ = ["Gradual", "Timetable"]


@dataclass(frozen=True)
class Timetable:
    """When a gradual method changes masks, in steps of one training.

    Attributes
    ----------
    begin, end
        Steps done when the curve begins and when it reaches its end.
    every
        Steps from one update to the next, at least 1.
    """

    begin: int
    end: int
    every: int

    def prunes(self, step: int) -> bool:
        """Whether weights are pruned after so many steps: every so often, and at the end."""
        regular = self.begin < step < self.end and (step - self.begin) % self.every == 0
        return regular or step == self.end

    def regrows(self, step: int) -> bool:
        """Whether links may be replaced after so many steps, until training is over."""
        return step > self.begin and (step - self.begin) % self.every == 0

    def progress(self, step: int) -> float:
        """Part of the curve that is over, in [0, 1]."""
        if step >= self.end:
            return 1.0
        return max(0.0, (step - self.begin) / (self.end - self.begin))


@dataclass(frozen=True, kw_only=True)
class Gradual(Method):
    """Global magnitude pruning in many small updates during training.

    The sparsity follows s = S + (s_i - S)(1 - u)^power, u from 0 at `begin` to 1 at `end` (Zhu &
    Gupta 2017). An update keeps exactly the number of weights that the curve asks for: the live
    ones of largest |w| over all layers. Weights once pruned stay so, unless `regrowth` brings links
    back.

    Attributes
    ----------
    initial
        Sparsity s_i at the start, in [0, 1); never more than the final one.
    start
        Topology to begin with, where `initial` is above 0: see `nsgraph.pruning.starts`.
    begin, end
        Moments of the training: parts of it, steps, or `"2 epochs"`.
    every
        Steps between updates, or `"epoch"`, or `"5 epochs"`. `"auto"`: 100, or a tenth of the time
        from `begin` to `end` where that is less, so that short trainings are pruned gradually too.
    power
        Of the curve.
    regrowth
        After an update each layer that is not dense replaces this part of its links, those of
        smallest |w| by those of largest |gradient|; a function of the part of the training that is
        over, from its start to its end. This goes on after `end`. As an option: its value at 0 (the
        curve keeps its shape), or a curve such as `{"linear": [0.5, 0.1]}`.
    """

    category: str = "magnitude"
    initial: float = 0.0
    start: Start = erk
    begin: Moment = 0.25
    end: Moment = 0.75
    every: Span = "auto"
    power: float = 3.0
    regrowth: Schedule = constant(0.0)  # noqa: RUF009  (a plain function, not shared state)

    TUNABLE: ClassVar[tuple[str, ...]] = (
        "initial",
        "start",
        "begin",
        "end",
        "every",
        "power",
        "regrowth",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(0 <= self.initial < 1, f"initial is {self.initial}; expected a part in [0, 1)")
        self._check(self.power > 0, f"power is {self.power}; expected a number above 0")
        part = self.regrowth(0.0)
        self._check(0 <= part <= 1, f"regrowth is {part}; expected a part in [0, 1]")
        self._interval(1, 1)
        for name in ("begin", "end"):
            self._moment(name, 1, 1)

    @property
    def needs(self) -> str | None:
        return "training"

    @property
    def options(self) -> dict[str, Any]:
        others = {name: plain(getattr(self, name)) for name in self.TUNABLE if name != "regrowth"}
        return {**others, "regrowth": plain_schedule(self.regrowth)}

    def timetable(self, steps: int, steps_per_epoch: int) -> Timetable:
        """When masks change in a training of so many steps.

        Raises
        ------
        UserError
            If the end is not after the beginning, or not within the training.
        """
        begin, end = (self._moment(name, steps, steps_per_epoch) for name in ("begin", "end"))
        self._check(
            begin < end <= steps,
            f"pruning begins at step {begin} and ends at step {end}; expected an end after the "
            f"beginning, among the {steps} steps of the training",
        )
        return Timetable(begin, end, self._interval(end - begin, steps_per_epoch))

    def density(self, sparsity: float, progress: float) -> float:
        """Part of all weights that is kept, in (0, 1], on the way to a final sparsity.

        >>> round(Gradual(initial=0.5).density(0.9, 0.5), 12)
        0.15
        """
        first = 1 - min(self.initial, sparsity)
        return polynomial(first, 1 - sparsity, self.power)(progress)

    def _interval(self, duration: int, steps_per_epoch: int) -> int:
        """Steps between updates, of so many that pruning takes."""
        if self.every == "auto":
            return min(100, max(1, duration // 10))
        steps = steps_of(self.every, steps_per_epoch)
        if not steps:
            raise UserError(
                f"Method {self.name!r}: every is {self.every!r}; expected a number of steps, "
                "'epoch', '5 epochs' or 'auto'."
            )
        return steps

    def _moment(self, name: str, steps: int, steps_per_epoch: int) -> int:
        value = getattr(self, name)
        step = moment_of(value, steps, steps_per_epoch)
        if step is None:
            raise UserError(
                f"Method {self.name!r}: {name} is {value!r}; expected a part of the training in "
                "[0, 1], a whole number of steps, or a text such as '2 epochs'."
            )
        return step

    def _field(self, key: str, hint: Any, value: Any) -> Any:
        if key == "start":
            return start_option(value, getattr(self, key), self.name)
        if key == "regrowth":
            return read_schedule(value, like=self.regrowth)
        return self._converted(key, hint, value)
